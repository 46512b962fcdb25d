"""Reading delimited text: csv and tsv."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import polars as pl

from connectors.files import careful, cell_polars, cell_sql
from connectors.files.cells import Cell
from connectors.files.columns import pin_cells, same_columns
from connectors.files.csv_head import Dialect, Head, read_dialect, read_head_rows, read_inner_blocks
from connectors.files.csv_structure import FIELDS, NUMBER, is_regular, rewrite, rewrite_numbered
from connectors.files.date_format import parse_date_format
from connectors.files.relation import union_all
from connectors.files.source import Copy, ReadRequest, SourceFile
from connectors.files.sql_calls import call_table, null_of, options
from connectors.files.unpacking import unpack
from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from connectors.storage.stored import copy_to
from ir.records import dataclass
from ir.types import Schema, String
from transforms.dtypes import polars_dtype
from transforms.expressions.polars_columns import exact

if TYPE_CHECKING:
    from sqlglot import exp

_REWRITTEN = ".weirflow-rows"
"""The ending of copies in scratch that hold rows only, no header and nothing before it."""
_SAMPLED_FILES = 3
_SAMPLED_ROWS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The columns of one file in its own order, and where its rows start: a byte, and a line."""

    names: tuple[str, ...]
    body: int
    before: str
    """SHA-256 of the bytes before the rows."""
    lines: int
    awkward: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DelimitedScan:
    """Delimited files with pinned cells; `layouts` by the name a file is shown under."""

    fed_by_polars: ClassVar[bool] = True
    cells: dict[str, Cell]
    layouts: dict[str, Layout]
    dialect: Dialect
    null_values: tuple[str, ...]
    policy: Policy

    @property
    def schema(self) -> Schema:
        return Schema({name: cell.kind for name, cell in self.cells.items()})

    def prepare(self, file: SourceFile, scratch: Path) -> Path:
        layout = self.layouts[file.shown]
        stem = self._stem(file, scratch)
        path = self._unpacked(file, stem)
        body = self._body(path, layout, file.shown)
        checked, rewritten = stem.with_suffix(".regular"), stem.with_suffix(_REWRITTEN)
        if rewritten.exists():
            return rewritten
        if not checked.exists():
            width = len(layout.names)
            if layout.awkward or not is_regular(path, dialect=self.dialect, columns=width, body=body):
                return rewrite(path, rewritten, dialect=self.dialect, columns=width, body=body, shown=file.shown)
            checked.touch()
        return path

    def _stem(self, file: SourceFile, scratch: Path) -> Path:
        """The copies of a file in scratch are named after what is read of it, and how."""
        layout = self.layouts[file.shown]
        return scratch / f"{file.stored.identity()}-{sha256(repr((self.dialect, layout)).encode()).hexdigest()[:8]}"

    def _unpacked(self, file: SourceFile, stem: Path) -> Path:
        path = file.stored.path
        if file.compression or self.dialect.encoding:
            return unpack(file, stem.with_suffix(".csv"), self.policy, self.dialect.encoding)
        if path is not None:
            return path
        target = stem.with_suffix(".csv")
        return target if target.exists() else copy_to(file.stored, target)

    @staticmethod
    def _body(path: Path, layout: Layout, shown: str) -> int:
        """Where rows start: `layout.body` counts no byte order mark.

        Raises:
            ConnectorProblem: IR528 when another file stands there now, whose rows would go into the wrong columns.
        """
        with path.open("rb") as stream:
            mark = 3 if stream.read(3) == b"\xef\xbb\xbf" else 0
            stream.seek(mark)
            if sha256(stream.read(layout.body)).hexdigest() != layout.before:
                raise ConnectorProblem("IR528", f"the header of {shown} has changed since the plan was made",
                                       key=("location",), hint="compile the workflow again")  # fmt: skip
        return layout.body + mark

    def to_polars(self, copies: Sequence[Copy]) -> pl.LazyFrame:
        frames = [self._polars_group(names, lines, paths) for names, lines, paths in self._groups(copies)]
        return frames[0] if len(frames) == 1 else pl.concat(frames, how="vertical")

    def _polars_group(self, names: tuple[str, ...], lines: int, paths: list[Path]) -> pl.LazyFrame:
        schema = {name: cell_polars.scan_dtype(self.cells[name]) for name in names}
        rows = pl.scan_csv(
            paths, has_header=False, skip_lines=lines, schema=schema, separator=self.dialect.delimiter,
            quote_char=self.dialect.quote, null_values=list(self.null_values), glob=False,
        )  # fmt: skip
        staged = {name for name in names if cell_polars.takes_two_steps(self.cells[name])}
        if staged:
            rows = rows.with_columns(cell_polars.checked(exact(name), self.cells[name]) for name in staged)
        return rows.select(
            cell_polars.moment(exact(name), cell)
            if name in staged
            else cell_polars.typed(exact(name), cell, schema[name]).alias(name)
            if name in schema
            else pl.lit(None, dtype=polars_dtype(cell.kind)).alias(name)
            for name, cell in self.cells.items()
        )

    def to_sql(self, copies: Sequence[Copy]) -> exp.Query | None:
        return union_all([self._sql_group(names, lines, paths) for names, lines, paths in self._groups(copies)])

    def _sql_group(self, names: tuple[str, ...], lines: int, paths: list[Path]) -> exp.Query:
        from sqlglot import exp

        quote = self.dialect.quote or ""
        # DuckDB folds the case of names, so that two which differ only in it need positions to tell them apart.
        plain = {name: f"c{index}" for index, name in enumerate(names)}
        table = call_table("read_csv", paths, options(
            auto_detect=False, header=False, skip=lines, delim=self.dialect.delimiter, quote=quote, escape=quote,
            nullstr=list(self.null_values), columns=dict.fromkeys(plain.values(), "VARCHAR"),
        ))  # fmt: skip
        return exp.select(*(
            cell_sql.typed(exp.column(plain[name], quoted=True), cell).as_(name, quoted=True)
            if name in plain
            else null_of(cell.kind).as_(
                name, quoted=True)
            for name, cell in self.cells.items()
        )).from_(table)  # fmt: skip

    def _groups(self, copies: Sequence[Copy]) -> list[tuple[tuple[str, ...], int, list[Path]]]:
        """Neighbouring files of one layout, which one scan reads."""
        groups: list[tuple[tuple[str, ...], int, list[Path]]] = []
        for copy in copies:
            layout = self.layouts[copy.shown]
            lines = 0 if copy.path.suffix == _REWRITTEN else layout.lines
            if groups and groups[-1][:2] == (layout.names, lines):
                groups[-1][2].append(copy.path)
            else:
                groups.append((layout.names, lines, [copy.path]))
        return groups

    @property
    def fallible(self) -> tuple[str, ...]:
        return tuple(name for name, cell in self.cells.items() if cell.pattern is not None)

    def widened(self, names: Collection[str]) -> DelimitedScan:
        text = Cell(kind=String())
        return replace(self, cells={name: text if name in names else cell for name, cell in self.cells.items()})

    def read_carefully(self, file: SourceFile, scratch: Path) -> Iterator[pl.DataFrame]:
        layout = self.layouts[file.shown]
        stem = self._stem(file, scratch)
        path = self._unpacked(file, stem)
        body = self._body(path, layout, file.shown)
        width = len(layout.names)
        texts = self._texts([path], layout.names, layout.lines)
        if not layout.awkward and is_regular(path, dialect=self.dialect, columns=width, body=body) and _scans(texts):
            rows = texts.with_row_index(NUMBER, offset=1)
            broken = careful.whole_rows()
        else:
            copy = rewrite_numbered(path, stem.with_suffix(".numbered"), dialect=self.dialect, columns=width, body=body,
                                    shown=file.shown)  # fmt: skip
            own = replace(self, dialect=replace(self.dialect, delimiter=",", quote='"'), null_values=("",))
            nulls = list(self.null_values)
            rows = own._texts([copy], (NUMBER, FIELDS, *layout.names), 0)
            rows = rows.with_columns(pl.col(layout.names).replace(nulls, [None] * len(nulls)))
            fields = pl.col(FIELDS)
            count = fields.str.json_decode(pl.List(pl.String())).list.len()
            what = pl.concat_str(count, pl.lit(f" fields where {width} are expected"))
            broken = [pl.when(fields.is_not_null()).then(pl.lit("fields")).alias("rule"), what.alias("reason"),
                      fields.alias("original")]  # fmt: skip
        number = pl.col(NUMBER).cast(pl.Int64()).alias("row")
        return careful.batches(rows.select(number, *broken, *careful.careful_cells(self.cells, layout.names)))

    def _texts(self, paths: list[Path], names: tuple[str, ...], lines: int) -> pl.LazyFrame:
        return pl.scan_csv(
            paths, has_header=False, skip_lines=lines, schema=dict.fromkeys(names, pl.String()), glob=False,
            separator=self.dialect.delimiter, quote_char=self.dialect.quote, null_values=list(self.null_values),
        )  # fmt: skip


def _scans(texts: pl.LazyFrame) -> bool:
    """Whether a scan of a file whose delimiters add up also finds whole rows and UTF-8."""
    try:
        texts.select(pl.all().null_count()).collect(engine="streaming")
    except pl.exceptions.PolarsError:
        return False
    return True


def read_csv(request: ReadRequest) -> DelimitedScan:
    """Look at the headers of all files and a sample of a few, and pin every column's type."""
    dialect = read_dialect(request)
    heads = {file.shown: _named(request, read_head_rows(file, dialect)) for file in request.files}
    names = same_columns(request, {shown: head.names for shown, head in heads.items()})
    request.check_declared(names)
    texts: dict[str, dict[str, None]] = {name: {} for name in names}
    nulls = set(request.null_values)
    for file in _spread(request.files):
        head = heads[file.shown]
        rows = [*head.rows[:_SAMPLED_ROWS], *read_inner_blocks(file, dialect, len(head.names))]
        whole = [row for row in rows if len(row) == len(head.names)]
        for name, column in zip(head.names, zip(*whole, strict=True), strict=False):
            texts[name] |= dict.fromkeys(column)
    distinct = {name: [text for text in column if text not in nulls] for name, column in texts.items()}
    form = request.options.get("date_format")
    cells = pin_cells(request, distinct, parse_date_format(form) if form else None)
    layouts = {
        shown: Layout(
            names=head.names,
            body=len(head.before),
            before=sha256(head.before).hexdigest(),
            lines=head.lines,
            awkward=head.awkward,
        )
        for shown, head in heads.items()
    }
    return DelimitedScan(cells=cells, layouts=layouts, dialect=dialect, null_values=request.null_values,
                         policy=request.policy)  # fmt: skip


read_tsv = read_csv


def _spread(files: Sequence[SourceFile]) -> list[SourceFile]:
    """The first, the middle and the last file."""
    return list({index: files[index] for index in (0, len(files) // 2, len(files) - 1)}.values())[:_SAMPLED_FILES]


def _named(request: ReadRequest, head: Head) -> Head:
    """Without a header, a declared schema names the columns in order."""
    if request.flag("header", default=True) or not request.declared or all(n in head.names for n in request.declared):
        return head
    declared = list(request.declared)[: len(head.names)]
    return replace(head, names=(*declared, *head.names[len(declared) :]))
