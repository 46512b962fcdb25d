"""Tables of PostgreSQL as sources, and what is said where they cannot be read."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import weirflow as wf
from connectors.databases.postgres.database import Postgres
from tests.connectors.database_sources import reads, rows_on_both
from tests.servers.running import Database, Instance

ENGINES = ["polars", "duckdb"]


class PanicException(BaseException):
    """As what Rust raises."""


def plan_of(folder: Path, engine: str = "polars", **about: Any) -> wf.Plan:
    source = {
        "type": "database", "alias": "orders",
        "database_config": {"connection": {"plugin_key": "postgres", "credentials_ref": "env:SHOP"}, **about},
    }  # fmt: skip
    return wf.compile({"ir_version": "3.1", "goal": "g", "data_sources": [source]}, base=folder, engine=engine)


def found(folder: Path, engine: str = "polars", *, is_run: bool = False, **about: Any) -> wf.Diagnostic:
    def read() -> None:
        plan = plan_of(folder, engine, **about)
        if is_run:
            plan.collect("data")

    with pytest.raises(wf.WorkflowError) as stopped:
        read()
    return stopped.value.diagnostics[0]


@pytest.fixture
def shop(postgres: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    monkeypatch.setenv("SHOP", postgres.url)
    postgres.execute(
        "create table orders (id int primary key, customer text, amount numeric(10,2))",
        "insert into orders values (1, 'Ada', 10.50), (2, 'Bo', 7), (3, null, 1.25)",
    )
    return postgres


@pytest.mark.parametrize("engine", ENGINES)
def test_a_table_is_read_in_the_order_that_the_source_names(shop: Database, tmp_path: Path, engine: str) -> None:
    plan = plan_of(tmp_path, engine, table="orders", columns=["id", "customer"], limit=2,
                   order_by=[{"field": "customer", "direction": "desc", "nulls": "first"}])  # fmt: skip
    assert plan.collect("data").rows() == [(3, None), (2, "Bo")]


@pytest.mark.parametrize("engine", ENGINES)
def test_order_is_that_of_the_values_not_of_their_texts(shop: Database, tmp_path: Path, engine: str) -> None:
    plan = plan_of(tmp_path, engine, table="orders", order_by=[{"field": "amount"}])
    assert plan.collect("data")["id"].to_list() == [3, 2, 1]


@pytest.mark.parametrize("kind", ["view", "materialized view", "partitioned table", "foreign table"])
def test_all_that_has_rows_is_a_table(shop: Database, tmp_path: Path, kind: str) -> None:
    if kind == "partitioned table":
        shop.execute("create table others (id int, customer text) partition by range (id)",
                     "create table others_1 partition of others for values from (0) to (2)",
                     "create table others_2 partition of others for values from (2) to (9)",
                     "insert into others select id, customer from orders")  # fmt: skip
    elif kind == "foreign table":
        shop.execute("create extension file_fdw", "create server files foreign data wrapper file_fdw", is_admin=True)
        shop.execute("create foreign table others (id int, customer text) server files "
                     "options (program 'printf \"1,Ada\\n2,Bo\\n3,\\n\"', format 'csv')",
                     f"alter foreign table others owner to {shop.user}", is_admin=True)  # fmt: skip
        shop.execute(f"grant pg_execute_server_program to {shop.user}", is_admin=True)
    else:
        shop.execute(f"create {kind} others as select id, customer from orders")
    try:
        plan = plan_of(tmp_path, table="others", order_by=[{"field": "id"}])
        assert plan.collect("data").rows() == [(1, "Ada"), (2, "Bo"), (3, None)]
    finally:
        if kind == "foreign table":
            shop.execute(f"revoke pg_execute_server_program from {shop.user}", is_admin=True)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("made", "written"), [
    ('sales."Orders of 2026"', "sales.Orders of 2026"),
    ('"we""ird.Name"', '"we""ird.Name"'),
    ('sales."a.b"', 'sales."a.b"'),
    ('"sélect"', "sélect"),
])  # fmt: skip
def test_odd_names_are_names(shop: Database, tmp_path: Path, engine: str, made: str, written: str) -> None:
    shop.execute("create schema if not exists sales",
                 f'create table {made} ("Ünit ""x""" int, "%s" text, "select" int)',
                 f"insert into {made} values (1, 'a', 2)".replace("%", "%%"))  # fmt: skip
    assert plan_of(tmp_path, engine, table=written).collect("data").to_dicts() == [
        {'Ünit "x"': 1, "%s": "a", "select": 2}
    ]


def test_a_table_without_a_schema_is_found_by_the_search_path(shop: Database, tmp_path: Path) -> None:
    shop.execute("create schema sales", "create table sales.hidden (id int)")
    diagnostic = found(tmp_path, table="hidden")
    assert (diagnostic.code, diagnostic.hint) == ("IR570", "write sales.hidden")
    shop.execute(f"alter role {shop.user} in database {shop.name} set search_path = sales, public")
    assert plan_of(tmp_path, table="hidden").collect("data").rows() == []


def test_an_unknown_table_is_told_with_a_likely_one(shop: Database, tmp_path: Path) -> None:
    diagnostic = found(tmp_path, table="order")
    assert (diagnostic.code, diagnostic.message) == ("IR570", "there is no table or view order")
    assert diagnostic.hint == 'did you mean "orders"?'


def test_a_wrong_password_is_told_without_it(shop: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SHOP", shop.url_as(shop.user, "not-the-password"))
    diagnostic = found(tmp_path, table="orders")
    assert diagnostic.code == "IR561"
    assert diagnostic.message == f"{shop.name} on 127.0.0.1:{shop.port} refuses the user or the password"
    assert "not-the-password" not in str(diagnostic)


def test_an_unknown_host_is_told(shop: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SHOP", "postgresql://ada:geheim@nowhere.invalid/shop")
    diagnostic = found(tmp_path, table="orders")
    assert (diagnostic.code, diagnostic.message) == (
        "IR560", "shop on nowhere.invalid cannot be reached: its host is not known")  # fmt: skip


def test_a_refused_connection_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SHOP", "postgresql://ada:geheim@127.0.0.1:1/shop")
    diagnostic = found(tmp_path, table="orders")
    assert (diagnostic.code, diagnostic.message) == (
        "IR560", "shop on 127.0.0.1:1 cannot be reached: nothing answers at its port")  # fmt: skip


def test_an_unknown_database_is_told(shop: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SHOP", shop.url_as(shop.user, shop.password, name="nothing"))
    diagnostic = found(tmp_path, table="orders")
    assert diagnostic.code == "IR562"
    assert diagnostic.message == f"there is no database nothing on 127.0.0.1:{shop.port}"


def test_a_server_without_tls_is_told(shop: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SHOP", f"{shop.url}?sslmode=require")
    diagnostic = found(tmp_path, table="orders")
    assert (diagnostic.code, "speaks no TLS" in diagnostic.message) == ("IR560", True)


def test_a_table_that_may_not_be_read_is_told(shop: Database, tmp_path: Path) -> None:
    shop.execute("create table private (id int)", is_admin=True)
    diagnostic = found(tmp_path, table="private")
    assert (diagnostic.code, diagnostic.message) == ("IR566", "the user of the credential may not read private")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_table_that_went_away_since_is_told(shop: Database, tmp_path: Path, engine: str) -> None:
    plan = plan_of(tmp_path, engine, table="orders")
    shop.execute("drop table orders")
    with pytest.raises(wf.WorkflowError) as stopped:
        plan.collect("data")
    assert stopped.value.diagnostics[0].code == "IR565"
    assert "data_sources" not in stopped.value.diagnostics[0].message
    assert 'relation "orders" does not exist' in stopped.value.diagnostics[0].message


@pytest.mark.parametrize("engine", ENGINES)
def test_a_lock_is_not_waited_for_for_ever(shop: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
                                           engine: str) -> None:  # fmt: skip
    monkeypatch.setenv("SHOP", f"{shop.url}?lock_timeout=200")
    plan = plan_of(tmp_path, engine, table="orders")
    with shop.connect() as other:
        other.autocommit = False
        other.execute("lock table orders in access exclusive mode")
        with pytest.raises(wf.WorkflowError) as stopped:
            plan.collect("data")
    assert stopped.value.diagnostics[0].code == "IR567"


@pytest.mark.parametrize("engine", ENGINES)
def test_a_statement_that_takes_too_long_is_stopped(shop: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
                                                    engine: str) -> None:  # fmt: skip
    shop.execute("create view slow as select i, pg_sleep(0.05)::text from generate_series(1, 1000) i")
    monkeypatch.setenv("SHOP", f"{shop.url}?statement_timeout=300")
    diagnostic = found(tmp_path, engine, is_run=True, table="slow")
    assert diagnostic.code == "IR567"


@pytest.mark.parametrize("engine", ENGINES)
def test_a_connection_that_ends_in_the_middle_is_told(postgres_instance: Instance, monkeypatch: pytest.MonkeyPatch,
                                                      tmp_path: Path, engine: str) -> None:  # fmt: skip
    shop = postgres_instance.database
    monkeypatch.setenv("SHOP", shop.url)
    shop.execute("create view many as select i, repeat('x', 1000) t, case when i = 200000 then "
                 "pg_terminate_backend(pg_backend_pid()) end stop from generate_series(1, 400000) i")  # fmt: skip
    diagnostic = found(tmp_path, engine, is_run=True, table="many")
    assert (diagnostic.code, "ended before all rows were read" in diagnostic.message) == ("IR568", True)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_reader_that_has_enough_stops_the_server(shop: Database, tmp_path: Path, engine: str) -> None:
    shop.execute("create view endless as select i, md5(i::text) t from (select generate_series(1, 1000000000) i) n")
    plan = plan_of(tmp_path, engine, table="endless")
    assert plan.preview("data", rows=3)["i"].to_list() == [1, 2, 3]
    deadline = time.monotonic() + 60
    busy = "select count(*) from pg_stat_activity where datname = current_database() and query like '%endless%' " \
           "and state = 'active' and pid <> pg_backend_pid()"  # fmt: skip
    while shop.execute(busy)[0][0] and time.monotonic() < deadline:
        time.sleep(0.1)
    assert shop.execute(busy) == [(0,)]


def test_reading_is_read_only(shop: Database, tmp_path: Path) -> None:
    shop.execute("create table log (t text)", "create function noted() returns int language sql as "
                 "$$insert into log values ('read') returning 1$$", "create view noting as select noted()",
                 )  # fmt: skip
    diagnostic = found(tmp_path, is_run=True, table="noting")
    assert diagnostic.code == "IR564"
    assert shop.execute("select count(*) from log") == [(0,)]


def test_a_run_leaves_no_connection_behind(shop: Database, tmp_path: Path) -> None:
    plan = plan_of(tmp_path, table="orders")
    for _ in range(3):
        assert plan.collect("data").height == 3
    mine = "select count(*) from pg_stat_activity where application_name = 'weirflow' and datname = current_database()"
    assert 1 <= shop.execute(mine)[0][0] <= 2
    plan.run(out=tmp_path / "out")
    deadline = time.monotonic() + 60
    while shop.execute(mine)[0][0] and time.monotonic() < deadline:
        time.sleep(0.05)
    assert shop.execute(mine) == [(0,)]


def test_a_connection_that_the_server_ended_meanwhile_is_opened_again(shop: Database, tmp_path: Path) -> None:
    plan = plan_of(tmp_path, table="orders")
    assert plan.collect("data").height == 3
    assert shop.disconnect() > 0
    assert plan.collect("data").height == 3


def test_supabase_is_postgres_over_tls(shop: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    connection = {"plugin_key": "supabase", "credentials_ref": "env:SHOP"}
    diagnostic = found(tmp_path, table="orders", connection=connection)
    assert (diagnostic.code, "speaks no TLS" in diagnostic.message) == ("IR560", True)
    monkeypatch.setenv("SHOP", f"{shop.url}?sslmode=disable")
    assert plan_of(tmp_path, table="orders", connection=connection).collect("data").height == 3


@pytest.mark.parametrize("engine", ENGINES)
def test_a_driver_that_panics_does_not_end_the_process(shop: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
                                                       engine: str) -> None:  # fmt: skip
    plan = plan_of(tmp_path, engine, table="orders")

    def panic(self: object, *about: object, **more: object) -> Iterator[object]:
        raise PanicException("called `Option::unwrap()` on a `None` value")
        yield

    monkeypatch.setattr(Postgres, "batches", panic)
    with pytest.raises(wf.WorkflowError) as stopped:
        plan.collect("data")
    assert stopped.value.diagnostics[0].code == "IR568"


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("table", ["endless", "thoughtful"])
def test_an_interrupted_run_stops_the_server(shop: Database, tmp_path: Path, engine: str, table: str) -> None:
    shop.execute("create view endless as select i, md5(i::text) t from (select generate_series(1, 1000000000) i) n",
                 "create view thoughtful as select max(i) m from (select generate_series(1, 1000000000000) i) n",
                 )  # fmt: skip
    file = tmp_path / "w.yaml"
    file.write_text(f"""ir_version: "3.1"
goal: g
settings: {{engine: {engine}}}
data_sources:
  - type: database
    database_config: {{connection: {{plugin_key: postgres, credentials_ref: env:SHOP}}, table: {table}}}
delivery_rules:
  file_delivery: {{format: csv}}
""")
    running = subprocess.Popen([sys.executable, "-m", "engine.cli", "run", str(file), "--quiet"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    busy = f"select count(*) from pg_stat_activity where query ilike '%{table}%' and state = 'active' " \
           "and pid <> pg_backend_pid() and datname = current_database()"  # fmt: skip
    try:
        _until(lambda: shop.execute(busy)[0][0] > 0, 90)
        running.send_signal(signal.SIGINT)
        _until(lambda: shop.execute(busy)[0][0] == 0, 90)
        assert shop.execute(busy) == [(0,)]
        assert running.wait(timeout=90) in {130, -signal.SIGINT}
    finally:
        running.kill()
        running.wait()


def _until(holds: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.1)


def test_an_option_that_the_driver_does_not_know_is_one_of_the_credential(
    postgres: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgres.url + ("&" if "?" in postgres.url else "?") + "bogus=1"

    with pytest.raises(wf.WorkflowError) as refused:
        wf.compile(reads(postgres, monkeypatch, url=url, table="t"))

    found = refused.value.diagnostics[0]
    assert (found.code, "bogus" in found.message) == ("IR591", True)


@pytest.mark.parametrize(
    "asked", [{"table": "c"}, {"query": "select * from c"}, {"query": "select id, s || '' as s from c"}]
)
def test_texts_that_a_collation_takes_for_equal_are_told_apart(
    asked: dict[str, str], postgres: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    postgres.execute(
        "create collation careless (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
        "create table c (id int, s text collate careless)",
        "insert into c values (1, 'a'), (2, 'A')",
    )
    equal = {"type": "filter", "config": {"where": "s = 'a'"}}
    grouped = {"type": "aggregate", "config": {"group_by": ["s"], "aggregates": {"rows": "count(*)"}}}

    assert rows_on_both(reads(postgres, monkeypatch, transforms=[equal], **asked))["id"].to_list() == [1]
    assert sorted(rows_on_both(reads(postgres, monkeypatch, transforms=[grouped], **asked)).rows()) == [
        ("A", 1), ("a", 1),
    ]  # fmt: skip


@pytest.mark.parametrize(("condition", "kept"), [("s = u", [1]), ("s <> u", [2]), ("s in (u, d)", [1, 2])])
def test_texts_of_two_collations_are_compared(
    condition: str, kept: list[int], postgres: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    postgres.execute("create table c (id int, s text collate \"C\", u text collate \"POSIX\", d text)",
                     "insert into c values (1, 'a', 'a', 'a'), (2, 'b', 'B', 'b')")  # fmt: skip
    steps = [{"type": "filter", "config": {"where": condition}}, {"type": "sort", "config": {"by": ["id"]}}]

    assert rows_on_both(reads(postgres, monkeypatch, table="c", transforms=steps))["id"].to_list() == kept


def test_another_server_at_the_port_is_told(mariadb: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    url = "postgresql://" + mariadb.url.partition("://")[2]

    with pytest.raises(wf.WorkflowError, match="another program than PostgreSQL answers at its port"):
        wf.compile(reads(mariadb, monkeypatch, url=url, table="t") | {"data_sources": [
            {"type": "database", "credentials_ref": "env:TEST_DATABASE",
             "database_config": {"connection": {"plugin_key": "postgres"}, "table": "t"}}]})  # fmt: skip
