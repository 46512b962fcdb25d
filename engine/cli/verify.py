"""`weirflow verify`: the files of a run made again and compared."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.cli import arguments, exit_codes

if TYPE_CHECKING:
    from engine.verifying.verify import VerifyReport

_STYLES = {"same": "green", "differs": "bold red", "not made": "bold red"}


@click.command("verify")
@click.argument("run_id", metavar="RUN")
@arguments.format_option("text", "json")
def command(run_id: str, output_format: str) -> int:
    """Make the files of a run again from its inputs and compare their hashes with those in its journal.

    Nothing is delivered. Sources are read as they are now; those that have changed since are named. RUN may be last.
    Exit codes: 0 every file is the same, 1 one differs, 2 there is nothing to compare.
    """
    from engine.cli.console import print_json
    from engine.cli.findings import print_failure
    from engine.verifying.verify import verify
    from ir.diagnostics import WorkflowError

    try:
        report = verify(run_id)
    except WorkflowError as error:
        print_failure(error.diagnostics, output_format=output_format, outcome="nothing was compared")
        is_refused = any(each.code == "IR730" for each in error.diagnostics)
        return exit_codes.BAD_FILE_OR_USAGE if is_refused else exit_codes.FAILED
    if output_format == "json":
        print_json(report.as_json())
    else:
        _print(report)
    return report.exit_code


def _print(report: VerifyReport) -> None:
    from rich.table import Table
    from rich.text import Text

    from engine.cli.console import printable, results

    console = results()
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for heading in ("delivery", "made again", "at its place", "file"):
        table.add_column(heading, overflow="fold")
    for each in report.files:
        table.add_row(printable(each.delivery), Text(each.outcome, style=_STYLES[each.outcome]), each.at_its_place,
                      printable(_shown(each.target)))  # fmt: skip
    console.print(table)
    for place in report.changed:
        console.print(f"changed since the run: {printable(place)}", soft_wrap=True)
    for place in report.asked:
        console.print(f"read as it is now: {printable(place)}", soft_wrap=True)
    what = "every file is the same" if report.is_same else "not every file is the same"
    console.print(Text(what, style="bold green" if report.is_same else "bold red"))


def _shown(target: str) -> str:
    path = Path(target)
    return str(path.relative_to(Path.cwd())) if path.is_absolute() and path.is_relative_to(Path.cwd()) else target
