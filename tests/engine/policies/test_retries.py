"""Steps whose failures pass are tried again, as often and for what the workflow says, and the report counts it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import weirflow as wf
from tests.engine.writing_databases import of_server
from tests.servers.running import Database
from tests.servers.wire import wire_to
from tests.workflows import inline

AGAIN = {"retry": {"max_attempts": 3, "backoff_strategy": "fixed", "initial_delay_ms": 1}}
ROWS = [{"id": 1, "amount": 10}, {"id": 2, "amount": 20}]


class Failing(BaseHTTPRequestHandler):
    """Answers as it is told to, and then as usual."""

    answers: list[int | None] = []  # noqa: RUF012  # the test's own list
    """Statuses; None drops the connection."""
    gets = 0

    def do_GET(self) -> None:
        status = self.answers.pop(0) if self.answers else 200
        type(self).gets += self.command == "GET"
        if status is None:
            self.connection.close()
            return
        body = b"id,amount\n1,10\n2,20\n"
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    do_HEAD = do_GET

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def web() -> Iterator[str]:
    Failing.answers, Failing.gets = [], 0
    with ThreadingHTTPServer(("127.0.0.1", 0), Failing) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{serving.server_port}/orders.csv"
        serving.shutdown()


def reading(source: dict[str, Any], **sections: Any) -> dict[str, Any]:
    return {"ir_version": "3.1", "goal": "orders", "data_sources": [{"alias": "orders", **source}],
            "delivery_rules": {"file_delivery": {"format": "csv", "filename_template": "orders.csv",
                                                 "options": {"overwrite": True}}},
            **sections}  # fmt: skip


def attempts(result: wf.RunResult) -> dict[str, int]:
    return {each.name: each.attempts for each in result.steps}


def test_a_source_that_cannot_be_opened_at_first_is_opened_again(web: str, tmp_path: Path) -> None:
    Failing.answers = [503, 503, 503]
    result = wf.run(reading({"type": "file", "location": web}, execution_constraints={
        "retry": {**AGAIN["retry"], "max_attempts": 5}}), base=tmp_path)  # fmt: skip
    assert attempts(result)["orders"] > 1
    assert (tmp_path / "orders.csv").read_text() == "id,amount\n1,10\n2,20\n"


def test_without_retry_the_first_failure_is_the_last(web: str, tmp_path: Path) -> None:
    Failing.answers = [503] * 9
    with pytest.raises(wf.WorkflowError) as failure:
        wf.run(reading({"type": "file", "location": web}), base=tmp_path)
    assert failure.value.diagnostics[0].code == "IR506"
    assert "attempt" not in str(failure.value)


def test_a_failure_that_is_not_named_is_not_tried_again(web: str, tmp_path: Path) -> None:
    Failing.answers = [503] * 9
    constraints = {"retry": {**AGAIN["retry"], "retry_on_errors": ["rate_limit"]}}
    with pytest.raises(wf.WorkflowError) as failure:
        wf.run(reading({"type": "file", "location": web}, execution_constraints=constraints), base=tmp_path)
    assert failure.value.diagnostics[0].notes == ()


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_a_source_that_breaks_off_is_read_anew(
    postgres: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    postgres.execute("create table orders as select n as id, repeat('x', 100) as note from generate_series(1, 20000) n")
    with wire_to(postgres.host, postgres.port) as wire:
        monkeypatch.setenv("SHOP", postgres.url_as(postgres.user, postgres.password, port=wire.port))
        source = {"type": "database", "database_config": {
            "connection": {"plugin_key": "postgres", "credentials_ref": "env:SHOP"}, "table": "orders"}}  # fmt: skip
        plan = wf.compile(reading(source, execution_constraints=AGAIN), base=tmp_path, engine=engine)
        seen: list[str] = []

        def mend(event: Any) -> None:
            if event.kind == "retry":
                seen.append(event.text)
                monkeypatch.setenv("SHOP", postgres.url)

        wire.cut_after = wire.passed["down"] + 500_000
        with pytest.raises(wf.WorkflowError) as failure:
            plan.run(progress=mend)
    assert [each.rpartition(";")[0].partition(" failed")[0] for each in seen] == ["attempt 1 of 3", "attempt 2 of 3"]
    assert failure.value.diagnostics[0].notes[-1] == "attempt 3 of 3 failed too"
    assert not (tmp_path / "orders.csv").exists()


def test_a_table_takes_its_rows_again_when_the_connection_is_back(
    postgres: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = of_server("postgres", postgres, monkeypatch)
    target.run("create table orders (id integer primary key, amount integer)")
    document = reading(inline("orders", ROWS), delivery_rules={"database_delivery": {
        **target.place, "table": "orders", "operation": "upsert", "key_fields": ["id"], "id": "kept",
        "execution_constraints": AGAIN}})  # fmt: skip
    plan = wf.compile(document, base=tmp_path)
    broken: list[str] = []
    writer = "connectors.databases.postgres.writer.PostgresWriter"
    from connectors.databases.postgres.writer import PostgresWriter

    apply = PostgresWriter.apply

    def apply_at_the_second_time(self: PostgresWriter, entry: Any) -> Any:
        if not broken:
            broken.append("once")
            postgres.execute("select pg_terminate_backend(pid) from pg_stat_activity "
                             "where pid <> pg_backend_pid() and datname = current_database()")  # fmt: skip
        return apply(self, entry)

    monkeypatch.setattr(f"{writer}.apply", apply_at_the_second_time)
    result = plan.run()
    assert [each.status for each in result.deliveries] == ["delivered"]
    assert attempts(result)["kept"] == 2
    assert target.rows() == [(1, 10), (2, 20)]


def test_a_commit_whose_answer_is_lost_is_not_made_twice_without_a_ledger(
    postgres: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from connectors.databases.postgres.writer import PostgresWriter
    from connectors.databases.refusals import failed

    target = of_server("postgres", postgres, monkeypatch)
    target.run("create table orders (id integer, amount integer)")
    commit, is_lost = PostgresWriter.commit, [True, False, True]

    def lose(self: PostgresWriter) -> None:
        commit(self)
        if not is_lost.pop(0):
            return
        raise failed(self.write, "the connection broke", reason="network_error")

    monkeypatch.setattr(PostgresWriter, "commit", lose)
    rules = {"database_delivery": {**target.place, "table": "orders", "operation": "insert"}}
    kept = wf.run(reading(inline("orders", ROWS), delivery_rules=rules, execution_constraints=AGAIN), base=tmp_path)
    assert [(each.status, each.attempts) for each in kept.deliveries] == [("delivered", 2)]
    assert len(target.rows()) == 2
    rules["database_delivery"]["ledger"] = False
    lost = wf.run(reading(inline("orders", ROWS), delivery_rules=rules, execution_constraints=AGAIN), base=tmp_path)
    [delivery] = lost.deliveries
    assert (delivery.status, delivery.attempts) == ("uncertain", 1)
    assert delivery.finding is not None
    assert "may have taken effect" in delivery.finding.notes[-1]
    assert len(target.rows()) == 4


def test_one_that_fails_does_not_stop_those_beside_it_and_results_keep_their_order(tmp_path: Path) -> None:
    names = ["a", "b", "c", "d", "e"]
    files: list[dict[str, Any]] = [
        {"id": name, "format": "parquet", "filename_template": f"{name}.parquet", "depends_on": []} for name in names
    ]
    files[1]["destination"] = {"path": "taken/b"}
    files[2]["depends_on"] = ["b"]
    files[4]["depends_on"] = ["a"]
    (tmp_path / "taken").write_text("no folder")
    for at_once in (1, 3):
        document = reading(inline("orders", ROWS), delivery_rules={"file_delivery": files},
                           execution_constraints={"concurrency": {"max_concurrent_deliveries": at_once}})  # fmt: skip
        out = tmp_path / f"out{at_once}"
        out.mkdir()
        (out / "taken").write_text("no folder")
        result = wf.run(document, base=tmp_path, out=out)
        assert [(each.id, each.status) for each in result.deliveries] == [
            ("a", "delivered"), ("b", "failed"), ("c", "skipped"), ("d", "delivered"), ("e", "delivered"),
        ]  # fmt: skip
        assert pl.read_parquet(out / "e.parquet")["amount"].to_list() == [10, 20]
