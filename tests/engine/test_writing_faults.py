"""Deliveries to tables beside other writers, and with connections and servers that break in the middle."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import weirflow as wf
from tests.engine.writing_databases import WRITTEN, Target, of_server, written_database
from tests.long_runs import UNMEASURED
from tests.servers.running import Database, Instance
from tests.servers.wire import wire_to
from tests.warm_processes import WarmProcess, started

SERVERS = ("postgres", "mysql")
TABLES = {
    "primary-key": "create table orders (id integer not null primary key, writer varchar(20), amount integer)",
    "second-unique": "create table orders (id integer not null primary key, writer varchar(20), amount integer, "
    "other integer unique)",
    "none": "create table orders (id integer, writer varchar(20), amount integer)",
}
ROWS = 3000
BEFORE = [(1, "before", 1), (2, "before", 2)]
PATIENCE_S = 60


@pytest.fixture(params=WRITTEN)
def target(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    yield from written_database(request.param, request, tmp_path, monkeypatch)


@pytest.fixture(params=SERVERS)
def served(request: pytest.FixtureRequest) -> Database:
    return request.getfixturevalue({"mysql": "mariadb"}.get(request.param, request.param))  # type: ignore[no-any-return]


def kind_of(database: Database) -> str:
    return "mysql" if database.scheme == "mysql" else "postgres"


def document(place: dict[str, Any], rows: Path, **delivery: Any) -> dict[str, Any]:
    return {
        "ir_version": "3.1", "goal": "Keep the orders of the shop",
        "data_sources": [{"type": "file", "location": str(rows)}],
        "delivery_rules": {"database_delivery": {**place, "table": "orders", "operation": "upsert",
                                                 "key_fields": ["id"], **delivery}},
    }  # fmt: skip


def file_of_rows(folder: Path, writer: str, *, count: int = ROWS, reverse: bool = False) -> Path:
    rows = pl.select(id=pl.int_range(count), writer=pl.lit(writer), amount=pl.int_range(count) * 2)
    path = folder / f"{writer}.parquet"
    (rows.reverse() if reverse else rows).write_parquet(path)
    return path


def writer_process(place: dict[str, Any], rows: Path, **delivery: Any) -> WarmProcess | subprocess.Popen[str]:
    """A process that delivers the same rows twice, when it is told to by a line."""
    code = (
        "import sys, weirflow as wf\n"
        f"plan = wf.compile({document(place, rows, **delivery)!r})\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "for _ in range(2):\n"
        "    result = plan.run()\n"
        "    print(result.status, [each.error for each in result.deliveries], flush=True)\n"
    )
    return started([], program=code, is_told=True, env={**UNMEASURED, "SHOP": os.environ.get("SHOP", ""),
                                                        "WEIRFLOW_HOME": str(rows.with_suffix(".home"))})  # fmt: skip


@pytest.mark.parametrize(
    ("key", "strategy"), [("primary-key", "replace"), ("second-unique", "replace"), ("none", "skip")]
)
def test_two_writers_of_the_same_keys_lose_nothing(target: Target, tmp_path: Path, key: str, strategy: str) -> None:
    target.run(TABLES[key])
    files = [file_of_rows(tmp_path, "forwards"), file_of_rows(tmp_path, "backwards", reverse=True)]
    writers = [writer_process(target.place, each, conflict_strategy=strategy) for each in files]
    for each in writers:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    said = [""] * len(writers)

    def deliver(number: int) -> None:
        print("go", file=writers[number].stdin, flush=True)
        said[number], _ = writers[number].communicate(timeout=PATIENCE_S * 2)

    threads = [threading.Thread(target=deliver, args=(number,)) for number in range(len(writers))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said == ["succeeded [None]\n" * 2] * 2
    rows = [row[:3] for row in target.rows()]
    assert [(row[0], row[2]) for row in rows] == [(number, number * 2) for number in range(ROWS)]
    assert len({row[1] for row in rows}) == 1, "the rows of one delivery stand there whole"


def test_a_lost_connection_while_rows_are_sent_leaves_the_table_as_it_was(
    served: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served.execute(TABLES["primary-key"])
    served.insert("orders", BEFORE)
    rows = file_of_rows(tmp_path, "sent", count=200_000)
    with wire_to(served.host, served.port, direction="up") as wire:
        monkeypatch.setenv("SHOP", served.url_as(served.user, served.password, port=wire.port))
        plan = wf.compile(document({"plugin_key": kind_of(served), "credentials_ref": "env:SHOP"}, rows))
        wire.cut_after = wire.passed["up"] + 1_000_000
        [delivery] = plan.run().deliveries
    assert delivery.status == "failed"
    assert delivery.finding is not None
    assert delivery.finding.code == "IR639"
    assert "nothing is written" in delivery.finding.message
    assert served.execute("select * from orders order by id") == BEFORE


def blocked(database: Database) -> bool:
    """Whether a statement of a delivery waits for a lock."""
    if kind_of(database) == "postgres":
        query = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
    else:
        query = "select 1 from information_schema.innodb_trx where trx_state = 'LOCK WAIT'"
    return bool(database.execute(query, is_admin=True))


def await_(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


class Delivery(threading.Thread):
    """A run in a thread of its own."""

    def __init__(self, plan: wf.Plan) -> None:
        super().__init__()
        self._plan = plan
        self.result: Any = None
        self.start()

    def run(self) -> None:
        self.result = self._plan.run()

    def finished(self) -> wf.RunResult:
        self.join(PATIENCE_S)
        assert not self.is_alive()
        return self.result  # type: ignore[no-any-return]


def test_a_connection_that_is_ended_while_rows_are_brought_in_leaves_the_table_as_it_was(
    served: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served.execute(TABLES["primary-key"])
    served.insert("orders", BEFORE)
    target = of_server(kind_of(served), served, monkeypatch)
    plan = wf.compile(document(target.place, file_of_rows(tmp_path, "sent")))
    holder = served.connect()
    holder.cursor().execute("begin")
    holder.cursor().execute("update orders set amount = 5 where id = 2")
    delivery = Delivery(plan)
    await_(lambda: blocked(served))
    served.disconnect()
    result = delivery.finished()
    assert result.deliveries[0].finding is not None
    assert result.deliveries[0].finding.code == "IR639"
    assert served.execute("select * from orders order by id") == BEFORE


@pytest.mark.parametrize("kind", SERVERS)
def test_a_server_that_is_killed_while_rows_are_brought_in_leaves_the_table_as_it_was(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance: Instance = request.getfixturevalue({"mysql": "mariadb_instance"}.get(kind, "postgres_instance"))
    database = instance.database
    database.execute(TABLES["primary-key"])
    database.insert("orders", BEFORE)
    target = of_server(kind, database, monkeypatch)
    plan = wf.compile(document(target.place, file_of_rows(tmp_path, "sent")))
    holder = database.connect()
    holder.cursor().execute("begin")
    holder.cursor().execute("update orders set amount = 5 where id = 2")
    delivery = Delivery(plan)
    await_(lambda: blocked(database))
    instance.kill()
    result = delivery.finished()
    assert result.deliveries[0].finding is not None
    assert result.deliveries[0].finding.code == "IR639"
    instance.start()
    assert database.execute("select * from orders order by id") == BEFORE


def test_a_delivery_that_is_ended_in_a_deadlock_tries_again(
    mariadb: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one has changed more, so that the server ends the delivery, which comes through when that is done."""
    mariadb.execute(TABLES["primary-key"])
    others = [(number, "other", 0) for number in range(100_000, 120_000)]
    mariadb.insert("orders", [(1, "before", 1), *others, (2_000_000, "before", 2)])
    target = of_server("mysql", mariadb, monkeypatch)
    rows = tmp_path / "rows.parquet"
    pl.DataFrame({"id": [1, 2_000_000], "writer": ["sent"] * 2, "amount": [7, 8]}).write_parquet(rows)
    plan = wf.compile(document(target.place, rows))
    with mariadb.connect() as other:
        cursor = other.cursor()
        cursor.execute("begin")
        cursor.execute("update orders set amount = 1 where id between 100000 and 120000")
        cursor.execute("update orders set amount = 99 where id = 2000000")
        delivery = Delivery(plan)
        await_(lambda: blocked(mariadb))
        deadlock = threading.Thread(target=lambda: cursor.execute("update orders set amount = 98 where id = 1"))
        deadlock.start()
        deadlock.join(PATIENCE_S)
        cursor.execute("commit")
    result = delivery.finished()
    assert result.status == "succeeded"
    assert mariadb.execute("select * from orders where writer = 'sent' order by id") == [
        (1, "sent", 7),
        (2_000_000, "sent", 8),
    ]
