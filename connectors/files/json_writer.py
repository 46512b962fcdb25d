"""JSON and NDJSON: an object a row, values in JSON's own types."""

from __future__ import annotations

from os import SEEK_END
from pathlib import Path
from tempfile import TemporaryFile

import polars as pl

from connectors.files.coercion import json_value
from connectors.files.display import display_columns
from connectors.files.json_objects import is_spelled, json_objects
from connectors.files.report import Report
from connectors.files.streams import OutputStream
from connectors.files.writing import BlockWriter, WriteOptions
from transforms.expressions.polars_columns import exact

_BLOCK_BYTES = 256 * 1024


def open_writer(path: Path, *, report: Report, options: WriteOptions) -> JsonWriter:
    """One array of objects, streamed."""
    return JsonWriter(path, report=report, options=options, is_array=True)


def open_ndjson_writer(path: Path, *, report: Report, options: WriteOptions) -> JsonWriter:
    """One object a line."""
    return JsonWriter(path, report=report, options=options, is_array=False)


class JsonWriter(BlockWriter):
    """Decimals are numbers with their scale, infinities the texts "Infinity" and "-Infinity", json columns values."""

    def __init__(self, path: Path, *, report: Report, options: WriteOptions, is_array: bool) -> None:
        self._report = report
        self._formatted = options.formatted
        self._is_array = is_array
        self._started = False
        self._stream = OutputStream(path, options=options)
        # A file, since a buffer in memory that grows takes twice the time.
        self._spool = TemporaryFile() if is_array else None  # noqa: SIM115

    def write(self, batch: pl.DataFrame) -> None:
        if batch.height:
            if self._is_array:
                self._stream.write(b",\n" if self._started else b"[\n")
            self._started = True
            self._put(batch)

    def _put(self, batch: pl.DataFrame) -> None:
        """One object a line; a comma ends all lines of an array but the last, which has no end yet."""
        if self._formatted:
            lines = batch.select(display_columns(self._report.tables[0], self._report))
        elif any(is_spelled(name, kind, batch) for name, kind in self._report.columns.items()):
            objects = json_objects(batch, self._report.columns, timezone=self._report.timezone)
            texts = [each.encode() for each in objects]
            self._stream.write(b",\n".join(texts) if self._is_array else b"\n".join((*texts, b"")))
            return
        else:
            lines = batch.select(json_value(exact(name), kind, timezone=self._report.timezone).alias(name)
                                 for name, kind in self._report.columns.items())  # fmt: skip
        if self._spool is None:
            self._stream.write_with(lines.write_ndjson)
            return
        self._spool.seek(0)
        self._spool.truncate()
        lines.write_ndjson(self._spool)
        rest = self._spool.seek(0, SEEK_END) - 1  # the last object is followed by nothing yet
        self._spool.seek(0)
        while rest > 0:
            block = self._spool.read(min(rest, _BLOCK_BYTES))
            rest -= len(block)
            # A line break inside a value is written \n, so a bare one only ever stands between two objects.
            self._stream.write(block.replace(b"\n", b",\n"))

    def finish(self) -> None:
        if self._is_array:
            self._stream.write(b"\n]\n" if self._started else b"[]\n")
        self.abort()

    def abort(self) -> None:
        if self._spool is not None:
            self._spool.close()
        self._stream.close()
