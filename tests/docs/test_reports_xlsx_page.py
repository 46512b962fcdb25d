"""The page about reports in Excel shows what its examples make."""

from __future__ import annotations

import re
from pathlib import Path

import openpyxl
import pytest

import weirflow as wf

PAGE = (Path(__file__).parents[2] / "docs" / "reports-xlsx.md").read_text(encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The page's workflows, and the workbook that it tells of, as files."""
    blocks = re.findall(r"^`([\w.]+)`[^\n]*:\n\n```yaml\n(.*?)```", PAGE, flags=re.DOTALL | re.MULTILINE)
    assert [name for name, _ in blocks] == ["sales.yaml", "invoice.yaml"]
    for name, text in blocks:
        (tmp_path / name).write_text(text, encoding="utf-8")
    book = openpyxl.Workbook()
    for address, value in {
        "A1": "{{title}}",
        "A4": "{{rows.product}}",
        "B4": "{{rows.amount}}",
        "B5": "=SUM(B4:B4)",
    }.items():
        book.active[address] = value
    book.save(tmp_path / "invoice.xlsx")
    return tmp_path


def test_the_first_sheet_is_what_the_page_shows_cell_by_cell(folder: Path) -> None:
    (done,) = wf.run(folder / "sales.yaml", out=folder).deliveries
    assert done.rows == 6
    book = openpyxl.load_workbook(folder / "sales.xlsx")
    assert book.sheetnames == ["By region", "All sales", "Chart data"]
    shown = re.findall(r"^\| (\d+) \| (.*?) \| (.*?) ?\| (.*?) ?\|$", PAGE, flags=re.MULTILINE)
    assert len(shown) == 13
    for row, *cells in shown:
        values = [book["By region"].cell(int(row), column).value for column in (1, 2, 3)]
        said = [str(value or "") for value in values]
        if isinstance(values[2], int | float):  # its number format shows two digits and the currency
            said[2] = f"€{values[2]:.2f}"
        assert said == cells, row


def test_the_template_is_filled_as_the_page_says(folder: Path) -> None:
    wf.run(folder / "invoice.yaml", out=folder / "out")
    sheet = openpyxl.load_workbook(folder / "out" / "filled.xlsx").active
    assert [[cell.value for cell in row] for row in sheet["A4:B6"]] == [
        ["nuts", 10.5], ["bolts", 20.25], [None, "=SUM(B4:B5)"],
    ]  # fmt: skip
    assert sheet["A1"].value == "Invoice 17"
