"""A document's bytes become its text, in this process; those who do not know whom it comes from use `reader`."""

from __future__ import annotations

from connectors.documents.budget import Budget
from connectors.documents.document import Document, Kind, Limits, Ocr
from connectors.documents.kinds import kind_of
from connectors.documents.problems import not_read, too_much


def read_here(content: bytes, *, name: str, media_type: str = "", limits: Limits | None = None,
              ocr: Ocr = "never") -> Document:  # fmt: skip
    """The text of a document.

    Raises:
        ConnectorProblem: IR780 without a reader for it, IR781 damaged or locked, IR782 more than a document may cost,
            IR783 a picture.
    """
    budget = Budget(name, limits or Limits())
    return _read(content, name, media_type, budget=budget, ocr=ocr, depth=0)


def _read(content: bytes, name: str, media_type: str, *, budget: Budget, ocr: Ocr, depth: int) -> Document:
    limits = budget.limits
    if len(content) > limits.max_bytes:
        raise too_much(name, f"has more than {limits.max_bytes // 1024**2} MB")
    kind = kind_of(content, name=name, media_type=media_type)
    if kind == "mail" and depth >= limits.max_depth:
        raise not_read(name, f"a mail in {depth} others")
    match kind:
        case "pdf":
            from connectors.documents.pdf import read_pdf

            return read_pdf(content, name=name, budget=budget, ocr=ocr)
        case "image":
            from connectors.documents.ocr import read_picture

            return read_picture(content, name=name, budget=budget, ocr=ocr)
        case "mail":
            from connectors.documents.mail import read_mail

            def read_part(part: bytes, part_name: str, part_type: str) -> Document:
                return _read(part, part_name, part_type, budget=budget, ocr=ocr, depth=depth + 1)

            return read_mail(content, name=name, budget=budget, read_part=read_part)
        case _:
            lines, pages = _lines(content, name, kind, budget)
            text, is_whole = budget.keep(lines)
            return Document(name=name, kind=kind, text=text, pages=pages, is_cut=not is_whole)


def _lines(content: bytes, name: str, kind: Kind, budget: Budget) -> tuple[list[str], int]:
    if kind == "docx":
        from connectors.documents.docx import docx_lines

        return docx_lines(content, name=name, budget=budget), 1
    if kind == "xlsx":
        from connectors.documents.xlsx import xlsx_lines

        return xlsx_lines(content, name=name, budget=budget)
    if kind == "html":
        from connectors.documents.html import html_lines

        return html_lines(content, budget.limits), 1
    from connectors.documents.text import csv_lines, text_lines

    return (csv_lines if kind == "csv" else text_lines)(content, budget.limits), 1
