"""A report as the body of a message: HTML with styles of its own, and the same in plain text beside it."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from connectors.files.charts.layout import draw_chart
from connectors.files.charts.lettering import estimated_width
from connectors.files.html_look import marks
from connectors.files.html_page import direction, language
from connectors.files.html_table import TableMarkup
from connectors.files.html_text import isolated, paragraphs, plain
from connectors.files.mail_look import ACCENT, FONT, INK, QUIET, MailLook
from connectors.files.mail_text import text_of
from connectors.files.report import Facts, Part, Report
from connectors.files.text_width import one_line
from ir.records import dataclass

MOST_ROWS, MOST_POINTS = 500, 12


@dataclass(frozen=True, slots=True, kw_only=True)
class MailBody:
    html: str
    text: str


def mail_body(report: Report, tables: Iterable[tuple[Facts, pl.DataFrame]], *, most_rows: int = MOST_ROWS) -> MailBody:
    """The report's parts one after the other; `tables` has the facts and the first rows of each.

    A part shows at most `most_rows` rows and says so. Mail programs draw no charts: its title and what it shows stand
    in words, and its first points where the table below does not hold them.
    """
    html, text = [], []
    for part, (facts, rows) in zip(report.tables, tables, strict=True):
        shown, note = first_rows(facts, rows, most_rows)
        html.append(part_markup(part, facts, report, shown, note))
        text.append(text_of(part, facts, report, shown, note))
    return mail_page(report, "".join(html), "\n".join(text))


def mail_page(report: Report, html: str, text: str) -> MailBody:
    """The two texts of a message under the report's heading, and behind them where it comes from."""
    heading = one_line(report.heading)
    top = (
        f'<h1 style="margin:0;font-size:22px;line-height:1.25;color:{ACCENT}">{isolated(report.heading)}</h1>\n'
        f'<p style="margin:4px 0 20px;color:{QUIET};font-size:12px">{isolated(report.byline)}</p>\n'
    )
    lines = report.provenance.lines if report.provenance else ()
    words = [heading, "=" * min(len(heading), 78), one_line(report.byline), text]
    return MailBody(
        html=message_page(report, top + html + _footer(report)),
        text="\n".join([*words, *(["", *map(one_line, lines)] if lines else [])]) + "\n",
    )


def first_rows(facts: Facts, rows: pl.DataFrame, most_rows: int) -> tuple[pl.DataFrame, str | None]:
    """The rows that a message shows, and what it says of the others."""
    shown = rows.head(most_rows)
    total = facts.rows if facts.rows is not None else rows.height
    return shown, f"the first {shown.height:,} of {total:,} rows" if shown.height < total else None


def message_page(report: Report, inside: str) -> str:
    """A whole page for a mail program around the markup."""
    side = f"text-align:{_start(report)}"
    return (
        f'<!doctype html>\n<html lang="{plain(language(report))}" dir="{direction(report)}">\n<head>\n'
        f'<meta charset="utf-8">\n<meta name="viewport" content="width=device-width">\n'
        f'<title>{plain(report.heading)}</title>\n</head>\n'
        f'<body style="margin:0;padding:16px;background-color:#ffffff;{FONT};font-size:14px;line-height:1.45;'
        f'color:{INK}">'
        f'\n<div style="max-width:900px;{side}">\n{inside}</div>\n</body>\n</html>\n'
    )  # fmt: skip


def _start(report: Report) -> str:
    return "right" if direction(report) == "rtl" else "left"


def part_markup(part: Part, facts: Facts, report: Report, rows: pl.DataFrame, note: str | None) -> str:
    """A part's words around its table."""
    look = MailLook(_start(report))
    pieces = []
    if part.heading:
        pieces.append(f'<h2 style="margin:24px 0 8px;font-size:17px;color:{ACCENT}">{isolated(part.heading)}</h2>\n')
    if part.text:
        pieces.append(paragraphs(part.text, ' style="margin:0 0 12px;white-space:pre-line"'))
    pieces += [_chart(part, facts, report, look), _table(part, facts, report, rows, look)]
    words = [each for each in (note[:1].upper() + note[1:] if note else None, part.caption) if each]
    pieces += [f'<p style="margin:4px 0 0;color:{QUIET};font-size:12px">{plain(each)}</p>\n' for each in words]
    return "".join(pieces)


def _table(part: Part, facts: Facts, report: Report, rows: pl.DataFrame, look: MailLook) -> str:
    opening = f'<table cellpadding="0" cellspacing="0"{marks(*look.attributes("table"))}>\n'
    if not rows.height:
        table = TableMarkup(part, facts, report, part.no_rows(), look)
        inside = table.empty(report.empty_message or "No rows")
    else:
        table = TableMarkup(part, facts, report, rows, look)
        inside = table.rows(rows) + table.end()
    return f"{opening}{table.head()}<tbody>\n{inside}</tbody>\n</table>\n"


def _chart(part: Part, facts: Facts, report: Report, look: MailLook) -> str:
    """The chart in words, and its first points where the part's table shows others."""
    if part.chart is None or facts.points is None:
        return ""
    drawing = draw_chart(part, facts, report, width=720.0, max_height=420.0, measure=estimated_width)
    words = (f'<p style="margin:0 0 8px"><strong>{plain(drawing.title)}</strong><br>'
             f'<span style="color:{QUIET}">{plain(drawing.description)}</span></p>\n')  # fmt: skip
    if set(part.chart_types.names) <= set(part.columns.names) or not facts.points.height:
        return words
    points = Part(columns=part.chart_types, formats=part.formats)
    table = _table(points, Facts(), report, facts.points.head(MOST_POINTS), look)
    more = facts.points.height - MOST_POINTS
    rest = (
        f'<p style="margin:4px 0 12px;color:{QUIET};font-size:12px">and {more:,} more</p>\n' if more > 0 else "<br>\n"
    )
    return words + table + rest


def _footer(report: Report) -> str:
    lines = report.provenance.lines if report.provenance else ()
    style = f"margin:24px 0 0;color:{QUIET};font-size:11px"
    return f'<p style="{style}">{"<br>".join(plain(each) for each in lines)}</p>\n' if lines else ""
