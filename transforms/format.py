"""How columns are shown in reports; values keep their type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl
from pydantic import Field

from ir.column_format import ColumnFormat
from ir.model.base import Section
from ir.types import NUMERIC, Boolean, DataType, Date, Datetime, Time
from transforms import sql
from transforms.building import Building
from transforms.date_patterns import PATTERN_HINT, pattern_problem
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
        return "shows " + ", ".join(f"{name} as {self.formats[name].style or 'it is'}" for name in self.columns)

    def to_polars(self, *rows: pl.LazyFrame, lowering: Lowering) -> pl.LazyFrame:
        return rows[0]

    def to_sql(self, *rows: str, lowering: Lowering) -> exp.Query:
        return sql.select(sql.columns(self.schema), rows[0])


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
        if each.highlight is not None or each.style == "link":
            key = "style" if each.style == "link" else "highlight"
            what = "links" if key == "style" else "highlights"
            building.error("IR290", f"this version cannot show {what} yet", "columns", name, key)
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
