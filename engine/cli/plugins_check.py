"""`weirflow plugins check`: a manifest's form, its templates, its examples, and its version."""

from __future__ import annotations

from pathlib import Path

import click

from engine.cli import arguments, exit_codes


@click.command("check")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--against", type=click.Path(path_type=Path), metavar="OLD",
              help="The manifest's older version: what breaks its users needs a new major version.")  # fmt: skip
@arguments.format_option("text", "json")
def command(files: tuple[Path, ...], against: Path | None, output_format: str) -> int:
    """Check manifests: the form, schemas, templates, names; and each example, carried out against its own answers.

    Nothing is sent. Exit codes: 0 all is well, 2 something is wrong.
    """
    from connectors.plugins.checking.checks import check_file
    from connectors.plugins.reading import read_plugin
    from connectors.problem import ConnectorProblem
    from engine.cli.console import print_json
    from engine.cli.findings import as_json, count_of, print_findings

    if against is not None and len(files) != 1:
        raise click.UsageError("--against goes with one FILE")
    try:
        older = read_plugin(against).manifest if against is not None else None
    except ConnectorProblem as problem:
        raise click.UsageError(str(problem)) from problem
    found = [each for file in files for each in check_file(file, against=older)]
    if output_format == "json":
        print_json({"files": [str(each) for each in files], "diagnostics": as_json(found)})
    else:
        print_findings(found)
        click.echo(f"{', '.join(str(each) for each in files)}: {count_of(found)}", err=True)
    is_wrong = any(each.severity == "error" for each in found)
    return exit_codes.BAD_FILE_OR_USAGE if is_wrong else exit_codes.DONE
