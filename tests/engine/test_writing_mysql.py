"""What MySQL and MariaDB do in their own way when a delivery writes to them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import weirflow as wf
from tests.engine.writing_databases import Target, written_database
from tests.servers.running import Database

SEVENTH = 7
UTC = dt.UTC


@pytest.fixture
def target(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    yield from written_database("mysql", request, tmp_path, monkeypatch)


@pytest.fixture
def without_lines(mariadb: Database) -> Iterator[None]:
    """A server that takes no lines of a client's file."""
    mariadb.execute("set global local_infile = 0", is_admin=True)
    yield
    mariadb.execute("set global local_infile = 1", is_admin=True)


def delivered(target: Target, folder: Path, rows: pl.DataFrame, **delivery: Any) -> wf.DeliveryResult:
    rows.write_parquet(folder / "rows.parquet")
    document = {
        "ir_version": "3.1", "goal": "Keep the orders of the shop",
        "data_sources": [{"type": "file", "location": str(folder / "rows.parquet")}],
        "delivery_rules": {"database_delivery": {**target.place, "table": "orders", "operation": "upsert",
                                                 "key_fields": ["id"], **delivery}},
    }  # fmt: skip
    [result] = wf.compile(document).run().deliveries
    return result


def one_value(value: Any, kind: Any = None) -> pl.DataFrame:
    return pl.DataFrame({"id": [SEVENTH], "v": pl.Series([value], dtype=kind)})


ALL_KINDS = pl.DataFrame(
    {
        "id": [1, 2, 3],
        "text": ["a\\b\t\n'\"😀\0", "", None],
        "whole": [-(2**63), 2**63 - 1, None],
        "number": [1e-300, 0.1, None],
        "exact": [Decimal("12345678901234567890123456789.123456789"), Decimal("-0.000000001"), None],
        "flag": [True, False, None],
        "day": [dt.date(1, 1, 1), dt.date(9999, 12, 31), None],
        "moment": [dt.datetime(1000, 1, 1), dt.datetime(2024, 2, 29, 23, 59, 59, 999999), None],
        "instant": [dt.datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC), dt.datetime(2038, 1, 19, 3, 14, 7, tzinfo=UTC), None],
        "clock": [dt.time(0), dt.time(23, 59, 59, 999999), None],
        "parts": [[1, None], [], None],
        "pair": [{"a": 1, "b": 'x"\\'}, {"a": None, "b": None}, None],
    },
    schema_overrides={"exact": pl.Decimal(38, 9)},
)
AS_KEPT = [
    (1, "a\\b\t\n'\"😀\0", -(2**63), 1e-300, Decimal("12345678901234567890123456789.123456789"), 1, dt.date(1, 1, 1),
     dt.datetime(1000, 1, 1), dt.datetime(1970, 1, 1, 0, 0, 1), dt.timedelta(0), "[1,null]", '{"a":1,"b":"x\\"\\\\"}'),
    (2, "", 2**63 - 1, 0.1, Decimal("-1E-9"), 0, dt.date(9999, 12, 31), dt.datetime(2024, 2, 29, 23, 59, 59, 999999),
     dt.datetime(2038, 1, 19, 3, 14, 7), dt.timedelta(seconds=86399, microseconds=999999), "[]", '{"a":null,"b":null}'),
    (3, *[None] * 11),
]  # fmt: skip


def test_a_table_that_is_made_keeps_every_kind_of_value(target: Target, tmp_path: Path) -> None:
    assert delivered(target, tmp_path, ALL_KINDS, create_table=True).error is None
    assert target.run("set time_zone = '+00:00'", "select * from orders order by id") == AS_KEPT


@pytest.mark.usefixtures("without_lines")
def test_the_same_values_arrive_where_the_server_takes_no_lines(target: Target, tmp_path: Path) -> None:
    assert delivered(target, tmp_path, ALL_KINDS, create_table=True).error is None
    assert target.run("set time_zone = '+00:00'", "select * from orders order by id") == AS_KEPT


KEPT = [
    ("enum('a','it''s')", "it's", None, "it's"),
    ("set('x','y')", "x,y", None, "x,y"),
    ("decimal(5,2)", Decimal("1.50"), pl.Decimal(10, 2), Decimal("1.50")),
    ("year", 2026, None, 2026),
    ("datetime(3)", dt.datetime(2024, 1, 1, 1, 1, 1, 5000), None, dt.datetime(2024, 1, 1, 1, 1, 1, 5000)),
    ("time(6)", dt.timedelta(hours=-100, microseconds=5), None, dt.timedelta(hours=-100, microseconds=5)),
    ("time", dt.time(1, 2, 3), None, dt.timedelta(seconds=3723)),
    ("bit(3)", 5, None, b"\x05"),
    ("bit(1)", True, None, b"\x01"),
    ("blob", "00ffAB", None, b"\x00\xff\xab"),
    ("json", '{"a": 1}', None, '{"a": 1}'),
    ("uuid", "123e4567-e89b-12d3-a456-426655440000", None, "123e4567-e89b-12d3-a456-426655440000"),
    ("varchar(10) character set latin1", "é", None, "é"),
    ("int auto_increment unique", 0, None, 0),
]


@pytest.mark.parametrize(("native", "value", "kind", "kept"), KEPT, ids=[f"{each[0]}-{each[1]}" for each in KEPT])
def test_a_value_stands_in_its_column_as_it_was_sent(
    native: str, value: object, kind: Any, kept: object, target: Target, tmp_path: Path
) -> None:
    target.run(f"create table orders (id integer primary key, v {native})")
    assert delivered(target, tmp_path, one_value(value, kind)).error is None
    assert target.run("select v from orders") == [(kept,)]


REFUSED = [
    ("varchar(5)", "abcdef", None, 'the value "abcdef" in the row with id = 7 is too long'),
    ("varchar(5)", "abcde ", None, 'the value "abcde " in the row with id = 7 is too long'),
    ("char(5)", "ab ", None, 'the value "ab " in the row with id = 7 is with spaces at its end, which are lost,'),
    ("enum('a','b')", "1", None, 'the value "1" in the row with id = 7 is none of its words'),
    ("enum('a','b')", "c", None, 'the value "c" in the row with id = 7 is none of its words'),
    ("set('x','y')", "3", None, 'the value "3" in the row with id = 7 is none of its words'),
    ("decimal(5,2)", Decimal("1000.00"), pl.Decimal(10, 2), "the value 1000.00 in the row with id = 7 is out of range"),
    ("tinyint", 128, None, "the value 128 in the row with id = 7 is out of range"),
    ("int unsigned", -1, None, "the value -1 in the row with id = 7 is out of range"),
    ("year", 26, None, "the value 26 in the row with id = 7 is out of range"),
    ("datetime", dt.datetime(2024, 1, 1, 1, 1, 1, 5), None,
     "the value 2024-01-01 01:01:01.000005 in the row with id = 7 is too exact"),
    ("timestamp", dt.datetime(2040, 1, 1, tzinfo=UTC), None,
     "the value 2040-01-01 00:00:00+00:00 in the row with id = 7 is out of range"),
    ("time", dt.timedelta(hours=900), None, "the value 37 days, 12:00:00 in the row with id = 7 is out of range"),
    ("bit(3)", 9, None, "the value 9 in the row with id = 7 is out of range"),
    ("blob", "0g", None, 'the value "0g" in the row with id = 7 is no text of hexadecimal digits'),
    ("binary(4)", "00ff", None, 'the value "00ff" in the row with id = 7 is not of as many bytes as there must be'),
    ("json", "{bad", None, 'the value "{bad" in the row with id = 7 is no JSON'),
    ("uuid", "zz", None, 'the value "zz" in the row with id = 7 is not understood'),
    ("double", float("inf"), None, "the value inf in the row with id = 7 is not understood"),
    ("varchar(10) character set latin1", "😀", None, 'the value "😀" in the row with id = 7 is not understood'),
]  # fmt: skip


@pytest.mark.parametrize(("native", "value", "kind", "said"), REFUSED, ids=[f"{each[0]}-{each[1]}" for each in REFUSED])
def test_a_value_that_would_be_cut_or_rounded_is_refused(
    native: str, value: object, kind: Any, said: str, target: Target, tmp_path: Path
) -> None:
    target.run(f"create table orders (id integer primary key, v {native})")
    result = delivered(target, tmp_path, one_value(value, kind))
    assert result.finding is not None
    assert result.finding.code == "IR637"
    assert result.finding.message.startswith(f"{said} for the column v (")
    assert target.rows() == []


@pytest.mark.usefixtures("without_lines")
def test_a_value_that_does_not_fit_is_named_where_the_server_takes_no_lines(target: Target, tmp_path: Path) -> None:
    target.run("create table orders (id integer primary key, v varchar(3))")
    rows = pl.DataFrame({"id": [1, 2, 3], "v": ["abc", "abcd", "abcde"]})
    error = delivered(target, tmp_path, rows).error
    assert error is not None
    assert error.startswith('the value "abcd" in the row with id = 2 is too long for the column v (varchar(3))')


def test_another_unique_index_is_not_taken_for_the_key(target: Target, tmp_path: Path) -> None:
    """`on duplicate key update` would change the row 1, whose e-mail is that of the new row 2."""
    target.run(
        "create table orders (id integer primary key, email varchar(20) unique, amount integer)",
        "insert into orders values (1, 'a@x', 10)",
    )
    result = delivered(target, tmp_path, pl.DataFrame({"id": [2], "email": ["a@x"], "amount": [5]}))
    assert result.error == (
        'the unique constraint "email" on email of orders is broken by the row with id = 2; nothing is written'
    )
    assert target.rows() == [(1, "a@x", 10)]


def test_rows_go_into_a_table_with_another_unique_index(target: Target, tmp_path: Path) -> None:
    target.run(
        "create table orders (id integer primary key, email varchar(20) unique, amount integer)",
        "insert into orders values (1, 'a@x', 10), (2, 'b@x', 20)",
    )
    rows = pl.DataFrame({"id": [2, 3], "email": ["b@x", "c@x"], "amount": [21, 30]})
    assert delivered(target, tmp_path, rows).outcome["updated"] == 1
    assert target.rows() == [(1, "a@x", 10), (2, "b@x", 21), (3, "c@x", 30)]


def test_keys_that_the_collation_takes_as_equal_are_one_key(target: Target, tmp_path: Path) -> None:
    target.run("create table orders (id varchar(20) collate utf8mb4_general_ci primary key, v integer)")
    rows = pl.DataFrame({"id": ["ann", "Ann", "bob"], "v": [1, 2, 3]})
    assert delivered(target, tmp_path, rows).outcome["duplicates"] == 1
    assert target.rows() == [("Ann", 2), ("bob", 3)]


def test_merge_keeps_a_value_where_a_column_takes_no_null(target: Target, tmp_path: Path) -> None:
    target.run("create table orders (id integer primary key, v integer not null)", "insert into orders values (7, 1)")
    assert delivered(target, tmp_path, one_value(None, pl.Int64), conflict_strategy="merge").error is None
    assert target.rows() == [(7, 1)]
    result = delivered(target, tmp_path, one_value(None, pl.Int64).with_columns(id=8), conflict_strategy="merge")
    assert result.error == "the not null constraint on v of orders is broken by the row with id = 8; nothing is written"


def test_a_null_is_refused_where_the_server_would_write_the_time(target: Target, tmp_path: Path) -> None:
    target.run("create table orders (id integer primary key, v timestamp not null default current_timestamp)")
    result = delivered(target, tmp_path, one_value(None, pl.Datetime("us", "UTC")))
    assert result.error == "the not null constraint on v of orders is broken by the row with id = 7; nothing is written"


def test_a_table_without_transactions_is_refused(target: Target, tmp_path: Path) -> None:
    target.run("create table orders (id integer primary key, v integer) engine = MyISAM")
    with pytest.raises(wf.WorkflowError, match="orders is kept by MyISAM, which has no transactions"):
        delivered(target, tmp_path, one_value(1))


def test_the_offending_key_of_a_broken_reference_is_named(target: Target, tmp_path: Path) -> None:
    target.run(
        "create table customers (id integer primary key)",
        "insert into customers values (1), (2)",
        "create table orders (id integer primary key, customer integer,"
        " foreign key (customer) references customers (id))",
    )
    rows = pl.DataFrame({"id": [1, 2, 3], "customer": [1, 5, 2]})
    result = delivered(target, tmp_path, rows)
    assert result.error is not None
    assert result.error.endswith("on customer of orders is broken by the row with id = 2; nothing is written")


def test_the_offending_key_of_a_check_is_named(target: Target, tmp_path: Path) -> None:
    target.run("create table orders (id integer primary key, v integer, constraint positive check (v > 0))")
    rows = pl.DataFrame({"id": [1, 2, 3], "v": [5, 0, -1]})
    assert delivered(target, tmp_path, rows).error == (
        'the check constraint "positive" of orders is broken by the row with id = 2; nothing is written'
    )


def test_names_with_every_kind_of_quote_are_names(target: Target, tmp_path: Path) -> None:
    target.run("create table `od``d \"%s` (`i``d %s` integer primary key, `a'b\\\\` varchar(9))")
    rows = pl.DataFrame({"i`d %s": [1, 2], "a'b\\\\": ["x", "y"]})
    result = delivered(target, tmp_path, rows, table='od`d "%s', key_fields=["i`d %s"])
    assert result.error is None
    assert target.rows('`od``d "%s`') == [(1, "x"), (2, "y")]


def test_a_table_that_was_made_goes_again_when_its_rows_do_not_come(target: Target, tmp_path: Path) -> None:
    target.run("create table weirflow_ledger (run_id integer)")  # in which nothing can be noted
    assert delivered(target, tmp_path, one_value(1), create_table=True).status == "failed"
    assert target.run("show tables like 'orders'") == []


def test_a_user_who_may_not_write_is_told_so(
    target: Target, mariadb: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target.run("create table orders (id integer primary key, v integer)")
    reader = f"reader_{mariadb.name}"[:32]
    mariadb.execute(
        f"create user {reader}@'%' identified by 'r'",
        f"grant select, create temporary tables on {mariadb.name}.* to {reader}@'%'",
        is_admin=True,
    )
    try:
        monkeypatch.setenv("SHOP", mariadb.url_as(reader, "r"))
        result = delivered(target, tmp_path, one_value(1), ledger=False)
        assert result.finding is not None
        assert (result.finding.code, result.finding.message) == (
            "IR638",
            "the user of this credential may not insert into and update orders",
        )
    finally:
        mariadb.execute(f"drop user {reader}@'%'", is_admin=True)


def test_without_the_right_to_make_a_ledger_rows_are_written_all_the_same(
    target: Target, mariadb: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target.run("create table orders (id integer primary key, v integer)")
    writer = f"writer_{mariadb.name}"[:32]
    mariadb.execute(
        f"create user {writer}@'%' identified by 'w'",
        f"grant select, insert, update, create temporary tables on {mariadb.name}.* to {writer}@'%'",
        is_admin=True,
    )
    try:
        monkeypatch.setenv("SHOP", mariadb.url_as(writer, "w"))
        assert delivered(target, tmp_path, one_value(1)).error is None
        assert target.rows() == [(7, 1)]
    finally:
        mariadb.execute(f"drop user {writer}@'%'", is_admin=True)
