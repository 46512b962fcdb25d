"""What a page has around its tables: head, title, logo, the list of its sections, charts and the footer."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence

from connectors.files.charts.layout import draw_chart
from connectors.files.charts.lettering import estimated_width
from connectors.files.charts.svg import svg
from connectors.files.html_style import page_style
from connectors.files.html_text import isolated, plain
from connectors.files.report import Facts, Part, Report
from ir.locales import language_tag

_RIGHT_TO_LEFT = frozenset(("ar", "arc", "ckb", "dv", "fa", "he", "iw", "ks", "ps", "sd", "ug", "ur", "yi"))
_PICTURES = ((b"\x89PNG\r\n\x1a\n", "png"), (b"\xff\xd8\xff", "jpeg"), (b"GIF8", "gif"), (b"RIFF", "webp"),
             (b"<svg", "svg+xml"), (b"<?xml", "svg+xml"))  # fmt: skip
_WIDE, _NARROW = 720.0, 350.0


def language(report: Report) -> str:
    return language_tag(report.locale)


def direction(report: Report) -> str:
    return "rtl" if language(report).partition("-")[0].lower() in _RIGHT_TO_LEFT else "ltr"


def head(report: Report, encoding: str) -> str:
    """All up to the title: nothing is loaded from elsewhere, and nothing runs."""
    return (
        f'<!doctype html>\n<html lang="{plain(language(report))}" dir="{direction(report)}">\n<head>\n'
        f'<meta charset="{plain(encoding)}">\n<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src \'unsafe-inline\';'
        ' img-src data:">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>{plain(report.heading)}</title>\n<style>{page_style(report)}</style>\n</head>\n<body>\n<main>\n"
        f'<header class="top"><div><h1>{isolated(report.heading)}</h1><p>{isolated(report.byline)}</p></div>'
        f"{_logo(report.logo)}</header>\n{_contents(report)}"
    )  # fmt: skip


def picture_type(picture: bytes) -> str | None:
    """The subtype of image/… that the bytes begin like."""
    start = picture[:64].lstrip(b"\xef\xbb\xbf \r\n\t")
    return next((kind for mark, kind in _PICTURES if start.startswith(mark)), None)


def _logo(logo: bytes | None) -> str:
    kind = picture_type(logo) if logo else None
    return f'<img src="data:image/{kind};base64,{b64encode(logo or b"").decode()}" alt="">' if kind else ""


def _contents(report: Report) -> str:
    named = [(number, part.heading) for number, part in enumerate(report.tables, 1) if part.heading]
    if len(named) < 2:
        return ""
    items = "".join(f'<li><a href="#section-{number}">{isolated(heading)}</a></li>' for number, heading in named)
    return f"<nav><ol>{items}</ol></nav>\n"


def chart(part: Part, facts: Facts, report: Report, number: int) -> tuple[str, tuple[str, ...]]:
    """The part's chart for wide and for narrow screens, and what a reader should know of it."""
    if part.chart is None or facts.points is None:
        return "", ()
    wide, narrow = (
        draw_chart(part, facts, report, width=width, max_height=420.0, measure=estimated_width, size=12.0)
        for width in (_WIDE, _NARROW)
    )
    shown = svg(wide, name=f"chart-{number}", classes="wide") + svg(narrow, name=f"chart-{number}-n", classes="narrow")
    return f'<figure class="chart">{shown}</figure>\n', wide.warnings


def footer(report: Report, rows: Sequence[int]) -> str:
    """How many rows there are and when they were put together; and where from, if the report tells."""
    total = sum(rows)
    counted = "1 row" if total == 1 else f"{total:,} rows"
    tables = f" in {len(rows)} tables" if len(rows) > 1 else ""
    made = f"{report.generated_local:%Y-%m-%d %H:%M} {report.timezone}"
    lines = [f"{counted}{tables} · {made}", *(report.provenance.lines if report.provenance else ())]
    return f"<footer>{''.join(f'<p>{plain(each)}</p>' for each in lines)}</footer>\n</main>\n</body>\n</html>\n"
