"""How a column is shown in a report: the `format` transform's entry for one column."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ir.model.base import Section

Style = Literal["text", "number", "currency", "percent", "date", "datetime", "boolean", "link"]


class HighlightRule(Section):
    """Rows where `where` is true show the column's cell in `color`."""

    where: str = Field(description="An expression over the row's columns.")
    color: str = Field(description="A colour name or #rrggbb.")


class ColumnFormat(Section):
    """How one column is shown. Values keep their type."""

    style: Style | None = Field(None, description="What kind of value is shown; by default what the type suggests.")
    decimals: int | None = Field(None, ge=0, le=15, description="Digits behind the point.")
    currency: str | None = Field(None, description="An ISO 4217 code such as EUR; style currency.")
    pattern: str | None = Field(None, description="A date pattern such as %d.%m.%Y; styles date and datetime.")
    null_text: str | None = Field(None, description="Shown where the value is null; empty by default.")
    align: Literal["left", "center", "right"] | None = Field(None, description="By default numbers right, others left.")
    width: float | None = Field(None, gt=0, description="Width in characters; by default fitted to the content.")
    url: str | None = Field(
        None,
        description="A link's address, a template over the row; without one the value of style link is the address.",
    )
    highlight: Literal["data_bar", "color_scale"] | list[HighlightRule] | None = Field(
        None, description="A bar or colour by value, or rules."
    )

    def merged(self, later: ColumnFormat) -> ColumnFormat:
        """This format with what `later` sets put over it."""
        said = {key: value for key, value in later if value is not None}
        return self.model_copy(update=said)
