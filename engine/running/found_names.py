"""The values of frames that names of files hold, found out before the files are made ready."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from engine.backends import open_backend
from engine.failure import explained
from engine.file_names import ROWS, VALUE, NameValue
from ir.diagnostics import Problems
from ir.types import DataType, Datetime
from ir.value_text import text_of

if TYPE_CHECKING:
    from engine.plan import Plan


def found_names(plan: Plan, scratch: Path) -> dict[str, str]:
    """The text of every reference.

    Raises:
        WorkflowError: a frame that a name takes its only row of has none, or several.
    """
    names = plan.compiled.file_names
    if not names.frames:
        return {}
    with open_backend(plan, scratch, names.frames) as backend, explained(plan, scratch, names.frames):
        rows = dict(zip(names.frames, backend.collect_each(names.frames), strict=True))
    problems = Problems(plan.compiled.document)
    timezone = plan.compiled.workflow.settings.timezone
    found = {written: _text(each, rows[each.frame.name], timezone, problems)
             for written, each in names.known.items() if each is not None}  # fmt: skip
    problems.raise_errors()
    return found


def _text(value: NameValue, rows: pl.DataFrame, timezone: str, problems: Problems) -> str:
    if not value.is_of_one_row:
        return ", ".join(text_of(each) for each in _values(rows.to_series(0), value.kind, timezone))
    many = rows.item(0, ROWS)
    if many != 1:
        frame = value.reference.root
        hint = f"make one row of it with reduce or limit, or write {{{{{frame}[0]…}}}} for the first of ordered rows"
        problems.error(
            "IR414", f'"{frame}" has {many:,} rows, and {value.reference} in a name is the value of one',
            at=value.at, within=value.reference.span, hint=hint,
        )  # fmt: skip
        return ""
    return text_of(_values(rows.get_column(VALUE), value.kind, timezone)[0])


def _values(values: pl.Series, kind: DataType, timezone: str) -> Sequence[Any]:
    """The values, moments in the time zone of the workflow."""
    if kind == Datetime(zoned=True):
        values = values.dt.convert_time_zone(timezone)
    return values.to_list()
