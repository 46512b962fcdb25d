"""Workbooks that are filled: what is put into them, what moves, and what stays as it was."""

from __future__ import annotations

import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from openpyxl.chart import BarChart, Reference
from openpyxl.styles import Font, PatternFill
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.table import Table

from connectors.files.report import Facts, Part, Report
from connectors.files.writing import WriteOptions, open_writer
from connectors.files.xlsx_shift import Shift, shifted_formula
from connectors.problem import ConnectorProblem
from ir import types as t
from ir.column_format import ColumnFormat

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
SALES = t.Schema({"region": t.String(), "amount": t.Number()})
ROWS = pl.DataFrame({"region": ["North", "South", "=East"], "amount": [10.5, 20.25, None]})


def filled(path: Path, template: openpyxl.Workbook, *frames: pl.DataFrame, parts: tuple[Part, ...] = (),
           facts: Facts | None = None, columns: t.Schema = SALES) -> openpyxl.Workbook:  # fmt: skip
    """The template with the frames in it, read back."""
    template.save(path / "template.xlsx")
    fill(path, *frames, parts=parts, facts=facts, columns=columns)
    return openpyxl.load_workbook(path / "file.xlsx")


def fill(path: Path, *frames: pl.DataFrame, parts: tuple[Part, ...] = (), facts: Facts | None = None,
         columns: t.Schema = SALES) -> None:  # fmt: skip
    """Write file.xlsx from template.xlsx."""
    report = Report(columns=columns, parts=parts, title="Sales", generated_at=NOON, workflow="sales")
    options = WriteOptions(template=path / "template.xlsx")
    with open_writer("xlsx", path / "file.xlsx", report=report, options=options) as writer:
        for frame in frames:
            writer.begin(facts or Facts(rows=frame.height))
            writer.write(frame)


def workbook(cells: dict[str, Any]) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    book.active.title = "Report"
    for address, value in cells.items():
        book.active[address] = value
    return book


def shown(book: openpyxl.Workbook, sheet: str = "Report") -> list[tuple[Any, ...]]:
    return list(book[sheet].iter_rows(values_only=True))


def test_placeholders_become_the_reports_words_and_rows(tmp_path: Path) -> None:
    book = workbook({"A1": "{{title}}", "A2": "{{ count }} rows on {{date}}", "A4": "{{header}}", "A5": "{{rows}}"})
    assert shown(filled(tmp_path, book, ROWS)) == [
        ("Sales", None), ("3 rows on 2026-01-31", None), (None, None), ("region", "amount"),
        ("North", 10.5), ("South", 20.25), ("=East", None),
    ]  # fmt: skip
    assert openpyxl.load_workbook(tmp_path / "file.xlsx")["Report"]["A7"].data_type == "s"


def test_columns_stand_where_their_placeholders_are_in_the_look_of_the_templates_row(tmp_path: Path) -> None:
    book = workbook({"A1": "{{rows.amount}}", "B1": "EUR", "C1": "{{rows.region}}"})
    book["Report"]["A1"].number_format = "0.000"
    book["Report"]["C1"].font = Font(bold=True)
    made = filled(tmp_path, book, ROWS)["Report"]
    assert [each.value for each in made[2]] == [20.25, "EUR", "South"]
    assert made["A3"].number_format == "0.000"
    assert made["C3"].font.bold


def test_formulas_below_and_around_the_rows_still_mean_the_same_cells(tmp_path: Path) -> None:
    book = workbook({"A1": "{{rows.amount}}", "B1": "=A1*$D$3", "A2": "=SUM(A1:A1)", "A3": '=A2&" in A2"', "D3": 2})
    other = book.create_sheet("Other")
    other["A1"], other["A2"] = "=Report!A2+SUM('Report'!A1:A2)", "=LOG10(Report!D3)"
    made = filled(tmp_path, book, ROWS)
    assert [each.value for each in made["Report"]["B"][:3]] == ["=A1*$D$5", "=A2*$D$5", "=A3*$D$5"]
    assert made["Report"]["A4"].value == "=SUM(A1:A3)"
    assert made["Report"]["A5"].value == '=A4&" in A2"'
    assert [made["Other"]["A1"].value, made["Other"]["A2"].value] == [
        "=Report!A4+SUM('Report'!A1:A4)", "=LOG10(Report!D5)",
    ]  # fmt: skip


def test_charts_names_tables_and_merged_cells_follow_the_rows(tmp_path: Path) -> None:
    book = workbook({"A1": "region", "B1": "amount", "A2": "{{rows}}", "A4": "signed"})
    sheet = book["Report"]
    sheet.merge_cells("A4:B4")
    sheet.add_table(Table(displayName="Sales", ref="A1:B2"))
    chart = BarChart()
    chart.add_data(Reference(sheet, min_col=2, min_row=2, max_row=3))
    sheet.add_chart(chart, "A6")
    book.defined_names["all_amounts"] = DefinedName("all_amounts", attr_text="Report!$B$2")
    made = filled(tmp_path, book, ROWS)
    assert [str(each) for each in made["Report"].merged_cells.ranges] == ["A6:B6"]
    assert made["Report"].tables["Sales"].ref == "A1:B4"
    assert made.defined_names["all_amounts"].attr_text == "Report!$B$2:$B$4"
    (kept,) = made["Report"]._charts
    assert kept.series[0].val.numRef.f == "'Report'!$B$2:$B$5"
    assert kept.anchor._from.row == 7


def test_parts_that_hold_nothing_of_the_rows_stay_byte_for_byte(tmp_path: Path) -> None:
    book = workbook({"A1": "{{rows}}"})
    book.create_sheet("Notes")["A1"] = "as it was"
    filled(tmp_path, book, ROWS)
    changed = {"xl/worksheets/sheet1.xml", "xl/workbook.xml"}
    with zipfile.ZipFile(tmp_path / "template.xlsx") as before, zipfile.ZipFile(tmp_path / "file.xlsx") as after:
        assert before.namelist() == after.namelist()
        assert {each for each in before.namelist() if before.read(each) != after.read(each)} == changed
        assert b'fullCalcOnLoad="1"' in after.read("xl/workbook.xml")


def test_each_section_goes_to_the_place_that_names_it(tmp_path: Path) -> None:
    book = workbook({"A1": "{{rows:Big}}", "A2": "between", "A3": "{{section:Small}}", "C4": "{{total:Small.amount}}"})
    added = t.Schema({"amount": t.Number()})
    parts = (Part(columns=SALES, heading="Small", totals={"amount": "sum"}, total_types=added),
             Part(columns=t.Schema({"region": t.String()}), heading="Big"))  # fmt: skip
    made = filled(tmp_path, book, ROWS[:1], ROWS.select("region"), parts=parts,
                  facts=Facts(rows=1, totals=pl.DataFrame({"amount": [10.5]})))  # fmt: skip
    assert [row[0] for row in shown(made)] == ["North", "South", "=East", "between", "North", None]
    assert shown(made)[4:] == [("North", 10.5, None), (None, None, 10.5)]


def test_a_defined_name_keeps_room_that_fewer_rows_leave_empty(tmp_path: Path) -> None:
    book = workbook({"A1": "x", "B1": 1, "A2": "y", "B2": 2, "A3": "z", "B3": 3, "A4": "x", "B4": 4, "A5": "end"})
    book["Report"]["A4"].fill = PatternFill("solid", fgColor="FFEEDD")
    book.defined_names["rows"] = DefinedName("rows", attr_text="Report!$A$1:$B$4")
    made = filled(tmp_path, book, ROWS)
    assert shown(made) == [("North", 10.5), ("South", 20.25), ("=East", None), (None, None), ("end", None)]
    assert made["Report"]["A4"].fill.fgColor.rgb == "00FFEEDD"


def test_no_rows_leave_the_placeholders_row_empty(tmp_path: Path) -> None:
    book = workbook({"A1": "{{rows}}", "A2": "=SUM(B1:B1)"})
    assert shown(filled(tmp_path, book, ROWS[:0])) == [(None,), ("=SUM(B1:B1)",)]


def test_dates_and_declared_formats_get_a_number_format_where_the_cell_has_none(tmp_path: Path) -> None:
    columns = t.Schema({"day": t.Date(), "share": t.Number(), "plain": t.Number()})
    part = Part(columns=columns, formats={"share": ColumnFormat(style="percent")})
    rows = pl.DataFrame({"day": [date(2024, 2, 29)], "share": [0.5], "plain": [1.0]})
    book = workbook({"A1": "{{rows}}", "A2": "{{date}}", "B2": "{{date}}"})
    book["Report"]["B2"].number_format = "dd/mm/yy"
    made = filled(tmp_path, book, rows, parts=(part,))["Report"]
    assert [each.value for each in made[1]] == [datetime(2024, 2, 29), 0.5, 1]
    assert [each.number_format for each in made[1]] == [r"yyyy\-mm\-dd", "0.0%", "General"]
    assert [made["A2"].value, made["B2"].value] == ["2026-01-31", datetime(2026, 1, 31)]


def test_a_placeholder_that_means_nothing_is_an_error_before_rows_come(tmp_path: Path) -> None:
    with pytest.raises(ConnectorProblem, match=r"\{\{titel\}\}, which means nothing") as found:
        filled(tmp_path, workbook({"A1": "{{titel}}", "A2": "{{rows}}"}), ROWS)
    assert found.value.hint == 'did you mean "title" or "time"?'


def test_a_template_without_a_place_for_the_rows_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConnectorProblem, match="no place for the rows"):
        filled(tmp_path, workbook({"A1": "{{title}}"}), ROWS)


def test_a_file_that_is_no_workbook_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "template.xlsx").write_text("no zip")
    options = WriteOptions(template=tmp_path / "template.xlsx")
    with pytest.raises(ConnectorProblem, match="no workbook that can be read"):
        open_writer("xlsx", tmp_path / "file.xlsx", report=Report(columns=SALES), options=options)


def test_equal_rows_fill_equal_files(tmp_path: Path) -> None:
    workbook({"A1": "{{rows}}"}).save(tmp_path / "template.xlsx")  # once: it notes the second in which it was saved
    fill(tmp_path, ROWS)
    first = (tmp_path / "file.xlsx").read_bytes()
    fill(tmp_path, ROWS)
    assert (tmp_path / "file.xlsx").read_bytes() == first


def test_references_in_texts_functions_and_other_sheets_are_told_apart() -> None:
    shifts = {"report": Shift(((5, 2),)), "o'neil": Shift(((1, 10),))}
    formula = "A5+A6+$A$6+SUM(A1:A5)+LOG10(A9)+\"A6\"&'O''Neil'!B2+Other!A6+Table1[A6]+SUM(6:6)+A:A+_A6"
    assert shifted_formula(formula, "report", shifts) == (
        "A5+A8+$A$8+SUM(A1:A7)+LOG10(A11)+\"A6\"&'O''Neil'!B12+Other!A6+Table1[A6]+SUM(8:8)+A:A+_A6"
    )
    assert shifted_formula("A5+$A$5+B4", "report", shifts, down=2) == "A7+$A$5+B6"
