"""The price list in six scripts: what stands in prices.csv stands in every document, letter by letter, in order."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pypdf
import pytest

from tests.examples.documents import csv_rows, html_rows, pdf_text, run_example

PRICES = csv_rows("price_list/prices.csv")
# Groups come in the order of their letters' code points: Latin, Greek, Cyrillic, Hebrew, Arabic, Japanese.
LANGUAGES = ["English", "Ελληνικά", "Русский", "עברית", "العربية", "日本語"]
ROWS = sorted(PRICES, key=lambda row: (LANGUAGES.index(row["language"]), row["sku"]))


@pytest.fixture(scope="module", params=["polars", "duckdb"])
def files(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_example("price_list/price_list", tmp_path_factory.mktemp("price_list"), engine=request.param)


def test_the_text_of_the_pages_is_found_in_the_order_in_which_it_is_read(files: Path) -> None:
    text = pdf_text(files / "price-list.pdf")
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


def test_the_web_page_holds_the_same_cells(files: Path) -> None:
    expected: list[list[str]] = [["Article", "Product", "What it is", "Price"]]
    language = None
    for row in ROWS:
        if row["language"] != language:
            language = row["language"]
            expected.append([f"Language: {language}"])
        expected.append([row["sku"], row["name"], row["note"], "€" + row["price"]])
    assert html_rows(files / "price-list.html") == expected


def test_the_text_file_has_the_rows_of_the_source_in_its_order(files: Path) -> None:
    lines = (files / "price-list.txt").read_text(encoding="utf-8").splitlines()[2:]
    for line, row in zip(lines, PRICES, strict=True):
        words = [row["language"], row["sku"], row["name"], row["note"], "€" + row["price"]]
        assert line.split() == " ".join(words).split()
