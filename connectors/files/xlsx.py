"""Reading sheets of XLSX files: every cell as its text, typed as the cells of a CSV file are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from connectors.files import careful, cell_polars
from connectors.files.cells import Cell
from connectors.files.columns import pin_cells, same_columns
from connectors.files.date_format import parse_date_format
from connectors.files.source import Copy, ReadRequest, SourceFile
from connectors.files.unpacking import open_unpacked
from connectors.files.xlsx_package import Cells, check_size, errors_and_uncalculated
from connectors.files.xlsx_package import sheets as sheets_of
from connectors.problem import ConnectorProblem
from ir.diagnostics import did_you_mean
from ir.records import dataclass
from ir.types import Schema, String
from transforms.dtypes import polars_dtype
from transforms.expressions.polars_columns import exact

if TYPE_CHECKING:
    from sqlglot import exp

_LONGEST_NUMBER = 24
"""Characters of the longest shortest float; 1e300 comes as its 301 digits."""
_RANGE = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7}):\$?([A-Za-z]{1,3})\$?([0-9]{1,7})")


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetScan:
    """Sheets as text columns, by the name their file is shown under.

    A sheet is held in memory: XLSX has no way to read a part of one. DuckDB takes the Polars rows.
    """

    cells: dict[str, Cell]
    sheets: dict[str, pl.DataFrame]
    null_values: tuple[str, ...]
    warnings: tuple[ConnectorProblem, ...] = ()

    @property
    def schema(self) -> Schema:
        return Schema({name: cell.kind for name, cell in self.cells.items()})

    def prepare(self, file: SourceFile, scratch: Path) -> Path:
        return scratch / file.stored.identity()

    def to_polars(self, copies: Sequence[Copy]) -> pl.LazyFrame:
        frames = []
        for copy in copies:
            sheet = self.sheets[copy.shown]
            frames.append(sheet.lazy().select(
                cell_polars.typed(exact(name), cell, pl.String()).alias(name)
                if name in sheet.columns
                else pl.lit(None, dtype=polars_dtype(cell.kind)).alias(name)
                for name, cell in self.cells.items()
            ))  # fmt: skip
        return frames[0] if len(frames) == 1 else pl.concat(frames, how="vertical")

    def to_sql(self, copies: Sequence[Copy]) -> exp.Query | None:
        return None

    @property
    def fallible(self) -> tuple[str, ...]:
        return tuple(name for name, cell in self.cells.items() if cell.pattern is not None)

    def widened(self, names: Collection[str]) -> SheetScan:
        text = Cell(kind=String())
        return replace(self, cells={name: text if name in names else cell for name, cell in self.cells.items()})

    def read_carefully(self, file: SourceFile, scratch: Path) -> Iterator[pl.DataFrame]:
        sheet = self.sheets[file.shown]
        cells = careful.careful_cells(self.cells, sheet.columns)
        number = pl.int_range(1, pl.len() + 1, dtype=pl.Int64()).alias("row")
        return careful.batches(sheet.lazy().select(number, *careful.whole_rows(), *cells))


def read_xlsx(request: ReadRequest) -> SheetScan:
    """Load the sheet of every file; all its cells are the sample."""
    warnings: list[ConnectorProblem] = []
    sheets = {file.shown: _sheet(request, file, warnings) for file in request.files}
    names = same_columns(request, {shown: tuple(sheet.columns) for shown, sheet in sheets.items()})
    request.check_declared(names)
    nulls = list(request.null_values)
    sheets = {
        shown: sheet.with_columns(pl.all().replace(nulls, [None] * len(nulls))) if sheet.width else sheet
        for shown, sheet in sheets.items()
    }
    texts = {
        name: [text for sheet in sheets.values() if name in sheet.columns for text in sheet[name].drop_nulls()]
        for name in names
    }
    form = request.options.get("date_format")
    cells = pin_cells(request, texts, parse_date_format(form) if form else None)
    return SheetScan(cells=cells, sheets=sheets, null_values=request.null_values, warnings=tuple(warnings))


def _sheet(request: ReadRequest, file: SourceFile, warnings: list[ConnectorProblem]) -> pl.DataFrame:
    """The sheet's rows as text columns under their headers; rows without any value are left out."""
    rows = _load(request, file, warnings)
    if request.flag("header", default=True):
        if not rows.height or all(value is None for value in rows.row(0)):
            raise ConnectorProblem(
                "IR525",
                f"{file.shown}: the sheet has no header in its first row",
                key=("location",),
                hint="skip_rows or range say where the table starts",
            )
        header = [(value or "").strip() for value in rows.row(0)]
        rows = rows.slice(1)
    else:
        header = ["" for _ in rows.columns]
        declared = list(request.declared)
        if not all(re.fullmatch(r"column_\d+", each) for each in declared):
            header[: len(declared)] = declared[: len(header)]
    kept = [index for index, name in enumerate(header) if name or rows.to_series(index).null_count() < rows.height]
    names = [header[index] or f"column_{index + 1}" for index in kept]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        shown = ", ".join(f'"{each}"' for each in twice[:5])
        raise ConnectorProblem("IR526", f"{file.shown} has several columns named {shown}", key=("location",),
                               hint="rename them in the file, or choose columns with range")  # fmt: skip
    rows = rows.select(pl.nth(index).alias(name) for index, name in zip(kept, names, strict=True))
    return rows.filter(~pl.all_horizontal(pl.all().is_null())) if names else rows


def _load(request: ReadRequest, file: SourceFile, warnings: list[ConnectorProblem]) -> pl.DataFrame:
    import fastexcel

    with open_unpacked(file) as stream:
        content = stream.read()
    check_size(content, file)
    known = {each.name: each for each in sheets_of(content)}
    common: dict[str, Any] = {"header_row": None, "schema_sample_rows": 1, **_window(request)}
    try:
        book = fastexcel.read_excel(content)
        visible = [name for name in book.sheet_names if name not in known or known[name].visible]
        name = _sheet_name(request, file, book.sheet_names, visible or book.sheet_names)
        if name in known:
            found = errors_and_uncalculated(content, known[name], is_read=lambda cell: _is_read(request, cell))
            _look_at_cells(file, name, *found, warnings)
        texts = book.load_sheet(name, dtypes="string", **common).to_polars()
        numbers = book.load_sheet(name, dtypes="float", **common).to_polars()
    except fastexcel.FastExcelError as error:
        if "rows skipped" in str(error):
            raise ConnectorProblem("IR525", f'{file.shown}: the sheet "{name}" ends before the rows that are read',
                                   key=("config", "skip_rows" if request.options.get("skip_rows") else "range"),
                                   hint="skip_rows or range say where the table starts") from error  # fmt: skip
        if "CalamineError" in type(error).__name__ or "calamine" in str(error).lower():
            raise ConnectorProblem("IR523", f"{file.shown} is no XLSX file, or is cut short", key=("location",),
                                   notes=[str(error).splitlines()[0][:200]],
                                   hint="open it in a spreadsheet and save it again as .xlsx") from error  # fmt: skip
        raise ConnectorProblem("IR523", f"{file.shown} could not be read as XLSX", key=("location",),
                               notes=[str(error).splitlines()[0][:200]]) from error  # fmt: skip
    return pl.DataFrame([_exact(texts.to_series(index), numbers.to_series(index)) for index in range(texts.width)])


def _exact(texts: pl.Series, numbers: pl.Series) -> pl.Series:
    """Texts with all digits: the reader's own stop at nine behind the point."""
    shown = texts.cast(pl.Float64, strict=False)
    unlike = (shown != numbers) | (texts.str.len_bytes() > _LONGEST_NUMBER)
    short = unlike & numbers.is_not_null() & shown.is_not_null()
    if short.any():
        digits = pl.Series([repr(value) if value is not None else None for value in numbers], dtype=pl.String)
        texts = texts.zip_with(~short.fill_null(False), digits)
    dates = texts.str.contains(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?$")
    if dates.any():
        midnight = texts.str.ends_with(" 00:00:00")
        if (midnight | ~dates | texts.is_null()).fill_null(True).all():
            texts = texts.str.replace(" 00:00:00$", "")
        texts = texts.str.replace(r"^1899-12-3[01] (\d\d:\d\d:\d\d)", "${1}")
    return texts


def _look_at_cells(file: SourceFile, sheet: str, errors: Cells | None, uncalculated: Cells | None,
                   warnings: list[ConnectorProblem]) -> None:  # fmt: skip
    """Refuse formulas without a result, which would read as empty, and warn of errors, which do."""
    if uncalculated is not None:
        raise ConnectorProblem(
            "IR551", f'{file.shown}, sheet "{sheet}": {_counted(uncalculated, "formula")} without a result',
            key=("location",), hint="open it in a spreadsheet and save it, so that its formulas are calculated",
        )  # fmt: skip
    if errors is not None:
        warnings.append(ConnectorProblem(
            "IR550", f'{file.shown}, sheet "{sheet}": {_counted(errors, "cell")} with an error such as #DIV/0!, '
            "which is null here", key=("location",), hint="mend the formulas in the workbook",
        ))  # fmt: skip


def _counted(cells: Cells, what: str) -> str:
    return f"{what} {cells.first}" if cells.count == 1 else f"{cells.count:,} {what}s (the first is {cells.first})"


def _sheet_name(request: ReadRequest, file: SourceFile, names: Sequence[str], visible: Sequence[str]) -> str:
    key = "sheet" if request.options.get("sheet") else "tab"
    wanted = request.options.get(key)
    if wanted is None:
        return visible[0]
    if wanted not in names:
        raise ConnectorProblem("IR535", f'{file.shown} has no sheet "{wanted}"', key=("config", key),
                               hint=did_you_mean(wanted, names), notes=[f"its sheets: {', '.join(names)}"])  # fmt: skip
    return str(wanted)


def _window(request: ReadRequest) -> dict[str, Any]:
    """The cells of `range`, else all below the skipped rows; empty rows above the table are no part of it."""
    skip = int(request.options.get("skip_rows") or 0)
    text = request.options.get("range")
    if text is None:
        return {"skip_rows": skip} if skip else {}
    match = _RANGE.fullmatch(str(text))
    if match is None or not 1 <= int(match[2]) <= int(match[4]) or _column(match[1]) > _column(match[3]):
        raise ConnectorProblem("IR520", f'"{text}" is no range of cells', key=("config", "range"),
                               hint="write the first and the last cell, such as A3:F200")  # fmt: skip
    first, last = _column(match[1]), _column(match[3])
    top = int(match[2]) - 1 + skip
    return {
        "skip_rows": top,
        "n_rows": max(int(match[4]) - top, 0),
        "use_columns": lambda column: first <= column.absolute_index <= last,
    }


def _is_read(request: ReadRequest, cell: str) -> bool:
    """Whether a cell such as B7 lies in `range`, where there is one, and below the skipped rows."""
    letters, row = cell.rstrip("0123456789"), int(cell.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    match = _RANGE.fullmatch(str(request.options.get("range") or ""))
    skip = int(request.options.get("skip_rows") or 0)
    if match is None:
        return row > skip
    return (_column(match[1]) <= _column(letters) <= _column(match[3])
            and int(match[2]) + skip <= row <= int(match[4]))  # fmt: skip


def _column(letters: str) -> int:
    """The position of a column, A being 0."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
