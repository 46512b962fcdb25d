"""The table a run ends with: its steps, its deliveries with size and place, and how it went."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engine.cli.console import printable, results
from engine.cli.quantities import count, seconds, size
from engine.cli.unfinished import how_to_go_on
from engine.result import counted

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from engine.increments.saving import IncrementResult
    from engine.result import DeliveryResult, RunResult

_STATUS_STYLES = {"succeeded": "bold green", "incomplete": "bold yellow", "failed": "bold red", "cancelled": "bold red"}

_UNKNOWN = "-"
_READ_NOTHING = frozenset({"source", "rejects"})
"""Kinds of steps that have no rows in."""

_DELIVERY_STYLES = {"delivered": "green", "incomplete": "bold yellow", "skipped": "yellow", "failed": "bold red",
                    "uncertain": "bold red"}  # fmt: skip


def print_closing(result: RunResult) -> None:
    """Both tables and the last line on stdout; nothing is wrapped where there is no terminal.

    Of a run that was cancelled nobody has counted the steps.
    """
    console = results()
    if result.status != "cancelled":
        console.print(_steps(result))
    if any(each.rows_out is None for each in result.steps):
        console.print(f"- not counted: {result.engine} computes such steps together with others", style="dim",
                      soft_wrap=True)  # fmt: skip
    if result.validation:
        console.print()
        console.print(_rules(result))
    if result.deliveries:
        console.print()
        console.print(_deliveries(result))
    if result.deliveries or result.status != "cancelled":
        console.print()
    console.print(_last_line(result), soft_wrap=True)


def table(*columns: tuple[str, bool]) -> Table:
    """A table without a frame, for (heading, is a number) of each column."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", collapse_padding=True)
    for heading, is_number in columns:
        table.add_column(heading, justify="right" if is_number else "left", overflow="fold")
    return table


def _steps(result: RunResult) -> Table:
    """The steps and, under them, the whole run; a count that nobody took is a dash, and such a time is empty.

    An engine runs the relations of a plan as one query: only what reads from it has a time of its own.
    """
    shown = table(("step", False), ("kind", False), ("rows in", True), ("rows out", True), ("dead letters", True),
                   ("seconds", True))  # fmt: skip
    tells = any(each.outcome for each in result.steps)
    if tells:
        shown.add_column("done", overflow="fold")
    for step in result.steps:
        reads = step.kind not in _READ_NOTHING
        rows_in = count(step.rows_in) or (_UNKNOWN if reads else "")
        shown.add_row(printable(step.name), step.kind, rows_in, count(step.rows_out) or _UNKNOWN,
                      count(step.dead_letters or None), f"{step.seconds:.2f}" if step.seconds else "",
                      *((step.said,) if tells else ()))  # fmt: skip
    shown.add_row("run", "", "", "", count(result.dead_letters["count"]), f"{result.seconds:.2f}",
                  *((counted(result.models),) if tells else ()), style="bold")  # fmt: skip
    return shown


def _rules(result: RunResult) -> Table:
    """Every validation rule, also those that all rows keep."""
    shown = table(("rule", False), ("action", False), ("rows", True))
    for each in result.validation:
        shown.add_row(printable(each.rule), each.action, count(each.rows), style="" if each.rows else "dim")
    return shown


def _deliveries(result: RunResult) -> Table:
    shown = table(("delivery", False), ("status", False), ("rows", True), ("size", True), ("place", False))
    for each in result.deliveries:
        bytes_ = "" if each.kind in {"table", "message", "plugin"} else size(each.bytes)
        shown.add_row(printable(each.id), _status(each), count(each.rows), bytes_, printable(_places(each)))
    return shown


def _places(delivery: DeliveryResult) -> str:
    shown = place(delivery.target) + (f" ({delivery.said})" if delivery.said else "")
    if delivery.link is not None:
        shown += f", public at {delivery.link}"
    files = len(delivery.files)
    return shown if not files else f"{shown} (1 file)" if files == 1 else f"{shown} ({files:,} files)"


def place(target: str) -> str:
    """The file as someone in this folder would name it; one that lies elsewhere by its whole path."""
    path = Path(target)
    return str(path.relative_to(Path.cwd())) if path.is_absolute() and path.is_relative_to(Path.cwd()) else target


def _status(delivery: DeliveryResult) -> Text:
    from rich.text import Text

    return Text(delivery.status, style=_DELIVERY_STYLES[delivery.status])


def _come_to(increment: IncrementResult) -> str:
    """How far the run came with an incremental source."""
    if increment.until is not None:
        return f"{increment.source} is read up to {increment.cursor} {increment.until}"
    since = f" after {increment.since}" if increment.since is not None else ""
    return f"nothing new in {increment.source}{since}"


def _last_line(result: RunResult) -> Text:
    from rich.text import Text

    text = Text.assemble(
        (result.status, _STATUS_STYLES.get(result.status, "bold")),
        f" in {seconds(result.seconds)} on {result.engine} ({result.engine_reason})",
    )
    if result.ended:
        text.append(f"; nothing was delivered: {result.ended}")
    if result.preview is not None:
        rows = "row" if result.preview.rows == 1 else f"{result.preview.rows:,} rows"
        text.append(f"; a preview of the first {rows} in {printable(place(result.preview.folder))}: "
                    "nothing else was written or sent")  # fmt: skip
    for increment in result.increments:
        text.append(f"; {printable(_come_to(increment))}")
    dead = result.dead_letters["count"]
    if dead:
        text.append(f"; {count(dead)} dead letter{'' if dead == 1 else 's'} in {result.dead_letters['path']}")
    for each in result.deliveries:
        if each.error:
            text.append(f"\n{printable(each.id)}: ", style=_DELIVERY_STYLES[each.status])
            text.append(printable(str(each.error)))
    if result.error:
        text.append(f"\n{printable(result.error)}")
    if result.status in {"failed", "cancelled"}:
        delivered = [each.id for each in result.deliveries if each.status == "delivered"]
        text.append(f"\ndelivered: {printable(', '.join(delivered))}" if delivered else "\nnothing was delivered")
        if result.preview is None and result.attempts:
            text.append(f"\n{how_to_go_on(result.run_id)}")
    return text
