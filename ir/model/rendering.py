"""How rows are split, grouped and shown (section 12)."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from ir.model.base import Section
from ir.model.filters import Filters
from ir.model.words import Names, refuse

_STAT = re.compile(r"(?:count|total_count|row_count|(?:sum|total|average|avg|min|max)_.+)")


class HandleEmpty(Section):
    """Where rows without a value go."""

    partition_name: str = Field(min_length=1, description="The partition's name.")


class Partition(Section):
    """Rows split by a column's value or by a condition."""

    field: str = Field(description="The column.")
    split_by: Literal["value", "condition"] = Field("value", description="By what.")
    condition: Filters | None = Field(None, description="With split_by condition.")
    handle_empty: HandleEmpty | None = Field(None, description="Where rows without a value go; else they are left out.")

    @model_validator(mode="after")
    def _check_condition(self) -> Partition:
        if self.split_by == "condition" and self.condition is None:
            raise refuse("split_by: condition needs a condition", code="IR202")
        if self.split_by == "value" and self.condition is not None:
            raise refuse("condition stands only with split_by: condition", at=("condition",), on_key=True)
        return self


class Grouping(Section):
    """Groups for per_group_delivery."""

    group_by: Names = Field(min_length=1, description="A column, or a list of columns.")
    emit_per_group: bool = Field(True, description="Whether each group is delivered on its own.")


class SortOrder(Section):
    """One column that rendered rows are sorted by."""

    field: str = Field(description="The column.")
    direction: Literal["asc", "desc"] = Field("asc", description="Ascending or descending.")
    priority: float | None = Field(None, description="Lower first; those without one come last.")


class Margins(Section):
    """Margins in millimetres."""

    top: float | None = Field(None, ge=0, description="Millimetres.")
    right: float | None = Field(None, ge=0, description="Millimetres.")
    bottom: float | None = Field(None, ge=0, description="Millimetres.")
    left: float | None = Field(None, ge=0, description="Millimetres.")


class Page(Section):
    """The pages of a PDF and of a printed sheet."""

    size: Literal["A3", "A4", "A5", "letter", "legal", "tabloid"] | None = Field(None, description="Default A4.")
    orientation: Literal["portrait", "landscape", "auto"] | None = Field(
        None, description="Default by the table's width."
    )
    margins: float | Margins | None = Field(None, description="Millimetres, for all sides or each.")
    footer: str | None = Field(None, description="A template; stands left of the page number.")


class Chart(Section):
    """A chart of a section's rows."""

    type: Literal["bar", "line", "area", "pie", "scatter"] = Field(description="The kind of chart.")
    x: str = Field(description="The column along the axis.")
    y: Names = Field(min_length=1, description="The column (or columns) with the values.")
    series: str | None = Field(None, description="A column: one line or colour for each of its values.")
    title: str | None = Field(None, description="Above the chart.")


TotalFunction = Literal["sum", "mean", "avg", "min", "max", "count", "median"]


class ReportSection(Section):
    """One part of a report: a heading, words, a table, a chart."""

    heading: str | None = Field(None, description="Above the section; the sheet's name in XLSX.")
    text: str | None = Field(None, description="A paragraph; a template.")
    input_source: str | None = Field(None, description="The frame; default data.")
    columns: list[str] | None = Field(None, description="Only these columns, in this order.")
    limit: int | None = Field(None, ge=0, description="At most so many rows.")
    caption: str | None = Field(None, description="Below the table.")
    group_by: Names | None = Field(None, description="A table (or block) for each value.")
    totals: dict[str, TotalFunction] = Field(default_factory=dict, description="{column: function} in a last row.")
    chart: Chart | None = Field(None, description="A chart of the rows.")


def _stat(name: str) -> str:
    if not _STAT.fullmatch(name):
        raise refuse(f'"{name}" is no summary', hint="count, sum_x, total_x, average_x, avg_x, min_x, max_x")
    return name


class Rendering(Section):
    """How the result is shown in messages, pages and sheets."""

    type: Literal["email_embedded_table", "html_table", "summary_block", "alert", "json", "csv", "report"] = Field(
        "html_table", description="The kind of body."
    )
    template: str | None = Field(None, description="The body's text in the engine's language.")
    engine: Literal["jinja", "mustache", "handlebars", "none"] = Field("none", description="The template's language.")
    columns_in_order: list[str] | None = Field(None, description="Only these columns, in this order.")
    sort_order: list[SortOrder] = Field(default_factory=list, description="What rows are sorted by.")
    summary_stats: list[Annotated[str, AfterValidator(_stat)]] = Field(
        default_factory=list, description="count, sum_x, total_x, average_x, avg_x, min_x, max_x."
    )
    empty_message: str | None = Field(None, description="Shown when there are no rows.")
    title: str | None = Field(None, description="The report's title; a template.")
    subtitle: str | None = Field(None, description="Below the title; a template.")
    logo: str | None = Field(None, description="A picture's file, beside the title.")
    page: Page | None = Field(None, description="Of PDF and printed sheets.")
    sections: list[ReportSection] = Field(default_factory=list, description="Parts of the report; default one table.")
    provenance: bool | Literal["with_run_id"] = Field(
        True,
        description="Lines about the workflow, its sources and the time; with_run_id names the run too, which makes "
        "each file different.",
    )

    @model_validator(mode="after")
    def _check_engine(self) -> Rendering:
        if self.engine != "none" and self.template is None:
            raise refuse(f"engine {self.engine} needs a template", code="IR202", hint="write template: …")
        return self
