"""The text layer of a PDF, page by page, laid out as the page is; pages that are pictures are recognised if asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from connectors.documents.budget import Budget, Lines
from connectors.documents.document import Document, Ocr
from connectors.documents.layout import Piece, laid_out
from connectors.documents.ocr import recognised_lines, refuse_without_ocr
from connectors.documents.problems import damaged

_MOST_PIECES = 50_000
"""Of one page: a page of a book has some hundred."""
_PASSWORD = 4  # FPDF_ERR_PASSWORD
_DOTS_PER_POINT = 200 / 72
_MOST_DOTS = 4_000


def read_pdf(content: bytes, *, name: str, budget: Budget, ocr: Ocr) -> Document:
    """The text of all pages up to the limit.

    Raises:
        ConnectorProblem: IR781 for what is damaged or locked, IR783 where no page has text.
    """
    import pypdfium2

    limits = budget.limits
    try:
        book = pypdfium2.PdfDocument(content)
        count = len(book)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == _PASSWORD or "assword" in str(error):
            raise damaged(name, "is locked with a password", hint="save it without a password") from error
        raise damaged(name, "is no PDF that can be read, or is cut short") from error
    lines = Lines(limits)
    pictures, recognised, unread = 0, 0, 0
    for index in range(min(count, limits.max_pages)):
        found: list[str] = []
        try:
            page = book[index]
            found = laid_out(_pieces(page))
            if not found and _has_pictures(page):
                pictures += 1
                if ocr == "if_needed" and recognised < limits.max_recognised_pages:
                    recognised += 1
                    found = recognised_lines(_picture(page), name)
        except pypdfium2.PdfiumError:
            unread += 1
        lines.add("")
        for line in found:
            lines.add(line)
        if lines.is_full:
            break
    text, is_whole = budget.keep(lines.finished())
    if not text.strip() and pictures:
        refuse_without_ocr(name, "a scan: its pages are pictures without text", ocr)
    if not text.strip() and unread:
        raise damaged(name, f"has {unread} pages that cannot be read")
    left = pictures - recognised
    notes = [
        *([f"{left} of {count} pages are pictures without text"] if left else []),
        *([f"{unread} of {count} pages cannot be read"] if unread else []),
        *([f"only the first {limits.max_pages} of {count:,} pages are read"] if count > limits.max_pages else []),
    ]
    return Document(name=name, kind="pdf", text=text, pages=count, is_recognised=recognised > 0,
                    is_cut=not is_whole or count > limits.max_pages, notes=tuple(notes))  # fmt: skip


def _pieces(page: Any) -> Iterator[Piece]:
    """Runs of text with their boxes; PDF counts from the lower left corner."""
    height = page.get_height()
    text_page = page.get_textpage()
    for index in range(min(text_page.count_rects(), _MOST_PIECES)):
        left, bottom, right, top = text_page.get_rect(index)
        text = text_page.get_text_bounded(left, bottom, right, top).replace("\x00", "")
        yield Piece(left, height - top, right, height - bottom, text)


def _has_pictures(page: Any) -> bool:
    import pypdfium2.raw as pdfium

    return next(iter(page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=3)), None) is not None


def _picture(page: Any) -> Any:
    """The page as an image, not larger than letters need."""
    largest = max(page.get_width(), page.get_height(), 1)
    return page.render(scale=min(_DOTS_PER_POINT, _MOST_DOTS / largest)).to_pil()
