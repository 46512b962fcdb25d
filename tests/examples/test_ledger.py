"""The ledger: 250,000 postings come out as they went in, as a workbook and as CSV that Excel opens."""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import fastexcel
import openpyxl
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import weirflow as wf

FOLDER = Path(__file__).parents[2] / "examples" / "ledger"
HEADER_ROW = 4  # below the title and the line under it


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ledger")
    for name in ("ledger.yaml", "make_ledger.py"):
        shutil.copy(FOLDER / name, folder)
    subprocess.run([sys.executable, folder / "make_ledger.py"], check=True, capture_output=True, timeout=300)
    return folder


@pytest.fixture(scope="module", params=["polars", "duckdb"])
def files(request: pytest.FixtureRequest, ledger: Path) -> Path:
    out = ledger / request.param
    result = wf.run(ledger / "ledger.yaml", engine=request.param, out=out, now=datetime(2027, 1, 4, 8, tzinfo=UTC))
    assert [(each.id, each.rows) for each in result.deliveries] == [("workbook", 250_000), ("for_excel", 250_000)]
    return out


def test_every_posting_stands_in_the_csv_as_excel_of_that_country_reads_it(ledger: Path, files: Path) -> None:
    source = pq.read_table(ledger / "data" / "ledger.parquet")
    text = (files / "ledger.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbfposting;posted_on;")
    rows = list(csv.DictReader(text.decode("utf-8-sig").splitlines(), delimiter=";"))
    assert [row["posting"] for row in rows] == [str(number) for number in range(1, 250_001)]
    amounts = [Decimal(row["amount"].replace(",", ".")) for row in rows]
    assert amounts == source["amount"].to_pylist()
    assert sum(amounts) == 0  # a ledger's postings cancel out
    # Worked out by hand from the formula in make_ledger.py: document 0 is (12,345 % 250,000 + 1) cents.
    assert (rows[0]["document"], amounts[0], amounts[1]) == ("D-100000", Decimal("123.46"), Decimal("-123.46"))


def test_every_posting_stands_in_the_workbook_with_its_type(ledger: Path, files: Path) -> None:
    source = pq.read_table(ledger / "data" / "ledger.parquet")
    workbook = fastexcel.read_excel(files / "ledger.xlsx")
    sheet = workbook.load_sheet("Postings", header_row=HEADER_ROW - 1).to_arrow()
    assert sheet.num_rows == 250_000
    assert sheet["posting"].cast("int64").to_pylist() == list(range(1, 250_001))
    assert sheet["amount"].to_pylist() == [float(each) for each in source["amount"].to_pylist()]
    assert sheet["text"].to_pylist() == source["text"].to_pylist()
    assert pc.sum(sheet["checked"]).as_py() == pc.sum(source["checked"]).as_py()


def test_the_first_rows_have_dates_and_number_formats(files: Path) -> None:
    sheet = openpyxl.load_workbook(files / "ledger.xlsx", read_only=True)["Postings"]
    rows = list(sheet.iter_rows(max_row=HEADER_ROW + 1))
    assert rows[0][0].value == "General ledger 2026"
    assert [cell.value for cell in rows[-2][:3]] == ["posting", "posted_on", "account"]
    first = rows[-1]
    assert first[1].value.date() == date(2026, 1, 1)
    assert (first[1].number_format, first[6].number_format) == ("dd.mm.yyyy", "#,##0.00")
