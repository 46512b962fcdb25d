"""The rows that a source rejects, as a source of their own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from connectors.bad_rows import BadRows, rejects_schema
from ir.records import dataclass
from ir.types import Schema
from transforms.dtypes import polars_dtype

if TYPE_CHECKING:
    from sqlglot import exp


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectsRelation:
    """What the relation `rejecting` rejects; no rows as long as nobody met a bad one."""

    source: str
    rejecting: str
    schema: Schema
    bad: BadRows | None = None
    """Always None: its rows are counted where they are rejected."""
    rows: BadRows | None = None
    bytes: int = 0
    single: bool = False
    fallible: tuple[str, ...] = ()
    may_fail: bool = False

    @classmethod
    def of(cls, source: str, rejecting: str, schema: Schema, bad: BadRows | None) -> RejectsRelation:
        return cls(source=source, rejecting=rejecting, schema=rejects_schema(schema), rows=bad)

    @property
    def description(self) -> str:
        return f"the rows that {self.source} rejects"

    def to_polars(self, scratch: Path) -> pl.LazyFrame:
        if self.rows is not None:
            return self.rows.rows
        return pl.LazyFrame(schema={name: polars_dtype(kind) for name, kind in self.schema.items()})

    def to_sql(self, scratch: Path) -> exp.Query | None:
        """None: DuckDB takes the Polars rows, which are few."""
        return None

    def to_sql_shown(self) -> exp.Query | None:
        return None
