"""A bound MongoDB source: its columns, and its rows as they are read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from connectors.bad_rows import BadRowRule, BadRows
from connectors.databases.address import Address
from connectors.databases.first_rows import first_rows
from connectors.databases.mongodb.client import database_of
from connectors.databases.mongodb.query import Query
from connectors.databases.mongodb.request import BrokenDocument, Raw, Request, documents_of
from connectors.guard import Guards, each_guarded
from connectors.incremental import Watch
from connectors.problem import ConnectorProblem
from ir.model.sorting import SortKey
from ir.records import dataclass
from ir.types import DataType, Schema
from transforms.dtypes import polars_dtype
from transforms.expressions.polars_columns import exact

if TYPE_CHECKING:
    from sqlglot import exp

    from connectors.files.mended import MendedRelation


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key of the documents as a column."""

    type: DataType
    is_declared: bool = False
    is_mixed: bool = False
    """Whether its values are of several types, so that each is its text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MongoRelation:
    """The documents of a collection that its query finds, one row each."""

    name: str
    address: Address
    collection: str
    query: Query
    keys: Mapping[str, Key]
    order: tuple[SortKey, ...] = ()
    limit: int | None = None
    offset: int | None = None
    bad_row_rule: BadRowRule = field(default_factory=BadRowRule)
    bytes: int = 0
    spool: Path | None = None
    """The documents as they were read once, where a second look at them was needed."""
    warnings: tuple[ConnectorProblem, ...] = ()
    files: tuple[str, ...] = ()
    single: bool = False
    fallible: tuple[str, ...] = ()
    """None: declared columns are read with every row, whichever are asked for."""
    bad: BadRows | None = None
    before: tuple[Mapping[str, Any], ...] = ()
    """What documents meet that the steps after the source want to see."""
    since: Mapping[str, Any] | None = None
    """What new documents meet, of an incremental source."""
    watch: Watch | None = None
    """Of an incremental source: it sees every document that is read."""
    watched: Key | None = None
    """The key that it watches."""
    met: list[ConnectorProblem] = field(default_factory=list, compare=False, repr=False)
    """What reading it met last: engines do not hand such problems through."""
    guards: Guards = field(default_factory=list, compare=False, repr=False)

    @property
    def schema(self) -> Schema:
        return Schema({name: key.type for name, key in self.keys.items()})

    @property
    def declared(self) -> frozenset[str]:
        return frozenset(name for name, key in self.keys.items() if key.is_declared)

    @property
    def ordered(self) -> bool:
        """Whether its rows have an order: a collection gives one only where it is asked to."""
        return bool(self.order) or self.query.ordered

    @property
    def may_fail(self) -> bool:
        return bool(self.declared)

    @property
    def fed_by_polars(self) -> bool:
        return True

    @property
    def description(self) -> str:
        return f"mongodb collection {self.collection} of {self.address.shown}"

    def request(self, names: Sequence[str] | None = None, *, rows: int | None = None) -> Request:
        """What is sent for the columns `names` (default all) of at most `rows` rows."""
        wanted = tuple(each for each in self.keys if names is None or each in names)
        if self.watch is not None:
            wanted = tuple(dict.fromkeys((*wanted, self.watch.cursor)))
        before = (*((self.since,) if self.since is not None else ()), *self.before)
        limits = [each for each in (self.limit, rows) if each is not None]
        return Request(query=self.query, order=self.order, limit=min(limits) if limits else None, offset=self.offset,
                       names=wanted, before=before)  # fmt: skip

    def shown(self, names: Collection[str]) -> str:
        """What is sent for these columns, for people."""
        return self.request(self._looked_at(names)).shown(self.collection)

    def _looked_at(self, names: Collection[str] | None) -> list[str]:
        """The columns that are read where `names` are asked for: a bad row is one for whatever column."""
        return [each for each, key in self.keys.items() if names is None or each in names or key.is_declared]

    def to_polars(self, scratch: Path | None = None) -> pl.LazyFrame:
        """The rows; each time they are read the collection is asked, for the columns and rows that are wanted only."""
        from polars.io.plugins import register_io_source

        schema = {name: polars_dtype(kind) for name, kind in self.schema.items()}

        def read(names: list[str] | None, predicate: pl.Expr | None, rows: int | None, size: int | None,
                 ) -> Iterator[pl.DataFrame]:  # fmt: skip
            assert predicate is None
            wanted = [each for each in self.keys if names is None or each in names]
            looked_at = self._looked_at(wanted)
            frames = (self._frame(raw, looked_at, wanted) for raw in self.raw_batches(looked_at, rows))
            yield from first_rows(frames, rows)

        rows_of = register_io_source(read, schema=schema, is_pure=True)
        # No filter is moved into the reader: it would be pickled, which those with a function of ours cannot be.
        return rows_of.map_batches(lambda batch: batch, projection_pushdown=True, slice_pushdown=True, streamable=True,
                                   validate_output_schema=False)  # fmt: skip

    def raw_batches(self, names: Sequence[str], rows: int | None = None) -> Iterator[Raw]:
        """The documents in BSON, as the server or the spool has them."""
        if self.spool is not None:
            yield from spooled(self.spool)
            return
        try:
            yield from each_guarded(self.guards, lambda: self._asked(names, rows))
        except ConnectorProblem as problem:
            raise self._told(problem) from None

    def _asked(self, names: Sequence[str], rows: int | None) -> Iterator[Raw]:
        with database_of(self.address, self.collection, key=self.query.key) as database:
            yield from self.request(names, rows=rows).raw_batches(database[self.collection])

    def _frame(self, raw: Raw, looked_at: Sequence[str], wanted: Sequence[str]) -> pl.DataFrame:
        """The `wanted` columns of a batch; those `looked_at` have to fit.

        Raises:
            ConnectorProblem: IR533 for the first value that does not; a second look tells what becomes of it.
        """
        found = self._whole_columns(raw, looked_at)
        if found is None:
            documents = documents_of(raw)
            if any(isinstance(each, BrokenDocument) for each in documents):
                raise self._told(broken_text(self))
            self.see(documents)  # type: ignore[arg-type]
            found = {name: self.column(name, documents) for name in looked_at}
        for name, (_, misfits) in found.items():
            if misfits:
                raise self._told(self._misfit(raw, name, min(misfits)))
        if not found:
            return pl.DataFrame(height=len(documents_of(raw)))
        frame = pl.DataFrame([series.alias(name) for name, (series, _) in found.items()])
        return frame.select(exact(name) for name in wanted) if wanted else pl.DataFrame(height=frame.height)

    def _whole_columns(self, raw: Raw, names: Sequence[str]) -> dict[str, tuple[pl.Series, set[int]]] | None:
        """The columns without a look at single documents; None where only that helps."""
        from connectors.databases.mongodb.columnar import columns_of

        kinds = {name: self.keys[name].type for name in names}
        watched = {} if self.watch is None or self.watched is None else {self.watch.cursor: self.watched.type}
        is_other = any(kinds.get(name, kind) != kind for name, kind in watched.items())
        if is_other or any(self.keys[name].is_mixed for name in names):
            return None
        found = columns_of(raw, kinds | watched)
        if found is None:
            return None
        for name in watched:
            assert self.watch is not None
            self.watch.see(found[name][0])
        return {name: found[name] for name in names}

    def _misfit(self, raw: Raw, name: str, place: int) -> ConnectorProblem:
        from connectors.databases.mongodb.values import widened

        document = documents_of(raw)[place]
        value = document.readable[name] if isinstance(document, BrokenDocument) else document[name]
        return misfit(self, name, widened(value) or "", None)

    def see(self, documents: Sequence[Mapping[str, Any]]) -> None:
        """Have the watch of an incremental source see some documents."""
        from connectors.databases.mongodb.fitting import fitted_column

        if self.watch is not None and self.watched is not None:
            cursor = self.watch.cursor
            self.watch.see(fitted_column([each.get(cursor) for each in documents], self.watched.type)[0])

    def _told(self, problem: ConnectorProblem) -> ConnectorProblem:
        self.met[:] = [problem]
        return problem

    def column(self, name: str, documents: Sequence[Any]) -> tuple[pl.Series, set[int]]:
        """One column of some documents, and the positions of those whose values do not fit."""
        from connectors.databases.mongodb.fitting import fitted_column, text_column

        values = [each.get(name) for each in documents]
        key = self.keys[name]
        return text_column(values) if key.is_mixed else fitted_column(values, key.type)

    def read_again(self, scratch: Path) -> MongoRelation | MendedRelation | None:
        """The relation as it can be read, after a second look at all its documents; None where they all fit."""
        from connectors.databases.mongodb.second_reading import read_again

        return read_again(self, scratch)

    def to_sql(self, scratch: Path | None = None) -> exp.Query | None:
        """None: DuckDB is fed."""
        return None

    def to_sql_shown(self) -> exp.Query | None:
        """None: the rows stand as a table of the source's name."""
        return None


def spooled(path: Path) -> Iterator[Raw]:
    """The batches of a spool file, each behind its length."""
    with path.open("rb") as file:
        while length := file.read(8):
            yield file.read(int.from_bytes(length, "little"))


def misfit(relation: MongoRelation, name: str, text: str, row: int | None) -> ConnectorProblem:
    """A value that does not fit the type of its column."""
    key = relation.keys[name]
    place = f"{relation.collection}, document {row}" if row is not None else relation.collection
    return ConnectorProblem(
        "IR533", f'{place}, column "{name}": "{text if len(text) <= 80 else text[:80] + "…"}" does not fit {key.type}',
        key=("config", "schema", name) if key.is_declared else ("database_config", "table"),
        hint=f'correct the value, or declare "{name}" as a wider type',
    )  # fmt: skip


def broken_text(relation: MongoRelation) -> ConnectorProblem:
    """That a document is not what BSON asks for."""
    return ConnectorProblem("IR533", f"{relation.collection} holds a text that is no UTF-8",
                            key=("database_config", "table"))  # fmt: skip
