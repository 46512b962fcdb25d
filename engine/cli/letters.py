"""`weirflow letters`: the dead letters of a run, shown or as a workbook to repair them in."""

from __future__ import annotations

from pathlib import Path

import click

from engine.cli import arguments, exit_codes


@click.command("letters")
@click.argument("run_id", metavar="RUN")
@click.option("-o", "--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE.xlsx",
              help="Write them as a workbook, to be repaired and replayed.")  # fmt: skip
@click.option("--only", metavar="RULE", help="Only those rejected by this rule or for this column.")
@arguments.format_option("text", "json")
def command(run_id: str, out: Path | None, only: str | None, output_format: str) -> int:
    """Show the rows that a run rejected and why, or write them as a workbook with --out.

    The workbook has a sheet for each source or step. Repair the cells, take out the rows that shall not come back, and
    replay the rest: weirflow replay RUN --dead-letters FILE.xlsx
    """
    from engine.cli.console import print_json, printable
    from engine.cli.findings import print_failure
    from engine.replaying.replay import stored_letters
    from engine.replaying.workbook import write_workbook
    from ir.diagnostics import WorkflowError

    if out is not None and out.suffix.lower() != ".xlsx":
        raise click.UsageError(f"{out} is no name of a workbook: write FILE.xlsx")
    try:
        letters = stored_letters(run_id, only=only)
    except WorkflowError as error:
        print_failure(error.diagnostics, output_format=output_format, outcome="nothing was written")
        return exit_codes.BAD_FILE_OR_USAGE
    if out is not None:
        try:
            write_workbook(letters, out)
        except OSError as error:
            raise click.UsageError(f"{out} cannot be written: {(error.strerror or str(error)).lower()}") from error
        count = "1 dead letter" if len(letters) == 1 else f"{len(letters):,} dead letters"
        click.echo(f"wrote {out}: {count}", err=True)
    elif output_format == "json":
        print_json([each.as_json() for each in letters])
    else:
        for each in letters:
            place = f" row {each.row}" if each.row is not None else ""
            click.echo(printable(f"{each.number}  {each.entry}{place}: {each.reason} ({each.rule})"))
    return exit_codes.DONE
