"""`weirflow plugins import`: a manifest drafted from an OpenAPI document."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.cli import arguments, exit_codes

if TYPE_CHECKING:
    from connectors.plugins.openapi.document import OpenApi


@click.command("import")
@click.argument("document", metavar="OPENAPI", type=click.Path(path_type=Path))
@click.option("--operation", "operations", metavar="ID", multiple=True,
              help='An operation, by its id or as "POST /tasks"; may be repeated. Without it: list them.')  # fmt: skip
@click.option("--key", metavar="KEY", help="The plugin_key of the manifest (default: made of the document's title).")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Write the manifest to FILE instead of stdout.")  # fmt: skip
@arguments.format_option("yaml", "json")
def command(document: Path, operations: tuple[str, ...], key: str | None, output: Path | None,
            output_format: str) -> int:  # fmt: skip
    """Draft a manifest from an OpenAPI document, a file in YAML or JSON of version 2 or 3.

    Each operation becomes an action: parameters, request, answer, pages, credentials, and an example that is made up.
    What such a document does not tell is named on stderr; look at the draft, then try it with plugins check.
    """
    import re

    from connectors.plugins.manifest import KEY_PATTERN
    from connectors.plugins.openapi.document import NoDraft, read_openapi
    from connectors.plugins.openapi.drafting import draft_manifest
    from engine.cli.console import print_or_write, say
    from ir.writing import to_json, to_yaml

    if key is not None and not re.fullmatch(KEY_PATTERN, key):
        raise click.UsageError(f'"{key}" is no plugin_key: small letters, digits and single hyphens, such as acme-crm')
    try:
        read = read_openapi(document)
        if not operations:
            _list(read)
            return exit_codes.DONE
        draft = draft_manifest(read, operations, key=key)
    except NoDraft as problem:
        raise click.UsageError(f"{problem}" + (f"; {problem.hint}" if problem.hint else "")) from problem
    text = to_yaml(draft.manifest) if output_format == "yaml" else to_json(draft.manifest)
    print_or_write(text.rstrip("\n"), file=output)
    for each in draft.notes:
        say(f"look at: {each}")
    return exit_codes.DONE


def _list(document: OpenApi) -> None:
    """Each operation on a line: its id, method, path, and what the document says of it."""
    from engine.cli.console import printable

    found = [(each.id, f"{each.method.upper()} {each.path}", each.said) for each in document.operations.values()]
    ids = min(max((len(each) for each, _, _ in found), default=0), 40)
    for name, place, said in found:
        click.echo(printable(f"{name:<{ids}}  {place:<40}  {said}".rstrip()))
    click.echo("draft a manifest of some of them: --operation ID", err=True)
