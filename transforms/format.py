"""How columns are shown in reports; values keep their type."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
from pydantic import Field

from ir.colours import NAMES, colour_value
from ir.column_format import ColumnFormat
from ir.diagnostics import did_you_mean
from ir.model.base import Section
from ir.records import dataclass
from ir.types import NUMERIC, Boolean, DataType, Date, Datetime, Null, Schema, String, Time
from transforms import sql
from transforms.addresses import bound_address
from transforms.building import Building
from transforms.date_patterns import PATTERN_HINT, pattern_problem
from transforms.expressions import Bound
from transforms.frame import Frame
from transforms.operation import Lowering, Operation

if TYPE_CHECKING:
    from sqlglot import exp

_FITS: dict[str, tuple[type[DataType], ...]] = {
    "number": NUMERIC,
    "currency": NUMERIC,
    "percent": NUMERIC,
    "date": (Date, Datetime),
    "datetime": (Datetime, Date, Time),
    "boolean": (Boolean,),
}


class FormatConfig(Section):
    """How columns are shown: XLSX gets native number formats, PDF, HTML and TXT get text."""

    columns: dict[str, ColumnFormat] = Field(description="{column: how it is shown}.", min_length=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Format(Operation):
    """The same rows; only `formats` changes."""

    columns: tuple[str, ...]

    def summary(self) -> str:
        return "shows " + ", ".join(f"{name} as {_shown(self.formats[name])}" for name in self.columns)

    def to_polars(self, *rows: pl.LazyFrame, lowering: Lowering) -> pl.LazyFrame:
        return rows[0]

    def to_sql(self, *rows: str, lowering: Lowering) -> exp.Query:
        return sql.select(sql.columns(self.schema), rows[0])


def _shown(how: ColumnFormat) -> str:
    style = how.style or ("link" if how.url is not None else "it is")
    return f"{style}, highlighted" if how.highlight is not None else style


def build_format(config: FormatConfig, rows: Frame, building: Building) -> Format | None:
    formats = dict(rows.formats)
    for name, each in config.columns.items():
        if not building.column(name, rows.schema, "columns", name):
            continue
        if each.style in _FITS and not isinstance(rows.schema[name], _FITS[each.style]):
            building.error(
                "IR408",
                f'"{name}" is {rows.schema[name]}, which style {each.style} does not fit',
                "columns",
                name,
                "style",
            )
        kind = rows.schema[name]
        if each.pattern and isinstance(kind, Date | Datetime) and (problem := pattern_problem(each.pattern, kind)):
            building.error("IR405", problem, "columns", name, "pattern", hint=PATTERN_HINT)
        if not _highlight_is_good(name, each, rows, building):
            each = each.model_copy(update={"highlight": None})  # deliveries need not tell it again
        if each.url is not None:
            if bound_address(each.url, rows.schema, building, "columns", name, "url") is None:
                each = each.model_copy(update={"url": None, "style": None})
        elif each.style == "link" and not isinstance(kind, String | Null):
            building.error("IR408", f'"{name}" is {kind}, no address', "columns", name, "style",
                           hint="write the address: url: https://example.org/{{" + name + "}}")  # fmt: skip
        formats[name] = formats[name].merged(each) if name in formats else each
    return Format(
        inputs=(rows,),
        schema=rows.schema,
        order=rows.order,
        formats=formats,
        keeps_arrival=True,
        keeps_count=True,
        columns=tuple(name for name in config.columns if name in rows.schema),
    )


def _highlight_is_good(name: str, shown: ColumnFormat, rows: Frame, building: Building) -> bool:
    """Whether rules are conditions over the row, and bars and scales stand on numbers."""
    kind = rows.schema[name]
    if isinstance(shown.highlight, str) and not isinstance(kind, (*NUMERIC, Null)):
        building.error("IR408", f'"{name}" is {kind}, which a {shown.highlight} does not fit', "columns", name,
                       "highlight", hint="bars and scales show numbers; rules fit every type")  # fmt: skip
        return False
    good = True
    for index, rule in enumerate(shown.highlight if isinstance(shown.highlight, list) else ()):
        at = ("columns", name, "highlight", index)
        if bound_rule(rule.where, rows.schema, building, *at, "where") is None:
            good = False
        if colour_value(rule.color) is None:
            building.error("IR205", f'"{rule.color}" is no colour', *at, "color",
                           hint=did_you_mean(rule.color, NAMES) or "write a name such as red, or #rrggbb")  # fmt: skip
            good = False
    return good


def bound_rule(where: str, schema: Schema, building: Building, *at: str | int) -> Bound | None:
    """The condition of a highlight rule, or None after errors."""
    found = building.bound(where, building.scope(schema), *at)
    if found is not None and not isinstance(found.type, Boolean | Null):
        building.error("IR411", f"where is {found.type}, not true or false", *at,
                       hint="compare it with something, as in amount > 0")  # fmt: skip
        return None
    return found
