"""The results of tests on a terminal: a line a test, and under one that failed a table of what differs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.cli.console import printable, results
from engine.cli.findings import print_findings

if TYPE_CHECKING:
    from rich.table import Table

    from engine.testing.differences import Difference
    from engine.testing.report import TestReport, TestResult

_STYLES = {"passed": "green", "failed": "bold red", "refused": "bold red"}
_SHOWN = 20
"""Differences of one test that are shown; the rest is counted."""
_WIDEST = 60


def print_results(report: TestReport) -> None:
    """Everything on stdout but what is wrong with a file, which stands on stderr as everywhere."""
    from rich.text import Text

    console = results()
    for each in report.results:
        console.print(Text.assemble((each.outcome, _STYLES[each.outcome]), f"  {printable(_head(each))}"),
                      soft_wrap=True)  # fmt: skip
        if each.differences:
            console.print(_table(each.differences[:_SHOWN]))
            left = len(each.differences) - _SHOWN
            if left > 0:
                console.print(f"  and {left} more")
        print_findings(each.diagnostics)
    for name, reason in report.not_updated:
        console.print(f"not updated: {printable(name)}: {printable(reason)}", soft_wrap=True)
    for file in report.updated:
        console.print(f"wrote {printable(str(file))}", soft_wrap=True)
    counts = ", ".join(f"{count} {word}" for word, count in report.counts.items() if count)
    style = "bold green" if report.passed else "bold red"
    console.print(
        Text(f"{len(report.results)} test{'' if len(report.results) == 1 else 's'}: {counts or 'none'}", style)
    )


def _head(result: TestResult) -> str:
    line = f":{result.place.line}" if result.place is not None else ""
    return f"{result.file}{line}  {result.name} ({result.engine}, {result.seconds:.2f} s)"


def _table(differences: Sequence[Difference]) -> Table:
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("  of")
    for heading in ("row", "column", "expected", "found"):
        table.add_column(heading, justify="right" if heading == "row" else "left", overflow="fold",
                         max_width=_WIDEST if heading in {"expected", "found"} else None)  # fmt: skip
    for each in differences:
        row = "" if each.row is None else str(each.row)
        table.add_row(printable(f"  {each.of}"), row, printable(each.column or ""), printable(each.expected),
                      printable(each.found))  # fmt: skip
    return table
