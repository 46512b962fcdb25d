"""Parquet: zstd, row groups written as the batches come."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from connectors.files.report import Report
from connectors.files.writing import BlockWriter, WriteOptions
from connectors.problem import ConnectorProblem
from ir import types as t
from transforms.dtypes import polars_dtype

CODECS = {"zstd": "zstd", "snappy": "snappy", "gzip": "gzip", "lz4": "lz4", "brotli": "brotli", "none": "none"}
ROWS_PER_GROUP = 122_880
"""DuckDB's unit of parallel reading; smaller groups cost size, larger ones memory."""


def open_writer(path: Path, *, report: Report, options: WriteOptions) -> ParquetWriter:
    return ParquetWriter(path, report=report, options=options)


def codec_of(word: str | None) -> str:
    """The codec that `options.compression` names.

    Raises:
        ConnectorProblem: IR609 for a word that names none.
    """
    codec = (word or "zstd").lower()
    if codec not in CODECS:
        raise ConnectorProblem(
            code="IR609", message=f'"{word}" is no compression of a parquet file',
            hint=f"write one of {', '.join(CODECS)}", key=("options", "compression"),
        )  # fmt: skip
    return CODECS[codec]


class ParquetWriter(BlockWriter):
    """Every type as it is; batches are gathered until they make a row group."""

    def __init__(self, path: Path, *, report: Report, options: WriteOptions) -> None:
        codec = codec_of(options.compression)
        empty = pl.DataFrame(schema={name: polars_dtype(kind) for name, kind in report.columns.items()})
        self._schema: pa.Schema = empty.to_arrow().schema
        # Trying a dictionary on numbers and moments costs a third of the time and makes the file larger.
        words = [name for name, kind in report.columns.items() if isinstance(kind, t.String | t.Json | t.Date)]
        steps = [name for name, kind in report.columns.items() if isinstance(kind, t.Integer | t.Datetime)]
        self._writer = pq.ParquetWriter(
            path,
            self._schema,
            compression=codec,
            use_dictionary=words,
            column_encoding=dict.fromkeys(steps, "DELTA_BINARY_PACKED") or None,
        )
        self._gathered: list[pl.DataFrame] = []
        self._rows = 0

    def write(self, batch: pl.DataFrame) -> None:
        self._gathered.append(batch)
        self._rows += batch.height
        if self._rows >= ROWS_PER_GROUP:
            self._flush()

    def _flush(self) -> None:
        if self._rows:
            group = pl.concat(self._gathered, rechunk=False).to_arrow()
            if group.schema != self._schema:  # the cast's first use costs 0.1 s of imports
                group = group.cast(self._schema)
            self._writer.write_table(group, row_group_size=ROWS_PER_GROUP)
        self._gathered, self._rows = [], 0

    def finish(self) -> None:
        self._flush()
        self._writer.close()

    def abort(self) -> None:
        self._gathered = []
        self._writer.close()
