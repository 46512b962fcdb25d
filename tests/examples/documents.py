"""The examples' documents, opened as their readers open them."""

from __future__ import annotations

import csv
import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pypdf
from openpyxl.worksheet.worksheet import Worksheet

import weirflow as wf

EXAMPLES = Path(__file__).parents[2] / "examples"
NOW = datetime(2026, 10, 5, 8, tzinfo=UTC)


def run_example(name: str, out: Path, *, engine: str) -> Path:
    """The folder that examples/`name` delivered into."""
    result = wf.run(EXAMPLES / f"{name}.yaml", engine=engine, out=out, now=NOW)
    assert result.status == "succeeded"
    return out


def csv_rows(name: str) -> list[dict[str, str]]:
    with (EXAMPLES / name).open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def pdf_text(path: Path) -> str:
    """The text of all pages, each run of white space as one space."""
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pypdf.PdfReader(path).pages))


def sheet_rows(sheet: Worksheet) -> list[tuple[Any, ...]]:
    """The values of each row that has some, without its empty cells."""
    rows = (tuple(value for value in row if value is not None) for row in sheet.iter_rows(values_only=True))
    return [row for row in rows if row]


def html_rows(path: Path) -> list[list[str]]:
    """The texts of a page's table cells, row by row."""
    cells = _Cells()
    cells.feed(path.read_text(encoding="utf-8"))
    return cells.rows


class _Cells(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self._inside = True
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.rows[-1][-1] += data
