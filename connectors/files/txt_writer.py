"""TXT: columns aligned for a reader with a fixed-width font, by what characters take on a screen."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import polars as pl
import pyarrow as pa

from connectors.files.coercion import plain_text
from connectors.files.display import display_cell, is_right_aligned
from connectors.files.report import Report
from connectors.files.streams import OutputStream
from connectors.files.writing import BlockWriter, WriteOptions
from connectors.problem import ConnectorProblem
from transforms.expressions.polars_columns import exact

_WIDE = (
    r"[\x{1100}-\x{115F}\x{2E80}-\x{303E}\x{3041}-\x{A4CF}\x{AC00}-\x{D7A3}\x{F900}-\x{FAFF}\x{FE30}-\x{FE6F}"
    r"\x{FF00}-\x{FF60}\x{FFE0}-\x{FFE6}\x{1F300}-\x{1F64F}\x{1F680}-\x{1F6FF}\x{1F900}-\x{1F9FF}"
    r"\x{20000}-\x{3FFFD}]"
)
_NO_WIDTH = r"[\p{Mn}\p{Me}\p{Cf}]"
_GAP = "  "
_BREAKS = {"\r\n": " ", "\n": " ", "\r": " ", "\t": " "}


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
        heads = pl.DataFrame({name: [name] for name in self._names})
        self._widths = heads.select(
            display_width(exact(name)) if options.header else pl.lit(0).alias(name) for name in self._names
        )
        self._waiting = path.with_name(f"{path.name}.waiting")
        self._schema = pa.schema([(name, pa.large_utf8()) for name in self._names])
        self._spool = pa.ipc.new_file(
            str(self._waiting), self._schema, options=pa.ipc.IpcWriteOptions(compression="lz4")
        )
        self._stream = OutputStream(path, options=options)

    def write(self, batch: pl.DataFrame) -> None:
        if batch.height and self._names:
            texts = batch.select(self._cells)
            widest = texts.select(display_width(exact(name)).max() for name in self._names)
            self._widths = pl.concat([self._widths, widest], how="vertical_relaxed").max()
            self._spool.write_table(texts.to_arrow().cast(self._schema))

    def finish(self) -> None:
        self._spool.close()
        widths = self._widths.row(0, named=True) if self._names else {}
        if self._options.header and self._names:
            heads = pl.DataFrame({name: [name] for name in self._names})
            rules = pl.DataFrame({name: ["-" * widths[name]] for name in self._names})
            self._put(heads, widths)
            self._put(rules, widths)
        with pa.OSFile(str(self._waiting)) as file, pa.ipc.open_file(file) as spooled:
            for index in range(spooled.num_record_batches):
                batch = pl.from_arrow(spooled.get_batch(index))
                assert isinstance(batch, pl.DataFrame)
                self._put(batch, widths)
            empty = spooled.num_record_batches == 0
        if empty and self._report.empty_message:
            self._stream.write(f"{self._report.empty_message}\n".encode())
        self._stream.close()
        self._waiting.unlink()

    def _put(self, texts: pl.DataFrame, widths: dict[str, int]) -> None:
        padded = [self._padded(name, widths[name]) for name in self._names]
        if not padded:  # rows without a column have no text
            return
        lines = texts.select(pl.concat_str(padded, separator=_GAP).str.strip_chars_end(" ")).to_series()
        self._stream.write(("\n".join(lines) + "\n").encode())

    def _padded(self, name: str, width: int) -> pl.Expr:
        blanks = pl.lit(" ").repeat_by(width - display_width(exact(name))).list.join("")
        right = is_right_aligned(self._report.columns[name], self._report.format_of(name))
        return blanks + exact(name) if right else exact(name) + blanks

    def abort(self) -> None:
        with ExitStack() as closing:  # each of them, also where the disk is too full to close one
            closing.callback(self._waiting.unlink, missing_ok=True)
            closing.callback(self._stream.close)
            closing.callback(self._spool.close)


class LinesWriter(BlockWriter):
    """Profile `lines`: the single column's values, one a line."""

    def __init__(self, path: Path, *, report: Report, options: WriteOptions) -> None:
        if len(report.columns) != 1:
            raise ConnectorProblem(
                "IR604", f"profile lines writes one column, and this frame has {len(report.columns)}",
                key=("options", "profile"), hint=f"name one in `columns`; there are {report.columns.brief()}",
            )  # fmt: skip
        self._cells = text_columns(report, options)
        self._stream = OutputStream(path, options=options)

    def write(self, batch: pl.DataFrame) -> None:
        if batch.height:
            self._stream.write(("\n".join(batch.select(self._cells).to_series()) + "\n").encode())

    def finish(self) -> None:
        self._stream.close()

    def abort(self) -> None:
        self._stream.close()


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
        columns.append(text.fill_null(null).str.replace_many(list(_BREAKS), list(_BREAKS.values())).alias(name))
    return columns


def display_width(text: pl.Expr) -> pl.Expr:
    """The columns of a terminal that a text takes: two for East Asian characters and emoji, none for accents."""
    characters = text.str.len_chars().cast(pl.Int32)
    wide = text.str.count_matches(_WIDE).cast(pl.Int32)
    return characters + wide - text.str.count_matches(_NO_WIDTH).cast(pl.Int32)
