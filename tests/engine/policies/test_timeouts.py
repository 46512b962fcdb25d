"""A limit of time ends what hangs: a statement, a request, a whole run."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psycopg
import pytest

import weirflow as wf
from connectors.attempt import Attempt, stoppable
from connectors.problem import ConnectorProblem
from engine.policies.policies import Policies
from engine.running.cancellation import Cancellation, Cancelled
from ir.model.constraints import ExecutionConstraints
from tests.engine.writing_databases import of_server
from tests.servers.running import Database
from tests.workflows import inline

SOON_S = 40
"""Less than any of these waits takes by itself: 50 s for a lock of MariaDB, the least of them."""


@contextmanager
def locked(database: Database, table: str) -> Iterator[None]:
    with psycopg.connect(database.url) as connection:
        connection.execute(f"lock table {table} in access exclusive mode")
        yield


def document(source: dict[str, Any], **sections: Any) -> dict[str, Any]:
    return {"ir_version": "3.1", "goal": "orders", "data_sources": [{"alias": "orders", **source}],
            "delivery_rules": {"file_delivery": {"format": "csv"}}, **sections}  # fmt: skip


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_a_statement_that_hangs_is_cancelled(
    postgres: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    postgres.execute("create table orders (id integer)")
    monkeypatch.setenv("SHOP", postgres.url)
    source = {"type": "database", "database_config": {
        "connection": {"plugin_key": "postgres", "credentials_ref": "env:SHOP"}, "table": "orders"}}  # fmt: skip
    constraints = {"timeout": {"data_fetch_timeout_ms": 1000}}
    plan = wf.compile(document(source, execution_constraints=constraints), base=tmp_path, engine=engine)
    started = time.monotonic()
    with locked(postgres, "orders"), pytest.raises(wf.WorkflowError) as failure:
        plan.run()
    assert time.monotonic() - started < SOON_S
    [found] = failure.value.diagnostics
    assert found.message == "no answer came within 1 s, the time that an attempt may take"
    assert postgres.execute("select count(*) from pg_stat_activity where datname = current_database() "
                            "and wait_event_type = 'Lock'") == [(0,)]  # fmt: skip


@pytest.mark.parametrize("kind", ["postgres", "mysql"])
def test_a_delivery_that_hangs_is_given_up_and_writes_nothing(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    database: Database = request.getfixturevalue({"mysql": "mariadb"}.get(kind, kind))
    target = of_server(kind, database, monkeypatch)
    target.run("create table orders (id integer primary key)")
    rules = {"database_delivery": {**target.place, "table": "orders", "operation": "upsert", "key_fields": ["id"],
                                   "execution_constraints": {"timeout_ms": 400}}}  # fmt: skip
    plan = wf.compile(document(inline("orders", [{"id": 1}]), delivery_rules=rules), base=tmp_path)
    started = time.monotonic()
    with holding(kind, database):
        [delivery] = plan.run().deliveries
    assert time.monotonic() - started < SOON_S
    assert delivery.status == "failed"
    assert delivery.error == "no answer came within 0.4 s, the time that an attempt may take"
    assert target.rows() == []


@contextmanager
def holding(kind: str, database: Database) -> Iterator[None]:
    if kind == "postgres":
        with locked(database, "orders"):
            yield
        return
    import pymysql

    with pymysql.connect(host=database.host, port=database.port, user=database.user, password=database.password,
                         database=database.name) as connection:  # fmt: skip
        connection.cursor().execute("insert into orders values (1)")
        yield
        connection.rollback()


class Silent(BaseHTTPRequestHandler):
    """Takes requests, and answers when it is told that the test is over."""

    over = threading.Event()

    def do_GET(self) -> None:
        self.over.wait(60)

    do_HEAD = do_GET

    def log_message(self, format: str, *args: object) -> None:
        pass


def test_a_request_that_hangs_is_given_up(tmp_path: Path) -> None:
    Silent.over.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Silent) as serving:
        serving.daemon_threads = True
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        source = {"type": "file", "location": f"http://127.0.0.1:{serving.server_port}/orders.csv",
                  "execution_constraints": {"timeout_ms": 200}}  # fmt: skip
        started = time.monotonic()
        with pytest.raises(wf.WorkflowError) as failure:
            wf.compile(document(source), base=tmp_path)
        Silent.over.set()
        serving.shutdown()
    assert time.monotonic() - started < SOON_S
    assert failure.value.diagnostics[0].message == "no answer came within 0.2 s, the time that an attempt may take"


def test_a_run_that_takes_too_long_is_told_to_stop_where_it_waits() -> None:
    cancellation = Cancellation()
    constraints = ExecutionConstraints.model_validate(
        {"timeout_ms": 30, "retry": {"initial_delay_ms": 60_000, "max_attempts": 2}}
    )
    policies = Policies(document=constraints, cancellation=cancellation)
    step = policies.of(name="mail")

    def fail() -> None:
        raise ConnectorProblem("IR589", "busy", reason="temporary_failure")

    with policies.within_time(), pytest.raises(Cancelled) as stopped:
        step.carry_out(fail)
    assert stopped.value.reason == "it took longer than 0.03 s, the time that execution_constraints gives it"


def test_what_waits_is_stopped_from_another_thread_and_time_between_waits_does_not_count() -> None:
    attempt, hanging = Attempt(0.5), threading.Event()

    def wait(seconds: float) -> str:
        with stoppable(hanging.set):
            hanging.wait(seconds)
        if hanging.is_set():
            raise OSError("the connection was shut")
        return "done"

    with attempt.running():
        assert wait(0.01) == "done"
    time.sleep(0.55)
    with attempt.running():
        assert wait(0.01) == "done"
    with pytest.raises(ConnectorProblem) as late, attempt.running():
        wait(30)
    assert late.value.reason == "timeout"
