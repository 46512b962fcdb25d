"""Runs as people read them on a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from engine.cli.closing import place, table
from engine.cli.console import printable, results
from engine.cli.quantities import count, seconds, size
from engine.cli.unfinished import how_to_go_on

if TYPE_CHECKING:
    from rich.text import Text

    from engine.runs import RunSummary
    from engine.runs_spending import Spending

_STYLES = {"succeeded": "green", "incomplete": "yellow", "failed": "bold red", "cancelled": "bold red",
           "killed": "bold red", "running": "cyan"}  # fmt: skip


def print_runs(found: Sequence[RunSummary]) -> None:
    """One row a run on stdout."""
    console = results()
    if not found:
        console.print("no runs", soft_wrap=True)
        return
    rows = table(("run", False), ("workflow", False), ("status", False), ("started", False), ("took", True),
                 ("delivered", True))  # fmt: skip
    for each in found:
        rows.add_row(each.run_id, printable(each.workflow), _status(each.status), _moment(each.started_at),
                     _took(each), _delivered(each))  # fmt: skip
    console.print(rows)


def print_spending(found: Sequence[Spending]) -> None:
    """One row a day, service and workflow on stdout."""
    console = results()
    if not found:
        console.print("no model was asked", soft_wrap=True)
        return
    rows = table(("day", False), ("service", False), ("workflow", False), ("calls", True), ("tokens in", True),
                 ("tokens out", True), ("cost", True))  # fmt: skip
    for each in found:
        cost = f"{each.cost:,.4f}" if each.cost else ""
        rows.add_row(each.day, printable(each.service), printable(each.workflow), f"{each.calls:,}",
                     f"{each.tokens_in:,}", f"{each.tokens_out:,}", cost)  # fmt: skip
    console.print(rows)


def print_run(run: RunSummary) -> None:
    """All that is known of one run on stdout."""
    console = results()
    facts = table(("", False), ("", False))
    facts.show_header = False
    for name, value in _facts(run):
        facts.add_row(name, printable(value))
    console.print(facts)
    if run.deliveries:
        console.print()
        rows = table(("delivery", False), ("status", False), ("rows", True), ("size", True), ("place", False))
        for each in run.deliveries:
            bytes_ = size(each.bytes) if each.bytes else ""
            rows.add_row(printable(each.id), _status(each.status), count(each.rows), bytes_,
                         printable(place(each.target)))  # fmt: skip
        console.print(rows)
    for each in run.deliveries:
        if each.error:
            console.print(f"{printable(each.id)}: {printable(each.error)}", soft_wrap=True)
    if run.can_be_resumed:
        console.print()
        console.print(how_to_go_on(run.run_id), soft_wrap=True)


def _facts(run: RunSummary) -> list[tuple[str, str]]:
    facts = [("run", run.run_id), ("workflow", run.workflow), ("file", run.file), ("status", run.status),
             ("engine", run.engine), ("started", _moment(run.started_at))]  # fmt: skip
    if run.finished_at:
        facts.append(("ended", _moment(run.finished_at)))
    if run.attempts > 1:
        facts.append(("attempts", str(run.attempts)))
    if run.error:
        facts.append(("error", run.error))
    return [*facts, ("folder", place(run.folder)), ("host", run.host)]


def _status(status: str) -> Text:
    from rich.text import Text

    return Text(status, style=_STYLES.get(status, ""))


def _moment(written: str) -> str:
    """In the time zone of whoever looks."""
    return f"{datetime.fromisoformat(written).astimezone():%Y-%m-%d %H:%M:%S}"


def _took(run: RunSummary) -> str:
    if run.finished_at is None:
        return ""
    return seconds((datetime.fromisoformat(run.finished_at) - datetime.fromisoformat(run.started_at)).total_seconds())


def _delivered(run: RunSummary) -> str:
    """As "2", or "1 of 3" where others were begun."""
    counts = Counter(each.status for each in run.deliveries)
    made, begun = counts["delivered"], counts.total()
    return str(made) if made == begun else f"{made} of {begun}"
