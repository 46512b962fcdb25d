"""Reading Arrow IPC files (Feather): the types stand in them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from connectors.files.careful import batches, whole_rows
from connectors.files.native import NativeColumn, careful_values, fallible_columns, pin_native, polars_value
from connectors.files.source import Copy, ReadRequest, SourceFile
from connectors.files.unpacking import local_copy, open_seekable
from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from ir.records import dataclass
from ir.types import Schema
from transforms.dtypes import polars_dtype
from transforms.expressions.polars_columns import exact

if TYPE_CHECKING:
    from sqlglot import exp


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrowScan:
    """Arrow files; DuckDB has no reader of them without an extension and takes the Polars rows."""

    columns: dict[str, NativeColumn]
    stored: dict[str, dict[str, pl.DataType]]
    policy: Policy

    @property
    def schema(self) -> Schema:
        return Schema({name: column.kind for name, column in self.columns.items()})

    def prepare(self, file: SourceFile, scratch: Path) -> Path:
        return local_copy(file, scratch, ".arrow", self.policy)

    def to_polars(self, copies: Sequence[Copy]) -> pl.LazyFrame:
        frames = [
            pl.scan_ipc(copy.path, glob=False, hive_partitioning=False).select(
                polars_value(exact(name), self.stored[copy.shown][name], column).alias(name)
                if name in self.stored[copy.shown]
                else pl.lit(None, dtype=polars_dtype(column.kind)).alias(name)
                for name, column in self.columns.items()
            )
            for copy in copies
        ]
        return frames[0] if len(frames) == 1 else pl.concat(frames, how="vertical")

    def to_sql(self, copies: Sequence[Copy]) -> exp.Query | None:
        return None

    @property
    def fallible(self) -> tuple[str, ...]:
        return fallible_columns(self.columns, self.stored)

    def widened(self, names: Collection[str]) -> ArrowScan:
        """Itself: what the file says of its types is not taken back."""
        return self

    def read_carefully(self, file: SourceFile, scratch: Path) -> Iterator[pl.DataFrame]:
        rows = pl.scan_ipc(self.prepare(file, scratch), glob=False, hive_partitioning=False)
        values = careful_values(self.columns, self.stored[file.shown])
        number = pl.col("\x01row").cast(pl.Int64()).alias("row")
        return batches(rows.with_row_index("\x01row", offset=1).select(number, *whole_rows(), *values))


def read_arrow(request: ReadRequest) -> ArrowScan:
    """Read the schemas of all files."""
    stored = {file.shown: _schema(file, request.policy) for file in request.files}
    return ArrowScan(columns=pin_native(request, stored), stored=stored, policy=request.policy)


def _schema(file: SourceFile, policy: Policy) -> dict[str, pl.DataType]:
    with open_seekable(file, policy) as stream:
        try:
            return dict(pl.read_ipc_schema(stream))
        except (pl.exceptions.PolarsError, OSError) as error:
            raise ConnectorProblem(
                "IR523", f"{file.shown} is no Arrow IPC file, or is cut short", key=("location",),
                notes=[str(error).splitlines()[0][:200]],
                hint="a stream (.arrows) is no file: write it with write_ipc or write_feather",
            ) from error  # fmt: skip
