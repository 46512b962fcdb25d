"""`weirflow init`: a first workflow with sample data."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Literal

import click

from engine.cli import arguments, exit_codes


@click.command("init")
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path),
                callback=arguments.read_folder)  # fmt: skip
@click.option("--format", "workflow_format", type=click.Choice(["yaml", "json"]), default="yaml", show_default=True,
              help="How the workflow is written; JSON has no comments.")  # fmt: skip
def command(folder: Path, workflow_format: Literal["yaml", "json"]) -> int:
    """Write a commented starter workflow and its sample data into DIR (default: the current folder).

    Nothing that exists is replaced. The paths written are listed on stdout.

    \b
    Example:
      weirflow init shop && cd shop && weirflow run sales.yaml
    """
    from engine.cli.console import printable
    from engine.starter import StarterRefused, write_starter

    try:
        written = write_starter(folder, format=workflow_format)
    except StarterRefused as refusal:
        raise click.UsageError(printable(str(refusal))) from refusal
    for path in written:
        click.echo(printable(str(path)))
    workflow = shlex.quote(str(written[0]))
    click.echo(
        f"\nnext:\n"
        f"  weirflow plan {workflow}    what it will do, nothing is written\n"
        f"  weirflow run {workflow}     do it; the report appears in {shlex.quote(str(folder / 'out'))}\n"
        f"then change {workflow} to read your own files",
        err=True,
    )
    return exit_codes.DONE
