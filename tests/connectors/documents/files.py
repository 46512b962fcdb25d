"""Documents as the programs that people use write them, a few lines each."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from typing import Any
from xml.sax.saxutils import escape

import openpyxl

_WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_TYPES = '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'


def zipped(parts: Mapping[str, str | bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return content.getvalue()


def paragraph(text: str) -> str:
    runs = "<w:tab/>".join(f'<w:t xml:space="preserve">{escape(each)}</w:t>' for each in text.split("\t"))
    return f"<w:p><w:r>{runs}</w:r></w:p>"


def table(rows: Sequence[Sequence[str]]) -> str:
    cells = ("".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) for row in rows)
    return f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in cells)}</w:tbl>"


def docx(body: str, **others: str) -> bytes:
    """A DOCX of this body; `others` are further parts, such as header1."""
    parts = {"document": f"<w:body>{body}</w:body>", **others}
    written = {
        f"word/{name}.xml": f'<?xml version="1.0" encoding="UTF-8"?><w:{name} {_WORD}>{part}</w:{name}>'
        for name, part in parts.items()
    }
    return zipped({"[Content_Types].xml": _TYPES, **written})


def xlsx(sheets: Mapping[str, Sequence[Sequence[Any]]], *, hidden: Sequence[str] = ()) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
        if name in hidden:
            sheet.sheet_state = "hidden"
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def pdf(pages: Sequence[Sequence[tuple[float, float, str]]]) -> bytes:
    """A PDF in Helvetica 10; each text with the place of its first letter, in points from the upper left corner."""
    kids = [4 + 2 * index for index in range(len(pages))]
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{' '.join(f'{each} 0 R' for each in kids)}] /Count {len(kids)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for number, page in zip(kids, pages, strict=True):
        shown = "\n".join(
            "BT /F1 10 Tf 1 0 0 1 {} {} Tm ({}) Tj ET".format(
                left, 842 - top, text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
            )
            for left, top, text in page
        ).encode("cp1252")
        objects += [
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {number + 1} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>".encode(),
            b"<< /Length %d >>\nstream\n%s\nendstream" % (len(shown), shown),
        ]
    return built_pdf(objects)


def built_pdf(objects: Sequence[bytes]) -> bytes:
    """A PDF of these objects, the first its catalog."""
    content = bytearray(b"%PDF-1.4\n")
    places = []
    for number, each in enumerate(objects, start=1):
        places.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    start = len(content)
    content += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    content += b"".join(b"%010d 00000 n \n" % place for place in places)
    content += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(content)


def mail(text: str, *attachments: tuple[str, str, bytes], html: str | None = None, subject: str = "Invoice") -> bytes:
    """A mail of Ada's with attachments: name, media type, content."""
    message = EmailMessage()
    message["From"], message["To"] = "Ada Lovelace <ada@example.com>", "books@example.org"
    message["Date"], message["Subject"] = "Mon, 02 Mar 2026 09:30:00 +0100", subject
    if text:
        message.set_content(text)
    if html is not None:
        (message.add_alternative if text else message.set_content)(html, subtype="html")
    for name, media_type, content in attachments:
        main, _, sub = media_type.partition("/")
        message.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return message.as_bytes()
