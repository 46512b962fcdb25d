"""XLSX files, read back by openpyxl and fastexcel."""

from __future__ import annotations

import gc
import zipfile
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import fastexcel
import openpyxl
import polars as pl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from connectors.files import xlsx_table
from connectors.files.report import Report
from connectors.files.writing import WriteOptions, open_writer
from connectors.files.xlsx_formats import excel_pattern, sheet_name
from ir import types as t
from ir.column_format import ColumnFormat
from transforms.dtypes import polars_dtype

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
HEADER = 4
"""The sheet's row the header stands in, under title, byline and an empty row."""


def sheets(path: Path, columns: t.Schema, *batches: list[tuple[Any, ...]], options: WriteOptions | None = None,
           **about: Any) -> list[Worksheet]:  # fmt: skip
    report = Report(columns=columns, **{"generated_at": NOON, "workflow": "orders", **about})
    schema = {name: polars_dtype(kind) for name, kind in columns.items()}
    with open_writer("xlsx", path / "file.xlsx", report=report, options=options) as writer:
        for rows in batches:
            writer.write(pl.DataFrame(rows, schema=schema, orient="row"))
    return openpyxl.load_workbook(path / "file.xlsx").worksheets


def values(sheet: Worksheet, first: int = HEADER + 1) -> list[tuple[Any, ...]]:
    return list(sheet.iter_rows(min_row=first, values_only=True))


def test_a_sheet_has_title_header_and_rows_of_native_values(tmp_path: Path) -> None:
    columns = t.Schema({"name": t.String(), "n": t.Integer(), "x": t.Number(), "d": t.Decimal(9, 2), "ok": t.Boolean(),
                        "day": t.Date(), "at": t.Datetime(), "clock": t.Time(), "lasts": t.Duration()})  # fmt: skip
    row = (
        "a",
        1,
        0.5,
        Decimal("2.50"),
        True,
        date(2024, 2, 29),
        datetime(2024, 2, 29, 6),
        time(12),
        timedelta(hours=30),
    )
    (sheet,) = sheets(tmp_path, columns, [row], [(None,) * 9], title="Orders of today")
    assert sheet["A1"].value == "Orders of today"
    assert [cell.value for cell in sheet[HEADER]] == list(columns.names)
    shown = ("a", 1, 0.5, 2.5, True, datetime(2024, 2, 29), datetime(2024, 2, 29, 6), time(12), timedelta(hours=30))
    assert values(sheet) == [shown, (None,) * 9]
    assert sheet.freeze_panes == "A5"
    assert sheet.auto_filter.ref == "A4:I6"


def test_text_that_looks_like_a_formula_or_markup_stays_text(tmp_path: Path) -> None:
    texts = ["=1+1", "@cmd|'/c calc'!A0", "<t>&amp;</t>", " kept ", "a\nb", "_x0041_", "https://example.org"]
    (sheet,) = sheets(tmp_path, t.Schema({"a": t.String()}), [(text,) for text in texts])
    cells = [sheet.cell(HEADER + 1 + index, 1) for index in range(len(texts))]
    assert [cell.data_type for cell in cells] == ["s"] * len(texts)
    assert [cell.value for cell in cells][:5] == texts[:5]
    read = fastexcel.read_excel(tmp_path / "file.xlsx").load_sheet(0, header_row=HEADER - 1).to_polars()
    assert read["a"].to_list()[0] == "=1+1"


def test_control_characters_are_written_the_way_excel_escapes_them(tmp_path: Path) -> None:
    (sheet,) = sheets(tmp_path, t.Schema({"a": t.String()}), [("x\x01y\rz",), ("_x0041_",)])
    assert values(sheet) == [("x_x0001_y_x000D_z",), ("_x005F_x0041_",)]


def test_what_a_cell_cannot_hold_as_a_number_is_exact_text(tmp_path: Path) -> None:
    columns = t.Schema({"n": t.Integer(), "x": t.Number(), "day": t.Date(), "lasts": t.Duration()})
    (sheet,) = sheets(tmp_path, columns, [
        (9_007_199_254_740_993, float("inf"), date(1899, 12, 31), timedelta(seconds=-1)),
        (-999_999_999_999_999, 1e300, date(1900, 3, 1), timedelta(0)),
    ])  # fmt: skip
    assert values(sheet)[0] == ("9007199254740993", "inf", "1899-12-31", "-PT1S")
    assert values(sheet)[1] == (-999_999_999_999_999, 1e300, datetime(1900, 3, 1), timedelta(0))


def test_a_text_longer_than_a_cell_is_cut_and_counted(tmp_path: Path) -> None:
    columns = t.Schema({"a": t.String()})
    with open_writer("xlsx", tmp_path / "file.xlsx", report=Report(columns=columns)) as writer:
        writer.write(pl.DataFrame({"a": ["x" * 40_000, "y" * 32_767]}))
    cut, whole = (row[0] for row in values(openpyxl.load_workbook(tmp_path / "file.xlsx").worksheets[0]))
    assert cut.endswith("…")
    assert len(cut) <= 32_767
    assert whole == "y" * 32_767
    assert len(writer.warnings) == 1
    assert writer.warnings[0].startswith("1 text cells")


def test_a_text_that_fits_is_whole_however_many_bytes_it_has(tmp_path: Path) -> None:
    fitting = ["漢" * 32_767, "😀" * 16_383]  # 98,301 and 65,532 bytes, 32,767 and 32,766 units
    with open_writer("xlsx", tmp_path / "file.xlsx", report=Report(columns=t.Schema({"a": t.String()}))) as writer:
        writer.write(pl.DataFrame({"a": [*fitting, "ü" * 32_768, "😀" * 16_384]}))
    *whole, cut, cut_faces = (row[0] for row in values(openpyxl.load_workbook(tmp_path / "file.xlsx").worksheets[0]))
    assert whole == fitting
    assert cut == "ü" * 32_766 + "…"
    assert cut_faces == "😀" * 16_382 + "…"
    assert [each[:14] for each in writer.warnings] == ["2 text cells w"]


def test_zoned_datetimes_show_the_reports_wall_time(tmp_path: Path) -> None:
    instant = datetime(2024, 7, 1, 10, tzinfo=UTC)
    (sheet,) = sheets(tmp_path, t.Schema({"at": t.Datetime(zoned=True)}), [(instant,)], timezone="Asia/Tokyo")
    assert values(sheet) == [(datetime(2024, 7, 1, 19),)]


def test_formats_become_native_number_formats(tmp_path: Path) -> None:
    columns = t.Schema(
        {"money": t.Number(), "share": t.Number(), "n": t.Integer(), "day": t.Date(), "raw": t.Integer()}
    )
    formats = {
        "money": ColumnFormat(style="currency", currency="EUR"),
        "share": ColumnFormat(style="percent", decimals=0),
        "n": ColumnFormat(style="number"),
        "day": ColumnFormat(pattern="%d.%m.%Y"),
    }
    (sheet,) = sheets(tmp_path, columns, [(1.5, 0.25, 1000, date(2024, 1, 2), 2013)], formats=formats)
    assert [cell.number_format for cell in sheet[HEADER + 1]] == [
        '"€"#,##0.00;-"€"#,##0.00', "0%", "#,##0", "dd.mm.yyyy", "0",
    ]  # fmt: skip
    assert values(sheet) == [(1.5, 0.25, 1000, datetime(2024, 1, 2), 2013)]


def test_a_quote_in_a_currency_does_not_end_the_formats_literal(tmp_path: Path) -> None:
    formats = {"n": ColumnFormat(style="currency", currency='E"UR;[Red]')}
    (sheet,) = sheets(tmp_path, t.Schema({"n": t.Integer()}), [(1,)], formats=formats)
    [cell] = sheet[HEADER + 1]
    assert cell.number_format == '"EUR;[RED]"#,##0.00;-"EUR;[RED]"#,##0.00'


def test_a_null_text_stands_where_the_value_is_null(tmp_path: Path) -> None:
    formats = {"n": ColumnFormat(null_text="–")}
    (sheet,) = sheets(tmp_path, t.Schema({"n": t.Integer()}), [(1,), (None,)], formats=formats)
    assert values(sheet) == [(1,), ("–",)]


def test_a_full_sheet_rolls_over_to_the_next_with_its_own_header(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xlsx_table, "SHEET_ROWS", HEADER + 3)
    rows = [(number,) for number in range(8)]
    found = sheets(tmp_path, t.Schema({"n": t.Integer()}), rows[:2], rows[2:], title="Many")
    assert [sheet.title for sheet in found] == ["Many", "Many (2)", "Many (3)"]
    assert [values(sheet) for sheet in found] == [rows[:3], rows[3:6], rows[6:]]
    assert [sheet.cell(HEADER, 1).value for sheet in found] == ["n"] * 3
    assert [sheet.auto_filter.ref for sheet in found] == ["A4:A7", "A4:A7", "A4:A6"]


def test_a_column_called_row_is_nothing_special(tmp_path: Path) -> None:
    (sheet,) = sheets(tmp_path, t.Schema({"row": t.String(), "literal": t.Integer()}), [("x", 5)])
    assert values(sheet) == [("x", 5)]


def test_an_excel_table_covers_header_and_rows(tmp_path: Path) -> None:
    (sheet,) = sheets(tmp_path, t.Schema({"a": t.String(), "A": t.Integer()}), [("x", 1)], [("y", 2)],
                      options=WriteOptions(excel_table=True, sheet_name="Data"))  # fmt: skip
    assert sheet.title == "Data"
    assert [table.ref for table in sheet.tables.values()] == ["A1:B3"]
    assert values(sheet, 1) == [("a", "A (2)"), ("x", 1), ("y", 2)]


def test_no_rows_leave_the_header_and_a_message(tmp_path: Path) -> None:
    (sheet,) = sheets(tmp_path, t.Schema({"a": t.String()}), empty_message="Nothing today")
    assert values(sheet, HEADER) == [("a",), ("Nothing today",)]


def test_sheet_names_lose_what_excel_forbids() -> None:
    assert sheet_name("Q1/Q2: [draft] *final*") == "Q1 Q2 draft final"
    assert sheet_name("x" * 40) == "x" * 31
    assert sheet_name("???") == "Sheet1"


def test_date_patterns_become_excels_or_nothing() -> None:
    assert excel_pattern("%d/%m/%y %H:%M") == "dd/mm/yy hh:mm"
    assert excel_pattern("%Y-%m-%d") == r"yyyy\-mm\-dd"
    assert excel_pattern("%d. %B") == "dd. mmmm"
    assert excel_pattern("week %V") is None


def test_aborting_leaves_no_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temp"))
    (tmp_path / "temp").mkdir()
    writer = open_writer("xlsx", tmp_path / "file.xlsx", report=Report(columns=t.Schema({"a": t.Integer()})))
    writer.write(pl.DataFrame({"a": [1, 2]}))
    writer.abort()
    assert not list((tmp_path / "temp").iterdir())


@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
def test_a_writer_stopped_while_it_packs_the_file_ends_without_a_second_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = t.Schema({"n": t.Integer()})
    packed = zipfile.ZipFile.writestr

    def stopped(archive: zipfile.ZipFile, *about: Any, **more: Any) -> None:
        packed(archive, *about, **more)
        raise KeyboardInterrupt

    monkeypatch.setattr(zipfile.ZipFile, "writestr", stopped)
    writer = open_writer("xlsx", tmp_path / "file.xlsx", report=Report(columns=columns))
    writer.write(pl.DataFrame({"n": [1]}))
    with pytest.raises(KeyboardInterrupt):
        writer.finish()
    writer.abort()
    gc.collect()
