"""A query of the suite as written by hand: its statement over views of the tables, copied into a Parquet file."""

from __future__ import annotations

from pathlib import Path

import duckdb

STATEMENTS = Path(__file__).parent / "by_hand"


def run(name: str, data: Path, form: str | None, result: Path) -> None:
    """Run a statement over the Parquet files in `data` and write its `result`."""
    with duckdb.connect() as connection:
        for table in data.glob("*.parquet"):
            connection.execute(f"create view {table.stem} as from read_parquet('{table}')")
        connection.execute(f"copy ({statement(name)}) to '{result}' (format parquet)")


def statement(name: str) -> str:
    """The text of a query."""
    return (STATEMENTS / f"{name}.sql").read_text(encoding="utf-8")
