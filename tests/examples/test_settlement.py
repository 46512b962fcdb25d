"""The settlement example: PostgreSQL and a CSV in, MariaDB, SQLite and a workbook out."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from tests.servers.running import Database

EXAMPLE = Path(__file__).parents[2] / "examples" / "settlement"
# Worked out by hand from payments.sql and bank.csv: the refund, the day before the month and the day after it are not
# asked for; PAY-10009 is paid half an hour before October ends in UTC.
EXPECTED = {
    "PAY-10001": (Decimal("120.00"), Decimal("120.00"), Decimal("0.00"), "settled"),
    "PAY-10002": (Decimal("89.90"), Decimal("89.90"), Decimal("0.00"), "settled"),
    "PAY-10003": (Decimal("1450.00"), Decimal("1430.00"), Decimal("-20.00"), "differs"),
    "PAY-10004": (Decimal("75.50"), Decimal("75.50"), Decimal("0.00"), "settled"),
    "PAY-10005": (Decimal("310.25"), Decimal("310.25"), Decimal("0.00"), "settled"),
    "PAY-10007": (Decimal("999.99"), None, Decimal("-999.99"), "open"),
    "PAY-10008": (Decimal("18.75"), Decimal("18.75"), Decimal("0.00"), "settled"),
    "PAY-10009": (Decimal("64.00"), Decimal("64.00"), Decimal("0.00"), "settled"),
    "PAY-77777": (None, Decimal("33.10"), Decimal("33.10"), "unknown"),
}
COLUMNS = "reference, amount, credited, difference, state"


@pytest.fixture
def folder(tmp_path: Path, postgres: Database, mariadb: Database, monkeypatch: pytest.MonkeyPatch) -> Path:
    postgres.execute(*(EXAMPLE / "payments.sql").read_text(encoding="utf-8").split(";\n"))
    monkeypatch.setenv("SHOP_DB", postgres.url)
    monkeypatch.setenv("BOOKS_DB", mariadb.url)
    return Path(shutil.copytree(EXAMPLE, tmp_path / "settlement"))


def run(folder: Path, engine: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "engine.cli", "run", "settlement.yaml", "--engine", engine], cwd=folder, text=True,
        capture_output=True, timeout=120, env={**os.environ, "PYTHONPATH": str(EXAMPLE.parents[1])}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def archived(folder: Path) -> dict[str, tuple[object, ...]]:
    with closing(sqlite3.connect(folder / "settlement.db")) as connection:
        rows = connection.execute(f"select {COLUMNS} from settlements").fetchall()
    return {row[0]: (*(None if each is None else Decimal(str(each)) for each in row[1:4]), row[4]) for row in rows}


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_every_payment_of_the_month_is_told_in_both_databases(folder: Path, mariadb: Database, engine: str) -> None:
    run(folder, engine)
    booked = {row[0]: tuple(row[1:]) for row in mariadb.execute(f"select {COLUMNS} from settlements")}
    assert booked == EXPECTED
    assert archived(folder) == EXPECTED
    sheet = openpyxl.load_workbook(folder / "settlement 2026-10-01.xlsx")["All payments"]
    keys = [str(row[0].value) for row in sheet.iter_rows()]
    assert [each for each in keys if each.startswith("PAY-")] == list(EXPECTED)


def test_a_month_that_is_run_twice_is_there_once_with_what_is_new(folder: Path, mariadb: Database) -> None:
    run(folder, "polars")
    with (folder / "bank.csv").open("a", encoding="utf-8") as bank:
        bank.write("PAY-10007,2026-11-04,999.99,WIRE MANSSON\n")
    told = run(folder, "polars")
    wanted = {**EXPECTED, "PAY-10007": (Decimal("999.99"), Decimal("999.99"), Decimal("0.00"), "settled")}
    assert {row[0]: tuple(row[1:]) for row in mariadb.execute(f"select {COLUMNS} from settlements")} == wanted
    assert archived(folder) == wanted
    assert "9 updated" in told
