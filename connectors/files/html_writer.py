"""HTML: one page, complete in itself, for screens, phones and print; nothing is loaded and nothing can run."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import polars as pl

from connectors.files import html_page
from connectors.files.html_cells import refused_links
from connectors.files.html_look import PageLook
from connectors.files.html_table import TableMarkup
from connectors.files.html_text import isolated, paragraphs, plain
from connectors.files.report import STREAMED, Facts, Part, Report
from connectors.files.streams import OutputStream
from connectors.files.writing import BlockWriter, WriteOptions


def open_writer(path: Path, *, report: Report, options: WriteOptions) -> HtmlWriter:
    return HtmlWriter(path, report=report, options=options)


class HtmlWriter(BlockWriter):
    """Rows stream into the tables as they come; how many there were stands at the end."""

    def __init__(self, path: Path, *, report: Report, options: WriteOptions) -> None:
        self._report, self._options = report, options
        self._stream = OutputStream(path, options=options)
        self._parts = report.tables
        self._rows: list[int] = []
        self._facts = STREAMED
        self._table: TableMarkup | None = None
        self._refused: Counter[str] = Counter()
        self._warnings: list[str] = []

    @property
    def warnings(self) -> tuple[str, ...]:
        links = (f'{count:,} links of "{name}" are shown as text, since their address is none of http, https, mailto'
                 " and tel" for name, count in self._refused.items() if count)  # fmt: skip
        return (*self._warnings, *links)

    def begin(self, facts: Facts) -> None:
        if self._rows:
            self._end_section()
        else:
            self._put(html_page.head(self._report, self._options.encoding))
            if self._report.logo and html_page.picture_type(self._report.logo) is None:
                self._warnings.append("the logo is no PNG, JPEG, GIF, WebP or SVG picture, and is left out")
        self._facts, self._table = facts, None
        self._rows.append(0)
        self._put_words()

    def write(self, batch: pl.DataFrame) -> None:
        if not batch.height:
            return
        if not self._rows:
            self.begin(STREAMED)
        if self._table is None:
            self._table = self._begin_table(batch)
        self._rows[-1] += batch.height
        self._refused.update(refused_links(self._part, batch))
        self._put(self._table.rows(batch))

    @property
    def _part(self) -> Part:
        return self._parts[len(self._rows) - 1]

    def _put_words(self) -> None:
        """What stands above the part's table."""
        part, number = self._part, len(self._rows)
        self._put(f'<section id="section-{number}">\n')
        if part.heading:
            self._put(f"<h2>{isolated(part.heading)}</h2>\n")
        if part.text:
            self._put(paragraphs(part.text, ' class="text"'))
        shown, warnings = html_page.chart(part, self._facts, self._report, number)
        self._put(shown)
        self._warnings += warnings

    def _begin_table(self, sample: pl.DataFrame) -> TableMarkup:
        part = self._part
        table = TableMarkup(part, self._facts, self._report, sample, PageLook(), date_format=self._options.date_format)
        label = plain(part.heading or self._report.heading)
        striped = "" if part.group_by.names else ' class="plain"'
        self._put(f'<div class="box" tabindex="0" role="region" aria-label="{label}">\n<table{striped}>\n')
        if self._options.header:
            self._put(table.head())
        self._put("<tbody>\n")
        return table

    def _end_section(self) -> None:
        part = self._part
        if self._table is None:
            self._table = self._begin_table(part.no_rows())
            self._put(self._table.empty(self._report.empty_message or "No rows"))
        else:
            self._put(self._table.end())
        self._put("</tbody>\n</table>\n</div>\n")
        if part.caption:
            self._put(f'<p class="note">{plain(part.caption)}</p>\n')
        self._put("</section>\n")

    def finish(self) -> None:
        if not self._rows:
            self.begin(STREAMED)
        self._end_section()
        self._put(html_page.footer(self._report, self._rows))
        self._stream.close()

    def abort(self) -> None:
        self._stream.close()

    def _put(self, text: str) -> None:
        self._stream.write(text.encode())
