"""Filling an existing workbook: its placeholders become the report's words and rows, everything else stays.

The XML of its sheets is changed as text, and so are the references to rows that move; no other program's library reads
and writes the workbook again, so that charts, pictures, styles and whatever else it has are kept as they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from connectors.files.fitting import fitted_formats
from connectors.files.report import STREAMED, Facts, Part, Report
from connectors.files.writing import BlockWriter, WriteOptions
from connectors.files.xlsx_band import Band, bands_of
from connectors.files.xlsx_places import Area, areas_of, meanings, named_areas
from connectors.files.xlsx_sheet_text import SheetText
from connectors.files.xlsx_shift import Shift, grown_reference, shifted_formula
from connectors.files.xlsx_template_package import STYLES, WORKBOOK, Package, template_problem
from connectors.files.xlsx_template_rows import Filled, Filler
from connectors.files.xlsx_template_styles import Styles
from transforms.dtypes import polars_dtype

_MERGED = re.compile(r'<mergeCell ref="([^"]*)"')
_AREAS = re.compile(r'(?<!<mergeCell )\b(ref|sqref)="([^"]*)"')
_FORMULA = re.compile(r"(<(?:\w+:)?(?:formula|formula1|formula2|f)\b[^>]*>)([^<]+)(</)")
_CACHE = re.compile(r"<(?:\w+:)?(num|str)Cache>.*?</(?:\w+:)?\1Cache>", re.DOTALL)
_ANCHOR = re.compile(r"(<(?:\w+:)?from>.*?</(?:\w+:)?from>)(<(?:\w+:)?to>.*?</(?:\w+:)?to>)?", re.DOTALL)
_ANCHOR_ROW = re.compile(r"(<(?:\w+:)?row>)([0-9]+)(<)")
_NAME = re.compile(r"(<definedName\b[^>]*>)([^<]*)(</definedName>)")


class TemplateWriter(BlockWriter):
    """Keeps the rows until all are there: where they go depends on how many there are above them."""

    def __init__(self, path: Path, *, report: Report, options: WriteOptions) -> None:
        assert options.template is not None
        self._report, self._options, self._path = report, options, path
        self._package = Package(options.template)
        self._styles = Styles(self._package.text(STYLES))
        self._shared = self._package.shared_texts()
        self._sheets = {name: self._package.sheet(name) for name in self._package.sheets}
        self._meanings = meanings(report)
        self._areas = self._found_areas()
        self._rows: list[list[pl.DataFrame]] = []
        self._facts: list[Facts] = []

    def _found_areas(self) -> list[Area]:
        found = [area for name, text in self._sheets.items()
                 for area in areas_of(name, text, self._shared, self._meanings, self._report)]  # fmt: skip
        found += named_areas(self._package, self._report)
        for index, part in enumerate(self._report.tables):
            if not any(area.part == index for area in found):
                what = f'the section "{part.heading}"' if part.heading else "the rows"
                mark = f"{{{{rows:{part.heading}}}}}" if part.heading and index else "{{rows}}"
                raise template_problem(f"the template has no place for {what}", f"write {mark} into a cell")
        return found

    @property
    def warnings(self) -> tuple[str, ...]:
        found = []
        for part in self._report.tables:
            kept = {"groups": part.group_by.names, "chart": part.chart, "links": part.links, "highlights": part.rules}
            lost = [word for word, what in kept.items() if what]
            if lost:
                about = f' of "{part.heading}"' if part.heading else ""
                found.append(f"a template shows the rows{about} in its own way, without {' and '.join(lost)}")
        return tuple(found)

    def begin(self, facts: Facts) -> None:
        self._facts.append(facts)
        self._rows.append([])

    def write(self, batch: pl.DataFrame) -> None:
        if not self._rows:
            self.begin(STREAMED)
        self._rows[-1].append(batch)

    def abort(self) -> None:
        self._rows.clear()

    def finish(self) -> None:
        tables = self._report.tables
        while len(self._rows) < len(tables):
            self.begin(STREAMED)
        filled = [_filled(part, facts, rows, self._report, self._options)
                  for part, facts, rows in zip(tables, self._facts, self._rows, strict=True)]  # fmt: skip
        bands = {name: bands_of([each for each in self._areas if each.sheet == name], filled) for name in self._sheets}
        shifts = {name.casefold(): Shift(tuple((band.last, band.inserted) for band in bands[name])) for name in bands}
        filler = Filler(filled, self._report, self._meanings, self._shared, self._styles, shifts)
        for name, text in self._sheets.items():
            part = self._package.sheets[name]
            self._package.put(part, self._sheet(name, text, bands[name], filler, shifts))
            self._move_around(part, name, shifts)
        if any(shift.inserted for shift in shifts.values()):
            self._refer(shifts)
        self._package.put(STYLES, self._styles.xml)
        self._package.recalculate()
        with self._path.open("wb") as file:
            self._package.write_to(file)

    def _sheet(self, name: str, text: SheetText, bands: Sequence[Band], filler: Filler,
               shifts: Mapping[str, Shift]) -> str:  # fmt: skip
        def around(xml: str) -> str:
            shift = shifts[name.casefold()]
            xml = _AREAS.sub(lambda found: f'{found[1]}="{shift.areas(found[2])}"', xml)
            xml = _MERGED.sub(lambda found: f'<mergeCell ref="{shift.merged(found[1])}"', xml)
            return _FORMULA.sub(lambda found: found[1] + shifted_formula(found[2], name.casefold(), shifts) + found[3],
                                xml)  # fmt: skip

        rows = filler.rows(name, text, bands)
        return f"{around(text.head)}<sheetData>{rows}</sheetData>{around(text.tail)}"

    def _move_around(self, part: str, name: str, shifts: Mapping[str, Shift]) -> None:
        """Pictures and charts below the rows, and tables around them."""
        shift = shifts[name.casefold()]
        if not any(count for _, count in shift.inserted):
            return
        for drawing in self._package.related(part, "drawing"):
            self._package.put(
                drawing, _ANCHOR.sub(lambda found: _moved_anchor(found, shift), self._package.text(drawing))
            )
        for table in self._package.related(part, "table"):
            xml = self._package.text(table)
            self._package.put(table, _AREAS.sub(lambda found: f'{found[1]}="{shift.areas(found[2])}"', xml))

    def _refer(self, shifts: Mapping[str, Shift]) -> None:
        """Names and charts that refer to rows: their areas grow with the rows that were put into them."""
        book = self._package.text(WORKBOOK)
        self._package.put(WORKBOOK, _NAME.sub(
            lambda found: found[1] + grown_reference(found[2], shifts) + found[3], book))  # fmt: skip
        for chart in self._package.names("xl/charts/chart"):
            xml = self._package.text(chart)
            self._package.put(chart, _CACHE.sub("", _FORMULA.sub(
                lambda found: found[1] + grown_reference(found[2], shifts) + found[3], xml)))  # fmt: skip


def _moved_anchor(found: re.Match[str], shift: Shift) -> str:
    """An anchor moved as a whole, so that what hangs at it keeps its size; its rows count from 0."""
    row = _ANCHOR_ROW.search(found[1])
    down = shift.moved(int(row[2]) + 1) - int(row[2]) - 1 if row is not None else 0
    return _ANCHOR_ROW.sub(lambda each: f"{each[1]}{int(each[2]) + down}{each[3]}", found[0])


def _filled(part: Part, facts: Facts, batches: Sequence[pl.DataFrame], report: Report, options: WriteOptions) -> Filled:
    named = {**dict(part.columns.items()), **dict(part.group_by.items())}
    empty = pl.DataFrame(schema={name: polars_dtype(kind) for name, kind in named.items()})
    rows = pl.concat(batches) if batches else empty
    return Filled(part, facts, rows, fitted_formats(part, rows.head(1000), date_format=options.date_format))
