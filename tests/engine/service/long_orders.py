"""A workflow whose run takes long enough to lose its worker: rows into a table without a key, then a large workbook."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

ROWS = 20_000
WORKFLOW = """\
ir_version: "3.1"
name: sold
goal: What was sold, in the shop's table and as a workbook.
data_sources:
  - {type: file, alias: sold, location: sold.csv}
delivery_rules:
  database_delivery: {id: rows, plugin_key: sqlite, path: shop.db, table: sold, operation: insert}
  file_delivery: {id: book, format: xlsx, filename_template: book.xlsx, depends_on: [rows]}
"""


def long_orders_folder(folder: Path) -> Path:
    """A folder with the workflow `sold` and its shop."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sold.yaml").write_text(WORKFLOW)
    (folder / "sold.csv").write_text("id,name\n" + "".join(f"{each},name {each}\n" for each in range(ROWS)))
    with closing(sqlite3.connect(folder / "shop.db")) as connection:
        connection.execute("create table sold (id bigint, name varchar(40))")
    return folder


def rows_in_shop(folder: Path) -> int:
    """So many rows stand in the shop's table."""
    with closing(sqlite3.connect(folder / "shop.db")) as connection:
        (count,) = connection.execute("select count(*) from sold").fetchone()
        return int(count)


def wait_for_rows(folder: Path, *, within_s: float = 30) -> None:
    """Wait until the first delivery has been made; the workbook is written then."""
    until = time.monotonic() + within_s
    while rows_in_shop(folder) == 0:
        assert time.monotonic() < until, "no row was delivered"
        time.sleep(0.02)
