"""Writing to PostgreSQL: its types, other writers beside, and connections that break."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import weirflow as wf
from connectors.databases.address import Address
from connectors.databases.database import TableName
from connectors.databases.ledger import ledger_definition
from connectors.databases.postgres.writer import PostgresWriter
from connectors.databases.registry import target_database
from connectors.databases.writing import LedgerEntry, Outcome, TableWrite
from connectors.problem import ConnectorProblem
from ir.types import DataType, Integer, Null, Schema, String, parse_type
from tests.servers.running import Database, Instance
from tests.workflows import inline, workflow

SENT = [{"id": 1, "name": "ann"}, {"id": 2, "name": "bob"}]


@pytest.fixture
def shop(postgres: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    monkeypatch.setenv("SHOP", postgres.url)
    return postgres


def delivered(rows: Any = SENT, schema: Any = None, **delivery: Any) -> wf.RunResult:
    table = {"plugin_key": "postgres", "credentials_ref": "env:SHOP", "table": "t", "operation": "upsert",
             "key_fields": ["id"], **delivery}  # fmt: skip
    return wf.compile(workflow([inline("rows", rows, schema)], delivery_rules={"database_delivery": table})).run()


def address_of(database: Database) -> Address:
    return Address(kind="postgres", url=database.url, host=database.host, database=database.name)


def writer_of(database: Database, *, keys: tuple[str, ...] = ("id",), table: str = "t", **facts: Any) -> PostgresWriter:
    """A writer that has begun, for two columns."""
    facts = {"action": "upsert", "strategy": "replace", "columns": Schema({"id": Integer(), "name": String()}), **facts}
    address, name = address_of(database), TableName.of(table)
    target = target_database("postgres")
    write = TableWrite(table=name, keys=keys, **facts)
    writer = target.open_table(address, write, target.describe_target(address, name))
    assert isinstance(writer, PostgresWriter)
    writer.begin()
    return writer


def rows(*found: tuple[int, str]) -> pl.DataFrame:
    return pl.DataFrame(list(found), schema={"id": pl.Int64, "name": pl.String}, orient="row")


def entry(run: str = "run", delivery: str = "sent") -> LedgerEntry:
    return LedgerEntry(run_id=run, delivery=delivery, workflow="w", table="t", at="2026-11-26T00:00:00+00:00")


ZONED = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
TYPES: list[tuple[str, DataType, Any, Any]] = [
    ("smallint", parse_type("integer"), -7, -7),
    ("integer", parse_type("integer"), 2**31 - 1, 2**31 - 1),
    ("bigint", parse_type("integer"), -(2**63), -(2**63)),
    ("numeric(20)", parse_type("integer"), 12345678901, Decimal(12345678901)),
    ("numeric", parse_type("integer"), 5, Decimal(5)),
    ("numeric(12,4)", parse_type("decimal(12,4)"), Decimal("-1.2345"), Decimal("-1.2345")),
    ("numeric(12,4)", parse_type("decimal(9,2)"), Decimal("0.01"), Decimal("0.0100")),
    ("numeric", parse_type("decimal(38,10)"), Decimal("1.0000000001"), Decimal("1.0000000001")),
    ("double precision", parse_type("number"), 0.1, 0.1),
    ("double precision", parse_type("number"), float("-inf"), float("-inf")),
    ("real", parse_type("number"), 0.5, 0.5),
    ("text", parse_type("string"), "a\tb\n\\N é 😀", "a\tb\n\\N é 😀"),
    ("text", parse_type("string"), "", ""),
    ("varchar(3)", parse_type("string"), "äöü", "äöü"),
    ("char(4)", parse_type("string"), "ab", "ab  "),
    ("boolean", parse_type("boolean"), False, False),
    ("date", parse_type("date"), date(1, 1, 1), date(1, 1, 1)),
    ("timestamp", parse_type("datetime"), datetime(2026, 1, 2, 3, 4, 5, 678901), datetime(2026, 1, 2, 3, 4, 5, 678901)),
    ("timestamptz", parse_type("datetime with time zone"), ZONED, ZONED),
    ("time", parse_type("time"), time(23, 59, 59, 999999), time(23, 59, 59, 999999)),
    ("interval", parse_type("duration"), timedelta(days=-1, microseconds=1), timedelta(days=-1, microseconds=1)),
    ("jsonb", parse_type("json"), '{"a": [1, null]}', {"a": [1, None]}),
    ("json", parse_type("string"), '{"a":1}', {"a": 1}),
    ("jsonb", parse_type("struct(x: integer, y: string)"), {"x": 1, "y": "é"}, {"x": 1, "y": "é"}),
    ("jsonb", parse_type("list(struct(x: integer))"), [{"x": 1}, {"x": 2}], [{"x": 1}, {"x": 2}]),
    ("jsonb", parse_type("list(integer)"), [1, 2], [1, 2]),
    ("uuid", parse_type("string"), "00000000-0000-0000-0000-00000000000A", "00000000-0000-0000-0000-00000000000a"),
    ("mood", parse_type("string"), "happy", "happy"),
    ("inet", parse_type("string"), "10.0.0.1/8", "10.0.0.1/8"),
    ("bytea", parse_type("string"), "\\x00ff", "\\x00ff"),
    ("int4range", parse_type("string"), "[1,5)", "[1,5)"),
    ("bit(3)", parse_type("string"), "101", "101"),
    ("short", parse_type("string"), "abc", "abc"),
    ("integer[]", parse_type("list(integer)"), [1, None, 3], [1, None, 3]),
    ("text[]", parse_type("list(string)"), ["a", "b,c"], ["a", "b,c"]),
    ("numeric(9,2)[]", parse_type("list(decimal(9,2))"), [Decimal("1.20")], [Decimal("1.20")]),
    ("macaddr[]", parse_type("list(string)"), ["08:00:2b:01:02:03"], "{08:00:2b:01:02:03}"),
    ("date[]", parse_type("list(date)"), [date(2026, 1, 1)], [date(2026, 1, 1)]),
]  # fmt: skip
_AS_TEXT = ("uuid", "inet", "bytea", "int4range", "bit(3)", "macaddr[]")


@pytest.mark.parametrize("path", ["insert", "upsert", "update"])
@pytest.mark.parametrize(("native", "kind", "value", "stored"), TYPES, ids=lambda each: str(each)[:30])
def test_a_value_arrives_as_it_is(path: str, native: str, kind: DataType, value: Any, stored: Any,
                                  postgres: Database) -> None:  # fmt: skip
    from transforms.dtypes import polars_dtype

    postgres.execute("create type mood as enum ('happy', 'sad')", "create domain short as varchar(3)")
    postgres.execute(f"create table t (id integer primary key, v {native})", "insert into t values (1, null)")
    columns = Schema({"id": Integer(), "v": kind})
    action = "update" if path == "update" else "upsert"
    writer = writer_of(postgres, columns=columns, action=action)
    sent = pl.DataFrame(
        {"id": [1, 2], "v": pl.Series([None, value] if path == "insert" else [value, None], dtype=polars_dtype(kind))}
    )
    writer.stage(sent)
    writer.apply(entry())
    writer.commit()
    shown = "v::text" if native in _AS_TEXT else "v"
    found = postgres.execute(f"select {shown} from t where id = {2 if path == 'insert' else 1}")
    assert found == [(stored,)]


def test_a_null_of_no_type_is_null_in_every_column(postgres: Database) -> None:
    postgres.execute("create table t (id integer primary key, a uuid, b integer, c date, d jsonb, e text[])",
                 "insert into t (id, b) values (1, 5)")  # fmt: skip
    writer = writer_of(postgres, columns=Schema({"id": Integer(), **dict.fromkeys("abcde", Null())}))
    writer.stage(pl.DataFrame({"id": [1], **{name: [None] for name in "abcde"}}))
    writer.apply(entry())
    writer.commit()
    assert postgres.execute("select * from t") == [(1, None, None, None, None, None)]


@pytest.mark.parametrize("native", ["varchar(3)", "short"])
def test_a_text_that_is_too_long_is_refused_and_not_cut(native: str, shop: Database) -> None:
    shop.execute("create domain short as varchar(3)", f"create table t (id integer primary key, name {native})")
    [delivery] = delivered([{"id": 1, "name": "abc"}, {"id": 2, "name": "abcd"}]).deliveries
    assert delivery.finding is not None
    assert delivery.finding.code == "IR637"
    assert "the row with id = 2 is too long for the column name" in str(delivery.error)
    assert shop.execute("select * from t") == []


@pytest.mark.parametrize(
    ("kind", "native", "cast"),
    [("integer", "text", "string"), ("string", "integer", "integer"), ("number", "numeric(9,2)", "decimal(9,2)"),
     ("decimal(9,3)", "numeric(9,2)", "decimal(9,2)"), ("integer", "double precision", "number"),
     ("number", "bigint", "integer"), ("datetime", "timestamptz", "datetime with time zone"),
     ("date", "timestamp", "datetime"), ("boolean", "integer", "integer")],
)  # fmt: skip
def test_a_type_of_another_kind_is_refused_with_the_cast_to_write(kind: str, native: str, cast: str,
                                                                  shop: Database) -> None:  # fmt: skip
    shop.execute(f"create table t (id integer primary key, v {native})")
    with pytest.raises(wf.WorkflowError) as failure:
        delivered([], {"id": "integer", "v": kind})
    [found] = failure.value.diagnostics
    assert (found.code, found.hint) == (
        "IR632",
        f'put a step before it: {{type: map, config: {{cast: {{v: "{cast}"}}}}}}',
    )


def test_made_tables_have_columns_of_fitting_types(shop: Database) -> None:
    schema = {"id": "integer", "a": "number", "b": "decimal(9,2)", "c": "string", "d": "boolean", "e": "date",
              "f": "datetime", "g": "datetime with time zone", "h": "time", "i": "duration", "j": "json",
              "k": "list(integer)", "l": "struct(x: integer)"}  # fmt: skip
    assert delivered([], schema, create_table=True).status == "succeeded"
    found = shop.execute("select column_name, data_type from information_schema.columns where table_name = 't' "
                         "order by ordinal_position")  # fmt: skip
    assert [kind for _, kind in found] == [
        "bigint", "double precision", "numeric", "text", "boolean", "date", "timestamp without time zone",
        "timestamp with time zone", "time without time zone", "interval", "jsonb", "ARRAY", "jsonb",
    ]  # fmt: skip


def test_a_table_of_another_schema_and_names_of_any_letters(shop: Database) -> None:
    shop.execute(
        'create schema "Sales 2026"', 'create table "Sales 2026"."Order ""x""" (id int primary key, "Na;me" text)'
    )
    result = delivered([{"id": 1, "Na;me": "it's"}], table='Sales 2026."Order ""x"""')
    assert result.status == "succeeded"
    assert shop.execute('select * from "Sales 2026"."Order ""x"""') == [(1, "it's")]
    assert shop.execute('select delivery from "Sales 2026".weirflow_ledger') == [("Order_x",)]


@pytest.mark.parametrize("kind", ["partitioned", "view"])
def test_what_does_not_count_its_rows_is_counted_by_partners(kind: str, shop: Database) -> None:
    if kind == "partitioned":
        shop.execute("create table t (id integer primary key, name text) partition by range (id)",
                     "create table low partition of t for values from (0) to (2)",
                     "create table high partition of t for values from (2) to (9)")  # fmt: skip
    else:
        shop.execute("create table base (id integer primary key, name text)", "create view t as select * from base")
    shop.execute("insert into t values (2, 'old')")
    [delivery] = delivered().deliveries
    assert (delivery.status, delivery.said) == ("delivered", "1 inserted, 1 updated")
    assert shop.execute("select * from t order by id") == [(1, "ann"), (2, "bob")]


def test_an_identity_column_is_left_to_the_database(shop: Database) -> None:
    shop.execute("create table t (id integer primary key, no integer generated always as identity, name text)")
    assert delivered().status == "succeeded"
    with pytest.raises(wf.WorkflowError) as failure:
        delivered([{"id": 1, "no": 5}])
    assert failure.value.diagnostics[0].code == "IR631"


def test_keys_that_the_table_takes_for_equal_are_one_key(shop: Database) -> None:
    shop.execute("create table t (id uuid primary key, name text)")
    sent = [{"id": f"0000000a-0000-0000-0000-00000000000{each}", "name": each} for each in ("A", "a")]
    [delivery] = delivered(sent).deliveries
    assert delivery.outcome["duplicates"] == 1
    assert shop.execute("select name from t") == [("a",)]


def test_a_condition_of_the_index_does_not_keep_keys_apart(shop: Database) -> None:
    shop.execute("create table t (id integer, name text)", "create unique index on t (id) where name <> 'bob'",
                 "insert into t values (2, 'bob'), (2, 'bob')")  # fmt: skip
    [delivery] = delivered([{"id": 2, "name": "bea"}], operation="update").deliveries
    assert delivery.finding is not None
    assert delivery.finding.code == "IR636"
    assert shop.execute("select * from t") == [(2, "bob"), (2, "bob")]


def test_deferred_constraints_are_checked_before_the_delivery_is_done(shop: Database) -> None:
    shop.execute("create table a (id int primary key)",
                 "create table t (id int primary key, a int references a deferrable initially deferred)")  # fmt: skip
    [delivery] = delivered([{"id": 1, "a": None}, {"id": 2, "a": 7}]).deliveries
    assert 'the foreign key constraint "t_a_fkey" of t is broken by the row with id = 2' in str(delivery.error)


def test_the_same_delivery_of_the_same_run_is_done_once(postgres: Database) -> None:
    postgres.execute("create table t (id integer, name text)")
    outcomes: list[Outcome] = []
    for _ in range(2):
        writer = writer_of(postgres, keys=(), action="insert", strategy="error")
        writer.stage(rows((1, "ann")))
        outcomes.append(writer.apply(entry()))
        writer.commit()
    assert [each.already for each in outcomes] == [False, True]
    assert postgres.execute("select * from t") == [(1, "ann")]


def test_where_no_ledger_may_be_made_the_rows_are_delivered_and_the_run_says_so(shop: Database) -> None:
    shop.execute("create schema closed", "create table closed.t (id integer primary key, name text)",
                 is_admin=True)  # fmt: skip
    shop.execute(
        f'grant usage on schema closed to "{shop.user}"', f'grant all on closed.t to "{shop.user}"', is_admin=True
    )
    result = delivered(table="closed.t")
    assert result.status == "succeeded"
    assert any("closed.weirflow_ledger may not be written there" in str(each) for each in result.warnings)
    assert shop.execute("select count(*) from closed.t") == [(2,)]


def applied(writer: PostgresWriter, found: list[Any], number: int) -> None:
    """Apply and commit in a thread; what came of it stands in `found`."""
    try:
        found[number] = writer.apply(entry(delivery=f"d{number}"))
        writer.commit()
    except Exception as error:
        writer.abort()
        found[number] = error


@pytest.mark.parametrize("key", ["integer primary key", "integer"])
def test_two_writers_of_the_same_keys_lose_nothing_and_end(
    key: str, postgres: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.databases.postgres.writer._ATTEMPTS", 2)  # the second one meets nobody any more
    postgres.execute(f"create table t (id {key}, name text)")
    writers = [writer_of(postgres, distinct=True) for _ in range(2)]
    count = 20_000
    for number, writer in enumerate(writers):
        numbers = range(count) if number == 0 else range(count - 1, -1, -1)
        writer.stage(rows(*((each, f"w{number}") for each in numbers)))
    found: list[Any] = [None, None]
    threads = [threading.Thread(target=applied, args=(writer, found, number)) for number, writer in enumerate(writers)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(timeout=120)
    assert all(isinstance(each, Outcome) for each in found), found
    assert sorted((each.inserted, each.updated) for each in found) == [(0, count), (count, 0)]
    assert postgres.execute("select count(*), count(distinct id), count(distinct name) from t") == [(count, count, 1)]


def test_whoever_may_not_read_the_ledger_keeps_the_turn_that_it_has_taken(postgres: Database) -> None:
    postgres.execute("create table t (id integer primary key, name text)")
    writer = writer_of(postgres)
    postgres.execute(ledger_definition(writer.write, dialect="postgres"), is_admin=True)
    writer.stage(rows((1, "ann")))
    writer.apply(entry())
    held = (
        "select count(*) from pg_locks join pg_database on pg_database.oid = database "
        "where locktype = 'advisory' and granted and datname = current_database()"
    )
    assert postgres.execute(held, is_admin=True) == [(1,)]
    writer.commit()
    assert postgres.execute(held, is_admin=True) == [(0,)]


def test_a_lock_that_another_holds_ends_in_an_error(postgres: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.databases.postgres.writer.LOCK_PATIENCE_S", 1)
    postgres.execute("create table t (id integer primary key, name text)")
    writer = writer_of(postgres)
    writer.stage(rows((1, "ann")))
    with postgres.connect() as other, other.transaction(), other.cursor() as cursor:
        cursor.execute("lock table t in access exclusive mode")
        with pytest.raises(ConnectorProblem, match="another transaction holds a lock") as failure:
            writer.apply(entry())
        writer.abort()
    assert failure.value.code == "IR639"
    assert postgres.execute("select * from t") == []


@pytest.mark.parametrize("moment", ["stage", "apply", "commit"])
def test_a_connection_that_breaks_leaves_the_table_as_it_was(moment: str, postgres: Database) -> None:
    postgres.execute("create table t (id integer primary key, name text)", "insert into t values (1, 'old')")
    writer = writer_of(postgres)
    if moment != "stage":
        writer.stage(rows((1, "ann")))
    if moment == "commit":
        writer.apply(entry())
    assert postgres.disconnect() > 0
    many = rows(*((each, "x") for each in range(60_000)))
    steps = {"stage": lambda: writer.stage(many), "apply": lambda: writer.apply(entry()), "commit": writer.commit}
    with pytest.raises(ConnectorProblem) as failure:
        steps[moment]()
    writer.abort()
    assert failure.value.code == "IR639"
    assert postgres.password not in str(failure.value)
    assert postgres.execute("select * from t") == [(1, "old")]


def test_a_server_that_dies_fails_its_delivery_only(
    postgres_instance: Instance, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    database = postgres_instance.database
    database.execute("create table t (id integer primary key, name text)", "insert into t values (1, 'old')")
    monkeypatch.setenv("SHOP", database.url)
    table = {"plugin_key": "postgres", "credentials_ref": "env:SHOP", "table": "t", "operation": "upsert",
             "key_fields": ["id"]}  # fmt: skip
    rules = {"database_delivery": table, "file_delivery": {"format": "csv"}}
    plan = wf.compile(workflow([inline("rows", SENT)], delivery_rules=rules))
    postgres_instance.kill()
    result = plan.run(out=tmp_path)
    assert [each.status for each in result.deliveries] == ["failed", "delivered"]
    postgres_instance.start()
    assert database.execute("select * from t") == [(1, "old")]


def test_rows_are_updated_and_deleted_by_an_identity_that_the_database_gives(shop: Database) -> None:
    shop.execute("create table t (id integer generated always as identity primary key, name text)",
                 "insert into t (name) values ('ann'), ('bob'), ('cyd')")  # fmt: skip

    assert delivered([{"id": 2, "name": "ben"}], operation="update").deliveries[0].outcome["updated"] == 1
    assert delivered([{"id": 3}], operation="delete").deliveries[0].outcome["deleted"] == 1
    with pytest.raises(wf.WorkflowError, match='makes the values of "id"') as refused:
        delivered([{"id": 2, "name": "ben"}])

    assert shop.execute("select id, name from t order by id") == [(1, "ann"), (2, "ben")]
    assert "operation: update" in str(refused.value)


def test_a_zero_character_is_told_with_its_column_and_row(shop: Database) -> None:
    shop.execute("create table t (id integer primary key, name text)")

    found = delivered([{"id": 1, "name": "a"}, {"id": 2, "name": "b\0c"}]).deliveries[0]

    assert found.error == ('the value "b\\0c" in the row with id = 2 is not storable, since it holds a zero character '
                           "or is no UTF-8 for the column name (text) of t; nothing is written")  # fmt: skip
    assert shop.execute("select * from t") == []


def test_a_row_that_no_partition_takes_is_told_so(shop: Database) -> None:
    shop.execute("create table t (id integer primary key, name text) partition by range (id)",
                 "create table t_low partition of t for values from (0) to (10)")  # fmt: skip

    found = delivered([{"id": 1, "name": "a"}, {"id": 50, "name": "b"}]).deliveries[0]

    assert found.error == ('t could not be written: no partition of relation "t" found for row, for the row with '
                           "id = 50; nothing is written")  # fmt: skip


@pytest.mark.parametrize(("table", "column"), [("t" * 64, "name"), ("t", "ü" * 32)])
def test_a_name_that_would_be_cut_is_refused_before_anything_is_made(table: str, column: str, shop: Database) -> None:
    with pytest.raises(wf.WorkflowError, match="can be made that is called"):
        delivered([{"id": 1, column: "a"}], table=table, create_table=True)

    assert shop.execute("select tablename from pg_tables where schemaname = 'public'") == []


@pytest.mark.parametrize(
    ("delivery", "verb"),
    [
        ({"operation": "insert", "conflict_strategy": "replace"}, "insert into and update"),
        ({"operation": "update"}, "update"),
        ({"operation": "delete"}, "delete from"),
    ],
)
def test_a_right_that_lacks_is_named_by_what_the_delivery_does(
    delivery: dict[str, str], verb: str, shop: Database
) -> None:
    shop.execute("create schema closed", "create table closed.t (id integer primary key, name text)",
                 f'grant usage on schema closed to "{shop.user}"',
                 f'grant select, insert on closed.t to "{shop.user}"', is_admin=True)  # fmt: skip

    found = delivered(table="closed.t", **delivery).deliveries[0]  # type: ignore[arg-type]

    assert found.error == f"the user of this credential may not {verb} closed.t"
