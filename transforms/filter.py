"""Keep the rows for which a condition holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import polars as pl
from pydantic import Field, model_validator

from ir.diagnostics import Pointer
from ir.model.base import Section
from ir.model.filters import Condition, FilterGroup
from ir.model.words import refuse
from ir.records import dataclass
from ir.types import Boolean, Null
from transforms import sql
from transforms.aggregate import aggregate
from transforms.building import Building, Check
from transforms.conditions import bind_filter, column_text, compares_text_with_number
from transforms.expressions import Bound, to_polars, to_sql
from transforms.frame import Frame
from transforms.operation import Lowering, Operation

if TYPE_CHECKING:
    from sqlglot import exp


class FilterConfig(Section):
    """The rows for which a FilterGroup or an expression holds."""

    where: str | None = Field(None, description="An expression; rows where it is false or null are dropped.")
    combineWith: Literal["AND", "OR"] = Field("AND", description="Over conditions and groups together.")
    conditions: list[Condition] = Field(default_factory=list, description="Tests of single columns.")
    groups: list[FilterGroup] = Field(default_factory=list, description="Nested groups, as deep as needed.")

    @model_validator(mode="before")
    @classmethod
    def _bare_list(cls, value: Any) -> Any:
        return {"conditions": value} if isinstance(value, list) else value

    @model_validator(mode="after")
    def _exactly_one(self) -> FilterConfig:
        if bool(self.conditions or self.groups) == (self.where is not None):
            raise refuse("a filter has exactly one of conditions and where", code="IR206",
                         hint="conditions: [{field, operator, value}], or where: an expression")  # fmt: skip
        return self

    @property
    def group(self) -> FilterGroup:
        return FilterGroup(combineWith=self.combineWith, conditions=self.conditions, groups=self.groups)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter(Operation):
    """Rows where `where` is true; rows where it is false or null are dropped.

    SQL's rule for null, not Python's: `amount > 0` drops a row whose amount is null.
    """

    where: Bound
    notes: str = ""

    @property
    def keeps_rows(self) -> bool:
        return True

    @property
    def single(self) -> bool:
        return self.inputs[0].single

    @property
    def unique(self) -> tuple[frozenset[str], ...]:
        return self.inputs[0].unique

    def summary(self) -> str:
        return self.notes

    def to_polars(self, *rows: pl.LazyFrame, lowering: Lowering) -> pl.LazyFrame:
        return rows[0].filter(to_polars(self.where, clock=lowering.clock))

    def to_sql(self, *rows: str, lowering: Lowering) -> exp.Query:
        return sql.select(sql.columns(self.schema), rows[0]).where(to_sql(self.where, clock=lowering.clock))


def keep_where(rows: Frame, where: Bound, notes: str) -> Filter:
    """The filter over `rows`; order and formats stay."""
    return Filter(inputs=(rows,), schema=rows.schema, order=rows.order, formats=rows.formats, keeps_arrival=True,
                  where=where, notes=notes)  # fmt: skip


def build_filter(config: FilterConfig, rows: Frame, building: Building) -> Filter | None:
    if config.where is None:
        return build_filter_group(config.group, rows, building)
    where = building.bound(config.where, building.scope(rows.schema), "where")
    if where is None:
        return None
    if not isinstance(where.type, Boolean | Null):
        building.error("IR411", f"where is {where.type}, not true or false", "where",
                       hint="compare it with something, as in amount > 0")  # fmt: skip
        return None
    return keep_where(rows, where, config.where)


def build_filter_group(group: FilterGroup, rows: Frame, building: Building) -> Filter | None:
    """The filter of a FilterGroup, or None after errors."""
    where = bind_filter(group, building.scope(rows.schema), problems=building.problems, at=building.at)
    if where is None:
        return None
    count_texts(group, rows, building, building.at)
    return keep_where(rows, where, where.text)


def count_texts(group: FilterGroup, rows: Frame, building: Building, at: Pointer) -> None:
    """Have the run count the texts that a number was compared with and that are none, and warn of them."""
    for index, condition in enumerate(group.conditions):
        if compares_text_with_number(condition, rows.schema):
            name = column_text(condition.field, rows.schema)
            text = f"count(*) filter (where {name} is not null and try_cast({name} as number) is null)"
            counted = building.bound(text, building.scope(rows.schema, kind="aggregate"))
            assert counted is not None
            total = building.add_hidden(f"{rows.name}_no_numbers", aggregate(rows, [], [("count", counted)]))
            message = f'texts in "{condition.field}" that are no number, so {condition.operator} is false: {{count}}'
            place = (*at, "conditions", index, "field")
            building.checks.append(Check(suspects=total, counted=True, code="IR432", message=message, at=place))
    for index, each in enumerate(group.groups):
        count_texts(each, rows, building, (*at, "groups", index))
