"""What SQLite does in its own way when a delivery writes to it."""

from __future__ import annotations

import datetime as dt
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import weirflow as wf
from connectors.databases.sqlite import writer
from tests.long_runs import UNMEASURED

UTC = dt.UTC


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return tmp_path / "shop.db"


def run(path: Path, *statements: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        found: list[tuple[Any, ...]] = []
        for each in statements:
            found = connection.execute(each).fetchall()
        connection.commit()
    return found


def document(path: Path, rows: pl.DataFrame, **delivery: Any) -> dict[str, Any]:
    source = path.with_name("rows.parquet")
    rows.write_parquet(source)
    return {
        "ir_version": "3.1", "goal": "Keep the orders of the shop",
        "data_sources": [{"type": "file", "location": str(source)}],
        "delivery_rules": {"database_delivery": {"plugin_key": "sqlite", "path": str(path), "table": "orders",
                                                 "operation": "upsert", "key_fields": ["id"], **delivery}},
    }  # fmt: skip


def delivered(path: Path, rows: pl.DataFrame, **delivery: Any) -> wf.DeliveryResult:
    [result] = wf.compile(document(path, rows, **delivery)).run().deliveries
    return result


def read_back(path: Path) -> pl.DataFrame:
    source = {"type": "database", "location": str(path), "database_config": {
        "connection": {"plugin_key": "sqlite"}, "table": "orders", "order_by": [{"field": "id"}]}}  # fmt: skip
    return wf.compile({"ir_version": "3.1", "goal": "read", "data_sources": [source]}).collect("data")


ALL_KINDS = pl.DataFrame(
    {
        "id": [1, 2, 3],
        "text": ["a\\b\t\n'\"😀", "007", None],
        "whole": [-(2**63), 2**63 - 1, None],
        "number": [1e-300, 0.1, None],
        "price": [Decimal("1234567890123.45"), Decimal("-0.01"), None],
        "exact": [Decimal("12345678901234567890123456789.123456789"), Decimal("-0.000000001"), None],
        "flag": [True, False, None],
        "day": [dt.date(1, 1, 1), dt.date(9999, 12, 31), None],
        "moment": [dt.datetime(1, 1, 1), dt.datetime(2024, 2, 29, 23, 59, 59, 999999), None],
        "instant": [dt.datetime(1970, 1, 1, tzinfo=UTC), dt.datetime(2100, 1, 19, 3, 14, 7, 1, tzinfo=UTC), None],
        "clock": [dt.time(0), dt.time(23, 59, 59, 999999), None],
    },
    schema_overrides={"price": pl.Decimal(15, 2), "exact": pl.Decimal(38, 9)},
)


def test_what_is_written_to_a_table_that_is_made_is_read_back_as_it_was(shop: Path) -> None:
    assert delivered(shop, ALL_KINDS, create_table=True).error is None
    assert_frame_equal(read_back(shop), ALL_KINDS)


def test_bytes_are_hexadecimal_digits_both_ways(shop: Path) -> None:
    run(shop, "create table orders (id integer primary key, v blob)")
    rows = pl.DataFrame({"id": [1, 2], "v": ["00ffab", None]})
    assert delivered(shop, rows).error is None
    assert run(shop, "select v from orders order by id") == [(b"\x00\xff\xab",), (None,)]
    assert_frame_equal(read_back(shop), rows)
    assert delivered(shop, pl.DataFrame({"id": [3], "v": ["0g"]})).error == (
        'the value "0g" in the row with id = 3 is no text of hexadecimal digits for the column v (BLOB) of orders; '
        "nothing is written"
    )


@pytest.mark.parametrize("odd", ["'1.2345678901'", "'12x'", "'--1'", "'1.2.3'", "'.5'", "x'31'"])
def test_a_text_that_is_no_decimal_of_its_column_is_a_bad_row(shop: Path, odd: str) -> None:
    delivered(shop, ALL_KINDS.select("id", "exact"), create_table=True)
    run(shop, f"insert into orders values (9, {odd})")
    source = {"type": "database", "location": str(shop), "config": {"on_bad_row": "null", "max_bad": 1},
              "database_config": {"connection": {"plugin_key": "sqlite"}, "table": "orders",
                                  "order_by": [{"field": "id"}]}}  # fmt: skip
    plan = wf.compile({"ir_version": "3.1", "goal": "read", "data_sources": [source]})
    assert plan.collect("data")["exact"].to_list() == [*ALL_KINDS["exact"], None]


def test_values_are_kept_in_the_forms_that_sqlite_knows(shop: Path) -> None:
    delivered(shop, ALL_KINDS, create_table=True)
    [first, second, _] = run(shop, "select price, exact, flag, day, moment, instant, clock from orders order by id")
    assert first == (1234567890123.45, "12345678901234567890123456789.123456789", 1, "0001-01-01",
                     "0001-01-01 00:00:00", "1970-01-01 00:00:00+00:00", "00:00:00")  # fmt: skip
    assert second == (-0.01, "-0.000000001", 0, "9999-12-31", "2024-02-29 23:59:59.999999",
                      "2100-01-19 03:14:07.000001+00:00", "23:59:59.999999")  # fmt: skip


@pytest.mark.parametrize("value", ["12345678901234.567", "1234567890123456789.5"])
def test_a_decimal_that_no_float_keeps_is_refused(shop: Path, value: str) -> None:
    run(shop, "create table orders (id integer primary key, v decimal(25,3))")
    rows = pl.DataFrame({"id": [7], "v": pl.Series([Decimal(value)], dtype=pl.Decimal(25, 3))})
    result = delivered(shop, rows)
    assert result.error is not None
    assert result.error.endswith("in the row with id = 7 is of more than 15 digits for the column v (decimal(25,3)) of "
                                 "orders; nothing is written")  # fmt: skip


def test_keys_are_compared_as_the_table_compares_them(shop: Path) -> None:
    run(shop, "create table orders (id text collate nocase primary key, v)", "insert into orders values ('Ann', 1)")
    result = delivered(shop, pl.DataFrame({"id": ["ANN", "bob", "Bob"], "v": ["2", "3", "4"]}))
    assert (result.outcome["updated"], result.outcome["inserted"], result.outcome["duplicates"]) == (1, 1, 1)
    assert run(shop, "select * from orders order by id") == [("Ann", "2"), ("Bob", "4")]


def test_a_strict_table_takes_rows(shop: Path) -> None:
    run(shop, "create table orders (id integer primary key, v text) strict")
    assert delivered(shop, pl.DataFrame({"id": [1], "v": ["x"]})).error is None
    assert run(shop, "select * from orders") == [(1, "x")]


def test_foreign_keys_hold(shop: Path) -> None:
    run(
        shop,
        "create table customers (id integer primary key)",
        "insert into customers values (1), (2)",
        "create table orders (id integer primary key, customer integer references customers)",
    )
    result = delivered(shop, pl.DataFrame({"id": [1, 2, 3], "customer": [1, 5, 2]}))
    assert result.error == "the foreign key constraint of orders is broken by the row with id = 2; nothing is written"
    assert run(shop, "select * from orders") == []


def test_a_file_that_another_program_writes_is_waited_for_and_then_left(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(shop, "create table orders (id integer primary key, v text)")
    monkeypatch.setattr(writer, "LOCK_PATIENCE_S", 0.1)
    with closing(sqlite3.connect(shop)) as other:
        other.execute("begin immediate")
        result = delivered(shop, pl.DataFrame({"id": [1], "v": ["x"]}))
    assert result.error == (f"orders could not be written: another program holds {shop} locked; nothing is written")
    assert run(shop, "select * from orders") == []


def texts(count: int, *, first: int = 0) -> pl.DataFrame:
    return pl.select(id=pl.int_range(first, first + count), v=pl.int_range(count).cast(pl.String).str.zfill(40))


@pytest.mark.usefixtures("full_after_500_kB")
def test_a_full_disk_leaves_the_table_as_it_was(shop: Path) -> None:
    run(shop, "create table orders (id integer primary key, v text)")
    assert delivered(shop, texts(6000)).error is None
    result = delivered(shop, texts(5000, first=6000))
    assert result.error == (
        f"orders could not be written: the disk of {shop} is full, or fails (disk I/O error); nothing is written"
    )
    assert run(shop, "select count(*), max(id) from orders") == [(6000, 5999)]
    assert run(shop, "pragma integrity_check") == [("ok",)]


@pytest.mark.usefixtures("full_after_500_kB")
def test_a_full_disk_for_temporary_files_is_told_as_that(shop: Path) -> None:
    run(shop, "create table orders (id integer primary key, v text)")
    result = delivered(shop, texts(30_000))
    assert result.error is not None
    assert result.error.startswith("orders could not be written: the disk for temporary files is full, or fails (")
    assert run(shop, "select * from orders") == []


def test_a_file_that_is_no_database_is_refused(shop: Path) -> None:
    shop.write_bytes(b"a,b\n1,2\n" * 1000)
    with pytest.raises(wf.WorkflowError, match="file is not a database"):
        delivered(shop, pl.DataFrame({"id": [1]}))


@pytest.fixture
def ordinary_user(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of an ordinary user's own; root becomes one as long as the test writes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        (folder / "home").mkdir(mode=0o777)
        (folder / "home").chmod(0o777)
        monkeypatch.setenv("WEIRFLOW_HOME", str(folder / "home"))
        yield folder


def test_a_file_that_may_only_be_read_is_left_as_it_is(ordinary_user: Path) -> None:
    shop = ordinary_user / "shop.db"
    run(shop, "create table orders (id integer primary key, v text)")
    plan = wf.compile(document(shop, pl.DataFrame({"id": [1], "v": ["x"]})))
    shop.chmod(0o444)
    before = os.geteuid()
    try:
        if before == 0:
            os.seteuid(65534)
        [result] = plan.run().deliveries
    finally:
        os.seteuid(before)
    assert result.error == f"orders could not be written: {shop} may only be read by this user; nothing is written"
    assert run(shop, "select * from orders") == []


def test_a_run_that_is_killed_while_it_writes_leaves_the_table_as_it_was(shop: Path) -> None:
    run(shop, "create table orders (id integer primary key, v text)", "insert into orders values (1, 'before')",
        "create trigger slow after insert on orders begin select count(*) from orders; end")  # fmt: skip
    rules = document(shop, pl.DataFrame({"id": range(30_000), "v": [f"{each:040}" for each in range(30_000)]}))
    process = subprocess.Popen([sys.executable, "-c", f"import weirflow as wf; wf.compile({rules!r}).run()"],
                               env={**UNMEASURED, "WEIRFLOW_HOME": str(shop.with_name("home"))})  # fmt: skip
    journal, deadline = Path(f"{shop}-journal"), time.monotonic() + 60
    while not journal.exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert run(shop, "select * from orders") == [(1, "before")]


def test_no_file_is_left_where_nothing_could_be_made(shop: Path) -> None:
    rows = pl.DataFrame({"id": [1, 1], "v": [1, 2]}).lazy().collect()
    document_ = document(shop, rows, create_table=True, key_fields=["v"], operation="update", conflict_strategy="error")
    [result] = wf.compile(document_).run().deliveries
    assert result.status == "failed"
    assert not shop.exists()
