"""Text in a drawing: nothing runs out of its box, and nothing that is not text gets in."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.picture.lettering import clean, cut, escape, text_width, wrap


def test_a_text_that_fits_is_left_alone() -> None:
    assert cut("amount", 12, 100) == "amount"
    assert wrap("one row per month", 12, 400, lines=3) == ["one row per month"]


def test_a_long_text_is_cut_with_an_ellipsis_and_then_fits() -> None:
    shown = cut("n" * 300, 12, 100)
    assert shown.startswith("nnnn")
    assert shown.endswith("n…")
    assert text_width(shown, 12) <= 100


def test_lines_break_between_words_and_the_last_one_is_cut() -> None:
    lines = wrap("by delay descending and then by carrier and flight", 10, 100, lines=2)
    assert lines[0] == "by delay"
    assert lines[1].startswith("descending")
    assert lines[1].endswith("…")


def test_a_long_name_breaks_after_its_underscores_and_slashes() -> None:
    assert wrap("average_delay_per_airline", 10, 100, lines=2) == ["average_delay_", "per_airline"]


def test_an_accent_is_not_parted_from_its_letter() -> None:
    accented = "e\u0301" * 40
    shown = cut(accented, 12, 60)
    assert shown.removesuffix("…") == "e\u0301" * (len(shown) // 2)


def test_a_family_emoji_is_shown_whole_or_not_at_all() -> None:
    family = "👨\u200d👩\u200d👧"
    for width in range(10, 80):
        assert cut(family + "abcdef", 12, width).removesuffix("…") in ("", *(family + "abcdef"[:n] for n in range(7)))


def test_control_characters_lone_surrogates_and_turned_directions_do_not_get_through() -> None:
    assert clean("a\x00b\x1bc\ud800d") == "a\ufffdb\ufffdc\ufffdd"
    assert clean("safe\u202etxt.exe") == "safetxt.exe"
    assert clean("two\nlines\tand a tab") == "two lines and a tab"


def test_markup_is_escaped_also_for_attributes() -> None:
    assert escape("""<a href="x" onclick='y'>&""") == "&lt;a href=&quot;x&quot; onclick=&#x27;y&#x27;&gt;&amp;"


@given(st.text(max_size=120), st.integers(40, 300), st.integers(1, 4))
def test_wrapped_lines_fit_and_are_few_enough(text: str, width: int, lines: int) -> None:
    found = wrap(clean(text), 12, width, lines=lines)
    assert len(found) <= lines
    assert all(text_width(line, 12) <= width for line in found)
