"""Letters in pictures and scans, recognised by the models of the extra `ocr`."""

from __future__ import annotations

import io

import pypdfium2
import pytest

from connectors.documents.reader import DocumentReader
from connectors.problem import ConnectorProblem
from tests.connectors.documents.files import pdf


def scan() -> bytes:
    """A page that is a picture of a page."""
    page = pdf([[
        (50, 50, "ACME Supplies Ltd"), (50, 100, "Invoice No."), (200, 100, "Amount due"),
        (50, 115, "A-17"), (200, 115, "EUR 1,234.50"),
    ]])  # fmt: skip
    content = io.BytesIO()
    pypdfium2.PdfDocument(page)[0].render(scale=2).to_pil().crop((0, 0, 700, 300)).save(content, "PDF")
    return content.getvalue()


def test_a_scan_says_how_it_would_be_read() -> None:
    with DocumentReader() as reader, pytest.raises(ConnectorProblem) as problem:
        reader.read(scan(), name="scan.pdf")
    assert (problem.value.code, problem.value.message) == (
        "IR783", "scan.pdf is a scan: its pages are pictures without text",
    )  # fmt: skip
    assert "ocr_fallback: true" in (problem.value.hint or "")


def test_the_letters_of_a_scan_are_recognised_where_they_stand() -> None:
    with DocumentReader(ocr="if_needed") as reader:
        found = reader.read(scan(), name="scan.pdf")
    title, _, heads, values = found.text.splitlines()
    assert found.is_recognised
    assert title == "ACME Supplies Ltd"
    assert values.split() == ["A-17", "EUR", "1,234.50"]
    assert heads.index("Amount due") == values.index("EUR 1,234.50")
