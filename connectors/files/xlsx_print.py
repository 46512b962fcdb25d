"""How a sheet is printed: paper, margins, header lines on each page, page x of y."""

from __future__ import annotations

import re

from xlsxwriter.worksheet import Worksheet

from connectors.files.report import Page

_PAPERS = {"letter": 1, "tabloid": 3, "ledger": 4, "legal": 5, "executive": 7, "a3": 8, "a4": 9, "a5": 11, "b4": 12,
           "b5": 13, "a6": 70, "a2": 66}  # fmt: skip
_PORTRAIT = 95.0
"""Characters that a page takes upright."""
_FOOTER = 180
"""Excel takes 255 characters, commands among them."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def set_page(worksheet: Worksheet, page: Page, *, width: float, header: int | None) -> None:
    """`width` is that of what is printed, in characters; `header` the row that each page repeats."""
    worksheet.set_paper(_PAPERS.get(page.size.strip().lower(), 9))
    orientation = page.orientation or ("portrait" if width <= _PORTRAIT else "landscape")
    if orientation == "landscape":
        worksheet.set_landscape()
    else:
        worksheet.set_portrait()
    sides = page.margins
    worksheet.set_margins(left=sides.left / 25.4, right=sides.right / 25.4, top=sides.top / 25.4,
                          bottom=max(sides.bottom, 15.0) / 25.4)  # fmt: skip
    worksheet.fit_to_pages(1, 0)
    if header is not None:
        worksheet.repeat_rows(header)
    said = _words(page.footer) if page.footer else "&A"
    worksheet.set_footer(f"&L&8{said}&R&8Page &P of &N", {"margin": min(0.3, sides.bottom / 25.4)})


def _words(text: str) -> str:
    """The footer's text: an ampersand is a command there, and digits after a size would be read into it."""
    plain = _CONTROL.sub(" ", text)
    while len(plain) + plain.count("&") > _FOOTER:
        plain = plain[:-1]
    plain = plain.replace("&", "&&")
    return f" {plain}" if plain[:1].isdigit() else plain
