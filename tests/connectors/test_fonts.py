"""Directions, line breaks, and where fonts are looked for."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path

import polars as pl
import pytest

from connectors.files.fonts.bidi import levels, runs, visual_order
from connectors.files.fonts.sources import VARIABLE, FontSource, font_sources
from connectors.files.pdf_fonts import PdfFonts


def shown(text: str) -> str:
    """The text as it stands from left to right, without mirrored brackets."""
    parts = runs(text)
    order = visual_order([level for _, _, level in parts])
    return "".join(text[s:e][::-1] if level % 2 else text[s:e] for s, e, level in (parts[place] for place in order))


# Hebrew letters stand for themselves; the right column is worked out by the rules' numbers in UAX 9.
@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("plain text", "plain text"),
        ("אבג", "גבא"),
        ("ab אב cd", "ab בא cd"),
        ("אב 123 גד", "דג 123 בא"),  # a number keeps its own order (I1)
        ("אב 1,234.5%", "1,234.5% בא"),  # separators and signs go with the number (W4, W5)
        ("ab (אב) cd", "ab (בא) cd"),
        ("אב (ab) גד", "דג )ab( בא"),  # brackets run the way of the text around (N0)
        ("אב!", "!בא"),  # a sign at the end belongs to the text (N2)
        ("السلام ١٢", "١٢ مالسلا"),
        ("-5 אב", "בא 5-"),
        ("", ""),
    ],
)
def test_text_runs_as_the_bidirectional_algorithm_says(text: str, seen: str) -> None:
    assert shown(text) == seen


def test_marks_and_joiners_run_with_their_letter() -> None:
    assert levels("אָב") == [1, 1, 1]
    assert levels("می\u200cخ") == [1, 1, 1, 1]


@pytest.fixture(scope="module")
def fonts() -> PdfFonts:
    return PdfFonts()


@pytest.mark.parametrize(
    ("text", "most", "lines"),
    [
        ("one two three", 5_000, ["one two", "three"]),
        ("well-known", 4_000, ["well-", "known"]),
        ("2024-01-31 x", 5_700, ["2024-01-31", "x"]),  # a date's hyphens are no places to break
        ("first\nsecond", 5_000, ["first", "second"]),
        ("a\n\nb", 5_000, ["a", "", "b"]),
        ("abc", 5_000, ["abc"]),
        ("", 5_000, [""]),
        ("東京都、東京", 3_500, ["東京", "都、東", "京"]),  # a comma does not begin a line
    ],
)
def test_lines_end_where_the_script_allows(fonts: PdfFonts, text: str, most: int, lines: list[str]) -> None:
    assert fonts.regular.wrap(text, most) == lines


@pytest.mark.parametrize("text", ["w" * 40, "שלום" * 10, "東" * 40, "e\u0301" * 40, "مرحبا" * 8, "का" * 30])
def test_a_word_without_a_place_to_break_is_broken_between_its_letters(fonts: PdfFonts, text: str) -> None:
    lines = fonts.regular.wrap(text, 6_000)
    assert "".join(lines) == text
    assert len(lines) > 1
    assert not any(line.startswith(("\u0301", "ा")) for line in lines)
    assert all(fonts.regular.width(line) <= 6_500 for line in lines)


def test_a_line_of_right_to_left_text_that_begins_with_latin_letters_still_runs_right_to_left(fonts: PdfFonts) -> None:
    lines = fonts.regular.wrap("שלום עולם ABC שוב", 5_000)
    assert lines == ["שלום עולם", "\u200fABC שוב"]


@pytest.mark.parametrize("text", ["(" * 50_000, "-" * 50_000, "a " * 25_000, "東" * 50_000, "ש" * 50_000])
def test_no_text_takes_long_to_wrap(fonts: PdfFonts, text: str) -> None:
    """Each line measured from the start of its word would take minutes."""
    assert len(fonts.regular.wrap(text, 5_000)) > 1_000


@pytest.mark.parametrize(
    "text", ["much too long for its room", "שלום עולם ועוד", "شركة النور للتجارة", "東京都の会社です"]
)
def test_cut_text_fits_and_ends_visibly(fonts: PdfFonts, text: str) -> None:
    cut = fonts.regular.cut(text, 4_000)
    assert cut.endswith("…")
    assert text.startswith(cut[:-1])
    assert fonts.regular.width(cut) <= 4_000


def test_widths_of_a_column_are_those_of_its_texts(fonts: PdfFonts) -> None:
    texts = ["1,234.50", "שלום 12", "東京 7", "e\u0301", "plain", "מ" * 3]
    for font in (fonts.regular, fonts.bold):
        assert font.widths(pl.Series(texts)).to_list() == [font.width(text) for text in texts]


def test_bold_letters_are_wider_than_regular_ones(fonts: PdfFonts) -> None:
    for text in ("Total", "שלום", "مرحبا"):
        assert fonts.bold.width(text) > fonts.regular.width(text)


def test_fonts_that_are_named_come_behind_our_own_and_before_the_others(tmp_path: Path) -> None:
    package = find_spec("fontpkg_noto_sans_thai")
    assert package is not None
    assert package.origin is not None
    thai = next(Path(package.origin).parent.glob("files/*.ttf"))
    folder = tmp_path / "fonts"
    folder.mkdir()
    for name in ("B-Regular.ttf", "A-Bold.ttf", "note.txt"):
        shutil.copy(thai, folder / name)
    env = {VARIABLE: f"{tmp_path / 'nothing'}:{folder}"}
    regular, bold = (list(font_sources(bold=each, env=env)) for each in (False, True))
    assert regular[0].path.name == "NotoSans[wdth,wght].ttf"
    assert regular[1:3] == [FontSource(folder / "B-Regular.ttf"), FontSource(folder / "A-Bold.ttf")]
    assert bold[1:3] == [FontSource(folder / "A-Bold.ttf"), FontSource(folder / "B-Regular.ttf")]


def test_a_file_that_is_named_but_is_no_font_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken.ttf").write_bytes(b"no font at all")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "broken.ttf"))
    fonts = PdfFonts()
    assert fonts.regular.width("שלום") > 0
    assert fonts.missing == []
