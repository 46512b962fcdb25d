"""A workflow whose run waits in the middle: its first rows are delivered, and the table for the others is locked."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

ROWS = 3
WORKFLOW = """\
ir_version: "3.1"
name: sold
goal: What was sold, in the shop's table and in that of the warehouse.
data_sources:
  - {type: file, alias: sold, location: sold.csv}
delivery_rules:
  database_delivery:
    - {id: shop, plugin_key: sqlite, path: shop.db, table: sold, operation: insert}
    - {id: warehouse, plugin_key: sqlite, path: warehouse.db, table: sold, operation: insert, depends_on: [shop]}
"""


def long_orders_folder(folder: Path) -> Path:
    """A folder with the workflow `sold`, its shop and its warehouse; their tables have no keys."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sold.yaml").write_text(WORKFLOW)
    (folder / "sold.csv").write_text("id,name\n" + "".join(f"{each},name {each}\n" for each in range(ROWS)))
    for name in ("shop", "warehouse"):
        with closing(sqlite3.connect(folder / f"{name}.db")) as connection:
            connection.execute("create table sold (id bigint, name varchar(40))")
    return folder


def rows_in(folder: Path, name: str) -> int:
    """So many rows stand in the table of the shop or the warehouse."""
    with closing(sqlite3.connect(folder / f"{name}.db")) as connection:
        (count,) = connection.execute("select count(*) from sold").fetchone()
        return int(count)


@contextmanager
def warehouse_closed(folder: Path) -> Iterator[None]:
    """In the block runs wait for the table of the warehouse, which can be read but not written."""
    with closing(sqlite3.connect(folder / "warehouse.db", isolation_level=None)) as connection:
        connection.execute("begin immediate")
        yield
        connection.execute("rollback")


def wait_for_shop(folder: Path, *, rows: int = ROWS, within_s: float = 90) -> None:
    """Wait until the first delivery has been made."""
    until = time.monotonic() + within_s
    while rows_in(folder, "shop") < rows:
        assert time.monotonic() < until, "the shop's rows were not delivered"
        time.sleep(0.05)
