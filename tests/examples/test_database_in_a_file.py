"""The SQLite example: a CSV into a table, and a report of that table."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

import weirflow as wf

EXAMPLE = Path(__file__).parents[2] / "examples" / "sqlite"


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_the_revenue_of_each_month_stands_in_the_database_and_in_a_file(tmp_path: Path, engine: str) -> None:
    folder = Path(shutil.copytree(EXAMPLE, tmp_path / "sqlite", ignore=shutil.ignore_patterns("*.db")))
    for name in ("load.yaml", "revenue.yaml"):
        assert wf.run(folder / name, engine=engine).status == "succeeded"
    # paid orders by hand: 120.00 + 89.90; 75.50 + 310.25 + 42.00; 999.99 + 18.75
    wanted = [("2026-08-01", 2, "209.90"), ("2026-09-01", 3, "427.75"), ("2026-10-01", 2, "1018.74")]
    with closing(sqlite3.connect(folder / "shop.db")) as connection:
        assert connection.execute("select * from revenue order by month").fetchall() == wanted
        assert connection.execute("select count(*), round(sum(amount), 2) from orders").fetchone() == (9, 3170.39)
    written = pl.read_csv(folder / "revenue.csv", schema={"month": pl.String, "orders": pl.Int64, "revenue": pl.String})
    assert written.rows() == wanted


def test_a_second_load_changes_what_changed_and_doubles_nothing(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(EXAMPLE, tmp_path / "sqlite", ignore=shutil.ignore_patterns("*.db")))
    assert wf.run(folder / "load.yaml").status == "succeeded"
    orders = (folder / "orders.csv").read_text(encoding="utf-8")
    (folder / "orders.csv").write_text(orders.replace("1450.00,false", "1399.00,true"), encoding="utf-8")
    assert wf.run(folder / "load.yaml").status == "succeeded"
    table = wf.compile(
        {
            "ir_version": "3.1",
            "goal": "What is there",
            "data_sources": [
                {"type": "database", "location": "shop.db",
                 "database_config": {"connection": {"plugin_key": "sqlite"}, "table": "orders", "order_by": ["id"]}},
            ],
        },
        base=folder,
    ).collect("data")  # fmt: skip
    assert table.height == 9
    assert table.row(2) == (3, date(2026, 8, 29), "Aoki & Sons", "JP", Decimal("1399.00"), True)


def test_a_plan_that_makes_a_table_can_be_run_again(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(EXAMPLE, tmp_path / "sqlite", ignore=shutil.ignore_patterns("*.db")))
    plan = wf.compile(folder / "load.yaml")
    results = [plan.run() for _ in range(2)]
    assert [each.status for each in results] == ["succeeded", "succeeded"]
    assert [each.deliveries[0].outcome["updated"] for each in results if each.deliveries[0].outcome] == [0, 9]
