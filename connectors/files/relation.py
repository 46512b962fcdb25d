"""A bound file source: its pinned schema, and its rows for either engine."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import polars as pl

from connectors.bad_rows import BadRowRule, BadRows
from connectors.files.network import side_by_side
from connectors.files.source import Copy, SourceFile
from connectors.files.sql_calls import null_of, sql_datatype, with_urls
from connectors.guard import Guards, guarded
from connectors.problem import ConnectorProblem
from ir import types as t
from ir.records import dataclass
from ir.types import Schema
from transforms.dtypes import polars_dtype

if TYPE_CHECKING:
    from sqlglot import exp


class Scan(Protocol):
    """How one format's files are read, its columns and their types pinned."""

    @property
    def schema(self) -> Schema:
        """The columns of the files, in order."""
        ...

    def prepare(self, file: SourceFile, scratch: Path) -> Path:
        """The file as the engines read it, copied to `scratch` only where they could not read it as it is."""
        ...

    def to_polars(self, copies: Sequence[Copy]) -> pl.LazyFrame:
        """Rows of all copies in order, exactly the columns and dtypes of `schema`."""
        ...

    def to_sql(self, copies: Sequence[Copy]) -> exp.Query | None:
        """The same rows for DuckDB, None when it cannot read the files itself."""
        ...

    @property
    def fallible(self) -> tuple[str, ...]:
        """The columns whose type not every stored value may have."""
        ...

    def widened(self, names: Collection[str]) -> Scan:
        """The scan with these columns as text; itself where its types are the file's own."""
        ...

    def read_carefully(self, file: SourceFile, scratch: Path) -> Iterator[pl.DataFrame]:
        """A slow second look that no value stops: careful batches (connectors.files.careful) of the file's rows.

        Raises:
            ConnectorProblem: where the file cannot be cut into rows at all.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRelation:
    """The rows of one or more files, in the order of the files' paths and then as written."""

    schema: Schema
    files: tuple[str, ...]
    bytes: int
    description: str
    format: str = ""
    """The format's name; empty where no file was found."""
    scan: Scan | None
    sources: tuple[SourceFile, ...]
    facts: tuple[tuple[str, t.DataType, tuple[str | int | None, ...]], ...] = ()
    declared: frozenset[str] = frozenset()
    ordered: bool = True
    warnings: tuple[ConnectorProblem, ...] = ()
    """What the reader saw and people should know."""
    single: bool = False
    """A file may always have many rows."""
    name: str = ""
    bad_row_rule: BadRowRule = field(default_factory=BadRowRule)
    is_second: bool = False
    """Whether it comes of a second reading, which a third one would only repeat."""
    bad: BadRows | None = None
    guards: Guards = field(default_factory=list, compare=False, repr=False)

    @property
    def widens(self) -> bool:
        """Whether its inferred types come from a sample, and not from what the files say of themselves."""
        return self.scan is not None and self.scan.widened(()) is not self.scan

    @property
    def fallible(self) -> tuple[str, ...]:
        """The columns whose misfits make bad rows: a run looks at all of them in every row."""
        if self.scan is None:
            return ()
        return tuple(name for name in self.scan.fallible if name in self.declared or not self.widens)

    @property
    def may_fail(self) -> bool:
        """Whether reading a row may fail: then no engine may leave rows out before their values were read."""
        return self.scan is not None and bool(self.scan.fallible or self.widens)

    @property
    def fed_by_polars(self) -> bool:
        """Whether a run on DuckDB takes the rows from Polars' reader, which is the stricter and the faster one."""
        return getattr(self.scan, "fed_by_polars", False) or self.is_in_network

    @property
    def is_in_network(self) -> bool:
        """Whether Polars reads parts of the files where they lie, so that no copy of them is made."""
        return bool(getattr(self.scan, "network", None))

    @property
    def pushes_filters(self) -> bool:
        """Whether a filter that reaches the scan leaves parts of the files unread."""
        return getattr(self.scan, "pushes_filters", False)

    def stored_rows(self, scratch: Path) -> int | None:
        """How many rows the files say they have; None where only reading them tells."""
        count = getattr(self.scan, "stored_rows", None)
        return None if count is None else count(self.copies(scratch))

    def copies(self, scratch: Path) -> list[Copy]:
        """The files as the engines read them; what is unpacked once is found again in `scratch`."""
        if self.scan is None:
            return []
        scratch.mkdir(parents=True, exist_ok=True)
        scan, network = self.scan, getattr(self.scan, "network", {})

        def copy(each: SourceFile) -> Copy:
            return copied(each) if each.stored.path is not None else guarded(self.guards, lambda: copied(each))

        def copied(each: SourceFile) -> Copy:
            try:
                if each.shown in network:
                    scan.check(each)  # type: ignore[attr-defined]
                    return Copy(path=Path(each.shown), shown=each.shown, network=network[each.shown])
                return Copy(path=scan.prepare(each, scratch), shown=each.shown)
            except FileNotFoundError as error:
                raise ConnectorProblem("IR505", f"{each.shown} has vanished since the plan was made",
                                       key=("location",)) from error  # fmt: skip
            except OSError as error:
                reason = (error.strerror or str(error)).lower()
                raise ConnectorProblem("IR506", f"{each.shown} cannot be read: {reason}", key=("location",)) from error

        return side_by_side(copy, self.sources, remote=bool(network))

    def to_polars(self, scratch: Path) -> pl.LazyFrame:
        """A lazy scan with exactly the dtypes of the schema; NaN is null in it."""
        copies = self.copies(scratch)
        if self.scan is None:
            return pl.LazyFrame(schema={name: polars_dtype(kind) for name, kind in self.schema.items()})
        if not self.facts:
            return self.scan.to_polars(copies)
        frames = []
        for index, copy in enumerate(copies):
            facts = [fact_polars(values[index], kind).alias(name) for name, kind, values in self.facts]
            frames.append(self.scan.to_polars([copy]).with_columns(facts))
        return pl.concat(frames, how="vertical")

    def to_sql(self, scratch: Path) -> exp.Query | None:
        """A SELECT for DuckDB with the same rows, values and types; None when only Polars reads the format."""
        if self.is_in_network:
            return None
        return self._sql(self.copies(scratch))

    def to_sql_shown(self) -> exp.Query | None:
        """The same SELECT over the files as they stand, for reading; nothing is unpacked."""
        query = self._sql([Copy(path=Path(each.shown), shown=each.shown) for each in self.sources])
        return None if query is None else with_urls(query, [each.shown for each in self.sources])

    def _sql(self, copies: Sequence[Copy]) -> exp.Query | None:
        from sqlglot import exp

        if self.scan is None:
            nothing = [null_of(kind).as_(name, quoted=True) for name, kind in self.schema.items()]
            return exp.select(*nothing).where(exp.false())
        if not self.facts:
            return self.scan.to_sql(copies)
        selects: list[exp.Query] = []
        for index, copy in enumerate(copies):
            inner = self.scan.to_sql([copy])
            if inner is None:
                return None
            facts = [_literal(values[index], kind).as_(name, quoted=True) for name, kind, values in self.facts]
            columns = [exp.column(name, quoted=True) for name in self.scan.schema]
            selects.append(exp.select(*columns, *facts).from_(inner.subquery("f")))
        return union_all(selects)


def fact_polars(value: str | int | None, kind: t.DataType) -> pl.Expr:
    """What the path of a file tells, as a value of its column."""
    if kind == t.Date():
        return pl.lit(value).cast(pl.String()).str.to_date("%Y-%m-%d")
    return pl.lit(value, dtype=polars_dtype(kind))


def union_all(selects: Sequence[exp.Query]) -> exp.Query:
    """All rows of all selects, balanced so that a thousand files do not nest a thousand deep."""

    from sqlglot import exp

    if len(selects) == 1:
        return selects[0]
    half = len(selects) // 2
    return exp.union(union_all(selects[:half]), union_all(selects[half:]), distinct=False, copy=False)


def _literal(value: str | int | None, kind: t.DataType) -> exp.Expression:
    from sqlglot import exp

    if value is None:
        return null_of(kind)
    literal = exp.Literal.number(value) if isinstance(value, int) else exp.Literal.string(value)
    return exp.Cast(this=literal, to=sql_datatype(kind))
