"""A part of a report on its pages: heading, text, chart, table and caption."""

from __future__ import annotations

import polars as pl

from connectors.files.charts.layout import draw_chart
from connectors.files.charts.primitives import Drawing
from connectors.files.pdf_chart import chart_operators
from connectors.files.pdf_columns import Columns
from connectors.files.pdf_flow import Flow
from connectors.files.pdf_layout import LINE
from connectors.files.pdf_lettering import Lettering
from connectors.files.pdf_table import PdfTable
from connectors.files.pdf_table_lines import HEADING as GROUP_HEADING
from connectors.files.pdf_words import CAPTION, HEADING, TEXT, Words
from connectors.files.report import Facts, Part, Report

_ROWS_KEPT = 3
"""So many rows stay with the header of their table."""
_ABOVE_TABLE = 6.0
_CHART_HEIGHT, _AROUND_CHART = 230.0, 16.0


class PdfSection:
    """Begins the table as its first rows come, so that what is above it stays with them."""

    def __init__(
        self,
        part: Part,
        facts: Facts,
        columns: Columns,
        sample: pl.DataFrame,
        *,
        flow: Flow,
        words: Words,
        lettering: Lettering,
        report: Report,
    ) -> None:
        self._part, self._facts, self._report, self._columns = part, facts, report, columns
        self._flow, self._words, self._lettering = flow, words, lettering
        self._tags = flow.document.tags
        self._section = self._tags.open("Sect", self._tags.document)
        self._rows = 0
        self.warnings: list[str] = []
        if flow.paper != columns.layout.paper or len(flow.sheets) > 1:
            flow.turn(columns.layout.paper)
        self._put_words(self._height_of(sample))
        if len(columns.layout.groups) > 1:
            flow.widen(len(columns.layout.groups), part.heading or report.heading)
        self._table = PdfTable(part, facts, columns, flow=flow, lettering=lettering, report=report,
                               section=self._section,
                               below=words.height(part.caption, CAPTION) if part.caption else 0.0)  # fmt: skip

    def _height_of(self, sample: pl.DataFrame) -> float:
        """The height of the table's beginning: its header and the rows that stay with it."""
        header = max((len(lines) for group in self._columns.headers for lines in group), default=1) * LINE + 700
        groups = len(self._part.group_by.names) * GROUP_HEADING
        return (header + groups + self._columns.heights_of(sample.head(_ROWS_KEPT))) * self._columns.layout.unit

    def _put_words(self, table: float) -> None:
        """What stands above the table, on a page with room for some of it."""
        part, flow, words = self._part, self._flow, self._words
        heading = words.height(part.heading, HEADING) if part.heading else 0.0
        text = words.height(part.text, TEXT) if part.text else 0.0
        chart = self._drawing()
        flow.need(min(heading + text + (chart.height + _AROUND_CHART if chart else table), flow.paper.depth))
        if part.heading:
            top = flow.y + (0 if flow.is_fresh else HEADING.above)
            flow.document.outline.add(part.heading, flow.sheet, flow.paper.height - top, level=0)
            words.put(part.heading, HEADING, self._section)
        else:
            flow.y += 0 if flow.is_fresh else _ABOVE_TABLE
        if part.text:
            words.put(part.text, TEXT, self._section)
        if chart is not None:
            self._put_chart(chart)
        flow.need(min(table, flow.paper.depth))

    def _drawing(self) -> Drawing | None:
        """The chart, as wide as the page and not much of its height."""
        if self._part.chart is None or self._facts.points is None:
            return None
        paper = self._flow.paper
        drawing = draw_chart(self._part, self._facts, self._report, width=paper.room, measure=self._lettering.width,
                             max_height=min(_CHART_HEIGHT, paper.depth * 0.6))  # fmt: skip
        self.warnings += drawing.warnings
        return drawing

    def _put_chart(self, drawing: Drawing) -> None:
        flow = self._flow
        flow.need(drawing.height + _AROUND_CHART)
        flow.y += _AROUND_CHART / 2
        left, top = flow.paper.left, flow.paper.height - flow.y
        box = f"{left:.2f} {top - drawing.height:.2f} {left + drawing.width:.2f} {top:.2f}"
        about = f"/A<</O/Layout/Placement/Block/BBox[{box}]>>"
        begun = self._tags.whole("Figure", self._section, flow.sheet, about=about,
                                 alt=f"{drawing.title}. {drawing.description}")  # fmt: skip
        flow.sheet.content += [begun, chart_operators(drawing, left, top, self._lettering), "EMC"]
        flow.y += drawing.height + _AROUND_CHART / 2

    def add(self, rows: pl.DataFrame) -> None:
        self._rows += rows.height
        self._table.add(rows)

    def finish(self) -> None:
        self._table.finish(message=None if self._rows else self._report.empty_message or "No rows")
        table = self._table.close()
        if self._part.caption:
            self._words.put(self._part.caption, CAPTION, table)
        self._tags.close(table)
        self._tags.close(self._section)
