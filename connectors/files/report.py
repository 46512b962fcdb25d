"""A report: the words around its tables, the tables, and what is known of their rows before they come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import UTC, datetime
from typing import Literal
from zoneinfo import ZoneInfo

import polars as pl

from ir.column_format import ColumnFormat
from ir.records import dataclass
from ir.types import Schema
from transforms.dtypes import polars_dtype

PLAIN = ColumnFormat.model_construct()
"""The format of a column that nothing was said about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart of a part's rows: each row is a point, a bar or a slice."""

    type: Literal["bar", "line", "area", "pie", "scatter"]
    x: str
    y: tuple[str, ...]
    series: str | None = None
    title: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A column's cell is shown in `color` where the row's boolean column `where` is true; null is not."""

    where: str
    color: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One table of a report, with the words around it.

    `columns` are shown, in this order. The rows may have further columns, which are not: the keys of `group_by`, and
    those that `links` {column: column with the address} and `rules` {column: its rules} name. Rows come sorted by
    `group_by`, equal keys together; each block of them stands under a heading, with its subtotals behind it.
    `totals` are {column: function} of columns that are shown, `total_types` what the functions give.
    """

    columns: Schema
    formats: Mapping[str, ColumnFormat] = field(default_factory=dict)
    heading: str | None = None
    text: str | None = None
    caption: str | None = None
    group_by: Schema = field(default_factory=lambda: Schema(()))
    totals: Mapping[str, str] = field(default_factory=dict)
    total_types: Schema = field(default_factory=lambda: Schema(()))
    chart: Chart | None = None
    chart_types: Schema = field(default_factory=lambda: Schema(()))
    links: Mapping[str, str] = field(default_factory=dict)
    rules: Mapping[str, tuple[Rule, ...]] = field(default_factory=dict)

    def format_of(self, column: str) -> ColumnFormat:
        return self.formats.get(column, PLAIN)

    def no_rows(self) -> pl.DataFrame:
        """A frame of its columns and keys without any row."""
        return pl.DataFrame(schema={name: polars_dtype(kind)
                                    for name, kind in (*self.group_by.items(), *self.columns.items())})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a part's rows before they come; nothing of rows that are streamed.

    `totals` is one row of the totals' columns. `subtotals` has a frame for each level of `group_by`, the first key
    alone first: one row a group, in the order the groups come in, with its keys, its totals and `ROWS`, how many rows
    it has. `points` are the chart's columns, `extremes` the smallest and largest value of columns shaded by value and
    of numbers with a total.
    """

    rows: int | None = None
    totals: pl.DataFrame | None = None
    subtotals: tuple[pl.DataFrame, ...] = ()
    points: pl.DataFrame | None = None
    extremes: Mapping[str, tuple[float, float]] = field(default_factory=dict)


ROWS = "__rows"
"""The column of subtotals that counts a group's rows."""
STREAMED = Facts()


@dataclass(frozen=True, slots=True, kw_only=True)
class Margins:
    """In millimetres."""

    top: float = 12.7
    right: float = 12.7
    bottom: float = 12.7
    left: float = 12.7


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The pages of a PDF and of a printed sheet."""

    size: str = "A4"
    orientation: Literal["portrait", "landscape"] | None = None
    margins: Margins = Margins()
    footer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a report comes from: lines of text, such as "workflow sales, sha256 1f3a…"."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is delivered: the columns, how they are shown, and the words around the table.

    The rows come later, in batches whose dtypes are those of `columns` and whose number nobody knows yet.
    `generated_at` is the run's `now`; equal rows and an equal `generated_at` give equal bytes. A document has `parts`,
    at least one, whose rows come one after the other; for the other formats `columns` and `formats` are all there is.
    """

    columns: Schema
    formats: Mapping[str, ColumnFormat] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()
    title: str | None = None
    subtitle: str | None = None
    logo: bytes | None = None
    workflow: str = "workflow"
    generated_at: datetime = datetime(2000, 1, 1, tzinfo=UTC)
    locale: str = "en"
    timezone: str = "UTC"
    empty_message: str | None = None
    page: Page = Page()
    provenance: Provenance | None = None

    @property
    def tables(self) -> tuple[Part, ...]:
        """The parts, or the one that the columns are."""
        return self.parts or (Part(columns=self.columns, formats=self.formats),)

    @property
    def heading(self) -> str:
        """The title, or the workflow's name made readable: `monthly_sales-report` is "Monthly sales report"."""
        if self.title:
            return self.title
        words = self.workflow.replace("_", " ").replace("-", " ").strip()
        return words[:1].upper() + words[1:]

    @property
    def byline(self) -> str:
        """The subtitle, or when the report was made, in its own time zone."""
        return self.subtitle or f"{self.generated_local:%Y-%m-%d %H:%M} {self.timezone}"

    @property
    def generated_local(self) -> datetime:
        return self.generated_at.astimezone(ZoneInfo(self.timezone))

    def format_of(self, column: str) -> ColumnFormat:
        return self.formats.get(column, PLAIN)
