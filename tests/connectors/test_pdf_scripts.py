"""Texts of many scripts in a PDF: read back in the order they were written, and seen on the page."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pypdf
import pytest

from connectors.files.report import Report
from connectors.files.writing import FileWriter, open_writer
from ir import types as t

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
COLUMNS = t.Schema({"id": t.Integer(), "text": t.String(), "price": t.String()})
CONTROLS = "[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"


def written(path: Path, texts: list[str], *, title: str = "Prices", price: str = "-€5 each") -> FileWriter:
    rows = {"id": list(range(100, 100 + len(texts))), "text": texts, "price": [price] * len(texts)}
    with open_writer(
        "pdf", path, report=Report(columns=COLUMNS, generated_at=NOON, title=title), options=None
    ) as writer:
        writer.write(pl.DataFrame(rows))
    return writer


def by_pypdf(path: Path) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(path, strict=True).pages)


def by_pdftotext(path: Path) -> str:
    done = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout


READERS = [by_pypdf, *([by_pdftotext] if shutil.which("pdftotext") else [])]


def read(path: Path, reader: Callable[[Path], str]) -> list[str]:
    """The middle column's texts; readers mark directions and put spaces between columns as they like."""
    lines = [" ".join(re.sub(CONTROLS, "", line).split()) for line in reader(path).splitlines()]
    return [found[1] for line in lines if (found := re.fullmatch(r"\d{3} (.*) -€5 each", line))]


SCRIPTS = ["Zürich and Łódź", "Αθήνα", "Москва", "שלום עולם", "شركة النور", "東京都の会社", "北京，中国。",
           "한국어 회사", "สวัสดีที่นี่", "नमस्ते किताब"]  # fmt: skip


@pytest.mark.parametrize("reader", READERS)
def test_ten_scripts_come_back_as_they_were_written(tmp_path: Path, reader: Callable[[Path], str]) -> None:
    writer = written(tmp_path / "a.pdf", SCRIPTS)
    assert read(tmp_path / "a.pdf", reader) == SCRIPTS
    assert writer.warnings == ()


MIXED = [
    "שלום, עולם! 123",
    "(שלום) 45%",
    "Order שלום 12 today",
    "ABC (עברית) DEF",
    "שלום!",
    "شركة النور (دبي) 2024",
    "السلام عليكم ١٢٣",
    "عربي ABC عربي",
    "می‌خواهم",
    "مُحَمَّد",
    "בְּרֵאשִׁית",
    "ﷺ ok",
    "fi ffi e\u0301 Z\u0308o",
]


def test_right_to_left_text_with_numbers_signs_and_marks_is_taken_out_in_the_order_it_is_read(tmp_path: Path) -> None:
    written(tmp_path / "a.pdf", MIXED)
    assert read(tmp_path / "a.pdf", by_pypdf) == MIXED


@pytest.mark.parametrize("reader", READERS)
def test_the_words_of_mixed_text_are_found_one_by_one(tmp_path: Path, reader: Callable[[Path], str]) -> None:
    written(tmp_path / "a.pdf", ["שלום, עולם! 123", "شركة النور (دبي) 2024", "Order שלום 12 today"])
    found = reader(tmp_path / "a.pdf")
    for word in ("שלום", "עולם", "123", "شركة", "النور", "دبي", "2024", "Order", "today"):
        assert word in found


def test_title_and_header_have_other_scripts_too(tmp_path: Path) -> None:
    written(tmp_path / "a.pdf", ["x"], title="Προϊόντα 東京 مرحبا")
    assert "Προϊόντα 東京 مرحبا" in by_pypdf(tmp_path / "a.pdf")


def test_fonts_are_embedded_subset_and_lead_back_to_unicode(tmp_path: Path) -> None:
    written(tmp_path / "a.pdf", SCRIPTS)
    fonts = pypdf.PdfReader(tmp_path / "a.pdf").pages[0]["/Resources"]["/Font"]
    names = set()
    for each in fonts.values():
        font = each.get_object()
        inner = font["/DescendantFonts"][0].get_object() if font["/Subtype"] == "/Type0" else font
        descriptor = inner["/FontDescriptor"].get_object()
        assert re.fullmatch(r"/[A-Z]{6}\+\w+-(Regular|Bold)", font["/BaseFont"])
        assert "/ToUnicode" in font
        program = descriptor.get("/FontFile2") or descriptor["/FontFile3"]
        assert len(program.get_object().get_data()) < 400_000
        names.add(font["/BaseFont"].partition("+")[2])
    assert {"NotoSans-Regular", "NotoSans-Bold", "NotoSansArabic-Regular", "OpenSans-Regular"} <= names
    assert (tmp_path / "a.pdf").stat().st_size < 150_000


def test_equal_texts_make_equal_bytes(tmp_path: Path) -> None:
    for name in ("a.pdf", "b.pdf"):
        written(tmp_path / name, [*SCRIPTS, *MIXED])
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()


def test_an_override_of_direction_changes_neither_its_own_cell_nor_the_next(tmp_path: Path) -> None:
    texts = ["\u202eabc", "a\u2067b\u202ec 12", "\u2066\u202bxyz"]
    writer = written(tmp_path / "a.pdf", texts)
    assert read(tmp_path / "a.pdf", by_pypdf) == ["abc", "abc 12", "xyz"]
    assert writer.warnings == ()


def test_characters_that_no_font_has_are_boxes_that_are_named_and_still_found(tmp_path: Path) -> None:
    texts = ["a𓀀b", "👩‍👩‍👧", "\ue000", "\x01 \x7f", "\U0010fffe"]
    writer = written(tmp_path / "a.pdf", texts)
    for character in ("𓀀", "👧", "\ue000", "\U0010fffe"):
        assert character in by_pypdf(tmp_path / "a.pdf")
    (warning,) = writer.warnings
    assert "no picture in any font here" in warning
    for shown in ("𓀀", "U+E000", "U+0001", "U+007F", "U+10FFFE"):
        assert shown in warning
    assert "\u200d" not in warning


def test_ten_thousand_marks_on_one_letter_stay_in_their_row(tmp_path: Path) -> None:
    written(tmp_path / "a.pdf", ["a" + "\u0301" * 10_000, "\u200d" * 500 + "b", "c" + "\u0ea9" * 300])
    content = pypdf.PdfReader(tmp_path / "a.pdf").pages[0].get_contents()
    assert content is not None
    rises = {int(each) for each in re.findall(rb"(-?\d+) Ts", content.get_data())}
    assert rises
    assert max(map(abs, rises)) <= 500
    assert (tmp_path / "a.pdf").stat().st_size < 600_000


def test_a_lone_surrogate_in_a_title_is_no_reason_to_stop(tmp_path: Path) -> None:
    written(tmp_path / "a.pdf", ["x"], title="broken \ud83d title")
    assert "broken" in by_pypdf(tmp_path / "a.pdf")


def test_the_page_shows_ink_where_each_text_stands(tmp_path: Path) -> None:
    """Rendered: rows of text that nothing was drawn for would be white."""
    if not shutil.which("pdftoppm"):
        return
    written(tmp_path / "a.pdf", SCRIPTS)
    command = ["pdftoppm", "-r", "72", "-gray", "-singlefile", tmp_path / "a.pdf", tmp_path / "page"]
    subprocess.run(command, check=True, capture_output=True)
    kind, size, _, pixels = (tmp_path / "page.pgm").read_bytes().split(b"\n", 3)
    width, height = map(int, size.split())
    assert kind == b"P5"
    left, right = 62, 150
    inked = [sum(pixel < 140 for pixel in pixels[y * width + left : y * width + right]) for y in range(height)]
    # Ten rows of 14.9 points each below the header, which ends 101 points below the page's top.
    for row in range(10):
        top = round(101 + row * 14.875)
        assert sum(inked[top : top + 15]) > 20, SCRIPTS[row]
