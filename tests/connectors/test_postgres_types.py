"""Every type of PostgreSQL as it arrives: one case for each cell of the table in docs/database-types.md."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import weirflow as wf
from tests.servers.fixtures import running
from tests.servers.postgres import Postgres
from tests.servers.running import Database

ENGINES = ["polars", "duckdb"]
INFINITE = float("inf")


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    access = running("postgres")
    program = Postgres()
    name = f"types_{access.port}"
    program.create_database(access, name)
    found = Database(program=program, access=access, scheme="postgresql", name=name)
    found.execute("create extension if not exists hstore", "create extension if not exists citext", is_admin=True)
    found.execute(
        "create type mood as enum ('sad', 'happy')",
        "create domain price as numeric(8,2) check (value >= 0)",
        "create type point3 as (x int, y int, note text)",
    )
    yield found
    program.drop_database(access, name)


def plan_of(database: Database, monkeypatch: pytest.MonkeyPatch, folder: Path, engine: str, *, config: Any = None,
            **about: Any) -> wf.Plan:  # fmt: skip
    monkeypatch.setenv("SHOP", database.url)
    source = {
        "type": "database", "alias": "things", "rejects": "odd",
        "database_config": {"connection": {"plugin_key": "postgres", "credentials_ref": "env:SHOP"}, **about},
        **({"config": config} if config else {}),
    }  # fmt: skip
    document = {
        "ir_version": "3.1", "goal": "g", "data_sources": [source],
        "delivery_rules": {"file_delivery": {"format": "ndjson", "filename_template": "out.ndjson"}},
    }  # fmt: skip
    return wf.compile(document, base=folder, engine=engine)


FITTING = [
    ("boolean", "true", "boolean", True),
    ("smallint", "-32768", "integer", -32768),
    ("integer", "2147483647", "integer", 2147483647),
    ("bigint", "-9223372036854775808", "integer", -9223372036854775808),
    ("oid", "4294967295", "integer", 4294967295),
    ("real", "1.5", "number", 1.5),
    ("double precision", "0.1", "number", 0.1),
    ("double precision", "'NaN'", "number", None),
    ("double precision", "'-Infinity'", "number", -INFINITE),
    ("real", "'NaN'", "number", None),
    ("numeric(12,2)", "-1234567890.50", "decimal(12,2)", Decimal("-1234567890.50")),
    ("numeric(5)", "12345", "decimal(5,0)", Decimal("12345")),
    ("numeric(38,12)", "12345678901234567890123456.123456789012", "decimal(38,12)",
     Decimal("12345678901234567890123456.123456789012")),
    ("numeric(3,5)", "0.00123", "decimal(5,5)", Decimal("0.00123")),
    ("numeric(3,-2)", "12345", "decimal(5,0)", Decimal("12300")),
    ("numeric(50,10)", "1.5", "decimal(38,10)", Decimal("1.5000000000")),
    ("numeric", "1234567890123456789012345678.0123456789", "decimal(38,10)",
     Decimal("1234567890123456789012345678.0123456789")),
    ("money", "'-1234.56'", "decimal(19,2)", Decimal("-1234.56")),
    ("text", "'naïve \U0001f600'", "string", "naïve \U0001f600"),
    ("text", "''", "string", ""),
    ("varchar(20)", "'a  '", "string", "a  "),
    ("char(5)", "'ab'", "string", "ab"),
    ("name", "'abc'", "string", "abc"),
    ('"char"', "'x'", "string", "x"),
    ("citext", "'AbC'", "string", "AbC"),
    ("uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "string", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    ("mood", "'happy'", "string", "happy"),
    ("price", "12.5", "decimal(8,2)", Decimal("12.50")),
    ("date", "'2026-01-31'", "date", date(2026, 1, 31)),
    ("date", "'0001-01-01'", "date", date(1, 1, 1)),
    ("date", "'9999-12-31'", "date", date(9999, 12, 31)),
    ("time", "'23:59:59.999999'", "time", time(23, 59, 59, 999999)),
    ("timetz", "'13:05:00+02'", "string", "13:05:00+02"),
    ("timestamp", "'2026-01-31 13:05:00.123456'", "datetime", datetime(2026, 1, 31, 13, 5, 0, 123456)),
    ("timestamp(0)", "'2026-01-31 13:05:00'", "datetime", datetime(2026, 1, 31, 13, 5)),
    ("timestamptz", "'2026-01-31 13:05:00+02'", "datetime with time zone", datetime(2026, 1, 31, 11, 5, tzinfo=UTC)),
    ("interval", "'3 days 04:05:06.5'", "duration", timedelta(days=3, hours=4, minutes=5, seconds=6.5)),
    ("interval", "'-1 day +01:00'", "duration", timedelta(hours=-23)),
    ("interval", "'1 year -12 months 5 minutes'", "duration", timedelta(minutes=5)),
    ("bytea", "'\\xDEADBEEF'", "string", "deadbeef"),
    ("json", """'{"b": 1,  "a": [1, 2.50]}'""", "json", '{"b": 1,  "a": [1, 2.50]}'),
    ("jsonb", """'{"b": 1,  "a": [1, 2.50]}'""", "json", '{"a": [1, 2.50], "b": 1}'),
    ("xml", "'<a>1</a>'", "string", "<a>1</a>"),
    ("hstore", "'a=>1, b=>NULL'", "json", '{"a": "1", "b": null}'),
    ("point3", "row(1, 2, 'x')", "json", '{"x":1,"y":2,"note":"x"}'),
    ("inet", "'192.168.0.1'", "string", "192.168.0.1"),
    ("inet", "'192.168.0.1/24'", "string", "192.168.0.1/24"),
    ("cidr", "'10.1.0.0/16'", "string", "10.1.0.0/16"),
    ("macaddr", "'08:00:2b:01:02:03'", "string", "08:00:2b:01:02:03"),
    ("bit(4)", "B'0101'", "string", "0101"),
    ("varbit", "B'011'", "string", "011"),
    ("tsvector", "'a fat cat'", "string", "'a' 'cat' 'fat'"),
    ("int4range", "'[1,5)'", "string", "[1,5)"),
    ("tstzrange", "'[2026-01-01 00:00+02,)'", "string", '["2025-12-31 22:00:00+00",)'),
    ("int4multirange", "'{[1,2),[5,7)}'", "string", "{[1,2),[5,7)}"),
    ("point", "'(1,2)'", "string", "(1,2)"),
    ("pg_lsn", "'16/B374D848'", "string", "16/B374D848"),
    ("regclass", "'pg_class'", "string", "pg_class"),
    ("integer[]", "'{1,NULL,3}'", "list(integer)", [1, None, 3]),
    ("integer[]", "'{}'", "list(integer)", []),
    ("integer[]", "'[5:6]={1,2}'", "list(integer)", [1, 2]),
    ("bigint[][]", "'{{1,2},{3,4}}'", "json", "[[1,2],[3,4]]"),
    ("boolean[]", "'{t,f}'", "list(boolean)", [True, False]),
    ("text[]", """'{a,"b,c",NULL}'""", "list(string)", ["a", "b,c", None]),
    ("varchar(5)[]", "'{a,b}'", "list(string)", ["a", "b"]),
    ("char(3)[]", "'{a,b}'", "list(string)", ["a", "b"]),
    ("double precision[]", "'{1.5,NaN,Infinity}'", "list(number)", [1.5, None, INFINITE]),
    ("numeric(6,2)[]", "'{1.50,-2}'", "list(decimal(6,2))", [Decimal("1.50"), Decimal("-2.00")]),
    ("numeric[]", "'{1.5}'", "list(decimal(38,10))", [Decimal("1.5")]),
    ("money[]", "'{1.50}'", "list(decimal(19,2))", [Decimal("1.50")]),
    ("price[]", "'{1.50}'", "list(decimal(8,2))", [Decimal("1.50")]),
    ("date[]", "'{2026-01-31,NULL}'", "list(date)", [date(2026, 1, 31), None]),
    ("time[]", "'{13:05:00}'", "list(time)", [time(13, 5)]),
    ("timestamp[]", "'{2026-01-31 13:05:00}'", "list(datetime)", [datetime(2026, 1, 31, 13, 5)]),
    ("timestamptz[]", "'{2026-01-31 13:05:00+02}'", "list(datetime with time zone)",
     [datetime(2026, 1, 31, 11, 5, tzinfo=UTC)]),
    ("interval[]", "'{1 day,02:00:00}'", "list(duration)", [timedelta(days=1), timedelta(hours=2)]),
    ("uuid[]", "'{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}'", "list(string)", ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]),
    ("mood[]", "'{sad}'", "list(string)", ["sad"]),
    ("jsonb[]", """array['{"a": 1}'::jsonb]""", "list(json)", ['{"a": 1}']),
    ("bytea[]", "array['\\x00ff'::bytea]", "list(string)", ["00ff"]),
    ("inet[]", "'{10.0.0.1}'", "list(string)", ["10.0.0.1"]),
    ("point3[]", "array[row(1, 2, 'x')::point3]", "json", '[{"x":1,"y":2,"note":"x"}]'),
]  # fmt: skip


@pytest.mark.parametrize(("native", "written", "kind", "value"), FITTING,
                         ids=[f"{native} {written}"[:60] for native, written, _, _ in FITTING])  # fmt: skip
def test_a_value_arrives_as_what_it_is(native: str, written: str, kind: str, value: Any, database: Database,
                                       monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:  # fmt: skip
    database.execute("drop table if exists cell", f"create table cell (id int, value {native})",
                     f"insert into cell values (1, {written}), (2, null)")  # fmt: skip
    for engine in ENGINES:
        plan = plan_of(database, monkeypatch, tmp_path, engine, table="cell", order_by=[{"field": "id"}])
        assert str(plan.schema("data")["value"]) == kind
        assert plan.collect("data").rows() == [(1, value), (2, None)]


MISFITS = [
    ("numeric(12,2)", "'NaN'", "decimal(12,2)", "NaN"),
    ("numeric", "'NaN'", "decimal(38,10)", "NaN"),
    ("numeric", "'Infinity'", "decimal(38,10)", "Infinity"),
    ("numeric", "1e28", "decimal(38,10)", "10000000000000000000000000000"),
    ("numeric", "0.12345678901", "decimal(38,10)", "0.12345678901"),
    ("numeric(50,10)", "12345678901234567890123456789", "decimal(38,10)", "12345678901234567890123456789.0000000000"),
    ("date", "'infinity'", "date", "infinity"),
    ("date", "'0044-03-15 BC'", "date", "0044-03-15 BC"),
    ("date", "'10000-01-01'", "date", "10000-01-01"),
    ("timestamp", "'-infinity'", "datetime", "-infinity"),
    ("timestamp", "'294276-01-01'", "datetime", "294276-01-01 00:00:00"),
    ("timestamptz", "'infinity'", "datetime with time zone", "infinity"),
    ("time", "'24:00:00'", "time", "24:00:00"),
    ("interval", "'1 month 2 days'", "duration", "1 mon 2 days"),
    ("interval", "'-3 years'", "duration", "-3 years"),
    ("interval", "'300000000 days'", "duration", "300000000 days"),
    ("integer[]", "'{{1,2},{3,4}}'", "list(integer)", "{{1,2},{3,4}}"),
    ("numeric(6,2)[]", "'{1,NaN}'", "list(decimal(6,2))", "{1.00,NaN}"),
    ("timestamp[]", "'{infinity}'", "list(datetime)", "{infinity}"),
    ("interval[]", "'{1 month}'", "list(duration)", '{"1 mon"}'),
]


@pytest.mark.parametrize(("native", "written", "kind", "text"), MISFITS,
                         ids=[f"{native} {written}"[:60] for native, written, _, _ in MISFITS])  # fmt: skip
def test_a_value_that_none_of_our_types_holds_is_a_bad_row(
    native: str, written: str, kind: str, text: str, database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    database.execute("drop table if exists cell", f"create table cell (id int, value {native})",
                     f"insert into cell values (1, null), (2, {written}), (3, null)")  # fmt: skip
    for engine in ENGINES:
        plan = plan_of(database, monkeypatch, tmp_path, engine, table="cell", order_by=[{"field": "id"}],
                       config={"max_bad": 1})  # fmt: skip
        result = plan.run(out=tmp_path / engine)
        letters = pl.read_parquet(result.dead_letters["path"])
        assert letters.select("row", "column", "text", "reason").rows() == [
            (2, "value", text, f'value: "{text}" does not fit {kind}')
        ]
        assert result["data"].rows() == [(1, None), (3, None)]


def test_null_keeps_the_rows(database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    database.execute("drop table if exists cell", "create table cell (id int, day date, span interval, n numeric)",
                     "insert into cell values (1, 'infinity', '1 month', 'NaN'), (2, '2026-01-01', '1 day', 1.5)",
                     )  # fmt: skip
    for engine in ENGINES:
        plan = plan_of(database, monkeypatch, tmp_path, engine, table="cell", order_by=[{"field": "id"}],
                       config={"on_bad_row": "null", "max_bad": "100%"})  # fmt: skip
        assert plan.collect("data").rows() == [
            (1, None, None, None),
            (2, date(2026, 1, 1), timedelta(days=1), Decimal("1.5")),
        ]
