"""The calls of an operation, in the order of its rows: for each row, each group, some of the rows, or one for all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any

import polars as pl

from connectors.problem import ConnectorProblem
from engine.messages.groups import Run, runs_of
from engine.plugin_operations.arguments import json_value
from engine.plugin_operations.conforming import conforming
from engine.plugin_operations.meanings import Known
from engine.plugin_operations.row_taking import MOST_BYTES, MOST_ROWS
from engine.plugin_operations.row_values import row_values
from engine.spool import Spool
from ir.records import dataclass
from ir.templates import Unresolved
from ir.value_text import text_of

if TYPE_CHECKING:
    from engine.plugin_operations.effect import PluginEffect
    from engine.plugin_operations.packs import Pack

_ROWS, _GROUPS = 500, 50
"""Rows and groups whose calls are made before their results are written down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call to be made. `ordinal` counts from 0 over the whole operation."""

    ordinal: int
    shown: str
    """Which one it is, for people."""
    known: Known
    rows: Sequence[Mapping[str, Any]] | None = None
    """The rows that it takes, of an action that takes rows."""
    first: int = 0
    """The number of the first row that it is about."""
    count: int = 0
    """How many rows it is about."""
    problem: str | None = None
    """Why it cannot be made."""
    prepared: Mapping[str, Any] | None = None
    """What it asks for, where that was put together of several rows."""
    is_stretch: bool = False
    """Whether its rows may as well be in several calls."""
    pack: Pack | None = None
    """The rows that were packed into it."""
    is_empty: bool = False
    """Whether it is about an element that is null: nothing is called, and null stands in its place in the results."""

    def arguments(self, effect: PluginEffect) -> dict[str, Any]:
        """What it asks for.

        Raises:
            ConnectorProblem: a value is not there, or none that a call can take.
        """
        if self.problem is not None:
            raise ConnectorProblem("IR670", self.problem)
        if self.prepared is not None:
            return dict(self.prepared)
        found = effect.arguments.values(self.known)
        taking = effect.taking
        try:
            if taking is not None and self.rows is not None:
                found[taking.parameter] = taking.shaped(self.rows)
            if effect.element_parameter is not None:
                found[effect.element_parameter] = json_value(self.known.element)
        except ValueError as problem:
            raise ConnectorProblem("IR670", str(problem)) from problem
        return conforming(found, effect.action.parameters.schema, timezone=effect.timezone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """Calls whose results are written down together, those of one row each behind the other."""

    calls: Sequence[Sequence[Call]]
    """Of each row, each group or each stretch of rows."""
    rows: pl.DataFrame = field(default_factory=pl.DataFrame)
    """The rows, where each has calls of its own."""
    keys: Sequence[Mapping[str, Any]] = field(default_factory=list)
    """The values that make each group, where calls are about groups."""


def units_of(effect: PluginEffect, spool: Spool | None, base: Known, *, timezone: str) -> Iterator[Unit]:
    """Every call, in the order of the rows."""
    match effect.scope:
        case "once":
            yield Unit(calls=[[Call(ordinal=0, shown="the call", known=base)]])
        case "per_item" | "batch":
            assert spool is not None
            yield from _rows(effect, spool, base, timezone)
        case "per_group":
            assert spool is not None
            yield from _groups(effect, spool, base, timezone)
        case "rows":
            assert spool is not None
            stretches = _stretches if effect.stretch is None else _rows_as_values
            yield from stretches(effect, spool, base, timezone)


def _rows(effect: PluginEffect, spool: Spool, base: Known, timezone: str) -> Iterator[Unit]:
    assert effect.rows is not None
    columns = effect.read_columns
    first = ordinal = 0
    for batch in spool.batches():
        for rows in batch.iter_slices(_ROWS):
            calls = []
            for offset, row in enumerate(row_values(rows, columns, effect.rows.schema, timezone=timezone)):
                known = Known(roots=base.roots, frames=base.frames, row=row)
                made = _calls_of_row(effect, known, ordinal, first + offset)
                ordinal += sum(not each.is_empty for each in made)
                calls.append(made)
            yield Unit(rows=rows, calls=calls)
            first += rows.height


def _calls_of_row(effect: PluginEffect, known: Known, ordinal: int, number: int) -> list[Call]:
    taking, shown = effect.taking, f"row {number + 1}"
    rows = None if taking is None else [taking.of_row(known.row)]
    whole = Call(ordinal=ordinal, shown=shown, known=known, rows=rows, first=number, count=1)
    if effect.elements is None:
        return [whole]
    try:
        elements = effect.elements.value(known)
    except Unresolved as problem:
        return [replace(whole, problem=str(problem))]
    if elements is None:
        return []
    several = elements if isinstance(elements, list | tuple) else [elements]
    found, made = list[Call](), 0
    for place, each in enumerate(several):
        found.append(replace(whole, ordinal=ordinal + made, shown=f"{shown}, element {place + 1}",
                             known=replace(known, element=each), is_empty=each is None))  # fmt: skip
        made += each is not None
    return found


def _groups(effect: PluginEffect, spool: Spool, base: Known, timezone: str) -> Iterator[Unit]:
    keys: list[dict[str, Any]] = []
    calls: list[list[Call]] = []
    for ordinal, run in enumerate(runs_of(spool, effect.groups)):
        keys.append(dict(zip(effect.groups, run.key, strict=True)))
        calls.append([_call_of_group(effect, spool, base, run, ordinal, timezone)])
        if len(calls) == _GROUPS:
            yield Unit(calls=calls, keys=keys)
            keys, calls = [], []
    if calls:
        yield Unit(calls=calls, keys=keys)


def _call_of_group(effect: PluginEffect, spool: Spool, base: Known, run: Run, ordinal: int, timezone: str) -> Call:
    assert effect.rows is not None
    columns = effect.read_columns
    pieces = spool.pieces(run.first, run.rows) if columns else ()
    items = [row for piece in pieces for row in row_values(piece, columns, effect.rows.schema, timezone=timezone)]
    name = ", ".join("" if each is None else text_of(each) for each in run.key)
    group = {"key": run.key[0] if len(run.key) == 1 else name, "name": name, "items": items, "count": run.rows}
    group |= {f"column {column}": each for column, each in zip(effect.groups, run.key, strict=True)}
    return Call(ordinal=ordinal, shown=f"the group {name}", known=replace(base, group=group), first=run.first,
                count=run.rows, rows=items if effect.taking is not None else None)  # fmt: skip


def _stretches(effect: PluginEffect, spool: Spool, base: Known, timezone: str) -> Iterator[Unit]:
    assert effect.rows is not None
    assert effect.taking is not None
    most, columns = effect.taking.most, effect.taking.columns
    for ordinal, first in enumerate(range(0, spool.rows, most)):
        count = min(most, spool.rows - first)
        rows = [row for piece in spool.pieces(first, count)
                for row in row_values(piece, columns, effect.rows.schema, timezone=timezone)]  # fmt: skip
        call = Call(ordinal=ordinal, shown=f"rows {first + 1} to {first + count}", known=base, rows=rows, first=first,
                    count=count, is_stretch=True)  # fmt: skip
        yield Unit(calls=[[call]])


def _rows_as_values(effect: PluginEffect, spool: Spool, base: Known, timezone: str) -> Iterator[Unit]:
    """Calls whose config names the frame itself: its rows are one value, in the places where it stands."""
    assert effect.rows is not None
    assert effect.stretch is not None
    most, columns = effect.stretch.most, tuple(effect.rows.schema)
    starts = range(0, spool.rows, most) if most is not None else range(1)  # all rows are one call, also where none is
    for ordinal, first in enumerate(starts):
        count = spool.rows if most is None else min(most, spool.rows - first)
        pieces = list(spool.pieces(first, count)) if count <= MOST_ROWS else []
        n_bytes = sum(each.estimated_size() for each in pieces)
        too_large = f"{count:,} rows" if count > MOST_ROWS else f"{n_bytes:,} bytes" if n_bytes > MOST_BYTES else None
        problem = None if too_large is None else (
            f"{too_large} are too much for one value of a call, which has up to {MOST_ROWS:,} rows and {MOST_BYTES:,} "
            "bytes: write execution_scope: batch, with fewer rows in settings.batch_rows")  # fmt: skip
        rows = [row for piece in (pieces if problem is None else ())
                for row in row_values(piece, columns, effect.rows.schema, timezone=timezone)]  # fmt: skip
        shown = "the call" if most is None else f"rows {first + 1} to {first + count}"
        yield Unit(calls=[[Call(ordinal=ordinal, shown=shown, known=replace(base, rows=rows), first=first, count=count,
                                problem=problem)]])  # fmt: skip
