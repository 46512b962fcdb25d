"""The rows of a source without its bad ones, as a second reading wrote them down."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import polars as pl

from connectors.bad_rows import BadRows, became_null
from connectors.files.native import NativeColumn, sql_value
from connectors.files.parquet import has_duration
from connectors.files.sql_calls import call_table, options
from connectors.problem import ConnectorProblem
from ir.records import dataclass
from ir.types import Schema
from transforms.dtypes import polars_dtype

if TYPE_CHECKING:
    from sqlglot import exp


class Original(Protocol):
    """The source whose rows were mended."""

    @property
    def name(self) -> str: ...
    @property
    def schema(self) -> Schema: ...
    @property
    def files(self) -> tuple[str, ...]: ...
    @property
    def bytes(self) -> int: ...
    @property
    def description(self) -> str: ...
    @property
    def warnings(self) -> tuple[ConnectorProblem, ...]: ...
    @property
    def ordered(self) -> bool: ...
    def to_sql_shown(self) -> exp.Query | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class MendedRelation:
    """Good rows in a Parquet file of scratch; both engines read the same."""

    original: Original
    path: Path
    bad: BadRows | None
    warnings: tuple[ConnectorProblem, ...] = ()
    single: bool = False
    fallible: tuple[str, ...] = ()
    may_fail: bool = False

    @classmethod
    def of(cls, relation: Original, path: Path, nulled: int, bad: BadRows | None) -> MendedRelation:
        """With a warning where `nulled` values became null."""
        warnings = list(relation.warnings)
        if nulled:
            warnings.append(became_null(nulled, relation.name))
        return cls(original=relation, path=path, bad=bad, warnings=tuple(warnings))

    @property
    def schema(self) -> Schema:
        return self.original.schema

    @property
    def ordered(self) -> bool:
        return self.original.ordered

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
