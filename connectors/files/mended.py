"""The rows of a source without its bad ones, as a second reading wrote them down."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from connectors.bad_rows import BadRows, became_null
from connectors.files.native import NativeColumn, sql_value
from connectors.files.parquet import has_duration
from connectors.files.sql_calls import call_table, options
from connectors.problem import ConnectorProblem
from ir.types import Schema
from transforms.dtypes import polars_dtype

if TYPE_CHECKING:
    from sqlglot import exp

    from connectors.files.relation import FileRelation


@dataclass(frozen=True, slots=True, kw_only=True)
class MendedRelation:
    """Good rows in a Parquet file of scratch; both engines read the same."""

    original: FileRelation
    path: Path
    bad: BadRows | None
    warnings: tuple[ConnectorProblem, ...] = ()
    single: bool = False
    fallible: tuple[str, ...] = ()
    may_fail: bool = False

    @classmethod
    def of(cls, relation: FileRelation, path: Path, nulled: int, bad: BadRows | None) -> MendedRelation:
        """With a warning where `nulled` values became null."""
        warnings = list(relation.warnings)
        if nulled:
            warnings.append(became_null(nulled, relation.name))
        return cls(original=relation, path=path, bad=bad, warnings=tuple(warnings))

    @property
    def schema(self) -> Schema:
        return self.original.schema

    @property
    def files(self) -> tuple[str, ...]:
        return self.original.files

    @property
    def bytes(self) -> int:
        return self.original.bytes

    @property
    def description(self) -> str:
        return self.original.description

    def stored_rows(self, scratch: Path) -> int:
        return int(self.to_polars(scratch).select(pl.len()).collect().item())

    def to_polars(self, scratch: Path) -> pl.LazyFrame:
        return pl.scan_parquet(self.path, glob=False)

    def to_sql(self, scratch: Path) -> exp.Query | None:
        from sqlglot import exp

        if any(has_duration(polars_dtype(kind)) for _, kind in self.schema.items()):
            return None
        return exp.select(*(
            sql_value(exp.column(name, quoted=True), polars_dtype(kind), NativeColumn(kind=kind)).as_(name, quoted=True)
            for name, kind in self.schema.items()
        )).from_(call_table("read_parquet", [self.path], options(hive_partitioning=False)))  # fmt: skip

    def to_sql_shown(self) -> exp.Query | None:
        return self.original.to_sql_shown()
