"""TXT files: what takes how many columns of a screen, pages, and text that would steer a terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from connectors.files.report import Report
from connectors.files.text_width import display_widths
from connectors.files.writing import WriteOptions, open_writer
from ir import types as t
from transforms.dtypes import polars_dtype


def written(folder: Path, columns: t.Schema, *batches: list[tuple[Any, ...]], options: WriteOptions | None = None,
            **about: Any) -> str:  # fmt: skip
    file = folder / "file.txt"
    schema = {name: polars_dtype(kind) for name, kind in columns.items()}
    with open_writer("txt", file, report=Report(columns=columns, **about), options=options) as writer:
        for rows in batches:
            writer.write(pl.DataFrame(rows, schema=schema, orient="row"))
    assert [each.name for each in folder.iterdir()] == ["file.txt"]
    return file.read_text("utf-8")


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("abc", 3), ("", 0), ("Zürich", 6), ("e\u0301", 1), ("東京", 4), ("ﾄｳｷｮｳ", 5), ("ＡＢ", 4), ("한국", 4),
        ("👍", 2), ("👍🏽", 2), ("👨\u200d👩\u200d👧", 2), ("🇩🇪", 2), ("✈\ufe0f", 2), ("ไทย", 3), ("a\u200bb", 2),
    ],
)  # fmt: skip
def test_text_takes_the_columns_that_a_terminal_gives_it(text: str, width: int) -> None:
    assert display_widths(pl.Series([text])).to_list() == [width]


def test_widths_of_a_column_are_those_of_each_text() -> None:
    assert display_widths(pl.Series(["a", "東京", "a", "東京", "é"])).to_list() == [1, 4, 1, 4, 1]
    assert display_widths(pl.Series([], dtype=pl.String)).to_list() == []


def test_columns_stay_aligned_beside_wide_text_and_emoji(tmp_path: Path) -> None:
    columns = t.Schema({"who": t.String(), "n": t.Integer()})
    text = written(tmp_path, columns, [("👨\u200d👩\u200d👧 family", 5), ("東京タワー", 1200), ("plain", None)])
    assert text == (
        "who            n\n"
        "----------  ----\n"
        "👨\u200d👩\u200d👧 family      5\n"
        "東京タワー  1200\n"
        "plain\n"
    )  # fmt: skip


def test_what_would_steer_a_terminal_or_turn_the_line_is_shown_as_a_mark(tmp_path: Path) -> None:
    columns = t.Schema({"a\n\x1b[2J": t.String(), "b": t.Integer()})
    text = written(tmp_path, columns, [("x\x1b[31m\u202egnp\r\ny\tz\x85\u2066", 1), ("\x07", 2)])
    assert text.split("\n") == [
        "a \ufffd[2J            b",
        "----------------  -",
        "x\ufffd[31m\ufffdgnp y z \ufffd  1",
        "\ufffd                 2",
        "",
    ]


def test_page_breaks_repeat_the_header_and_number_the_pages(tmp_path: Path) -> None:
    columns = t.Schema({"number": t.Integer()})
    rows = [(each,) for each in range(1, 121)]
    # 60 lines: two of the header, 56 rows, an empty one, and the page's number
    text = written(tmp_path, columns, rows[:100], rows[100:], options=WriteOptions(page_breaks=True))
    pages = text.split("\f")
    assert len(pages) == 3
    assert all(each.startswith("number\n------\n") for each in pages)
    assert [len(each.split("\n")) - 1 for each in pages] == [60, 60, 12]
    assert pages[0].split("\n")[2:4] == ["     1", "     2"]
    assert pages[1].split("\n")[2] == "    57"
    assert pages[2].split("\n")[2:] == [*(f"{each:6}" for each in range(113, 121)), "", "page 3 of 3", ""]


@pytest.mark.parametrize(("rows", "pages"), [(0, 1), (56, 1), (57, 2), (112, 2), (113, 3)])
def test_no_page_is_empty(tmp_path: Path, rows: int, pages: int) -> None:
    columns = t.Schema({"n": t.Integer()})
    text = written(tmp_path, columns, [(each,) for each in range(rows)], options=WriteOptions(page_breaks=True))
    assert text.count("\f") == pages - 1
    assert text.rstrip("\n").endswith(f"page {pages} of {pages}")


def test_pages_without_a_header_have_two_rows_more(tmp_path: Path) -> None:
    options = WriteOptions(page_breaks=True, header=False)
    text = written(tmp_path, t.Schema({"n": t.Integer()}), [(each,) for each in range(59)], options=options)
    first, second = text.split("\f")
    assert first.count("\n") == 60
    assert second.startswith("58\n\n")


def test_an_empty_file_says_so_on_its_page(tmp_path: Path) -> None:
    text = written(tmp_path, t.Schema({"name": t.Integer()}), empty_message="Nothing",
                   options=WriteOptions(page_breaks=True))  # fmt: skip
    assert text == "name\n----\nNothing\n\npage 1 of 1\n"
