"""Whether every row of a delimited file has the same number of fields, counted at the speed of memory.

Polars fills short rows with nulls and reads a blank line as a row of nulls, DuckDB refuses the one and skips the
other. So each file is counted once before its first scan: delimiters = rows x (columns - 1). 62 MB take 20 ms. A
file that does not add up is read again slowly: ragged rows are named, and blank lines, mixed line ends and stray
quotes are written out anew in scratch so that both engines read the same.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import polars as pl

from connectors.files.csv_head import Dialect
from connectors.files.unpacking import write_once
from connectors.problem import ConnectorProblem

_BLOCK = 1024 * 1024
"""What a processor's cache holds; blocks of 8 MB take twice the time."""
_SMALL = 64 * 1024 * 1024
"""Files up to this size are counted by `bytes.count` rather than import pyarrow: 10 times slower, which is 0.2 s."""


def is_regular(path: Path, *, dialect: Dialect, columns: int, body: int) -> bool:
    """Whether the rows from byte `body` on are what both engines read alike."""
    delimiter, quote = dialect.delimiter.encode(), dialect.quote.encode() if dialect.quote else None
    delimiters = lines = returns = 0
    inside = 0
    last = b"\n"
    is_small = "pyarrow" not in sys.modules and path.stat().st_size <= _SMALL
    with path.open("rb", buffering=0) as stream:
        stream.seek(body)
        while block := stream.read(_BLOCK):
            last = block[-1:]
            is_quoted = quote is not None and quote in block
            if b"\r" in block:  # to count what is not there takes 30 times as long, more than all the rest
                returns += block.count(b"\r")
            if is_small and not inside and not is_quoted:
                lines += block.count(b"\n")
                delimiters += block.count(delimiter)
                continue
            codes = pl.Series(_Codes(block))
            ends = codes == ord("\n")
            fields = codes == ord(delimiter)
            if is_quoted or inside:
                quotes = codes == ord(quote or b"")
                outside = (quotes.cast(pl.UInt32).cum_sum() + inside) % 2 == 0
                ends, fields = ends & outside, fields & outside
                inside = (inside + int(quotes.sum())) % 2
            lines += int(ends.sum())
            delimiters += int(fields.sum())
    if last != b"\n":
        lines += 1
    return not inside and delimiters == lines * (columns - 1) and returns in {0, lines, lines - (last != b"\n")}


class _Codes:
    """The bytes of a block as Arrow hands them over: an Array itself would have Polars import pyarrow.compute."""

    def __init__(self, block: bytes) -> None:
        self.block = block

    def __arrow_c_array__(self, requested_schema: object = None) -> Any:
        import pyarrow as pa

        array = pa.Array.from_buffers(pa.uint8(), len(self.block), [None, pa.py_buffer(self.block)])
        return array.__arrow_c_array__(requested_schema)


def rewrite(source: Path, target: Path, *, dialect: Dialect, columns: int, body: int, shown: str) -> Path:
    """The rows from byte `body` on without blank lines, in one dialect of quotes and line ends, without a header.

    Raises:
        ConnectorProblem: IR527 with the row's number for a ragged row or broken quotes.
    """

    def fill(partial: Path) -> None:
        with source.open("rb") as raw, partial.open("w", encoding="utf-8", newline="") as sink:
            raw.seek(body)
            writer = csv.writer(sink, delimiter=dialect.delimiter, quotechar=dialect.quote or '"', lineterminator="\n",
                                quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE)  # fmt: skip
            for row in checked_rows(raw, dialect=dialect, columns=columns, shown=shown):
                writer.writerow(row)

    return write_once(target, fill)


NUMBER, FIELDS = "\x01row", "\x01fields"
"""The first columns of a numbered copy: a row's number, and the fields of a ragged one as a JSON list."""


def rewrite_numbered(source: Path, target: Path, *, dialect: Dialect, columns: int, body: int, shown: str) -> Path:
    """All rows from byte `body` on with their numbers, ragged ones cut or filled, comma separated.

    Raises:
        ConnectorProblem: IR522 for bytes that are no UTF-8, IR527 for broken quotes.
    """

    def fill(partial: Path) -> None:
        with source.open("rb") as raw, partial.open("w", encoding="utf-8", newline="") as sink:
            raw.seek(body)
            writer = csv.writer(sink, lineterminator="\n")
            for number, row in _numbered_rows(raw, dialect=dialect, columns=columns, shown=shown):
                if len(row) == columns:
                    writer.writerow([number, "", *row])
                else:
                    filled = [*row, *[""] * columns][:columns]
                    writer.writerow([number, json.dumps(row, ensure_ascii=False), *filled])

    return write_once(target, fill)


def checked_rows(raw: IO[bytes], *, dialect: Dialect, columns: int, shown: str) -> Iterator[list[str]]:
    """The rows of `raw`, blank lines left out.

    Raises:
        ConnectorProblem: IR522 for bytes that are no UTF-8, IR527 for a ragged row or broken quotes.
    """
    for number, row in _numbered_rows(raw, dialect=dialect, columns=columns, shown=shown):
        if len(row) != columns:
            raise ragged(shown, number, row, columns=columns, delimiter=dialect.delimiter)
        yield row


def ragged(shown: str, number: int, row: Sequence[str], *, columns: int, delimiter: str) -> ConnectorProblem:
    """A row that has too many or too few fields."""
    return ConnectorProblem(
        "IR527", f"{shown}, row {number} has {len(row)} fields where {columns} are expected",
        key=("location",), notes=[f"the row: {delimiter.join(row)[:200]}"],
        hint="check the delimiter, and that fields which contain it are quoted",
    )  # fmt: skip


def _numbered_rows(raw: IO[bytes], *, dialect: Dialect, columns: int, shown: str) -> Iterator[tuple[int, list[str]]]:
    """The rows of `raw` with their numbers, blank lines left out; an empty line of one column is an empty field."""
    import io

    text = io.TextIOWrapper(raw, encoding="utf-8", newline="")
    reader = csv.reader(text, delimiter=dialect.delimiter, quotechar=dialect.quote,
                        quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE, strict=True)  # fmt: skip
    number = 0
    try:
        for row in reader:
            if not row and columns > 1:
                continue
            number += 1
            yield number, row or [""]
    except csv.Error as error:
        raise ConnectorProblem(
            "IR527", f"{shown}, row {number + 1}: {error}", key=("location",),
            hint='a quote inside a field is doubled; write quote: "" where quotes mean nothing',
        ) from error  # fmt: skip
    except UnicodeError as error:
        raise ConnectorProblem(
            "IR522", f"{shown} is not utf-8 text, somewhere after row {number}", key=("config", "encoding"),
            hint="write its encoding, such as latin-1 or cp1252", notes=[str(error)],
        ) from error  # fmt: skip
