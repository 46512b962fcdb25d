"""`format` means the same in every file: the produced files are read back and compared with what CLDR says."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import openpyxl
import pypdf
import pytest

import weirflow as wf
from tests.connectors.pages import Page
from tests.workflows import inline, workflow

N, S = "\u202f", "\u00a0"
ROWS = [{"name": "a", "amount": -1234.5, "count": 1234567, "share": 0.125, "day": "2026-01-31", "note": None}]
SHOWN = {
    "amount": {"style": "currency", "currency": "EUR"}, "count": {"style": "number"}, "share": {"style": "percent"},
    "day": {"pattern": "%d.%m.%Y"}, "note": {"null_text": "n/a"},
}  # fmt: skip
EXPECTED = {
    # locale: the amount, the count, the share; and the amount's and the share's formats in a sheet
    "de-DE": (f"-1.234,50{S}€", "1.234.567", f"12,5{S}%", f'#,##0.00{S}"€"', f"0.0{S}%"),
    "en-US": ("-€1,234.50", "1,234,567", "12.5%", '"€"#,##0.00;-"€"#,##0.00', "0.0%"),
    "fr-FR": (f"-1{N}234,50{S}€", f"1{N}234{N}567", f"12,5{S}%", f'#,##0.00{S}"€"', f"0.0{S}%"),
    "de-CH": ("€-1’234.50", "1’234’567", "12.5%", f'"€{S}"#,##0.00;"€"-#,##0.00', "0.0%"),
    "ja-JP": ("-€1,234.50", "1,234,567", "12.5%", '"€"#,##0.00;-"€"#,##0.00', "0.0%"),
    "pt-BR": (f"-€{S}1.234,50", "1.234.567", "12,5%", f'"€{S}"#,##0.00;-"€{S}"#,##0.00', "0.0%"),
}
FORMATS: list[dict[str, Any]] = [
    {"format": "xlsx"}, {"format": "html"}, {"format": "pdf"}, {"format": "txt"},
    {"format": "csv", "options": {"formatted": True}}, {"format": "json", "options": {"formatted": True}},
]  # fmt: skip


@cache
def _folder() -> TemporaryDirectory[str]:
    return TemporaryDirectory()


@cache
def files(locale: str) -> Path:
    """The folder with every format of the report in that locale."""
    document = workflow(
        [inline("main", ROWS, {"day": "date", "note": "string"})], settings={"locale": locale},
        transforms=[{"type": "format", "config": {"columns": SHOWN}}],
        delivery_rules={"file_delivery": [{**each, "filename_template": f"file.{each['format']}"} for each in FORMATS]},
    )  # fmt: skip
    out = Path(_folder().name) / locale
    assert wf.run(document, out=out).status == "succeeded"
    return out


def texts(locale: str) -> list[str]:
    amount, count, share, _, _ = EXPECTED[locale]
    return ["a", amount, count, share, "31.01.2026", "n/a"]


@pytest.mark.parametrize("locale", EXPECTED)
def test_a_page_shows_values_as_the_locale_does(locale: str) -> None:
    page = Page((files(locale) / "file.html").read_text("utf-8"))
    assert page.words() == [list(ROWS[0]), texts(locale)]


@pytest.mark.parametrize("locale", EXPECTED)
def test_a_csv_of_formatted_values_shows_them_as_the_locale_does(locale: str) -> None:
    with (files(locale) / "file.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [list(ROWS[0]), texts(locale)]


@pytest.mark.parametrize("locale", EXPECTED)
def test_a_text_file_shows_values_as_the_locale_does(locale: str) -> None:
    names, _, row = (files(locale) / "file.txt").read_text("utf-8").splitlines()
    assert names.split() == list(ROWS[0])
    assert [each.strip(" ") for each in row.split("  ") if each.strip(" ")] == texts(locale)


@pytest.mark.parametrize("locale", EXPECTED)
def test_a_pdf_shows_values_as_the_locale_does(locale: str) -> None:
    (page,) = pypdf.PdfReader(files(locale) / "file.pdf").pages
    found = page.extract_text()
    for text in texts(locale)[1:]:
        assert text in found


@pytest.mark.parametrize("locale", EXPECTED)
def test_a_sheet_keeps_numbers_and_has_the_locale_s_formats(locale: str) -> None:
    sheet = openpyxl.load_workbook(files(locale) / "file.xlsx").active
    assert sheet is not None
    (row,) = [row for row in sheet.iter_rows() if row[0].value == "a"]
    *_, amount_format, share_format = EXPECTED[locale]
    assert [cell.value for cell in row][1:4] == [-1234.5, 1234567, 0.125]
    assert [cell.number_format for cell in row][1:5] == [amount_format, "#,##0", share_format, "dd.mm.yyyy"]
    assert row[5].value == "n/a"


@pytest.mark.parametrize("locale", ["de", "de-DE", "de_DE.UTF-8", "sr-Latn-RS", "zh-Hant-TW", "es-419", "EN-us"])
def test_a_known_locale_is_taken(locale: str) -> None:
    assert wf.validate(workflow([inline("main", ROWS)], settings={"locale": locale})) == []


@pytest.mark.parametrize(
    ("locale", "message"),
    [
        ("klingon", '"klingon" is no language that reports can be shown in'),
        ("xx-DE", '"xx" is no language that reports can be shown in'),
        ("de-DD", '"DD" is no region'),
        ("de-Germany", '"de-Germany" is no language and region'),
        ("", '"" is no language that reports can be shown in'),
    ],
)
def test_an_unknown_locale_is_told_instead_of_taken_for_english(locale: str, message: str) -> None:
    [found] = wf.validate(workflow([inline("main", ROWS)], settings={"locale": locale}))
    assert (found.code, found.message) == ("IR205", message)
    assert found.hint == "write a language and a region such as de-DE, en-US, fr-FR or ja-JP"
    assert found.pointer == ("settings", "locale")
