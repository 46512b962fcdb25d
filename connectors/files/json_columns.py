"""The columns of JSON rows: their types from the values' own, dates from how their text looks."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence, Set
from datetime import datetime
from typing import Any

from connectors.files.cells import Cell
from connectors.files.columns import fitting_format
from connectors.files.date_format import DateFormat
from connectors.files.inference import infer_cell
from connectors.files.source import ReadRequest
from connectors.problem import ConnectorProblem
from connectors.values import TypedValue, convert, infer_value_type, text_of
from ir import types as t
from ir.records import dataclass

_TEXTS = (t.String, t.Date, t.Datetime)


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonColumn:
    """How one column is read; `is_native` where the engines' own readers give exactly its values."""

    cell: Cell
    is_native: bool
    is_declared: bool
    is_widened: bool = False

    def convert(self, value: Any, null_values: Set[str]) -> TypedValue:
        """The value as the column's type.

        Raises:
            ValueError: saying what does not fit.
        """
        if isinstance(value, str):
            if value in null_values:
                return None
            form = self.cell.date_format
            if form is not None:
                return self._dated(value, form)
        if self.is_widened and isinstance(value, dict | list):
            return text_of(value)
        return convert(value, self.cell.kind)

    def _dated(self, text: str, form: DateFormat) -> TypedValue:
        if not text.strip():
            return None
        if not self.cell.fits(text):
            raise ValueError(f'"{text[:80]}" is not written as {form.text}')
        moment = datetime.strptime(text, form.text)
        return moment if isinstance(self.cell.kind, t.Datetime) else moment.date()

    def fits(self, value: Any) -> bool:
        """Whether the engines' readers take the value (of a native column)."""
        if value is None:
            return True
        match self.cell.kind:
            case t.Boolean():
                return isinstance(value, bool)
            case t.Integer():
                return isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63
            case t.Number():
                # NaN and 1e400 are for our own conversion: Polars' reader stops at them.
                return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
            case t.String():
                return True
        return isinstance(value, str) and self.cell.fits(value)

    def key(self, name: str) -> tuple[str, ...]:
        return ("config", "schema", name) if self.is_declared else ("location",)


def pin_json(request: ReadRequest, items: Sequence[Mapping[str, Any]], names: Sequence[str],
             date_format: DateFormat | None) -> dict[str, JsonColumn]:  # fmt: skip
    """Every column as declared, else as its sampled values are.

    Raises:
        ConnectorProblem: IR532 for a column whose values have several types.
    """
    columns = {}
    for name in names:
        values = [value for item in items if (value := item.get(name)) is not None]
        declared = request.declared.get(name)
        if declared is not None:
            cell = Cell(kind=declared, date_format=fitting_format(declared, date_format))
        else:
            cell = _inferred(name, values, date_format)
        column = JsonColumn(cell=cell, is_native=True, is_declared=declared is not None)
        columns[name] = JsonColumn(cell=cell, is_native=_is_native(column, values), is_declared=declared is not None)
    return columns


def _inferred(name: str, values: Sequence[Any], date_format: DateFormat | None) -> Cell:
    try:
        kind = infer_value_type(values)
    except ValueError as error:
        if any(isinstance(each, dict | list) for each in values):
            return Cell(kind=t.Json())
        if all(isinstance(each, str | int | float) for each in values):
            return Cell(kind=t.String())  # mixed forms stay text, as in every file
        raise ConnectorProblem("IR532", f'column "{name}" holds {error}', key=("location",),
                               hint=f'declare it: schema: {{"{name}": json}}') from error  # fmt: skip
    if kind != t.String() or not values:
        return Cell(kind=kind)
    dated = infer_cell([each for each in values if each], date_format=date_format)
    return dated if isinstance(dated.kind, t.Date | t.Datetime) and not dated.padded else Cell(kind=t.String())


def _is_native(column: JsonColumn, values: Sequence[Any]) -> bool:
    kind = column.cell.kind
    if not isinstance(kind, (t.Integer, t.Number, t.Boolean, *_TEXTS)):
        return False
    if isinstance(kind, _TEXTS):
        # A number's own digits (1.50) and the empty text under a date are ours to convert.
        return all(isinstance(each, str) and column.fits(each) for each in values)
    return all(column.fits(each) for each in values)
