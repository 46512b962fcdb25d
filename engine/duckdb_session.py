"""A DuckDB connection for one run: bounded memory, spilling to the run's folder, rows out in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import duckdb
import polars as pl

from connectors.databases.live import Live
from connectors.databases.mongodb.relation import MongoRelation
from connectors.databases.relation import DatabaseRelation
from engine.duckdb_locking import lock
from engine.duckdb_statements import statement, transportable
from engine.graph import Graph, SourceRelation
from engine.whole_reading import whole_polars, whole_sql
from ir.expression_lexer import quoted
from ir.types import DataType, Duration, ListOf, Schema
from transforms import sql
from transforms.dtypes import polars_dtype
from transforms.expressions import Clock
from transforms.expressions.polars_columns import exact

if TYPE_CHECKING:
    from sqlglot import exp

    from engine.duckdb_feed import Feed

_CELL_BYTES = 8
"""What a cell of a text file takes, about: by it DuckDB compares tables before it reads any."""


class DuckDBSession:
    """Runs statements over a graph. Relations that were stored are tables of the session.

    With `feeds` text files are read by Polars, without it by DuckDB's own reader, as the plan's SQL shows it. With
    `folders` DuckDB opens no file outside of them.
    """

    def __init__(self, graph: Graph, *, clock: Clock, scratch: Path, outputs: list[str], batch_rows: int,
                 memory_limit: str | None = None, feeds: bool = True, folders: Sequence[Path] | None = None,
                 pushed: Callable[[list[str]], Graph] | None = None) -> None:  # fmt: skip
        self._graph = graph
        self._pushed = pushed
        self._clock = clock
        self._scratch = scratch
        self._ordered = graph.ordered(outputs)
        self._batch_rows = batch_rows
        self.stored: dict[str, int] = {}
        self._sources: dict[str, exp.Query] = {}
        self._opened: dict[str, SourceRelation] = {}
        self._may_feed = feeds
        self._feeds: dict[str, Feed] = {}
        self._live = Live()
        self.connection = duckdb.connect(config={"preserve_insertion_order": True})
        self.connection.execute("set TimeZone = 'UTC'")
        self.connection.execute("set temp_directory = ?", [str(scratch / "duckdb")])
        if memory_limit:
            self.connection.execute("set memory_limit = ?", [memory_limit.replace(" ", "")])
        if folders is not None:
            lock(self.connection, [*folders, scratch])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()
        self.connection.close()

    def prepare(self, outputs: list[str]) -> None:
        """Make the sources readable and store what several of `outputs` are made of, so that it is read once."""
        if self._pushed is not None:
            self._graph = self._pushed(outputs)
        shared = self._graph.shared(outputs)
        for name in self._graph.needed(outputs):
            source = self._graph[name].source
            if source is not None and name not in self.stored and self._opened.get(name) != source:
                self._open(name, source)
                self._opened[name] = source
            if name in shared and name not in self.stored and not self._is_read_again(name, outputs):
                self._store(name)

    def _is_read_again(self, name: str, outputs: list[str]) -> bool:
        """Whether a file that two outputs share is read for each: only their columns, where a table would hold all.

        A database is asked once: the second time its rows may be others.
        """
        if isinstance(self._graph[name].source, DatabaseRelation | MongoRelation):
            return False
        readers = [output for output in dict.fromkeys(outputs) if name in self._graph.needed([output])]
        return name in self._sources and len(readers) == 2

    def _open(self, name: str, source: SourceRelation) -> None:
        if self._may_feed and getattr(source, "fed_by_polars", False):
            from engine.duckdb_feed import Feed, FilteredFeed

            rows = source.bytes // (_CELL_BYTES * max(len(source.schema), 1)) + 1
            kind = FilteredFeed if getattr(source, "is_in_network", False) and not source.may_fail else Feed
            feed = kind(self._read(source), source.fallible, estimated_rows=rows)
            self._feeds[name] = feed
            self.connection.register(_fed(name), feed)
            self._sources[name] = sql.select(sql.columns(source.schema), _fed(name))
            return
        query = source.to_sql(self._scratch)
        if query is None:
            self._store_rows(name, whole_polars(source.to_polars(self._scratch), source))
        else:
            self._sources[name] = whole_sql(query, source)

    def _read(self, source: SourceRelation) -> pl.LazyFrame:
        if isinstance(source, DatabaseRelation):
            return source.to_polars(self._scratch, live=self._live)
        return source.to_polars(self._scratch)

    def _store(self, name: str) -> None:
        query = self._statement(name)
        created = self.connection.execute(f"create table {quoted(name)} as {query.sql('duckdb')}").fetchone()
        self.stored[name] = created[0] if created else 0

    def _store_rows(self, name: str, rows: pl.LazyFrame) -> None:
        """A temporary table of the rows, which arrive in batches: DuckDB cannot read a one-way stream twice."""
        import pyarrow as pa

        schema = pl.DataFrame(schema=rows.collect_schema()).to_arrow().schema
        for place, column in enumerate(schema):
            if pa.types.is_time64(column.type):
                # nanoseconds would come in as TIME_NS, which DuckDB does not compare with TIME
                schema = schema.set(place, column.with_type(pa.time64("us")))
        batches = (
            batch
            for frame in rows.collect_batches(chunk_size=self._batch_rows * 10, maintain_order=True)
            for batch in frame.to_arrow().cast(schema, safe=False).to_batches()
        )
        reader = pa.RecordBatchReader.from_batches(schema, batches)
        self.connection.register("__incoming", reader)
        created = self.connection.execute(f"create table {quoted(name)} as select * from __incoming").fetchone()
        self.connection.unregister("__incoming")
        self.stored[name] = created[0] if created else 0

    @property
    def counts(self) -> dict[str, int]:
        """How many rows the relations have of which that became known: those stored, and those fed to the end."""
        fed = {name: feed.counted for name, feed in self._feeds.items() if feed.counted is not None}
        return {**fed, **self.stored}

    def _statement(self, name: str) -> exp.Query:
        return statement(self._graph, name, clock=self._clock, ordered=self._ordered, sources=self._sources,
                         stored=self.stored)  # fmt: skip

    def relation(self, name: str) -> duckdb.DuckDBPyRelation:
        """The relation's rows as a DuckDB relation, which runs each time it is read."""
        return self.connection.sql(self._statement(name).sql("duckdb"))

    def batches(self, name: str) -> Iterator[pl.DataFrame]:
        """The relation's rows in batches of exactly its schema's types."""
        schema = self._graph[name].frame.schema
        query = transportable(self._statement(name), self._graph, name).sql("duckdb")
        cursor = self.connection.cursor()
        for each, feed in self._feeds.items():
            cursor.register(_fed(each), feed)
        reader = cursor.sql(query).to_arrow_reader(self._batch_rows)
        for batch in reader:
            frame = pl.from_arrow(batch)
            assert isinstance(frame, pl.DataFrame)
            yield as_schema(frame, schema)

    def collect(self, name: str, rows: int | None = None) -> pl.DataFrame:
        """The relation's rows, or the first `rows` of them."""
        schema = self._graph[name].frame.schema
        collected: list[pl.DataFrame] = []
        count = 0
        for batch in self.batches(name):
            collected.append(batch)
            count += batch.height
            if rows is not None and count >= rows:
                break
        empty = pl.DataFrame(schema={each: polars_dtype(kind) for each, kind in schema.items()})
        result = pl.concat([empty, *collected])
        return result if rows is None else result.head(rows)


def as_schema(frame: pl.DataFrame, schema: Schema) -> pl.DataFrame:
    """The frame with the columns' types made those of the schema."""
    return frame.select(_as_type(exact(name), kind) for name, kind in schema.items())


def _as_type(value: pl.Expr, kind: DataType) -> pl.Expr:
    match kind:
        case Duration():
            return value.cast(pl.Int64).cast(pl.Duration("us"))
        case ListOf(item):
            return value.list.eval(_as_type(pl.element(), item)) if _lasts(item) else value.cast(polars_dtype(kind))
    return value.cast(polars_dtype(kind))


def _lasts(kind: DataType) -> bool:
    return isinstance(kind, Duration) or (isinstance(kind, ListOf) and _lasts(kind.item))


def _fed(name: str) -> str:
    """The table of a source whose rows Polars reads."""
    return f"{name} as read"
