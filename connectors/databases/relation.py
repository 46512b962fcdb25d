"""The rows of a statement, which runs when they are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import polars as pl

from connectors.bad_rows import BadRowRule, BadRows
from connectors.databases.address import Address
from connectors.databases.column import Column, Misfit
from connectors.databases.database import SqlDatabase, Statement
from connectors.databases.first_rows import first_rows
from connectors.databases.live import Live, Rows
from connectors.databases.parameters import statement_of
from connectors.guard import Guards, each_guarded
from connectors.incremental import Start, Watch
from connectors.problem import ConnectorProblem
from ir.records import dataclass
from ir.types import Schema
from transforms import sql
from transforms.dtypes import polars_dtype
from transforms.expressions.polars_columns import exact

if TYPE_CHECKING:
    from sqlglot import exp

FLAG = "weirflow: bad"
"""The column of a statement that is true for bad rows."""
CURSOR = "weirflow: cursor"
"""The column of a statement that tells how far an incremental source is read."""
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
    scope: tuple[exp.Expression, ...] = ()
    """Which rows of the origin belong to the source, such as those that are new."""
    order: tuple[exp.Ordered, ...] = ()
    limit: int | None = None
    offset: int | None = None
    where: tuple[exp.Expression, ...] = ()
    """Conditions of the plan, on the rows that are left by scope, limit and offset. Bad rows pass them."""
    parameters: tuple[Any, ...] = ()
    rule: BadRowRule = field(default_factory=BadRowRule)
    estimated_rows: int | None = None
    wanted: tuple[str, ...] | None = None
    """The columns that the plan reads, which every statement asks for; None where that is not known."""
    batch_rows: int = 50_000
    files: tuple[str, ...] = ()
    single: bool = False
    fallible: tuple[str, ...] = ()
    """None: a statement says itself whether it met a bad row, whichever columns it asks for."""
    bad: BadRows | None = None
    warnings: tuple[ConnectorProblem, ...] = ()
    base: DatabaseRelation | None = None
    """The source before anything of the plan was pushed into it; None where nothing was."""
    looked_at: tuple[DatabaseRelation, ...] = ()
    """Sources within its statement whose rows the database looks at before, since a bad one would not show in it."""
    watch: Watch | None = None
    """Of an incremental source: it sees every row that is read. What folds rows, or cuts them off, would hide some from
    it and is not pushed."""
    watched: Column | None = None
    """The column that it watches, of the origin."""
    past: Start | None = None
    """Where it starts, if the database lets more rows pass than lie past that."""
    met: list[ConnectorProblem] = field(default_factory=list, compare=False, repr=False)
    """What reading it met last: engines do not hand such problems through."""
    guards: Guards = field(default_factory=list, compare=False, repr=False)

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
        columns = len(self.columns if self.wanted is None else self.wanted)
        return min(rows, self.limit if self.limit is not None else rows) * columns * _CELL_BYTES

    @property
    def description(self) -> str:
        return f"{self.address.kind} {self.label} of {self.address.shown}"

    @property
    def fed_by_polars(self) -> bool:
        """DuckDB takes the rows as they come from the driver."""
        return True

    @property
    def may_fail(self) -> bool:
        return any(each.misfit is not None for each in self.columns)

    @property
    def is_bad(self) -> exp.Expression | None:
        """The condition that is true for bad rows, null or false for others; None where there can be none."""
        return self._misfits(self.columns)

    @staticmethod
    def _misfits(columns: Sequence[Column]) -> exp.Expression | None:
        from sqlglot import exp

        misfits = [each.misfit.copy() for each in columns if each.misfit is not None]
        return cast("exp.Expression", exp.or_(*misfits)) if misfits else None

    def _asked(self, names: Sequence[str] | None) -> list[Column]:
        """The columns of a statement: count(*) wants rows, and a statement without columns gives none."""
        wanted = [each for each in self.columns if names is None or each.name in names]
        return wanted or list(self.columns[:1])

    def query(self, names: Sequence[str] | None = None, *, rows: int | None = None) -> exp.Query:
        """The statement as a tree: the columns `names` (default all) of at most `rows` rows.

        With FLAG for bad rows, as far as the values of these columns do not show them.
        """
        wanted = self._asked(names)
        asked = [sql.named(each.asked.copy() if each.asked else sql.column(each.name), each.name) for each in wanted]
        unseen = self._misfits([each for each in self.columns if not (each.checked and each in wanted)])
        if unseen is not None:
            asked.append(sql.named(unseen, FLAG))
        is_bad = self.is_bad
        asked += self._asked_for_watch()
        if not self.where:
            return self.rows_of_source(asked, at_most=rows)
        from sqlglot import exp

        pushed = exp.and_(*(each.copy() for each in self.where))
        where = cast("exp.Expression", exp.or_(pushed, is_bad.copy()) if is_bad is not None else pushed)
        if self.limit is None and not self.offset:
            return self.rows_of_source(asked, also=where, at_most=rows)
        inner = self.rows_of_source(sql.columns(each.name for each in self.columns))
        built = self._in_order(sql.select(asked, inner).where(where, copy=False), "rows")
        return built if rows is None else built.limit(rows, copy=False)

    def rows_of_source(self, asked: Sequence[exp.Expression], *, also: exp.Expression | None = None,
                       at_most: int | None = None) -> exp.Select:  # fmt: skip
        """`select asked` from the origin's rows that belong to the source."""
        origin = cast("exp.Expression", self.origin.copy())
        built = sql.select(asked, origin)
        for condition in self.scope:
            built = built.where(condition.copy(), copy=False)
        if also is not None:
            built = built.where(also, copy=False)
        self._in_order(built, self.called)
        limits = [each for each in (self.limit, at_most) if each is not None]
        if limits:
            built = built.limit(min(limits), copy=False)
        if self.offset:
            built = built.offset(self.offset, copy=False)
        return built

    @property
    def called(self) -> str:
        """The name of the origin inside of its statement."""
        from sqlglot import exp

        return self.origin.alias_or_name if isinstance(self.origin, exp.Table) else "rows"

    def order_keys(self, table: str) -> list[exp.Ordered]:
        """What it is ordered by, of that table: a bare name would mean a column as it is asked for, a text perhaps."""
        from sqlglot import exp

        keys = [each.copy() for each in self.order]
        for key in keys:
            for column in key.find_all(exp.Column):
                column.set("table", exp.to_identifier(table, quoted=True))
        return keys

    def _in_order(self, query: exp.Select, table: str) -> exp.Select:
        return sql.order_by(query, self.order_keys(table))

    def statement(self, names: Sequence[str] | None = None, *, rows: int | None = None) -> Statement:
        """The statement that is sent."""
        return self.statement_for(self.query(names, rows=rows))

    def statement_for(self, query: exp.Query, *, pretty: bool = False) -> Statement:
        """The statement of a query over it, laid out for people where it is `pretty`."""
        found = statement_of(cast("exp.Expression", query), self.database.dialect, pretty=pretty)
        return found if not self.parameters else replace(found, parameters=self.parameters)

    def shown(self) -> Statement:
        """The statement of a run laid out for people; values stand as their places."""
        return self.statement_for(self.query(self.wanted), pretty=True)

    def pushed(self, **changes: Any) -> DatabaseRelation:
        """The relation with more of the plan in its statement."""
        return replace(self, base=self.base or self, **changes)

    def check_rows(self) -> None:
        """Look whether any row is bad; the database does it.

        Raises:
            ConnectorProblem: IR533, some are.
        """
        query = self.query_of_check()
        for batch in self.sent(query) if query is not None else ():
            if batch.height:
                raise self._told(is_misfit(self))

    def query_of_check(self) -> exp.Query | None:
        """What asks for one bad row; None where there can be none."""
        is_bad = self.is_bad
        if is_bad is None:
            return None
        inner = self.rows_of_source(sql.columns(each.name for each in self.columns))
        return sql.select([sql.named(sql.integer(1), FLAG)], inner).where(is_bad, copy=False).limit(1, copy=False)

    def to_polars(self, scratch: Path | None = None, *, live: Live | None = None) -> pl.LazyFrame:
        """The rows; each time they are read the statement runs, for the columns and rows that are asked for only."""
        from polars.io.plugins import register_io_source

        schema = {each.name: polars_dtype(each.type) for each in self.columns}

        def read(names: list[str] | None, predicate: pl.Expr | None, rows: int | None, size: int | None) -> Rows:
            # a limit behind a filter is one of the rows that pass it
            limit = rows if predicate is None else None
            batches = self._batches(names, limit)
            yield from first_rows(batches if predicate is None else (each.filter(predicate) for each in batches), rows)

        return register_io_source(read if live is None else live.watched(read), schema=schema, is_pure=True)

    def frames(self) -> Iterator[pl.DataFrame]:
        """All the rows as the database gives them, in bounded memory."""
        return self._batches(None, None)

    def _batches(self, names: list[str] | None, rows: int | None) -> Iterator[pl.DataFrame]:
        wanted = [each for each in self.columns if names is None or each.name in names]
        for source in self.looked_at:
            source.check_rows()
        if self.past is not None:
            rows = None  # some of the first rows may be left out here
        # what the plan shows is what is sent, also where the engine could do with less
        asked = None if names is None else [*names, *(self.wanted or ())]
        taken = {each.name: each for each in (*wanted, *(each for each in self._asked(asked) if each.checked))}
        for batch in self.sent(self.query(asked, rows=rows)):
            if FLAG in batch.columns and batch[FLAG].cast(pl.Boolean).any():
                raise self._told(is_misfit(self))
            try:
                batch = self._seen(batch)
                frame = batch.select(_taken(each) for each in taken.values())
            except Misfit:
                raise self._told(is_misfit(self)) from None
            yield frame.select(exact(each.name) for each in wanted) if wanted else pl.DataFrame(height=batch.height)

    def _asked_for_watch(self) -> list[exp.Expression]:
        if self.watched is None:
            return []
        value = self.watched.asked.copy() if self.watched.asked else sql.column(self.watched.name)
        return [sql.named(value, CURSOR)]

    def _seen(self, batch: pl.DataFrame) -> pl.DataFrame:
        """The rows of a batch, but for those that are not past the start; the watch of the source sees them."""
        if self.watch is None or self.watched is None:
            return batch
        values = batch.select(_taken(replace(self.watched, name=CURSOR))).to_series()
        if self.past is not None:
            start = self.past.value
            is_past = values >= start if self.past.inclusive else values > start
            batch, values = batch.filter(is_past), values.filter(is_past)
        self.watch.see(values)
        return batch

    def see_bad(self) -> None:
        """Have the watch of an incremental source see the bad rows: they were read, and are set aside."""
        is_bad = self.is_bad
        if self.watch is None or is_bad is None:
            return
        if self.limit is None:
            query = self.rows_of_source(self._asked_for_watch(), also=is_bad)
        else:
            inner = self.rows_of_source(sql.columns(each.name for each in self.columns))
            query = sql.select(self._asked_for_watch(), inner).where(is_bad, copy=False)
        for batch in self.sent(query):
            self._seen(batch)

    def sent(self, query: exp.Query) -> Iterator[pl.DataFrame]:
        try:
            statement = self.statement_for(query)
            yield from each_guarded(
                self.guards, lambda: self.database.batches(self.address, statement, batch_rows=self.batch_rows)
            )
        except ConnectorProblem as problem:
            raise self._told(problem) from problem.__cause__
        except BaseException as error:
            # a panic of Rust is no Exception, and would end the process
            if type(error).__name__ != "PanicException":
                raise
            raise self._told(_panicked(error)) from None

    def _told(self, problem: ConnectorProblem) -> ConnectorProblem:
        self.met[:] = [problem]
        return problem

    def to_sql(self, scratch: Path | None = None) -> exp.Query | None:
        """None: DuckDB is fed."""
        return None

    def to_sql_shown(self) -> exp.Query | None:
        """None: the rows stand as a table of the source's name."""
        return None


def _taken(column: Column) -> pl.Expr:
    value = exact(column.name) if column.taken is None else column.taken(exact(column.name))
    return value.cast(polars_dtype(column.type)).alias(column.name)


def _panicked(error: BaseException) -> ConnectorProblem:
    return ConnectorProblem("IR568", "the driver of the database broke down over what it was sent",
                            key=("database_config",), notes=[str(error)[:200]],
                            hint="a query that casts the columns to text tells which one it is")  # fmt: skip


def is_misfit(relation: DatabaseRelation) -> ConnectorProblem:
    """That some row is bad; a second look finds out which."""
    return ConnectorProblem("IR533", f"{relation.label} has values that do not fit their columns' types",
                            key=("database_config",))  # fmt: skip
