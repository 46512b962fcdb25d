"""TXT: columns aligned for a reader with a fixed-width font, by what characters take on a screen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import polars as pl
import pyarrow as pa

from connectors.files.coercion import plain_text
from connectors.files.display import display_cell, is_right_aligned
from connectors.files.report import Report
from connectors.files.streams import OutputStream
from connectors.files.text_width import GAP, aligned, on_one_line, widest
from connectors.files.writing import BlockWriter, WriteOptions
from connectors.problem import ConnectorProblem
from ir.types import Schema
from transforms.expressions.polars_columns import exact

PAGE_LINES = 60
"""The lines of a page, with its header and its number."""


def open_writer(path: Path, *, report: Report, options: WriteOptions) -> BlockWriter:
    if options.profile == "lines":
        return LinesWriter(path, report=report, options=options)
    return AlignedWriter(path, report=report, options=options)


class AlignedWriter(BlockWriter):
    """A column is as wide as its widest value, which is known last: the texts wait in a file beside until then."""

    def __init__(self, path: Path, *, report: Report, options: WriteOptions) -> None:
        self._report, self._options = report, options
        self._names = report.columns.names
        self._cells = text_columns(report, options)
        self._heads = pl.DataFrame({name: [name] for name in self._names}).select(
            on_one_line(exact(name)).alias(name) for name in self._names
        )
        self._widths = {name: widest(self._heads[name]) if options.header else 0 for name in self._names}
        self._rights = [is_right_aligned(kind, report.format_of(name)) for name, kind in report.columns.items()]
        self._rows = 0
        self._waiting = path.with_name(f"{path.name}.waiting")
        self._schema = pa.schema([(name, pa.large_utf8()) for name in self._names])
        self._spool = pa.ipc.new_file(
            str(self._waiting), self._schema, options=pa.ipc.IpcWriteOptions(compression="lz4")
        )
        self._stream = OutputStream(path, options=options)

    def write(self, batch: pl.DataFrame) -> None:
        if batch.height and self._names:
            texts = batch.select(self._cells)
            for name in self._names:
                self._widths[name] = max(self._widths[name], widest(texts[name]))
            self._rows += texts.height
            self._spool.write_table(texts.to_arrow().cast(self._schema))

    def finish(self) -> None:
        self._spool.close()
        head = self._head() if self._options.header and self._names else ""
        put = self._put_pages if self._options.page_breaks else self._put_lines
        with pa.OSFile(str(self._waiting)) as file, pa.ipc.open_file(file) as spooled:
            put(head, (self._lines(_frame(spooled, index)) for index in range(spooled.num_record_batches)))
        self._stream.close()
        self._waiting.unlink()

    def _head(self) -> str:
        rules = pl.DataFrame({name: ["-" * width] for name, width in self._widths.items()})
        return "".join(f"{line}\n" for line in self._lines(pl.concat([self._heads, rules])))

    def _put_lines(self, head: str, batches: Iterator[pl.Series]) -> None:
        self._put(head)
        for lines in batches:
            self._put("\n".join(lines) + "\n")
        if not self._rows and self._report.empty_message:
            self._put(f"{self._report.empty_message}\n")

    def _put_pages(self, head: str, batches: Iterator[pl.Series]) -> None:
        """Each page begins with the header and ends with its number; a form feed stands between two."""
        room = PAGE_LINES - head.count("\n") - 2
        pages = max(1, -(-self._rows // room))
        page, free = 1, room
        self._put(head)
        for lines in batches:
            done = 0
            while done < lines.len():
                if not free:
                    self._put(self._number(page, pages) + "\f" + head)
                    page, free = page + 1, room
                piece = lines[done : done + free]
                done, free = done + piece.len(), free - piece.len()
                self._put("\n".join(piece) + "\n")
        if not self._rows and self._report.empty_message:
            self._put(f"{self._report.empty_message}\n")
        self._put(self._number(page, pages))

    def _number(self, page: int, pages: int) -> str:
        width = sum(self._widths.values()) + len(GAP) * max(0, len(self._names) - 1)
        return "\n" + f"page {page} of {pages}".rjust(width) + "\n"

    def _lines(self, texts: pl.DataFrame) -> pl.Series:
        return aligned(
            [texts[name] for name in self._names], [self._widths[name] for name in self._names], self._rights
        )

    def _put(self, text: str) -> None:
        self._stream.write(text.encode())

    def abort(self) -> None:
        with ExitStack() as closing:  # each of them, also where the disk is too full to close one
            closing.callback(self._waiting.unlink, missing_ok=True)
            closing.callback(self._stream.close)
            closing.callback(self._spool.close)


def _frame(spooled: pa.ipc.RecordBatchFileReader, index: int) -> pl.DataFrame:
    batch = pl.from_arrow(spooled.get_batch(index))
    assert isinstance(batch, pl.DataFrame)
    return batch


class LinesWriter(BlockWriter):
    """Profile `lines`: the single column's values, one a line."""

    def __init__(self, path: Path, *, report: Report, options: WriteOptions) -> None:
        if problem := lines_problem(report.columns):
            raise problem
        self._cells = text_columns(report, options)
        self._stream = OutputStream(path, options=options)

    def write(self, batch: pl.DataFrame) -> None:
        if batch.height:
            self._stream.write(("\n".join(batch.select(self._cells).to_series()) + "\n").encode())

    def finish(self) -> None:
        self._stream.close()

    def abort(self) -> None:
        self._stream.close()


def lines_problem(columns: Schema) -> ConnectorProblem | None:
    """Why profile `lines` cannot write these columns."""
    if len(columns) == 1:
        return None
    return ConnectorProblem(
        "IR604", f"profile lines writes one column, and this frame has {len(columns)}", key=("options", "profile"),
        hint=f"name one in `columns`; there are {columns.brief()}",
    )  # fmt: skip


def text_columns(report: Report, options: WriteOptions) -> list[pl.Expr]:
    """The cells as one line of text each: formatted where `format` says how, else as CSV writes them."""
    columns = []
    for name, kind in report.columns.items():
        how = report.formats.get(name)
        if how is None:
            text = plain_text(exact(name), kind, timezone=report.timezone, date_format=options.date_format)
        else:
            text = display_cell(exact(name), kind, how, locale=report.locale, timezone=report.timezone)
        null = "" if how is None or how.null_text is None else how.null_text
        columns.append(on_one_line(text.fill_null(null)).alias(name))
    return columns
