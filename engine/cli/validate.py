"""`weirflow validate`: check files without opening a connection."""

from __future__ import annotations

from pathlib import Path

import click

from engine.cli import arguments, exit_codes
from engine.cli.postponed import postpone


@click.command("validate")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--input", "inputs", metavar="NAME=VALUE", multiple=True, callback=arguments.read_inputs,
              help="A runtime input; may be repeated.")  # fmt: skip
@arguments.format_option("text", "json")
def command(files: tuple[Path, ...], inputs: dict[str, str], output_format: str) -> int:
    """Check workflow files and say everything that is wrong with them.

    Nothing is opened but the files themselves and local data files; no credential is needed.
    """
    # A text file is checked without it, and it is a quarter of the start.
    postpone("polars")
    from engine.api import validate
    from engine.cli.console import print_json, say
    from engine.cli.findings import as_json, count_of, print_findings

    every = []
    for file in files:
        found = validate(file, inputs=inputs)
        every += found
        if output_format == "text":
            print_findings(found)
            say(f"{file}: {count_of(found)}")
    is_sound = all(each.severity != "error" for each in every)
    if output_format == "json":
        print_json({"valid": is_sound, "diagnostics": as_json(every)})
    return exit_codes.DONE if is_sound else exit_codes.BAD_FILE_OR_USAGE
