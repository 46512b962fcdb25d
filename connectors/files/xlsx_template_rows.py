"""The rows of a template's sheet, filled."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import chain

import polars as pl

from connectors.files.display import display_cell
from connectors.files.report import PLAIN, Facts, Part, Report
from connectors.files.xlsx_band import Band
from connectors.files.xlsx_cells import Column, Piece, escaped, joined_pieces
from connectors.files.xlsx_formats import number_format
from connectors.files.xlsx_lines import letter
from connectors.files.xlsx_places import MARK, Count, Meaning, Names, TotalOf
from connectors.files.xlsx_sheet_text import Cell, Row, SheetText
from connectors.files.xlsx_shift import Shift, shifted_formula
from connectors.files.xlsx_template_styles import Styles
from ir import types as t
from ir.column_format import ColumnFormat
from ir.records import dataclass
from transforms.expressions.polars_columns import exact

_FIRST_DAY = date(1899, 12, 30)
"""Day 0 as Excel counts, from March 1900 on."""
_VALUE = re.compile(r"<v\b[^>]*>[^<]*</v>|<v\s*/>")
_FORMULA = re.compile(r"(<f\b[^>]*>)([^<]+)(</f>)")
_SHARED_AREA = re.compile(r'(<f\b[^>]*\bref=")([^"]*)(")')
_STYLE = re.compile(r'\s*\bs="[0-9]*"')
_TYPE = re.compile(r'\s*\bt="[^"]*"')


@dataclass(frozen=True, slots=True)
class Filled:
    """A section's rows and how they are shown."""

    part: Part
    facts: Facts
    rows: pl.DataFrame
    formats: Mapping[str, ColumnFormat]


class Filler:
    """Writes the rows of each sheet: those of bands from the data, the others where they go now."""

    def __init__(self, filled: Sequence[Filled], report: Report, meanings: Mapping[str, Meaning],
                 shared: Sequence[str], styles: Styles, shifts: Mapping[str, Shift]) -> None:  # fmt: skip
        self._filled, self._report, self._meanings = filled, report, meanings
        self._shared, self._styles, self._shifts = shared, styles, shifts

    def rows(self, sheet: str, text: SheetText, bands: Sequence[Band]) -> str:
        """The XML of all rows of the sheet."""
        own, found = sheet.casefold(), []
        shift = self._shifts[own]
        waiting = list(bands)
        by_number = {row.number: row for row in text.rows}
        numbers = sorted({*by_number, *(row for band in bands for row in range(band.first, band.last + 1))})
        for number in numbers:
            if waiting and number > waiting[0].last:
                waiting.pop(0)
            band = waiting[0] if waiting and waiting[0].first <= number else None
            row = by_number.get(number) or Row(number, "")
            if band is None:
                found.append(self._moved(row, own, shift.moved(number)))
            elif number == band.first:
                found += self._band(by_number.get(number) or Row(number, ""), band, own, shift.moved(number))
            elif number - band.first >= band.rows:
                cleared = [self._emptied(each, band) for each in row.cells]
                found.append(self._moved(Row(number, row.attributes, cleared), own, shift.moved(number)))
        return "".join(found)

    def _moved(self, row: Row, own: str, number: int) -> str:
        cells = list(chain.from_iterable(self._cell(each, own, number) for each in row.cells))
        return f'<row r="{number}"{row.attributes}>{"".join(cells)}</row>'

    def _cell(self, cell: Cell, own: str, number: int) -> Iterator[str]:
        """The cell where it is now; more than one where it stands for the names of columns."""
        text = cell.text(self._shared)
        if text is None or not (marks := MARK.findall(text)):
            yield f'<c r="{letter(cell.column)}{number}"{cell.attributes}>{self._calculated(cell, own)}</c>'
            return
        bare = _TYPE.sub("", cell.attributes)
        meanings = [self._meanings[mark] for mark in marks]
        if len(marks) == 1 and MARK.fullmatch(text.strip()):
            if isinstance(meanings[0], Names):
                for at, name in enumerate(self._filled[meanings[0].part].part.columns, cell.column):
                    yield _text_cell(at, number, bare, name)
                return
            value = self._number(meanings[0], marks[0], cell)
            if value is not None:
                yield f'<c r="{letter(cell.column)}{number}"{bare}><v>{value!r}</v></c>'
                return
        shown = MARK.sub(lambda found: self._words(self._meanings[found[1]]), text)
        yield _text_cell(cell.column, number, bare, shown)

    def _calculated(self, cell: Cell, own: str) -> str:
        """What is in the cell; the value of a formula goes, as it was that of the empty template."""
        if not cell.is_calculated:
            return cell.inner
        inner = _FORMULA.sub(lambda found: found[1] + shifted_formula(found[2], own, self._shifts) + found[3],
                             _VALUE.sub("", cell.inner))  # fmt: skip
        shift = self._shifts[own]
        return _SHARED_AREA.sub(lambda found: found[1] + shift.areas(found[2]) + found[3], inner)

    def _number(self, meaning: Meaning, mark: str, cell: Cell) -> float | int | None:
        """The placeholder's value where it is a number, or a day in a cell that shows days."""
        match meaning:
            case Count(part):
                return self._filled[part].rows.height
            case TotalOf(part, name):
                facts = self._filled[part].facts
                if facts.totals is None:
                    return None
                column = self._column(self._filled[part], name, 0, 0, kind=self._filled[part].part.total_types[name])
                number = column.number(exact(name))
                value = None if number is None else facts.totals.select(number.cast(pl.Float64)).item()
                return None if value is None else float(value)
        if mark in {"date", "datetime"} and self._styles.is_date(cell.style):
            made = self._report.generated_local.replace(tzinfo=None)
            days = (made.date() - _FIRST_DAY).days
            return days if mark == "date" else days + (made.hour * 60 + made.minute) / 1440
        return None

    def _words(self, meaning: Meaning) -> str:
        match meaning:
            case str():
                return meaning
            case Count(part):
                return f"{self._filled[part].rows.height:,}"
            case TotalOf(part, name):
                filled = self._filled[part]
                if filled.facts.totals is None:
                    return ""
                how = filled.formats.get(name, PLAIN)
                kind, report = filled.part.total_types[name], self._report
                shown = display_cell(exact(name), kind, how, locale=report.locale, timezone=report.timezone)
                return str(filled.facts.totals.select(shown).item() or "")
            case Names(part):
                return ", ".join(self._filled[part].part.columns)
        return ""

    def _band(self, row: Row, band: Band, own: str, first: int) -> Iterator[str]:
        """The band's rows, each as the template's row is: its styles, texts and formulas again."""
        if not band.rows:
            kept = [self._emptied(each, band) for each in row.cells]
            yield self._moved(Row(row.number, row.attributes, kept), own, first)
            return
        columns, frames = [], []
        for number, area in enumerate(band.areas):
            filled = self._filled[area.part]
            padding = pl.DataFrame({"gap": [None] * band.rows}, schema={"gap": pl.Null})
            for at, name in area.columns.items():
                made = self._column(filled, name, at, self._style(row, at, filled, name))
                unique = f"{number}.{at}"
                columns.append(replace(made, name=unique))
                values = filled.rows[name].alias(unique)
                frames.append(pl.concat([values.to_frame(), padding], how="horizontal").select(unique))
        rows = pl.concat(frames, how="horizontal")
        row_numbers = pl.Series(range(first, first + band.rows)).cast(pl.String)
        by_column: dict[int, list[Piece]] = {each.index: each.pieces(rows, row_numbers) for each in columns}
        for cell in row.cells:
            by_column.setdefault(cell.column, self._repeated(cell, own, row_numbers, band.rows))
        pieces: list[Piece] = ['<row r="', row_numbers, f'"{row.attributes}>']
        pieces += chain.from_iterable(by_column[each] for each in sorted(by_column))
        yield from rows.select(pl.concat_str(joined_pieces([*pieces, "</row>"])).alias("xml")).to_series()

    def _emptied(self, cell: Cell, band: Band) -> Cell:
        """The cell without its value where it would hold one of the rows."""
        if not any(cell.column in area.columns for area in band.areas):
            return cell
        return replace(cell, inner="", attributes=_TYPE.sub("", cell.attributes))

    def _repeated(self, cell: Cell, own: str, numbers: pl.Series, rows: int) -> list[Piece]:
        """A cell of the template's row beside the data, in each row."""
        opening = f'"{cell.attributes}>'
        start: list[Piece] = [f'<c r="{letter(cell.column)}', numbers]
        text, formula = cell.text(self._shared), cell.formula
        if text is not None and MARK.search(text):
            shown = escaped(MARK.sub(lambda found: self._words(self._meanings[found[1]]), text))
            bare = _TYPE.sub("", cell.attributes)
            return [*start, f'"{bare} t="inlineStr"><is><t xml:space="preserve">{shown}</t></is></c>']
        if formula is None:
            inner = "" if cell.is_calculated else cell.inner
            return [*start, f"{opening}{inner}</c>"]
        copies = [shifted_formula(formula, own, self._shifts, down=down) for down in range(rows)]
        return [*start, f"{opening}<f>", pl.Series(copies), "</f></c>"]

    def _style(self, row: Row, column: int, filled: Filled, name: str) -> int:
        """The style of the template's cell; where it shows numbers as they are, with the column's number format."""
        cell = row.cell(column)
        style = cell.style if cell is not None else 0
        kind, how = self._kind(filled.part, name), filled.formats.get(name, filled.part.format_of(name))
        said = filled.part.format_of(name)
        is_said = bool(said.style or said.currency or said.decimals is not None)
        needs = isinstance(kind, (*t.TEMPORAL, t.Duration)) or (is_said and isinstance(kind, t.NUMERIC))
        if not needs or how.style in {"text", "link"} or not self._styles.is_general(style):
            return style
        return self._styles.with_format(style, number_format(kind, how, self._report.locale))

    def _column(self, filled: Filled, name: str, index: int, style: int, kind: t.DataType | None = None) -> Column:
        how = filled.formats.get(name, filled.part.format_of(name))
        return Column(name=name, kind=kind or self._kind(filled.part, name), how=how, width=0, style={},
                      timezone=self._report.timezone, index=index, style_id=style)  # fmt: skip

    @staticmethod
    def _kind(part: Part, name: str) -> t.DataType:
        return part.columns[name] if name in part.columns else part.group_by[name]


def _text_cell(column: int, row: int, attributes: str, text: str) -> str:
    return (f'<c r="{letter(column)}{row}"{attributes} t="inlineStr"><is><t xml:space="preserve">{escaped(text)}'
            "</t></is></c>")  # fmt: skip
