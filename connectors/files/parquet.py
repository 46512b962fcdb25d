"""Reading Parquet files: the types stand in them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import field
from pathlib import Path
from typing import IO, TYPE_CHECKING, ClassVar

import polars as pl

from connectors.files.careful import batches, whole_rows
from connectors.files.native import NativeColumn, careful_values, fallible_columns, pin_native, polars_value, sql_value
from connectors.files.network import NetworkFile, are_remote, changed, footer, network_file, side_by_side
from connectors.files.relation import union_all
from connectors.files.source import Copy, ReadRequest, SourceFile
from connectors.files.sql_calls import call_table, null_of, options
from connectors.files.unpacking import local_copy, open_seekable
from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from ir.records import dataclass
from ir.types import Schema
from transforms import sql
from transforms.dtypes import polars_dtype
from transforms.expressions.polars_columns import exact

if TYPE_CHECKING:
    from sqlglot import exp


@dataclass(frozen=True, slots=True, kw_only=True)
class ParquetScan:
    """Parquet files; `stored` tells the dtype each column has in each file, by the name it is shown under."""

    pushes_filters: ClassVar[bool] = True

    columns: dict[str, NativeColumn]
    stored: dict[str, dict[str, pl.DataType]]
    policy: Policy
    network: dict[str, NetworkFile] = field(default_factory=dict)
    """The files that are read where they lie, by the name they are shown under."""

    @property
    def schema(self) -> Schema:
        return Schema({name: column.kind for name, column in self.columns.items()})

    def prepare(self, file: SourceFile, scratch: Path) -> Path:
        path = local_copy(file, scratch, ".parquet", self.policy)
        self._check(file, _schema(path, file.shown))
        return path

    def check(self, file: SourceFile) -> None:
        """Look whether a file of the network is still the one that the plan was made for.

        Raises:
            ConnectorProblem: IR528 when its columns are others.
        """
        now = changed(file)
        if now is not None:
            self._check(file, _footer(now, self.policy))

    def _check(self, file: SourceFile, schema: dict[str, pl.DataType]) -> None:
        if schema != self.stored[file.shown]:
            raise ConnectorProblem("IR528", f"the columns of {file.shown} have changed since the plan was made",
                                   key=("location",), hint="compile the workflow again")  # fmt: skip

    def _groups(self, copies: Sequence[Copy]) -> list[tuple[dict[str, pl.DataType], list[Copy]]]:
        """Neighbouring files with equal dtypes, which one scan reads."""
        groups: list[tuple[dict[str, pl.DataType], list[Copy]]] = []
        for copy in copies:
            dtypes = self.stored[copy.shown]
            if groups and list(groups[-1][0].items()) == list(dtypes.items()):
                groups[-1][1].append(copy)
            else:
                groups.append((dtypes, [copy]))
        return groups

    def stored_rows(self, copies: Sequence[Copy]) -> int:
        """By the files' footers."""
        scans = (_scan(group) for _, group in self._groups(copies))
        return sum(scan.select(pl.len()).collect().item() for scan in scans)

    def to_polars(self, copies: Sequence[Copy]) -> pl.LazyFrame:
        frames = [
            _scan(group).select(
                polars_value(exact(name), dtypes[name], column).alias(name)
                if name in dtypes
                else pl.lit(None, dtype=polars_dtype(column.kind)).alias(name)
                for name, column in self.columns.items()
            )
            for dtypes, group in self._groups(copies)
        ]
        return frames[0] if len(frames) == 1 else pl.concat(frames, how="vertical")

    def to_sql(self, copies: Sequence[Copy]) -> exp.Query | None:
        from sqlglot import exp

        if any(has_duration(dtype) for dtypes in self.stored.values() for dtype in dtypes.values()):
            return None  # Parquet has no such type: DuckDB sees plain integers, and not of which unit
        selects: list[exp.Query] = []
        for dtypes, group in self._groups(copies):
            table = call_table("read_parquet", [each.path for each in group], options(hive_partitioning=False))
            # not by sqlglot's builders, which copy all they are given: 4 ms instead of 6 for five files
            selects.append(sql.select([
                exp.Alias(
                    this=sql_value(sql.column(name), dtypes[name], column) if name in dtypes else null_of(column.kind),
                    alias=exp.to_identifier(name, quoted=True),
                )
                for name, column in self.columns.items()
            ], table))  # fmt: skip
        return union_all(selects)

    @property
    def fallible(self) -> tuple[str, ...]:
        return fallible_columns(self.columns, self.stored)

    def widened(self, names: Collection[str]) -> ParquetScan:
        """Itself: what the file says of its types is not taken back."""
        return self

    def read_carefully(self, file: SourceFile, scratch: Path) -> Iterator[pl.DataFrame]:
        rows = pl.scan_parquet(self.prepare(file, scratch), glob=False, hive_partitioning=False)
        values = careful_values(self.columns, self.stored[file.shown])
        number = pl.col("\x01row").cast(pl.Int64()).alias("row")
        return batches(rows.with_row_index("\x01row", offset=1).select(number, *whole_rows(), *values))


def read_parquet(request: ReadRequest) -> ParquetScan:
    """Read the schemas in all files' footers."""
    names, is_remote = [file.shown for file in request.files], are_remote(request.files)
    footers = side_by_side(lambda file: _footer(file, request.policy), request.files, remote=is_remote)
    stored = dict(zip(names, footers, strict=True))
    found = [network_file(file) for file in request.files]
    network = {name: each for name, each in zip(names, found, strict=True) if each is not None}
    return ParquetScan(columns=pin_native(request, stored), stored=stored, policy=request.policy, network=network)


def _scan(group: Sequence[Copy]) -> pl.LazyFrame:
    """The rows of files of equal dtypes, all local or all of one store."""
    network = [each.network for each in group if each.network is not None]
    if network:
        return pl.scan_parquet([each.url for each in network], glob=False, hive_partitioning=False,
                               storage_options=network[0].options)  # fmt: skip
    return pl.scan_parquet([each.path for each in group], glob=False, hive_partitioning=False)


def _footer(file: SourceFile, policy: Policy) -> dict[str, pl.DataType]:
    if file.stored.path is None and file.compression is None and (end := footer(file)) is not None:
        return _schema(end, file.shown)
    with open_seekable(file, policy) as stream:
        return _schema(stream, file.shown)


def _schema(source: Path | IO[bytes], shown: str) -> dict[str, pl.DataType]:
    try:
        return dict(pl.read_parquet_schema(source))
    except FileNotFoundError:
        raise
    except (pl.exceptions.PolarsError, OSError) as error:
        raise ConnectorProblem("IR523", f"{shown} is no Parquet file, or is cut short", key=("location",),
                               notes=[str(error).splitlines()[0][:200]],
                               hint="write the file again, or name its real format") from error  # fmt: skip


def has_duration(dtype: pl.DataType) -> bool:
    if isinstance(dtype, pl.List):
        return has_duration(dtype.inner)  # type: ignore[arg-type]
    if isinstance(dtype, pl.Struct):
        return any(has_duration(each.dtype) for each in dtype.fields)  # type: ignore[arg-type]
    return isinstance(dtype, pl.Duration)
