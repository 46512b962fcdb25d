"""Reading text as lines: one column, `line`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from connectors.files.csv_head import Dialect, read_dialect
from connectors.files.source import Copy, ReadRequest, SourceFile
from connectors.files.sql_calls import call_table, options
from connectors.files.unpacking import BLOCK, read_head, unpack, write_once
from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from ir import types as t
from ir.records import dataclass
from ir.types import Schema

if TYPE_CHECKING:
    from sqlglot import exp

# DuckDB has no reader of lines; its CSV reader with a delimiter that no text holds is one.
_NEVER = "\x01\x02\x03\x04"
_LONGEST_LINE = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class LineScan:
    """Text files whose lines end in \\n or in \\r\\n; an empty line is null, as every empty field."""

    kind: t.DataType
    dialect: Dialect
    policy: Policy

    @property
    def schema(self) -> Schema:
        return Schema({"line": self.kind})

    def prepare(self, file: SourceFile, scratch: Path) -> Path:
        path = file.stored.path
        stem = scratch / f"{file.stored.identity()}-{self.dialect.encoding}"
        if path is None or file.compression or self.dialect.encoding:
            path = unpack(file, stem.with_suffix(".txt"), self.policy, self.dialect.encoding)
        checked, rewritten = stem.with_suffix(".regular"), stem.with_suffix(".lines")
        if rewritten.exists():
            return rewritten
        if not checked.exists():
            if not _is_regular(path):
                source = path
                return write_once(rewritten, lambda partial: _rewrite(source, partial))
            checked.touch()
        return path

    def to_polars(self, copies: Sequence[Copy]) -> pl.LazyFrame:
        skip = self.dialect.skip_rows
        paths = [[each.path for each in copies]] if not skip else [[each.path] for each in copies]
        frames = [pl.scan_lines(each, glob=False).slice(skip) for each in paths]
        rows = frames[0] if len(frames) == 1 else pl.concat(frames, how="vertical")
        return rows.select(pl.col("line").replace("", None))

    def to_sql(self, copies: Sequence[Copy]) -> exp.Query | None:
        from sqlglot import exp

        table = call_table("read_csv", [each.path for each in copies], options(
            auto_detect=False, header=False, skip=self.dialect.skip_rows, delim=_NEVER, quote="", escape="",
            nullstr=[""], max_line_size=_LONGEST_LINE, columns={"line": "VARCHAR"},
        ))  # fmt: skip
        return exp.select(exp.column("line", quoted=True)).from_(table)

    @property
    def fallible(self) -> tuple[str, ...]:
        return ()

    def widened(self, names: Collection[str]) -> LineScan:
        return self

    def read_carefully(self, file: SourceFile, scratch: Path) -> Iterator[pl.DataFrame]:
        """No batches, since every line is a text; what is no line at all is told.

        Raises:
            ConnectorProblem: IR522 for bytes that are no UTF-8, IR527 for a line that DuckDB does not take.
        """
        number = 0
        try:
            with self.prepare(file, scratch).open(encoding="utf-8", newline="\n") as lines:
                for number, line in enumerate(lines, 1):
                    if len(line.encode()) > _LONGEST_LINE:
                        raise ConnectorProblem("IR527", f"{file.shown}, line {number} is longer than 16 MB",
                                               key=("location",), hint="is it a text file?")  # fmt: skip
        except UnicodeError as error:
            raise ConnectorProblem(
                "IR522", f"{file.shown} is not utf-8 text, somewhere after line {number}",
                key=("config", "encoding"), hint="write its encoding, such as latin-1 or cp1252",
            ) from error  # fmt: skip
        return iter(())


def _is_regular(path: Path) -> bool:
    """All lines end alike, and no byte order mark stands before them."""
    lines = returns = 0
    last = b""
    with path.open("rb") as stream:
        if stream.read(3) == b"\xef\xbb\xbf":
            return False
        stream.seek(0)
        while block := stream.read(BLOCK):
            lines += block.count(b"\n")
            returns += block.count(b"\r")
            last = block[-1:]
    return returns in {0, lines} and last != b"\r"


def _rewrite(source: Path, target: Path) -> None:
    with source.open("rb") as stream, target.open("wb") as sink:
        for block in _without_returns(stream.read, _mark_length(source)):
            sink.write(block)


def _mark_length(path: Path) -> int:
    with path.open("rb") as stream:
        return 3 if stream.read(3) == b"\xef\xbb\xbf" else 0


def _without_returns(read: object, skipped: int) -> Iterator[bytes]:
    """Blocks with every line end as \\n; a return at the end of a block waits for what follows."""
    held = b""
    while block := read(BLOCK):  # type: ignore[operator]
        block, skipped = block[skipped:], 0
        block = held + block
        held = b"\r" if block.endswith(b"\r") else b""
        yield block.removesuffix(b"\r").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if held:
        yield b"\n"


def read_txt(request: ReadRequest) -> LineScan:
    """One column of text; a declared schema may say so, or json."""
    request.check_declared(("line",))
    kind = request.declared.get("line", t.String())
    if not isinstance(kind, t.String | t.Json):
        raise ConnectorProblem("IR520", f"a line of text is no {kind}", key=("config", "schema", "line"),
                               hint="leave it out of the schema and cast it in a map")  # fmt: skip
    for file in request.files[:3]:
        read_head(file, 1024)  # a damaged file is told at compile
    return LineScan(kind=kind, dialect=read_dialect(request), policy=request.policy)
