"""Every type of column, nulls between its values, read back cell by cell by two libraries and a spreadsheet program."""

from __future__ import annotations

import zipfile
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import fastexcel
import openpyxl
import polars as pl
import pytest

from connectors.files import xlsx_archive
from connectors.files.report import Part, Report
from connectors.files.writing import WriteOptions, open_writer
from ir import types as t
from ir.column_format import ColumnFormat
from tests.tools.office import converted
from transforms.dtypes import polars_dtype

HEADER = 4
MOMENT = datetime(2024, 2, 29, 13, 45, 30)
KINDS: dict[str, tuple[t.DataType, list[Any], list[Any]]] = {
    "integer": (t.Integer(), [0, -5, 10**15 - 1, 10**15], [0, -5, 999_999_999_999_999, "1000000000000000"]),
    "number": (t.Number(), [0.0, -1.5, 1e300, float("inf")], [0, -1.5, 1e300, "inf"]),
    "decimal": (t.Decimal(20, 2), [Decimal("0.10"), Decimal("-2.50"), Decimal(10**15), Decimal("0")],
                [0.1, -2.5, "1000000000000000.00", 0]),
    "string": (t.String(), ["a", "", " b ", "=1+1"], ["a", "", " b ", "=1+1"]),
    "boolean": (t.Boolean(), [True, False, True, False], [True, False, True, False]),
    "date": (t.Date(), [date(2024, 2, 29), date(1900, 2, 28), date(9999, 12, 31), date(1, 1, 1)],
             [datetime(2024, 2, 29), "1900-02-28", datetime(9999, 12, 31), "0001-01-01"]),
    "datetime": (t.Datetime(), [MOMENT, datetime(1900, 3, 1), datetime(1800, 1, 1), datetime(2024, 1, 1, 0, 0, 1)],
                 [MOMENT, datetime(1900, 3, 1), "1800-01-01T00:00:00", datetime(2024, 1, 1, 0, 0, 1)]),
    "zoned": (t.Datetime(zoned=True), [MOMENT.replace(tzinfo=UTC)] * 4, [MOMENT] * 4),
    "time": (t.Time(), [time(0), time(12), time(23, 59, 59), time(6)], [time(0), time(12), time(23, 59, 59), time(6)]),
    "duration": (t.Duration(), [timedelta(hours=30), timedelta(0), timedelta(seconds=-1), timedelta(days=400)],
                 [timedelta(hours=30), timedelta(0), "-PT1S", timedelta(days=400)]),
    "json": (t.Json(), ['{"a": 1}', "[]", "null", "1"], ['{"a": 1}', "[]", "null", "1"]),
    "list": (t.ListOf(t.Integer()), [[1, None], [], [2], [3, 4]], ["[1,null]", "[]", "[2]", "[3,4]"]),
    "struct": (t.Struct((("a", t.Date()),)), [{"a": date(2024, 1, 2)}, {"a": None}, {"a": None}, {"a": None}],
               ['{"a":"2024-01-02"}', '{"a":null}', '{"a":null}', '{"a":null}']),
}  # fmt: skip
"""{kind: (type, values, the cells they become)}."""


def written(path: Path, columns: t.Schema, frame: pl.DataFrame, **about: Any) -> Path:
    report = Report(columns=columns, generated_at=datetime(2026, 1, 31, tzinfo=UTC), workflow="types", **about)
    with open_writer("xlsx", path / "file.xlsx", report=report, options=WriteOptions()) as writer:
        writer.write(frame)
    return path / "file.xlsx"


def every_type(path: Path) -> Path:
    """Of each kind a column whose values have nulls between them, and one without nulls."""
    columns = t.Schema({f"{name}{tail}": kind for name, (kind, _, _) in KINDS.items() for tail in ("", "?")})
    data = {}
    for name, (kind, values, _) in KINDS.items():
        full = [each for value in values for each in (value, value)]
        gaps = [each for value in values for each in (value, None)]
        data[name] = pl.Series(full, dtype=polars_dtype(kind))
        data[f"{name}?"] = pl.Series(gaps, dtype=polars_dtype(kind))
    return written(path, columns, pl.DataFrame(data))


def expected(name: str) -> list[Any]:
    cells = KINDS[name.rstrip("?")][2]
    return [each for cell in cells for each in (cell, None if name.endswith("?") else cell)]


def test_openpyxl_reads_every_value_of_every_type_and_nothing_is_blank_but_nulls(tmp_path: Path) -> None:
    (sheet,) = openpyxl.load_workbook(every_type(tmp_path)).worksheets
    for column in sheet.iter_cols(min_row=HEADER):
        name, cells = column[0].value, [cell.value for cell in column[1:]]
        want = expected(name)
        assert cells == [pytest.approx(each) if isinstance(each, float) else each for each in want], name


def test_calamine_reads_as_many_values_and_nulls(tmp_path: Path) -> None:
    book = fastexcel.read_excel(every_type(tmp_path))
    frame = book.load_sheet(0, header_row=HEADER - 1, dtypes="string").to_polars()
    for name in frame.columns:
        wanted = [each is None for each in expected(name)]
        assert frame[name].is_null().to_list() == wanted, name
    assert frame["string"].drop_nulls().to_list() == ["a", "a", "", "", " b ", " b ", "=1+1", "=1+1"]


def test_a_spreadsheet_program_saves_every_value_as_it_was(tmp_path: Path) -> None:
    saved = converted(every_type(tmp_path), "xlsx", tmp_path / "office")
    (sheet,) = openpyxl.load_workbook(saved, data_only=True).worksheets
    for column in sheet.iter_cols(min_row=HEADER, max_row=HEADER + 8):
        name, cells = column[0].value, [cell.value for cell in column[1:]]
        if name.startswith(("time", "duration")):  # read back as the dates or times their format suggests
            assert [each is None for each in cells] == [each is None for each in expected(name)]
            continue
        want = [None if each == "" else each for each in expected(name)]  # it saves no empty texts
        assert cells == [pytest.approx(each) if isinstance(each, float) else each for each in want], name


HOSTILE = ["=cmd|'/c calc'!A0", "+1", "-1", "@SUM(A1)", "<b>&amp;</b>", "]]>", "\x00\x01\x1f", "a\tb\nc\rd", "_x0041_",
           "\u202egnp.exe", "\ufffe\uffff", "😀" * 3, "0123", "1e5", "TRUE", "#REF!"]  # fmt: skip


def test_texts_stay_the_texts_they_are(tmp_path: Path) -> None:
    path = written(tmp_path, t.Schema({"a": t.String()}), pl.DataFrame({"a": HOSTILE}))
    (sheet,) = openpyxl.load_workbook(path).worksheets
    cells = [sheet.cell(HEADER + 1 + row, 1) for row in range(len(HOSTILE))]
    assert {cell.data_type for cell in cells} == {"s"}
    plain = [
        (cell.value, text) for cell, text in zip(cells, HOSTILE, strict=True) if text.isprintable() and "_x" not in text
    ]
    assert len(plain) == 11
    assert all(value == text for value, text in plain)
    shown = openpyxl.load_workbook(converted(path, "xlsx", tmp_path / "office")).worksheets[0]
    calculated = [shown.cell(HEADER + 1 + row, 1) for row in range(len(HOSTILE))]
    assert {cell.data_type for cell in calculated} == {"s"}
    assert [cell.value for cell in calculated][:6] == HOSTILE[:6]


def test_words_around_the_table_are_texts_too(tmp_path: Path) -> None:
    columns = t.Schema({"=1+1": t.Integer(), "a\x01<b>": t.Integer()})
    part = Part(columns=columns, heading="=HYPERLINK(1)", text="<script>\x02", caption="=2+2")
    path = written(tmp_path, columns, pl.DataFrame({"=1+1": [1], "a\x01<b>": [2]}), title="=title()", parts=(part,))
    (sheet,) = openpyxl.load_workbook(path).worksheets
    texts = [cell for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)]
    assert [cell.value for cell in texts] == ["=title()", "2026-01-31 00:00 UTC", "=HYPERLINK(1)", "<script>_x0002_",
                                              "=1+1", "a_x0001_<b>", "=2+2"]  # fmt: skip
    assert {cell.data_type for cell in texts} == {"s"}


def test_a_text_of_pairs_is_cut_to_what_a_cell_holds(tmp_path: Path) -> None:
    path = written(tmp_path, t.Schema({"a": t.String()}), pl.DataFrame({"a": ["😀" * 20_000, "x" * 32_767]}))
    (sheet,) = openpyxl.load_workbook(path).worksheets
    assert len(sheet.cell(HEADER + 1, 1).value.encode("utf-16-le")) // 2 <= 32_767
    assert sheet.cell(HEADER + 2, 1).value == "x" * 32_767


def test_a_sheet_beyond_the_limits_of_a_plain_zip_gets_the_larger_fields(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xlsx_archive.zipfile, "ZIP64_LIMIT", 100_000)
    path = written(tmp_path, t.Schema({"n": t.Integer()}), pl.DataFrame({"n": list(range(20_000))}))
    monkeypatch.undo()
    with zipfile.ZipFile(path) as package:
        assert package.testzip() is None
        info = package.getinfo("xl/worksheets/sheet1.xml")
        assert info.extract_version == 45
    assert fastexcel.read_excel(path).load_sheet(0, header_row=HEADER - 1).height == 20_000


def test_batches_of_any_size_make_the_same_sheet(tmp_path: Path) -> None:
    frame = pl.DataFrame({"n": [1, None, 3, 4] * 500, "a": ["x", " y ", None, "<"] * 500})
    columns = t.Schema({"n": t.Integer(), "a": t.String()})
    found = []
    for size in (1_000, 1_111, 2_000):
        report = Report(columns=columns, generated_at=datetime(2026, 1, 31, tzinfo=UTC))
        with open_writer("xlsx", tmp_path / "file.xlsx", report=report, options=WriteOptions()) as writer:
            for start in range(0, frame.height, size):
                writer.write(frame.slice(start, size))
        found.append((tmp_path / "file.xlsx").read_bytes())
    assert found[0] == found[1] == found[2]


def test_a_null_text_is_written_for_nulls_of_every_type(tmp_path: Path) -> None:
    columns = t.Schema({name: kind for name, (kind, _, _) in KINDS.items()})
    frame = pl.DataFrame({name: pl.Series([None, values[0]], dtype=polars_dtype(kind))
                          for name, (kind, values, _) in KINDS.items()})  # fmt: skip
    path = written(tmp_path, columns, frame, formats={name: ColumnFormat(null_text="n/a") for name in columns})
    (sheet,) = openpyxl.load_workbook(path).worksheets
    assert {cell.value for cell in sheet[HEADER + 1]} == {"n/a"}
    assert "n/a" not in {cell.value for cell in sheet[HEADER + 2]}
