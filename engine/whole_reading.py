"""Sources read so that no bad row is passed over, whatever the engine leaves out of the work.

Engines read only the columns that a query uses, and filter before they compute. A row is bad for any of its declared
types, though, and a run that does not look at all rows would find other bad rows on another engine. So the columns
that may misfit are read in a filter that keeps every row, and no later filter is moved before it. On 3 million rows
of CSV this costs nothing that was measurable, beside reading declared columns that nothing else uses.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from engine.graph import Graph, SourceRelation
from transforms import sql
from transforms.join import Join
from transforms.limit import Limit

if TYPE_CHECKING:
    from sqlglot import exp

_NUMBER = "\x01row"


def whole_polars(rows: pl.LazyFrame, source: SourceRelation) -> pl.LazyFrame:
    """The rows, each looked at before any filter."""
    return looking_at(rows, source.fallible)


def looking_at(rows: pl.LazyFrame, columns: Collection[str]) -> pl.LazyFrame:
    """The rows after these columns of each were read, whether or not anything uses them."""
    if not columns:
        return rows
    return rows.filter(pl.struct(columns).map_batches(_keep_all, return_dtype=pl.Boolean, is_elementwise=True))


def barrier(rows: pl.LazyFrame) -> pl.LazyFrame:
    """The rows behind a step that no filter is moved through."""
    return rows.map_batches(lambda batch: batch, projection_pushdown=True, slice_pushdown=True, streamable=True,
                            validate_output_schema=False)  # fmt: skip


def _keep_all(columns: pl.Series) -> pl.Series:
    return pl.repeat(value=True, n=len(columns), dtype=pl.Boolean, eager=True)


def whole_sql(query: exp.Query, source: SourceRelation) -> exp.Query:
    """The same for DuckDB: a window is what its filters do not pass, and it is dropped again where nothing uses it."""
    from sqlglot import exp

    if not source.may_fail:
        return query
    inner = exp.select("*", sql.named(sql.row_number(), _NUMBER)).from_(sql.subquery(query))
    for name in source.fallible:
        present = exp.Is(this=sql.column(name), expression=exp.null())
        inner = inner.where(exp.or_(present, exp.Not(this=present.copy())))
    return sql.select([sql.column(name) for name in source.schema], sql.subquery(inner))


def passed_over(graph: Graph, outputs: Collection[str]) -> list[str]:
    """The sources of `outputs` whose rows may not all be read: behind a limit, or for their rejects alone."""
    read = set(outputs)
    for relation in reversed(graph.relations.values()):
        if relation.name in read and not isinstance(relation.operation, Limit):
            read.update(relation.inputs)
    wanted = {*graph.needed(outputs), *graph.rejecting(outputs)}
    unread = (each for each in graph if each.name in wanted and each.name not in read)
    return [each.name for each in unread if each.source is not None and each.source.may_fail]


def read_whole(graph: Graph, names: Collection[str], scratch: Path) -> None:
    """Look at every row of these sources, which fails where one is bad."""
    for name in names:
        source = graph[name].source
        # a database looks itself, and sends no row for it
        check_rows = getattr(source, "check_rows", None)
        if check_rows is not None:
            check_rows()
        elif source is not None and source.may_fail:
            whole_polars(source.to_polars(scratch), source).select(pl.len()).collect(engine="streaming")


def joins(graph: Graph, outputs: Collection[str]) -> bool:
    """Whether a join takes part: an engine does not read on where one side of it is empty."""
    return any(isinstance(graph[name].operation, Join) for name in graph.needed(outputs))
