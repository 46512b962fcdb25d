"""The cost statement: the company's workbook is filled, and its look, formulas and chart are still its own."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from tests.examples.documents import EXAMPLES, csv_rows, run_example

BUDGETS = csv_rows("template/budgets.csv")
EXPENSES = csv_rows("template/expenses.csv")
GREEN = "FF0B5D4B"


@pytest.fixture(scope="module", params=["polars", "duckdb"])
def sheet(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Worksheet:
    out = run_example("template/template", tmp_path_factory.mktemp("template"), engine=request.param)
    return openpyxl.load_workbook(out / "cost-statement.xlsx")["Statement"]


def test_every_cost_centre_stands_with_its_sum(sheet: Worksheet) -> None:
    rows = [tuple(cell.value for cell in row) for row in sheet["B9:E13"]]
    spent = {row["cost_centre"]: Decimal(0) for row in BUDGETS}
    for row in EXPENSES:
        spent[row["cost_centre"]] += Decimal(row["amount"])
    assert rows == [
        (row["cost_centre"], row["name"], float(row["budget"]), pytest.approx(float(spent[row["cost_centre"]])))
        for row in BUDGETS
    ]
    assert (sheet["C6"].value, sheet["C5"].value) == (len(BUDGETS), datetime(2026, 10, 5))


def test_formulas_follow_the_rows(sheet: Worksheet) -> None:
    assert [sheet[f"F{row}"].value for row in range(9, 14)] == [f"=D{row}-E{row}" for row in range(9, 14)]
    assert [sheet[f"{column}14"].value for column in "DEFG"] == [
        "=SUM(D9:D13)", "=SUM(E9:E13)", "=SUM(F9:F13)", "=E14/D14"
    ]  # fmt: skip


def test_the_chart_shows_all_rows(sheet: Worksheet) -> None:
    (chart,) = sheet._charts
    assert [series.val.numRef.f for series in chart.series] == ["Statement!$D$9:$D$13", "Statement!$E$9:$E$13"]


def test_the_look_is_the_templates(sheet: Worksheet) -> None:
    template = openpyxl.load_workbook(EXAMPLES / "template" / "statement.xlsx")["Statement"]
    assert (sheet["B2"].value, sheet["B2"].fill.fgColor.rgb) == ("Cost statement", GREEN)
    assert len(sheet._images) == len(template._images) == 1
    for column in "BCDEFG":
        for row in (9, 13):
            assert sheet[f"{column}{row}"].number_format == template[f"{column}9"].number_format
            assert sheet[f"{column}{row}"].border.bottom.style == "thin"
    (rule,) = sheet.conditional_formatting
    assert str(rule.sqref) == "G9:G13"
    assert sheet.parent["Guidelines"]["A1"].value == "How to read the statement"
