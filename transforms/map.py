"""Compute, rename, cast, select and drop columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl
from pydantic import Field

from ir.diagnostics import did_you_mean
from ir.expressions import Cast, Column, ExpressionSyntax, parse_expression
from ir.expressions import Expression as Tree
from ir.model.base import Section
from ir.model.words import WrittenExpression
from ir.records import dataclass
from ir.types import Schema, parse_type
from transforms import sql
from transforms.building import UNKNOWN, Building, column_tree
from transforms.expressions import Bound, bind, to_polars, to_sql
from transforms.expressions.polars_columns import all_exact, exact
from transforms.frame import Frame
from transforms.operation import Lowering, Operation

if TYPE_CHECKING:
    from sqlglot import exp


class MapConfig(Section):
    """Compute, rename, cast, select and drop columns, in that order."""

    columns: dict[str, WrittenExpression] = Field(
        default_factory=dict,
        description="{new: expression}. All are computed from the input's columns, side by side; an existing name is "
        "replaced in place, new ones go to the end as written.",
    )
    rename: dict[str, str] = Field(default_factory=dict, description="{old: new}.")
    cast: dict[str, str] = Field(default_factory=dict, description="{column: type}, by the names after rename.")
    select: list[str] = Field(
        default_factory=list, description="The columns to keep, in this order, by the names after rename."
    )
    drop: list[str] = Field(default_factory=list, description="The columns to leave out, by the names after rename.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Map(Operation):
    """Each row with other columns: `outputs` {name: expression over the input's columns}."""

    outputs: tuple[tuple[str, Bound], ...]
    notes: str = ""

    def summary(self) -> str:
        return self.notes

    def to_polars(self, *rows: pl.LazyFrame, lowering: Lowering) -> pl.LazyFrame:
        values = [
            exact(name) if is_column(bound, name) else to_polars(bound, clock=lowering.clock).alias(name)
            for name, bound in self.outputs
        ]
        if any(bound.columns for _, bound in self.outputs):
            return rows[0].select(values)
        # a select of nothing but literals has one row
        return rows[0].with_columns(values).select(all_exact(self.schema.names))

    def to_sql(self, *rows: str, lowering: Lowering) -> exp.Query:
        return sql.select(
            [sql.named(to_sql(bound, clock=lowering.clock), name) for name, bound in self.outputs], rows[0]
        )


def is_column(bound: Bound, name: str) -> bool:
    """Whether the expression is just the column `name`."""
    return isinstance(bound.tree, Column) and bound.tree.path == (name,)


def build_map(config: MapConfig, rows: Frame, building: Building) -> Map | None:
    scope = building.scope(rows.schema)
    trees: dict[str, Tree] = {name: column_tree(name) for name in rows.schema}
    places: dict[str, tuple[str | int, ...]] = {}
    for name, text in config.columns.items():
        try:
            trees[name] = parse_expression(text)
        except ExpressionSyntax:
            building.bound(text, scope, "columns", name)
            trees[name] = column_tree(name) if name in rows.schema else UNKNOWN
            continue
        places[name] = ("columns", name)
    renamed = _renamed(config, trees, building)
    outputs = {renamed.get(name, name): tree for name, tree in trees.items()}
    places = {renamed.get(name, name): place for name, place in places.items()}
    everything = Schema(
        [
            (name, rows.schema[tree.path[0]])
            if isinstance(tree, Column) and tree.path[0] in rows.schema
            else (name, parse_type("string"))
            for name, tree in outputs.items()
        ]
    )
    for name, word in config.cast.items():
        if not building.column(name, everything, "cast", name):
            continue
        try:
            kind = parse_type(word)
        except ValueError as problem:
            building.error("IR205", str(problem), "cast", name, hint=getattr(problem, "hint", None))
            continue
        outputs[name] = Cast(outputs[name], kind, outputs[name].span)
        places.setdefault(name, ("cast", name))
    if config.select:
        outputs = {name: outputs[name] for name in building.known_columns(config.select, everything, "select")}
    for name in building.known_columns(config.drop, everything, "drop"):
        if outputs.pop(name, None) is None:
            building.error("IR401", f'"{name}" is dropped, but select has left it out already', "drop")
    bound: list[tuple[str, Bound]] = []
    for name, tree in outputs.items():
        found = building.bound_tree(tree, scope, *places.get(name, ()))
        if found is None:
            found = bind(UNKNOWN, scope)
        bound.append((name, found))
    return project(rows, bound, notes=_summary(config))


def project(rows: Frame, outputs: Sequence[tuple[str, Bound]], *, notes: str = "") -> Map:
    """Each row with these columns; columns that only get another name keep their format and the rows' order."""
    kept = {
        each.tree.path[0]: name
        for name, each in outputs
        if isinstance(each.tree, Column) and len(each.tree.path) == 1 and each.tree.path[0] in rows.schema
    }
    formats = {
        name: rows.formats[each.tree.path[0]]
        for name, each in outputs
        if isinstance(each.tree, Column) and len(each.tree.path) == 1 and each.tree.path[0] in rows.formats
    }
    return Map(
        inputs=(rows,),
        schema=Schema((name, each.type) for name, each in outputs),
        order=rows.order.after(kept) if rows.order is not None else None,
        formats=formats,
        keeps_arrival=True,
        keeps_count=True,
        outputs=tuple(outputs),
        notes=notes,
    )


def _renamed(config: MapConfig, trees: dict[str, Tree], building: Building) -> dict[str, str]:
    renamed: dict[str, str] = {}
    for old, new in config.rename.items():
        if old not in trees:
            building.error(
                "IR401",
                f'there is no column "{old}" to rename',
                "rename",
                old,
                on_key=True,
                hint=did_you_mean(old, trees) or f"the columns here are {', '.join(list(trees)[:12])}",
            )
            continue
        renamed[old] = new
    taken: dict[str, str] = {}
    for name in trees:
        new = renamed.get(name, name)
        if new in taken:
            culprit = name if name in renamed else taken[new]
            building.error(
                "IR403",
                f'the name "{new}" would stand for two columns',
                "rename",
                culprit,
                hint=f'rename or drop the other "{new}" first',
            )
            renamed.pop(culprit, None)
        taken[new] = name
    return renamed


def _summary(config: MapConfig) -> str:
    parts = [f"{name} = {text}" for name, text in config.columns.items()]
    parts += [f"{old} → {new}" for old, new in config.rename.items()]
    parts += [f"{name} as {kind}" for name, kind in config.cast.items()]
    if config.select:
        parts.append("keep " + ", ".join(config.select))
    if config.drop:
        parts.append("drop " + ", ".join(config.drop))
    return "; ".join(parts)
