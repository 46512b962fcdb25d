"""The first rows of a delimited file: its header, where its rows start, and a sample of them."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator

from connectors.files.source import ReadRequest, SourceFile
from connectors.files.unpacking import read_head
from connectors.problem import ConnectorProblem
from ir.records import dataclass

_HEAD_BYTES = 128 * 1024
_LONGEST_HEAD = 64 * 1024 * 1024
_BLOCK_BYTES = 32 * 1024
_ENOUGH_ROWS = 1001
"""A header and as many rows as are sampled."""

csv.field_size_limit(2**31 - 1)  # Python's own limit of 128 kB a field holds for the process, and neither engine has it


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How fields are separated. `quote` is None where quotes mean nothing."""

    delimiter: str
    quote: str | None
    header: bool
    skip_rows: int
    encoding: str | None

    def rows(self, text: str) -> Iterator[list[str]]:
        return csv.reader(
            io.StringIO(text, newline=""), delimiter=self.delimiter, quotechar=self.quote or None,
            quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE, strict=True,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What the start of a file tells. `awkward` ones hold quotes or line breaks `before` the first row."""

    names: tuple[str, ...]
    rows: tuple[list[str], ...]
    before: bytes
    lines: int
    awkward: bool
    is_whole: bool


def read_dialect(request: ReadRequest) -> Dialect:
    """The dialect the options say.

    Raises:
        ConnectorProblem: IR520 for options that cannot work.
    """
    encoding = request.text("encoding", "utf-8")
    try:
        codec = codecs.lookup(encoding).name
    except LookupError as error:
        raise ConnectorProblem("IR520", f'"{encoding}" is no encoding', key=("config", "encoding"),
                               hint="write for example utf-8, latin-1, cp1252 or utf-16") from error  # fmt: skip
    quote = request.text("quote", '"')
    delimiter = request.text("delimiter", "\t" if request.format == "tsv" else ",")
    if delimiter in {"\n", "\r", quote} or len(delimiter.encode()) != 1 or len(quote.encode()) > 1:
        raise ConnectorProblem("IR520", "delimiter and quote are single, different ASCII characters",
                               key=("config", "delimiter"), hint='write for example delimiter: ";"')  # fmt: skip
    return Dialect(
        delimiter=delimiter, quote=quote or None, header=request.flag("header", default=True),
        skip_rows=int(request.options.get("skip_rows") or 0),
        encoding=None if codec in {"utf-8", "ascii", "utf-8-sig"} else codec,
    )  # fmt: skip


def read_head_rows(file: SourceFile, dialect: Dialect) -> Head:
    """The header and the first rows, from as many bytes as it takes to see a whole row.

    Raises:
        ConnectorProblem: IR525 for an empty file, IR526 for headers that are written twice, IR527 for broken quotes.
    """
    limit = _HEAD_BYTES
    while True:
        packed, is_whole = read_head(file, limit)
        head = _parse(file, dialect, _decode(file, dialect, packed, is_whole), is_whole)
        if head is not None:
            return head
        if is_whole or limit >= _LONGEST_HEAD:
            raise ConnectorProblem("IR527", f"{file.shown} has no end of its first row", key=("location",),
                                   hint="check the delimiter and the quotes")  # fmt: skip
        limit *= 8


def _decode(file: SourceFile, dialect: Dialect, packed: bytes, is_whole: bool) -> str:
    decoder = codecs.getincrementaldecoder(dialect.encoding or "utf-8")()
    try:
        text = decoder.decode(packed, final=is_whole)
    except UnicodeError as error:
        raise ConnectorProblem(
            "IR522", f"{file.shown} is not {dialect.encoding or 'utf-8'} text", key=("config", "encoding"),
            hint="write its encoding, such as latin-1, cp1252 or utf-16", notes=[str(error)],
        ) from error  # fmt: skip
    return text.removeprefix("\ufeff")


def _parse(file: SourceFile, dialect: Dialect, text: str, is_whole: bool) -> Head | None:
    start = 0
    for _ in range(dialect.skip_rows):
        start = text.find("\n", start) + 1
        if start == 0:
            if is_whole:
                raise _empty(file)
            return None
    if not text[start:].strip("\r\n"):
        if is_whole:
            raise _empty(file)
        return None
    parsed: list[list[str]] = []
    header_end = start
    feed = _Feed(text, start)
    reader = csv.reader(
        feed, delimiter=dialect.delimiter, quotechar=dialect.quote,
        quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE, strict=True,
    )  # fmt: skip
    try:
        for row in reader:
            if not parsed:
                header_end = feed.at
            parsed.append(row)
            if not is_whole and len(parsed) > _ENOUGH_ROWS:
                break
    except csv.Error as error:
        # Cut inside a quoted field: the rows before it stand.
        if is_whole:
            raise ConnectorProblem(
                "IR527", f"{file.shown}, row {len(parsed) + (not dialect.header)}: {error}", key=("location",),
                hint='a quote inside a field is doubled; write quote: "" where quotes mean nothing',
            ) from error  # fmt: skip
    else:
        if not is_whole:
            parsed = parsed[:-1]
    if not parsed:
        return None
    first, rows = parsed[0], parsed[1:]
    if not dialect.header:
        return Head(names=tuple(f"column_{index + 1}" for index in range(len(first))), rows=tuple(parsed),
                    before=text[:start].encode(), lines=dialect.skip_rows,
                    awkward=bool(dialect.quote and dialect.quote in text[:start]), is_whole=is_whole)  # fmt: skip
    before = text[:header_end]
    return Head(
        names=_names(file, first), rows=tuple(rows), before=before.encode(),
        lines=before.count("\n") or 1,
        awkward=bool(dialect.quote and dialect.quote in text[:start]) or before.count("\n") - dialect.skip_rows > 1,
        is_whole=is_whole,
    )  # fmt: skip


class _Feed:
    """The lines of a text for csv.reader, telling how far it has read."""

    def __init__(self, text: str, start: int) -> None:
        self.text, self.at = text, start

    def __iter__(self) -> Iterator[str]:
        for line in io.StringIO(self.text[self.at :], newline=""):
            self.at += len(line)
            yield line


def _names(file: SourceFile, first: list[str]) -> tuple[str, ...]:
    """Trimmed headers; an empty one (pandas writes its index so) is named by its position."""
    names = tuple(each.strip() or f"column_{index + 1}" for index, each in enumerate(first))
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        shown = ", ".join(f'"{each}"' for each in twice[:5])
        raise ConnectorProblem(
            "IR526", f"{file.shown} has several columns named {shown}",
            key=("location",), hint="rename them in the file, or read it with header: false and skip_rows: 1",
        )  # fmt: skip
    return names


def _empty(file: SourceFile) -> ConnectorProblem:
    return ConnectorProblem("IR525", f"{file.shown} is empty: it has no header", key=("location",),
                            hint="check how it was written; a file without rows still needs its header")  # fmt: skip


def read_inner_blocks(file: SourceFile, dialect: Dialect, width: int) -> list[list[str]]:
    """Rows from the middle and the end of a local plain file, where looking there is cheap."""
    path, size = file.stored.path, file.stored.size or 0
    if path is None or file.compression or dialect.encoding or size < 8 * _BLOCK_BYTES:
        return []
    rows = []
    with path.open("rb") as stream:
        for offset in (size // 2, size - _BLOCK_BYTES):
            stream.seek(offset)
            block = stream.read(_BLOCK_BYTES).decode(errors="replace")
            inner = block.partition("\n")[2].rpartition("\n")[0]
            try:
                rows += [row for row in dialect.rows(inner) if len(row) == width]
            except csv.Error:
                continue  # the block starts inside a quoted field; the head has to do
    return rows
