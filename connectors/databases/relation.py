"""The rows of a statement, which runs when they are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import polars as pl

from connectors.bad_rows import BadRows
from connectors.databases.address import Address
from connectors.databases.column import Column
from connectors.databases.database import SqlDatabase, Statement
from connectors.problem import ConnectorProblem
from ir.types import Schema
from transforms import sql
from transforms.dtypes import polars_dtype
from transforms.expressions.polars_columns import exact

if TYPE_CHECKING:
    from sqlglot import exp

_CELL_BYTES = 8
_UNKNOWN_ROWS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseRelation:
    """A table or query of a database, with what of the plan was pushed into its statement.

    `origin` is the table or the query; the other parts are clauses over its columns.
    """

    name: str
    database: SqlDatabase
    address: Address
    origin: exp.Table | exp.Query
    label: str
    """What it is called in plans: the table's name, or query."""
    columns: tuple[Column, ...]
    where: tuple[exp.Expression, ...] = ()
    order: tuple[exp.Ordered, ...] = ()
    limit: int | None = None
    offset: int | None = None
    parameters: tuple[Any, ...] = ()
    estimated_rows: int | None = None
    batch_rows: int = 50_000
    files: tuple[str, ...] = ()
    single: bool = False
    fallible: tuple[str, ...] = ()
    may_fail: bool = False
    bad: BadRows | None = None
    warnings: tuple[ConnectorProblem, ...] = ()

    @property
    def schema(self) -> Schema:
        return Schema({each.name: each.type for each in self.columns})

    @property
    def ordered(self) -> bool:
        """Whether its rows have an order: a database gives one only where it is asked to."""
        return bool(self.order)

    @property
    def bytes(self) -> int:
        """About how much the rows take, by the database's own statistics."""
        rows = self.estimated_rows if self.estimated_rows is not None else _UNKNOWN_ROWS
        return min(rows, self.limit if self.limit is not None else rows) * len(self.columns) * _CELL_BYTES

    @property
    def description(self) -> str:
        return f"{self.address.kind} {self.label} of {self.address.shown}"

    @property
    def fed_by_polars(self) -> bool:
        """DuckDB takes the rows as they come from the driver."""
        return True

    def query(self, names: Sequence[str] | None = None, *, rows: int | None = None) -> exp.Query:
        """The statement as a tree: the columns `names` (default all) of at most `rows` rows."""
        from sqlglot import exp

        wanted = [each for each in self.columns if names is None or each.name in names]
        if not wanted:  # count(*) wants rows, and a statement without columns gives none
            wanted = list(self.columns[:1])
        asked = [sql.named(each.asked or sql.column(each.name), each.name) for each in wanted]
        origin = cast("exp.Expression", self.origin.copy())
        built = sql.select(asked, origin)
        for condition in self.where:
            built = built.where(condition.copy(), copy=False)
        if self.order:
            built.set("order", exp.Order(expressions=[each.copy() for each in self.order]))
        limits = [each for each in (self.limit, rows) if each is not None]
        if limits:
            built = built.limit(min(limits), copy=False)
        if self.offset:
            built = built.offset(self.offset, copy=False)
        return built

    def statement(self, names: Sequence[str] | None = None, *, rows: int | None = None) -> Statement:
        """The statement that is sent."""
        text = self.query(names, rows=rows).sql(self.database.dialect, comments=False)
        return Statement(sql=text, parameters=self.parameters)

    def shown(self) -> str:
        """The statement for people, pretty; parameters stand as their places."""
        return self.query().sql(self.database.dialect, pretty=True, comments=False)

    def pushed(self, **changes: Any) -> DatabaseRelation:
        """The relation with more of the plan in its statement."""
        return replace(self, **changes)

    def to_polars(self, scratch: Path | None = None) -> pl.LazyFrame:
        """The rows; each time they are read the statement runs, for the columns and rows that are asked for only."""
        from polars.io.plugins import register_io_source

        schema = {each.name: polars_dtype(each.type) for each in self.columns}

        def read(names: list[str] | None, predicate: pl.Expr | None, rows: int | None, size: int | None,
                 ) -> Iterator[pl.DataFrame]:  # fmt: skip
            # a limit behind a filter is one of the rows that pass it
            limit = rows if predicate is None else None
            left = rows
            for batch in self._batches(names, limit):
                frame = batch if predicate is None else batch.filter(predicate)
                if left is not None:
                    frame = frame.head(left)
                    left -= frame.height
                yield frame
                if left == 0:
                    return

        return register_io_source(read, schema=schema, is_pure=True)

    def _batches(self, names: list[str] | None, rows: int | None) -> Iterator[pl.DataFrame]:
        wanted = [each for each in self.columns if names is None or each.name in names]
        statement = self.statement([each.name for each in wanted], rows=rows)
        for batch in self.database.batches(self.address, statement, batch_rows=self.batch_rows):
            if not wanted:
                yield pl.DataFrame(height=batch.height)
                continue
            yield batch.select(_taken(each) for each in wanted)

    def to_sql(self, scratch: Path | None = None) -> exp.Query | None:
        """None: DuckDB is fed."""
        return None

    def to_sql_shown(self) -> exp.Query | None:
        """None: the rows stand as a table of the source's name."""
        return None


def _taken(column: Column) -> pl.Expr:
    value = exact(column.name) if column.taken is None else column.taken(exact(column.name))
    return value.cast(polars_dtype(column.type)).alias(column.name)
