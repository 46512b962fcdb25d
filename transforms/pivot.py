"""One column's values become columns: pivot."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Literal

from pydantic import Field

from ir.expressions import Binary, Call, Case, Expression, Is, Star
from ir.model.base import Section
from ir.records import dataclass
from ir.types import DataType
from transforms.aggregate import Aggregate, aggregate, is_sortable
from transforms.building import UNKNOWN, Building, Check, column_tree, constant_tree
from transforms.expressions import Bound, bind, convert_literal
from transforms.frame import Frame


class PivotConfig(Section):
    """One row per index key, one column per value of `columns`."""

    index: list[str] = Field(description="The columns that name a row.")
    columns: str = Field(description="The column whose values become columns.")
    values: str | None = Field(None, description="The column that fills them; may be left out for count.")
    function: Literal["sum", "mean", "min", "max", "count", "first"] = Field(
        "sum", description="How several values of one cell become one."
    )
    column_values: list[Any] | None = Field(
        None, description="The values that become columns, in this order; found by a first pass when left out."
    )
    fill: Any = Field(None, description="What stands where there is no value.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pivot(Aggregate):
    """An aggregate with one filtered aggregate per value; ordered by `index`."""


def build_pivot(config: PivotConfig, rows: Frame, building: Building) -> Pivot | None:
    index = building.known_columns(config.index, rows.schema, "index")
    good = building.column(config.columns, rows.schema, "columns") and len(index) == len(config.index)
    if config.values is not None:
        good &= building.column(config.values, rows.schema, "values")
    elif config.function != "count":
        building.error("IR202", f"a pivot with function: {config.function} needs values",
                       hint="values: the column to fill the cells with, or function: count")  # fmt: skip
        good = False
    if not good:
        return None
    if config.function == "first" and not building.needs_order(rows, "function: first", "function"):
        return None
    kind = rows.schema[config.columns]
    if not is_sortable(kind):
        building.error("IR408", f'the values of "{config.columns}" cannot name columns: it is {kind}', "columns",
                       hint="take a part of it in a map before")  # fmt: skip
        return None
    if not _fits(config, rows, building):
        return None
    values = config.column_values
    found = values is None
    if values is None:
        known = building.found_values.get(building.at)
        if known is None:
            building.needs_values(building.at, distinct_values(rows, config.columns, building))
            return None
        values = list(known)
    typed = _typed(values, kind, building, found=found)
    if typed is None:
        return None
    if not found:
        _count_undeclared(config, rows, typed, building)
    return _pivot(config, rows, index, typed, building)


def _fits(config: PivotConfig, rows: Frame, building: Building) -> bool:
    """Whether the function takes `values` and the cells take `fill`: known before a first pass finds the columns."""
    before = len(building.problems.errors)
    cell = _cell(config)
    if building.bound_tree(cell, building.scope(rows.schema, kind="aggregate", ordered=True), "values") is not None:
        _filled(cell, config, rows, building)
    return len(building.problems.errors) == before


def _cell(config: PivotConfig, where: Expression | None = None) -> Expression:
    """The aggregate that fills a cell."""
    function = "avg" if config.function == "mean" else config.function
    argument: Expression = column_tree(config.values) if config.values is not None else Star((0, 0))
    return Call(function, (argument,), (0, 0), where=where)


def _typed(values: Sequence[object], kind: DataType, building: Building, *, found: bool) -> list[object] | None:
    if found:
        return list(values)
    typed: list[object] = []
    for position, value in enumerate(values):
        try:
            typed.append(None if value is None else convert_literal(value, kind))
        except ValueError as problem:
            building.error("IR405", str(problem), "column_values", position)
            return None
    return typed


def _pivot(config: PivotConfig, rows: Frame, index: list[str], values: Sequence[object],
           building: Building) -> Pivot | None:  # fmt: skip
    scope = building.scope(rows.schema, kind="aggregate", ordered=rows.order is not None)
    scalar = building.scope(rows.schema)
    cells: dict[str, Bound] = {}
    for position, value in enumerate(values):
        name = value_text(value)
        if name in cells or name in index:
            at = ("columns",) if config.column_values is None else ("column_values", position)
            building.error("IR403", f'the value "{name}" of "{config.columns}" would stand for two columns', *at)
            return None
        tree = _filled(_cell(config, is_value(config.columns, value)), config, rows, building)
        cells[name] = building.bound_tree(tree, scope, "values") or bind(UNKNOWN, scalar)
    keys = [(name, building.bound_tree(column_tree(name), scalar)) for name in index]
    made = aggregate(rows, [(name, bound) for name, bound in keys if bound], list(cells.items()))
    fields = {name: getattr(made, name) for name in Aggregate.__dataclass_fields__}
    if config.function != "count" and config.values is not None and config.values in rows.formats:
        # the columns that a first pass finds have no names yet by which a format step could show them
        fields["formats"] = {**made.formats, **dict.fromkeys(cells, rows.formats[config.values])}
    notes = f"{config.function} of {config.values or 'rows'} per {', '.join(index)} and {config.columns}"
    return Pivot(**{**fields, "notes": notes})


def _filled(tree: Expression, config: PivotConfig, rows: Frame, building: Building) -> Expression:
    """The cell with `fill`, if any, in place of null, converted to the type of the cell."""
    if config.fill is None:
        return tree
    bound = building.bound_tree(tree, building.scope(rows.schema, kind="aggregate", ordered=True), "values")
    if bound is None:
        return tree
    try:
        fill = convert_literal(config.fill, bound.type)
    except ValueError as problem:
        building.error("IR405", str(problem), "fill")
        return tree
    return Call("coalesce", (tree, constant_tree(fill)), (0, 0))


def is_value(column: str, value: object) -> Expression:
    """`column = value`, or `column is null`."""
    if value is None:
        return Is(column_tree(column), None, (0, 0))
    return Binary("=", column_tree(column), constant_tree(value), (0, 0))


def value_text(value: object) -> str:
    """A value as a column's name: 3, 2026-01-31, true, null."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case datetime.datetime():
            return value.isoformat(sep=" ")
        case float():
            return repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
        case Decimal():
            return format(value, "f")
    return str(value)


def distinct_values(rows: Frame, column: str, building: Building) -> Frame:
    """One row per value of the column, in its own order, null last: what the first pass asks for."""
    bound = building.bound_tree(column_tree(column), building.scope(rows.schema))
    assert bound is not None
    return building.add_hidden(f"{rows.name}_{column}_values", aggregate(rows, [(column, bound)], []))


def _count_undeclared(config: PivotConfig, rows: Frame, values: Sequence[object], building: Building) -> None:
    """Have the run count the rows whose value was not declared, and warn of them."""
    hits = [is_value(config.columns, value) for value in values]
    counted: Expression = Star((0, 0))
    branches = tuple((hit, UNKNOWN) for hit in hits)
    one = building.bound("1", building.scope(rows.schema))
    assert one is not None
    assert one.tree is not None
    argument = Case(branches, one.tree, (0, 0)) if branches else counted
    tree = Call("count", (argument,), (0, 0))
    bound = building.bound_tree(tree, building.scope(rows.schema, kind="aggregate"), "column_values")
    if bound is None:
        return
    total = building.add_hidden(f"{rows.name}_undeclared", aggregate(rows, [], [("count", bound)]))
    message = f'rows whose "{config.columns}" is not in column_values left out of the pivot: {{count}}'
    building.checks.append(
        Check(suspects=total, counted=True, code="IR431", message=message, at=(*building.at, "column_values"))
    )
