"""What rows are sorted by; the same words wherever an order is given."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from ir.model.base import Section


class SortKey(Section):
    """One column to sort by."""

    field: str = Field(description="The column.")
    direction: Literal["asc", "desc"] = Field("asc", description="Ascending or descending.")
    nulls: Literal["first", "last"] = Field("last", description="Where rows without a value go.")


def _keyed(value: Any) -> Any:
    return {"field": value} if isinstance(value, str) else value


SortBy = Annotated[SortKey, BeforeValidator(_keyed, json_schema_input_type=str | SortKey)]
"""A column name, or {field, direction, nulls}; always read as a SortKey."""
