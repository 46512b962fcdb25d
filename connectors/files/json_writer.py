"""JSON and NDJSON: an object a row, values in JSON's own types."""

from __future__ import annotations

import json
from os import SEEK_END
from pathlib import Path
from tempfile import TemporaryFile

import polars as pl

from connectors.files.coercion import json_value, plain_text
from connectors.files.display import display_columns
from connectors.files.report import Report
from connectors.files.streams import OutputStream
from connectors.files.writing import BlockWriter, WriteOptions
from ir import types as t
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
        elif any(self._is_spelled(name, batch) for name in self._report.columns):
            texts = self._spelled_lines(batch)
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

    def _is_spelled(self, name: str, batch: pl.DataFrame) -> bool:
        """Whether the column's JSON must be spelled by hand since `write_ndjson` would quote or lose it."""
        match self._report.columns[name]:
            case t.Decimal() | t.Json():
                return True
            case t.Number():
                return bool(batch[name].is_infinite().any())
        return False

    def _spelled_lines(self, batch: pl.DataFrame) -> list[bytes]:
        """Runs of ordinary columns are encoded together, the others' texts put between them."""
        pieces: list[pl.Expr] = []
        run: list[pl.Expr] = []

        def close_run() -> None:
            if run:
                pieces.append(pl.struct(run).struct.json_encode().str.slice(1).str.head(-1))
                run.clear()

        for name, kind in self._report.columns.items():
            if self._is_spelled(name, batch):
                close_run()
                pieces.append(pl.lit(f"{json.dumps(name, ensure_ascii=False)}:") + self._spelled(name, kind))
            else:
                run.append(json_value(exact(name), kind, timezone=self._report.timezone).alias(name))
        close_run()
        lines = batch.select(pl.lit("{") + pl.concat_str(pieces, separator=",") + "}").to_series()
        return [line.encode() for line in lines]

    def _spelled(self, name: str, kind: t.DataType) -> pl.Expr:
        cell = exact(name)
        if isinstance(kind, t.Number):
            infinite = pl.when(cell > 0).then(pl.lit('"Infinity"')).otherwise(pl.lit('"-Infinity"'))
            text = pl.when(cell.is_infinite()).then(infinite).otherwise(cell.cast(pl.String))
        elif isinstance(kind, t.Json):
            text = cell.map_elements(_json_text, return_dtype=pl.String, skip_nulls=True)
        else:
            text = plain_text(cell, kind, timezone=self._report.timezone, date_format=None)
        return text.fill_null("null")

    def finish(self) -> None:
        if self._is_array:
            self._stream.write(b"\n]\n" if self._started else b"[]\n")
        self.abort()

    def abort(self) -> None:
        if self._spool is not None:
            self._spool.close()
        self._stream.close()


def _json_text(text: str) -> str:
    """The document on one line; text that is none after all becomes a JSON text, so that the file stays whole."""
    try:
        json.loads(text, parse_constant=_no_constant)
    except ValueError:
        return json.dumps(text, ensure_ascii=False)
    # Line breaks inside a JSON text are escaped, so a bare one only ever stands between values.
    return text.replace("\r", " ").replace("\n", " ")


def _no_constant(word: str) -> None:
    raise ValueError(f"{word} is no JSON")
