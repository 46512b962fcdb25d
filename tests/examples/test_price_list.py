"""The price list in six scripts: what stands in prices.csv stands in every document, letter by letter, in order."""

from __future__ import annotations

import csv
import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import openpyxl
import pypdf
import pytest

import weirflow as wf

FOLDER = Path(__file__).parents[2] / "examples" / "price_list"
PRICES = list(csv.DictReader((FOLDER / "prices.csv").open(newline="", encoding="utf-8")))
# Groups come in the order of their letters' code points: Latin, Greek, Cyrillic, Hebrew, Arabic, Japanese.
LANGUAGES = ["English", "Ελληνικά", "Русский", "עברית", "العربية", "日本語"]
ROWS = sorted(PRICES, key=lambda row: (LANGUAGES.index(row["language"]), row["sku"]))


@pytest.fixture(scope="module", params=["polars", "duckdb"])
def files(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp(f"price-list-{request.param}")
    result = wf.run(FOLDER / "price_list.yaml", engine=request.param, out=out, now=datetime(2026, 10, 1, 8, tzinfo=UTC))
    assert result.status == "succeeded"
    return out


def test_the_text_of_the_pages_is_found_in_the_order_in_which_it_is_read(files: Path) -> None:
    pages = pypdf.PdfReader(files / "price-list.pdf").pages
    text = re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pages))
    place = text.index("Products by language")
    language = None
    for row in ROWS:
        if row["language"] != language:
            language = row["language"]
            place = text.index(f"Language: {language}", place)
        for word in (row["sku"], row["name"], row["note"], "€" + row["price"]):
            place = text.index(word, place) + len(word)


def test_every_letter_has_a_glyph(files: Path) -> None:
    fonts = {
        str(font.get_object()["/BaseFont"]).partition("+")[2]
        for page in pypdf.PdfReader(files / "price-list.pdf").pages
        for font in page["/Resources"]["/Font"].values()
    }
    assert any("CJK" in name for name in fonts)
    assert any("Arabic" in name for name in fonts)


def test_the_workbook_holds_texts_and_numbers(files: Path) -> None:
    sheet = openpyxl.load_workbook(files / "price-list.xlsx").worksheets[0]
    seen = [tuple(cell.value for cell in row[-4:]) for row in sheet.iter_rows()]
    seen = [row for row in seen if isinstance(row[-1], int | float)]
    assert seen == [(row["sku"], row["name"], row["note"], float(row["price"])) for row in ROWS]


class Cells(HTMLParser):
    """The texts of a page's table cells, in the page's order."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.inside = False

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.inside = True
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.rows[-1][-1] += data


def test_the_web_page_holds_the_same_cells(files: Path) -> None:
    page = Cells()
    page.feed((files / "price-list.html").read_text(encoding="utf-8"))
    expected: list[list[str]] = [["Article", "Product", "What it is", "Price"]]
    language = None
    for row in ROWS:
        if row["language"] != language:
            language = row["language"]
            expected.append([f"Language: {language}"])
        expected.append([row["sku"], row["name"], row["note"], "€" + row["price"]])
    assert page.rows == expected


def test_the_text_file_has_the_rows_of_the_source_in_its_order(files: Path) -> None:
    lines = (files / "price-list.txt").read_text(encoding="utf-8").splitlines()[2:]
    for line, row in zip(lines, PRICES, strict=True):
        words = [row["language"], row["sku"], row["name"], row["note"], "€" + row["price"]]
        assert line.split() == " ".join(words).split()
