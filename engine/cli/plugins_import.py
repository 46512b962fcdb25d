"""`weirflow plugins import`: a manifest drafted from an OpenAPI document, or from what an MCP server says of itself."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from engine.cli import arguments, exit_codes


@click.command("import")
@click.argument("document", metavar="OPENAPI|mcp:NAME", type=click.Path(path_type=Path))
@click.option("--operation", "operations", metavar="ID", multiple=True,
              help='An operation, by its id or as "POST /tasks"; may be repeated. Without it: list them.')  # fmt: skip
@click.option("--all", "takes_all", is_flag=True, help="All operations that there are.")
@click.option(
    "--key", metavar="KEY", help="The plugin_key of the manifest (default: the name of FILE, or made of the title)."
)
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Write the manifest to FILE instead of stdout.")  # fmt: skip
@arguments.format_option("yaml", "json")
def command(document: Path, operations: tuple[str, ...], takes_all: bool, key: str | None, output: Path | None,
            output_format: str) -> int:  # fmt: skip
    """Draft a manifest from an OpenAPI document, a file in YAML or JSON of version 2 or 3.

    Each operation becomes an action: parameters, request, answer, pages, credentials, and an example that is made up.
    What such a document does not tell is named on stderr; look at the draft, then try it with plugins check.

    With mcp:NAME the server [mcp.NAME] of config.toml is begun and asked for its tools, which become the actions.
    """
    import re

    from connectors.plugins.manifest import KEY_PATTERN
    from connectors.plugins.openapi.document import NoDraft
    from connectors.problem import ConnectorProblem
    from engine.cli.console import print_or_write, say
    from ir.writing import to_json, to_yaml

    if key is None and output is not None and re.fullmatch(KEY_PATTERN, output.stem.partition("@")[0]):
        key = output.stem.partition("@")[0]
    if key is not None and not re.fullmatch(KEY_PATTERN, key):
        raise click.UsageError(f'"{key}" is no plugin_key: small letters, digits and single hyphens, such as acme-crm')
    if takes_all and operations:
        raise click.UsageError("--all takes what --operation would choose from: give one of them")
    draft = _of_server if str(document).startswith("mcp:") else _of_document
    try:
        manifest, notes = draft(document, operations, takes_all, key)
    except NoDraft as problem:
        raise click.UsageError(f"{problem}" + (f"; {problem.hint}" if problem.hint else "")) from problem
    except ConnectorProblem as problem:
        said = [problem.message, *problem.notes, *([problem.hint] if problem.hint else [])]
        raise click.ClickException("; ".join(said)) from problem
    if manifest is None:
        return exit_codes.DONE
    text = to_yaml(manifest) if output_format == "yaml" else to_json(manifest)
    if output is not None and output.parent.name == "plugins":
        output.parent.mkdir(exist_ok=True)  # the folder that manifests are looked for in
    print_or_write(text.rstrip("\n"), file=output)
    for each in notes:
        say(f"look at: {each}")
    if output is not None:
        _tell_wrong(output)
    return exit_codes.DONE


def _tell_wrong(file: Path) -> None:
    """What a check finds in a draft, such as an example that no made-up value fits."""
    from connectors.plugins.checking.checks import check_file
    from engine.cli.console import say

    for each in check_file(file):
        say(f"look at: {each.place or file}: {each.message}")


def _of_document(file: Path, operations: tuple[str, ...], takes_all: bool, key: str | None
                 ) -> tuple[dict[str, Any] | None, list[str]]:  # fmt: skip
    from connectors.plugins.openapi.document import read_openapi
    from connectors.plugins.openapi.drafting import draft_manifest

    read = read_openapi(file)
    if not operations and not takes_all:
        found = read.operations.values()
        _list((each.id, f"{each.method.upper()} {each.path:<36}", each.said) for each in found)
        return None, []
    draft = draft_manifest(read, operations or tuple(read.operations), key=key)
    return draft.manifest, draft.notes


def _of_server(document: Path, operations: tuple[str, ...], takes_all: bool, key: str | None
               ) -> tuple[dict[str, Any] | None, list[str]]:  # fmt: skip
    from connectors.plugins.mcp.listing import tools_and_about
    from connectors.plugins.mcp.settings import server_name
    from connectors.plugins.mcp.tools import manifest_of
    from connectors.plugins.openapi.document import NoDraft
    from connectors.policy import Policy
    from ir.diagnostics import did_you_mean

    name = server_name(str(document))
    tools, title, version = tools_and_about(name, policy=Policy.open(), base=Path.cwd())
    known = {each.name: each for each in tools}
    if not operations and not takes_all:
        _list((each.name, "", " ".join((each.description or "").split())) for each in tools)
        return None, []
    for each in operations:
        if each not in known:
            raise NoDraft(f'mcp:{name} has no tool "{each}"',
                          did_you_mean(each, known) or f"its tools are {', '.join(known)}")  # fmt: skip
    manifest = manifest_of(name, [known[each] for each in operations] or tools, title=title, version=version)
    manifest |= {"key": key} if key is not None else {}
    return manifest, ["what a tool gives, and whether it may be called twice, only its server knows: see kind"]


def _list(found: Iterable[tuple[str, str, str]]) -> None:
    """Each operation on a line: its id, where it is, and what is said of it."""
    from engine.cli.console import printable

    rows = list(found)
    ids = min(max((len(each) for each, _, _ in rows), default=0), 40)
    for name, place, said in rows:
        line = "  ".join([f"{name:<{ids}}", *([place] if place else []), said])
        click.echo(printable(line.rstrip())[:200])
    click.echo("draft a manifest of some of them: --operation ID", err=True)
