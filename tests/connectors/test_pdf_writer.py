"""PDF files, read back by pypdf."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pypdf
import pytest

from connectors.files.pdf_fonts import PdfFonts
from connectors.files.pdf_layout import Measured, header_words, lay_out
from connectors.files.report import Page, Report
from connectors.files.writing import FileWriter, WriteOptions, open_writer
from ir import types as t
from ir.column_format import ColumnFormat

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def pdf(path: Path, rows: pl.DataFrame | list[pl.DataFrame], columns: t.Schema, *, options: WriteOptions | None = None,
        **about: Any) -> tuple[list[str], FileWriter]:  # fmt: skip
    report = Report(columns=columns, **{"generated_at": NOON, "title": "A title", **about})
    with open_writer("pdf", path / "file.pdf", report=report, options=options) as writer:
        for batch in rows if isinstance(rows, list) else [rows]:
            writer.write(batch)
    pages = pypdf.PdfReader(path / "file.pdf", strict=True).pages
    return [page.extract_text() for page in pages], writer


ONE = t.Schema({"n": t.Integer()})


def test_every_row_stands_once_in_order_over_pages_and_batches(tmp_path: Path) -> None:
    batches = [pl.DataFrame({"n": list(range(10_000 + start, 10_000 + start + 70))}) for start in range(0, 210, 70)]
    pages, _ = pdf(tmp_path, batches, ONE)
    found = [int(number) for page in pages for number in re.findall(r"\b1\d{4}\b", page)]
    assert found == list(range(10_000, 10_210))
    assert len(pages) > 2


def test_every_page_repeats_the_header_and_says_page_x_of_y(tmp_path: Path) -> None:
    pages, _ = pdf(tmp_path, pl.DataFrame({"delay": list(range(200))}), t.Schema({"delay": t.Integer()}))
    for number, page in enumerate(pages, 1):
        assert "delay" in page
        assert re.search(rf"Page {number} of\s+{len(pages)}\b", page)
    assert "A title" in pages[0].splitlines()[0]


def test_text_of_other_scripts_and_of_pdf_syntax_comes_back_as_it_was(tmp_path: Path) -> None:
    texts = ["Zürich (old) \\ new", "Αθήνα", "Москва", "Łódź", "€ 5 ₹ 7"]
    pages, writer = pdf(tmp_path, pl.DataFrame({"a": texts}), t.Schema({"a": t.String()}))
    for text in texts:
        assert text in pages[0]
    assert writer.warnings == ()


def test_a_character_without_a_glyph_is_reported_and_still_found_in_the_text(tmp_path: Path) -> None:
    pages, writer = pdf(tmp_path, pl.DataFrame({"a": ["𓀀𓁐", "ok"]}), t.Schema({"a": t.String()}))
    assert "𓀀𓁐" in pages[0]
    assert writer.warnings == ("2 characters have no picture in any font here and show as boxes: 𓀀 𓁐",)


def test_more_characters_than_one_font_subset_holds_all_come_back(tmp_path: Path) -> None:
    letters = [chr(code) for code in range(0x0400, 0x0500)] + [
        chr(code) for code in range(0x0386, 0x03CF) if code not in (0x38B, 0x38D, 0x3A2)
    ]
    texts = ["".join(letters[start : start + 16]) for start in range(0, len(letters), 16)]
    pages, writer = pdf(tmp_path, pl.DataFrame({"a": texts}), t.Schema({"a": t.String()}))
    assert writer.warnings == ()
    squeezed = "".join(pages).replace("\n", "")
    for text in texts:
        assert text in squeezed


def test_long_text_is_wrapped_and_numbers_are_condensed_but_nothing_is_cut(tmp_path: Path) -> None:
    columns = t.Schema({"note": t.String(), "n": t.Integer()})
    first = pl.DataFrame({"note": ["word " * 200, "short"], "n": [1000, 2000]})
    later = pl.DataFrame({"note": ["x"], "n": [123456]})
    pages, writer = pdf(tmp_path, [first, later], columns)
    assert pages[0].count("word") == 200
    assert "…" not in pages[0]
    assert "short" in pages[0]
    assert "123456" in pages[0]
    assert writer.warnings == ()


def test_long_text_takes_the_room_that_the_page_has_left(tmp_path: Path) -> None:
    text = "on time " * 9  # 72 characters, more than a column of a full page may take
    columns = t.Schema({"note": t.String(), "n": t.Integer()})
    (page,), writer = pdf(tmp_path, pl.DataFrame({"note": [text], "n": [1]}), columns)
    assert text.strip() in page
    assert writer.warnings == ()


def test_a_line_break_in_a_columns_name_is_a_space_in_the_header(tmp_path: Path) -> None:
    (page,), writer = pdf(tmp_path, pl.DataFrame({"net\nprice": [1]}), t.Schema({"net\nprice": t.Integer()}))
    assert "net price" in page
    assert writer.warnings == ()


def test_values_are_shown_as_their_formats_say(tmp_path: Path) -> None:
    columns = t.Schema({"money": t.Number(), "free": t.Number(), "year": t.Integer()})
    rows = pl.DataFrame({"money": [-1234567.891, None], "free": [2.345, 1000.0], "year": [2013, None]})
    formats = {"money": ColumnFormat(style="currency", currency="EUR", null_text="none")}
    (page,), _ = pdf(tmp_path, rows, columns, formats=formats)
    for text in ("-€1,234,567.89", "none", "2.35", "1,000.00", "2013"):
        assert text in page


def test_the_locale_puts_its_own_marks(tmp_path: Path) -> None:
    formats = {"n": ColumnFormat(style="currency", currency="EUR")}
    (page,), _ = pdf(
        tmp_path, pl.DataFrame({"n": [1234.5]}), t.Schema({"n": t.Number()}), formats=formats, locale="de-DE"
    )
    assert "1.234,50 €" in page.replace("\xa0", " ")


def test_a_table_too_wide_for_a_page_continues_on_pages_led_by_its_first_column(tmp_path: Path) -> None:
    names = ["region", *(f"metric_number_{index}" for index in range(30))]
    rows = pl.DataFrame({name: ["Region One"] if name == "region" else [1234567.5] for name in names})
    columns = t.Schema({name: t.String() if name == "region" else t.Number() for name in names})
    pages, _ = pdf(tmp_path, rows, columns)
    assert len(pages) > 1
    assert all("Region One" in page for page in pages)
    flat = "".join("".join(page.split()) for page in pages)
    assert all(name in flat for name in names)
    box = pypdf.PdfReader(tmp_path / "file.pdf").pages[0].mediabox
    assert box.width > box.height


def test_no_rows_make_one_page_with_header_and_message(tmp_path: Path) -> None:
    pages, _ = pdf(tmp_path, [], ONE, empty_message="Nothing today")
    assert len(pages) == 1
    assert "Nothing today" in pages[0]
    assert "n" in pages[0].split()


def test_paper_and_orientation_follow_the_options(tmp_path: Path) -> None:
    pdf(tmp_path, pl.DataFrame({"n": [1]}), ONE, page=Page(size="Letter", orientation="landscape"))
    box = pypdf.PdfReader(tmp_path / "file.pdf").pages[0].mediabox
    assert (float(box.width), float(box.height)) == (792.0, 612.0)


def test_title_and_time_stand_in_the_documents_properties(tmp_path: Path) -> None:
    pdf(tmp_path, pl.DataFrame({"n": [1]}), ONE, title="Überblick")
    about = pypdf.PdfReader(tmp_path / "file.pdf").metadata
    assert about is not None
    assert about.title == "Überblick"
    assert about.creation_date == NOON


def test_a_narrow_table_stays_portrait_and_a_wider_one_turns() -> None:
    def column(widest: int) -> Measured:
        return Measured(name="a", widest=widest, word=3000, header=3000, can_be_cut=True)

    assert lay_out([column(5_000)] * 3, Page()).paper.width < 600
    turned = lay_out([column(9_000)] * 9, Page())
    assert turned.paper.width > 800
    assert len(turned.groups) == 1
    assert len(lay_out([column(9_000)] * 30, Page()).groups) > 1


def test_widths_of_numbers_count_their_digits_and_what_stands_between() -> None:
    font = PdfFonts().regular
    texts = pl.Series(["1,234.50", "abc", ""])
    assert font.widths(texts).to_list() == [font.width("1,234.50"), font.width("abc"), 0]
    assert font.width("11") == 2 * font.digit


def test_headers_break_at_words() -> None:
    assert header_words("mean_departure delay") == ["mean_", "departure", "delay"]


@pytest.mark.parametrize("text", ["", "plain", "much too long for the room there is"])
def test_cut_text_fits_its_room(text: str) -> None:
    font = PdfFonts().regular
    assert font.width(font.cut(text, 8_000)) <= 8_000
