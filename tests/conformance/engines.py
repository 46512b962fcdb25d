"""One document, compiled once and computed by both engines: what they say, compared to the last bit and type."""

from __future__ import annotations

import datetime
import math
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
from hypothesis import HealthCheck, Phase, settings
from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS
from polars.testing import assert_frame_equal

import weirflow as wf
from connectors.problem import ConnectorProblem
from engine.duckdb_session import DuckDBSession
from ir.diagnostics import Diagnostic
from transforms.dtypes import polars_dtype
from transforms.expressions.orders import has_order

ZONE = "Europe/Berlin"
NOW = datetime.datetime(2026, 3, 29, 0, 30, tzinfo=datetime.UTC)
"""Half an hour before the clocks of ZONE go forward."""

ASKED = os.environ.get("WEIRFLOW_EXAMPLES")

RANDOM = "each by itself"
"""Hypothesis' own way to draw under another name, for which it makes no examples out of earlier ones: of documents of
many expressions, those would repeat nearly all of them."""
AVAILABLE_PROVIDERS[RANDOM] = "hypothesis.internal.conjecture.providers.HypothesisProvider"

MISTAKES = (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException, duckdb.InternalException,
            pl.exceptions.SchemaError, pl.exceptions.ColumnNotFoundError, pl.exceptions.ShapeError,
            pl.exceptions.DuplicateError,
            pl.exceptions.PanicException)  # fmt: skip
"""What an engine says to a wrong form, not to a value that does not fit."""


def checked(batch: int, share: int) -> settings:
    """Settings for documents that hold `batch` examples each: `share` of them, or WEIRFLOW_EXAMPLES."""
    examples = int(ASKED) if ASKED else share
    # what is found is told expression by expression: shrinking whole documents would take minutes for no more
    return settings(max_examples=-(-examples // batch), deadline=None, derandomize=not ASKED, print_blob=True,
                    backend=RANDOM, database=None, phases=[Phase.generate],
                    suppress_health_check=list(HealthCheck))  # fmt: skip


@dataclass(frozen=True)
class Refusal:
    """An engine that stopped at a value."""

    words: str


Outcome = pl.DataFrame | Refusal


def compiled(document: dict[str, Any], base: Path) -> wf.Plan:
    return wf.compile(document, base=base, now=NOW)


def compiles(document: dict[str, Any], base: Path) -> wf.Plan | list[Diagnostic]:
    """The plan, or the errors that forbid it; each stands at a place in the document."""
    try:
        return compiled(document, base)
    except wf.WorkflowError as refused:
        found = [each for each in refused.diagnostics if each.severity == "error"]
    assert found, "refused without an error"
    assert all(each.pointer for each in found), found
    assert all(each.code != "IR490" for each in found), found
    return found


@contextmanager
def duckdb_session(plan: wf.Plan, frames: list[str]) -> Iterator[DuckDBSession]:
    """A session that computes all the frames of a document, whose sources are read once."""
    with DuckDBSession(plan.compiled.graph, clock=plan.clock(), scratch=plan.scratch(), outputs=frames,
                       batch_rows=10_000) as session:  # fmt: skip
        session.prepare(frames)
        yield session


def outcomes(plan: wf.Plan, frame: str, session: DuckDBSession | None = None) -> tuple[Outcome, Outcome]:
    """The frame as Polars and as DuckDB compute it."""
    if session is not None:
        return (_outcome(lambda: plan.polars(frame).collect(engine="streaming")),
                _outcome(lambda: session.relation(frame).pl()))  # fmt: skip
    return (_outcome(lambda: plan.polars(frame).collect(engine="streaming")),
            _outcome(lambda: plan.duckdb(frame).pl()))  # fmt: skip


def _outcome(run: Callable[[], pl.DataFrame]) -> Outcome:
    try:
        return run()
    except (pl.exceptions.PanicException, pl.exceptions.PolarsError, duckdb.Error, ConnectorProblem) as error:
        words = f"{type(error).__name__}: {str(error)[:400]}"
        if isinstance(error, MISTAKES):
            raise AssertionError(f"an engine takes the form for a mistake: {words}") from error
        return Refusal(words)


def difference(plan: wf.Plan, frame: str, found: tuple[Outcome, Outcome], *, close: Sequence[str] = ()) -> str | None:
    """What tells the engines' outcomes apart, in a line or a table; None where nothing does.

    Columns of `close` are statistics, whose last digits depend on the order of adding: nine digits count.
    """
    left, right = found
    if isinstance(left, Refusal) or isinstance(right, Refusal):
        if isinstance(left, Refusal) and isinstance(right, Refusal):
            return None
        return f"one engine refuses what the other takes:\npolars: {left}\nduckdb: {right}"
    wanted = {name: polars_dtype(kind) for name, kind in plan.schema(frame).items()}
    # DuckDB has no type of null alone: a batch of it becomes one on its way to a file
    right = right.with_columns(
        pl.Series(name, [None] * right.height, dtype=pl.Null)
        for name, dtype in wanted.items()
        if dtype == pl.Null() and name in right.columns and right[name].null_count() == right.height
    )
    for engine, rows in (("polars", left), ("duckdb", right)):
        if list(rows.schema.items()) != list(wanted.items()):
            return f"{engine} gives other columns than the plan says:\n{rows.schema}\n{wanted}"
        if any(_has_nan(rows[name]) for name in rows.columns):
            return f"{engine} lets NaN through:\n{rows}"
    order = plan.compiled.graph[plan.relation(frame)].frame.order
    if order is None:
        left, right = _sorted(left), _sorted(right)
    elif not order.arrival and not all(has_order(kind) for _, kind in plan.schema(frame).items()):
        # rows that differ only in lists and structs tie in the keys
        keys = [key.column for key in order.keys if key.column not in close]
        if told := _told(_only(left, keys), _only(right, keys)):
            return told
        left, right = _sorted(left), _sorted(right)
    exact = [name for name in left.columns if name not in close]
    if told := _told(_only(left, exact), _only(right, exact)):
        return told
    if left.height != right.height:
        return f"polars has {left.height} rows, duckdb {right.height}"
    for name in close:
        for one, other in zip(left[name], right[name], strict=True):
            if one != other and not (one is not None and other is not None
                                     and math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)):  # fmt: skip
                return f"{name}: polars {one}, duckdb {other}"
    return None


def _told(left: pl.DataFrame, right: pl.DataFrame) -> str | None:
    """How two frames that should be equal to the last bit are not."""
    try:
        assert_frame_equal(left, right, check_exact=True)
    except AssertionError as error:
        return f"{error}\npolars: {told_rows(left)}\nduckdb: {told_rows(right)}"
    return None


def told_rows(rows: pl.DataFrame) -> list[tuple[Any, ...]]:
    """The rows for a message, moments beyond the years that Python knows as the numbers they are."""
    try:
        return rows.rows()
    except ValueError:
        return _physical(rows).rows()


def _physical(rows: pl.DataFrame) -> pl.DataFrame:
    """Dates, times and moments as numbers: the first day of year 1 begins in year 0 where UTC is behind."""
    # under a plain name: Polars reads that of a series as a pattern, too
    return pl.DataFrame([rows[name].alias("x").to_physical().alias(name) for name in rows.columns])


def _only(rows: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """These columns, whatever their names are patterns of."""
    return pl.DataFrame([rows[name] for name in names])


def _sorted(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows that have no order, in one: by the text of each whole row, which every type has."""
    if not rows.width or not rows.height:
        return rows
    texts = pl.Series([repr(tuple(_near(each) for each in row)) for row in _physical(rows).iter_rows()])
    return rows[texts.arg_sort().to_list()]


def _near(value: object) -> object:
    """Numbers by six digits and zeros without a sign, so that what counts as equal stands at the same place."""
    return float(f"{value:.6g}") + 0.0 if isinstance(value, float) else value


def _has_nan(column: pl.Series) -> bool:
    # under a plain name: Polars reads that of a series as a pattern, too
    return column.dtype.is_float() and bool(column.alias("x").is_nan().any())


def may_stand_either_way(plan: wf.Plan, frame: str, rows: pl.DataFrame) -> bool:
    """Whether rows that differ tie in the frame's order, as those may that differ only in lists and structs.

    A step that picks rows by their order then picks another on each engine.
    """
    order = plan.compiled.graph[plan.relation(frame)].frame.order
    if order is not None and order.arrival:
        return False
    sortable = [name for name, kind in plan.schema(frame).items() if has_order(kind)]
    keys = sortable if order is None else [key.column for key in order.keys]
    texts = [repr(row) for row in _physical(rows).iter_rows()]
    places = [repr(row) for row in _physical(_only(rows, keys)).iter_rows()] if keys else [""] * rows.height
    return len(set(zip(places, texts, strict=True))) > len(set(places))


def halves(names: Sequence[str]) -> Iterator[Sequence[str]]:
    middle = len(names) // 2
    yield from (part for part in (names[:middle], names[middle:]) if part)
