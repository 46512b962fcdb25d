"""Lines of text, and sheets."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from connectors.problem import ConnectorProblem
from tests.connectors.first_misfit import explain_failure


@pytest.mark.parametrize(
    "content",
    ['x "q",\ty\n\n  end\n', '\ufeffx "q",\ty\r\n\r\n  end', 'x "q",\ty\n\r\n  end\r\n', 'x "q",\ty\r\r  end\r'],
)
def test_lines_are_read_as_they_are_and_empty_ones_are_null(tmp_path: Path, open_source, rows_on_both, content):
    (tmp_path / "a.txt").write_bytes(content.encode())
    assert rows_on_both(open_source("a.txt"))["line"].to_list() == ['x "q",\ty', None, "  end"]


def test_lines_of_several_files_follow_each_other(tmp_path: Path, open_source, rows_on_both):
    (tmp_path / "1.log").write_text("head\na\n")
    (tmp_path / "2.log").write_text("head\nb")
    frame = rows_on_both(open_source("*.log", skip_rows=1, file_column="from"))
    assert frame.rows() == [("a", "1.log"), ("b", "2.log")]


def test_a_text_without_lines_has_no_rows(tmp_path: Path, open_source, rows_on_both):
    (tmp_path / "a.txt").write_bytes(b"")
    assert rows_on_both(open_source("a.txt")).height == 0


def test_lines_in_another_encoding(tmp_path: Path, open_source, rows_on_both):
    (tmp_path / "a.txt").write_bytes("Ä\r\nö".encode("utf-16"))
    assert rows_on_both(open_source("a.txt", encoding="utf-16"))["line"].to_list() == ["Ä", "ö"]


def test_a_long_line_is_one_row(tmp_path: Path, open_source, rows_on_both):
    (tmp_path / "a.txt").write_text("x" * 5_000_000 + "\ny\n")
    assert [len(line) for line in rows_on_both(open_source("a.txt"))["line"]] == [5_000_000, 1]


def test_lines_that_are_no_utf8_are_told(tmp_path: Path, open_source, errors_on_both):
    (tmp_path / "a.txt").write_bytes(b"ok\nok\n\xff\xfe\n")
    relation = open_source("a.txt")
    for error in errors_on_both(relation):
        problem = explain_failure(relation, error, tmp_path / "scratch")
        assert problem is not None
        assert problem.code == "IR522"


def test_a_line_is_text_and_nothing_else(tmp_path: Path, open_source):
    (tmp_path / "a.txt").write_text("1\n")
    with pytest.raises(ConnectorProblem, match="a line of text is no integer"):
        open_source("a.txt", schema={"line": "integer"})


@pytest.fixture
def book(tmp_path: Path):
    def save(*rows: list[object], name: str = "a.xlsx", sheets: tuple[str, ...] = ()) -> str:
        workbook = openpyxl.Workbook()
        sheet = workbook.active
        assert sheet is not None
        sheet.title = "First"
        for row in rows:
            sheet.append(row)
        for title in sheets:
            workbook.create_sheet(title).append([title])
        workbook.save(tmp_path / name)
        return name

    return save


def test_cells_become_typed_values(book, open_source, rows_on_both):
    location = book(
        [" id ", "name", "amount", "ok", "day", "at", "clock", "zip", "mixed", "nothing"],
        [
            1,
            "a",
            0.1234567890123,
            True,
            date(2024, 1, 2),
            datetime(2024, 1, 2, 3, 4, 5),
            time(3, 4, 5),
            "00123",
            1,
            None,
        ],
        [2, None, 2, False, date(2023, 12, 31), None, None, "04567", "x", None],
    )
    frame = rows_on_both(open_source(location))
    assert frame.columns == ["id", "name", "amount", "ok", "day", "at", "clock", "zip", "mixed", "nothing"]
    assert frame.rows() == [
        (
            1,
            "a",
            0.1234567890123,
            True,
            date(2024, 1, 2),
            datetime(2024, 1, 2, 3, 4, 5),
            "03:04:05",
            "00123",
            "1",
            None,
        ),
        (2, None, 2.0, False, date(2023, 12, 31), None, None, "04567", "x", None),
    ]


def test_declared_types_apply_to_cells(book, open_source, rows_on_both):
    location = book(["n", "d", "t"], [1, 1.25, time(3, 4, 5)], [2.0, 3, None])
    frame = rows_on_both(open_source(location, schema={"n": "string", "d": "decimal(10,2)", "t": "time"}))
    assert frame.rows() == [("1", Decimal("1.25"), time(3, 4, 5)), ("2", Decimal("3.00"), None)]


def test_tiny_and_huge_numbers_keep_their_digits(book, open_source, rows_on_both):
    assert rows_on_both(open_source(book(["a"], [1e-12], [1 / 3], [1e300])))["a"].to_list() == [1e-12, 1 / 3, 1e300]


def test_rows_without_values_are_left_out(book, open_source, rows_on_both):
    assert rows_on_both(open_source(book(["a", "b"], [1, "x"], [None, None], [2, "y"]))).rows() == [(1, "x"), (2, "y")]


def test_a_title_above_the_table_is_skipped(book, open_source, rows_on_both):
    location = book(["Report"], [], ["a", "b"], [1, "x"])
    assert rows_on_both(open_source(location, skip_rows=2)).rows() == [(1, "x")]


def test_empty_rows_above_a_table_are_no_part_of_it(book, open_source, rows_on_both):
    assert rows_on_both(open_source(book([], [], ["a", "b"], [1, "x"]))).rows() == [(1, "x")]


def test_a_range_chooses_cells(book, open_source, rows_on_both):
    location = book(["t"], ["x", "a", "b", "y"], ["x", 1, 2, "y"], ["x", 3, 4, "y"], ["x", 5, 6, "y"])
    frame = rows_on_both(open_source(location, range="B2:C4"))
    assert (frame.columns, frame.rows()) == (["a", "b"], [(1, 2), (3, 4)])


def test_without_a_header_columns_are_numbered(book, open_source, rows_on_both):
    frame = rows_on_both(open_source(book([1, "x"], [2, "y"]), header=False))
    assert (frame.columns, frame.rows()) == (["column_1", "column_2"], [(1, "x"), (2, "y")])


def test_a_sheet_is_chosen_by_name(book, open_source, rows_on_both):
    location = book(["a"], [1], sheets=("Second",))
    assert rows_on_both(open_source(location, sheet="Second")).columns == ["Second"]
    assert rows_on_both(open_source(location, tab="First")).rows() == [(1,)]
    with pytest.raises(ConnectorProblem, match="IR535") as raised:
        open_source(location, sheet="Secnod")
    assert (raised.value.key, raised.value.hint) == (("config", "sheet"), 'did you mean "Second"?')


def test_null_values_and_widening_apply_to_sheets(book, open_source, rows_on_both):
    book(["a", "b"], ["n/a", "x"], [2, "y"], name="1.xlsx")
    book(["a"], [1.5], name="2.xlsx")
    frame = rows_on_both(open_source("*.xlsx", null_values=["n/a"], union_by_name=True))
    assert frame.rows() == [(None, "x"), (2.0, "y"), (1.5, None)]
    assert frame.dtypes == [pl.Float64, pl.String]


def test_a_cell_that_does_not_fit_is_named(book, open_source, tmp_path):
    relation = open_source(book(["a"], [1], ["x"]), schema={"a": "integer"})
    with pytest.raises(pl.exceptions.PolarsError) as raised:
        relation.to_polars(tmp_path / "scratch").collect()
    problem = explain_failure(relation, raised.value, tmp_path / "scratch")
    assert problem is not None
    assert problem.message == 'a.xlsx, row 2, column "a": "x" does not fit integer'


@pytest.mark.parametrize(
    ("rows", "config", "code"),
    [
        ([], {}, "IR525"),
        ([["a", "a"], [1, 2]], {}, "IR526"),
        ([["a"]], {"range": "C1:D4"}, "IR525"),
        ([["a"]], {"range": "A"}, "IR520"),
    ],
)
def test_sheets_without_a_table_are_told(book, open_source, rows, config, code):
    with pytest.raises(ConnectorProblem, match=code):
        open_source(book(*rows), **config)


def test_what_is_no_workbook_is_told(tmp_path: Path, open_source):
    (tmp_path / "a.xlsx").write_bytes(b"a,b\n1,2\n")
    with pytest.raises(ConnectorProblem, match="IR523"):
        open_source("a.xlsx")
