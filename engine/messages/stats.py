"""The figures that `rendering.summary_stats` asks for, added up over the rows that a message is about."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from connectors.files.fitting import with_fraction
from connectors.files.report import PLAIN
from connectors.templates.values import shown
from engine.messages.kinds import ROWS
from engine.messages.shown import shown_cell
from engine.spool import Rows
from ir import types as t
from ir.column_format import ColumnFormat
from ir.diagnostics import Pointer, did_you_mean
from ir.records import dataclass
from transforms.aggregate import Aggregate, AggregateConfig, AggregateSpelling, build_aggregate
from transforms.expressions.orders import has_order
from transforms.expressions.polars_columns import exact
from transforms.expressions.window import Clock
from transforms.frame import Frame
from transforms.operation import Lowering

if TYPE_CHECKING:
    from engine.compiler import Compiler

_SPELLING = re.compile(r"(sum|total|average|avg|min|max)_(.+)")
_FUNCTIONS = {"sum": "sum", "total": "sum", "average": "avg", "avg": "avg", "min": "min", "max": "max"}
_LABELS = {"sum": "Total", "avg": "Average", "min": "Smallest", "max": "Largest"}
COUNTS = frozenset({"count", "total_count", "row_count"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """The figures to compute, of all rows or of each group. `formats` {name: how it is shown}."""

    names: tuple[str, ...] = ()
    labels: Mapping[str, str]
    operation: Aggregate | None = None
    keys: tuple[str, ...] = ()
    formats: Mapping[str, ColumnFormat]

    @property
    def computed(self) -> list[str]:
        """The figures that are added up."""
        return [name for name in self.operation.schema.names if name not in self.keys] if self.operation else []

    @property
    def counted(self) -> list[str]:
        """The names that stand for how many rows there are."""
        return [name for name in self.names if name in COUNTS and name not in self.computed]

    def of(self, rows: Rows, clock: Clock, *, locale: str, timezone: str) -> dict[tuple[Any, ...], dict[str, Any]]:
        """{group's keys: {name: figure}}; without keys the figures of all rows stand under ()."""
        if self.operation is None:
            return {}
        found = self.operation.to_polars(rows.scan(), lowering=Lowering(clock=clock, ordered=False)).collect()
        schema = self.operation.schema
        figures = [name for name in schema.names if name not in self.keys]
        texts = found.select(
            shown_cell(exact(name), schema[name], self.formats.get(name, PLAIN), locale=locale, timezone=timezone)
            .fill_null("").alias(name) for name in figures
        )  # fmt: skip
        values = found.select(exact(name) for name in figures)
        keys = found.select(exact(name) for name in self.keys).rows() if self.keys else [()]
        return {
            key: {name: shown(value, text) for name, value, text in zip(figures, row, said, strict=True)}
            for key, row, said in zip(keys, values.rows(), texts.rows(), strict=True)
        }


def compile_stats(
    wanted: Sequence[str], frame: Frame, columns: t.Schema, keys: Sequence[str], compiler: Compiler, name: str
) -> Stats:
    """The figures over the frame's rows; those with an error, told at its place, have no value."""
    aggregates: dict[str, str | AggregateSpelling] = {}
    formats: dict[str, ColumnFormat] = {}
    labels: dict[str, str] = {}
    for index, stat in enumerate(wanted):
        at: Pointer = ("rendering", "summary_stats", index)
        if stat in COUNTS and not _column_of(stat, columns):
            labels[stat] = ROWS
            continue
        spelled = _SPELLING.fullmatch(stat)
        assert spelled is not None  # the model checks the spelling
        function, column = _FUNCTIONS[spelled[1]], spelled[2]
        if column not in columns:
            compiler.problems.error("IR401", f'there is no column "{column}" to add up here', at=at,
                                    hint=did_you_mean(column, columns.names),
                                    notes=[f"columns here: {columns.brief()}"])  # fmt: skip
            continue
        kind = columns[column]
        if function in {"sum", "avg"} and not isinstance(kind, (*t.NUMERIC, t.Null)):
            compiler.problems.error("IR408", f'"{column}" is {kind}, which has no {spelled[1]}', at=at,
                                    hint="count, min_x and max_x fit it, or cast it to a number with map")  # fmt: skip
            continue
        if not has_order(kind):
            compiler.problems.error("IR408", f'"{column}" is {kind}, which has no order', at=at)
            continue
        aggregates[stat] = AggregateSpelling(field=column, operation=function, alias=stat)
        how = frame.formats.get(column, PLAIN)
        formats[stat] = with_fraction(how, kind) if function == "avg" else how
        labels[stat] = f"{_LABELS[function]} {column.replace('_', ' ')}"
    operation = None
    if aggregates:
        config = AggregateConfig(group_by=list(keys), aggregates=aggregates)
        operation = build_aggregate(config, frame, compiler.building(("rendering", "summary_stats"), name))
    return Stats(names=tuple(wanted), labels=labels, operation=operation, keys=tuple(keys), formats=formats)


def _column_of(stat: str, schema: t.Schema) -> bool:
    """Whether the name means a column: `total_count` where there is a column `count`."""
    spelled = _SPELLING.fullmatch(stat)
    return spelled is not None and spelled[2] in schema
