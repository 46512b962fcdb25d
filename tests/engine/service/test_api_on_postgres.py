"""The API over a journal in PostgreSQL: every list and every view is read there as well."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from engine.journal.deliveries import note_delivery
from engine.journal.records import LedgerEntry, LetterRecord, RunRecord, instant
from engine.journal.runs import begin_run, end_run
from engine.journal.steps import note_pass
from engine.service.store.starts import find_start
from engine.service.web.routes import all_routes
from tests.engine.service.in_process import office
from tests.engine.service.serving import ORDERS, orders_folder
from tests.servers.running import Database


def test_what_runs_did_is_read_from_postgres(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres: Database
) -> None:
    monkeypatch.setenv("WEIRFLOW_JOURNAL", postgres.url_as(postgres.user, postgres.password))
    with office(orders_folder(tmp_path / "flows"), monkeypatch) as served:
        first, second = (served.ask("POST", "/api/runs", json={"workflow": "orders"}).json()["run_id"] for _ in "12")
        journal, start = served.context.journal, find_start(served.context.journal, first)
        assert start is not None
        begin_run(journal, RunRecord(
            run_id=first, workflow="orders", document=start.document, document_sha256="", file="", base=start.base,
            out="", folder=str(tmp_path), engine="polars", inputs="{}", now=instant(), options="{}", host="", pid=1,
        ))  # fmt: skip
        note_pass(
            journal, first, [], [LetterRecord(run_id=first, step="orders", rule="", rows=3, path="")], receipt="{}"
        )
        entry = LedgerEntry(run_id=first, delivery="csv", workflow="orders", idempotency_key="k", kind="file",
                            target="/over.csv", status="delivered")  # fmt: skip
        result = {"target": "/over.csv", "rows": 2, "bytes": 5, "sha256": "0", "status": "delivered", "error": None}
        note_delivery(journal, replace(entry, rows=2, bytes=5, sha256="0", result=json.dumps(result)))
        assert served.ask("POST", f"/api/runs/{second}/cancel").json()["status"] == "cancelled"
        assert served.ask("POST", f"/api/runs/{second}/resume").json()["status"] == "queued"
        end_run(journal, first, "incomplete")
        found = served.ask("GET", f"/api/runs/{first}").json()
        assert [(each["id"], each["rows"]) for each in found["deliveries"]] == [("csv", 2)]
        assert found["letters"] == [{"step": "orders", "rule": "", "rows": 3}]
        for route in all_routes():
            if route.kind == "api" and route.method == "GET":
                path = route.path.replace("{run_id}", first).replace("{name}", "orders").replace("{workflow}", "orders")
                answer = served.ask("GET", path.replace("{delivery}", "csv").replace("{number}", "0"))
                is_of_files = "/{name}/files" in route.path  # which only workflows have that came by the API
                allowed = {409} if is_of_files else {200, 404, 410}
                assert answer.status_code in allowed, (route.path, answer.text)
        text = ORDERS.replace("name: orders", "name: nul").replace("Orders over five.", '"a\\0b"')
        text += 'schedule: {type: event, event: "c\\0d"}\n'
        put = served.ask("PUT", "/api/workflows/nul", content=text)
        assert (put.status_code, put.json()["workflow"]["goal"]) == (201, "a\ufffdb"), put.text
        lines = served.ask("GET", "/metrics").text.splitlines()
        assert {'weirflow_runs{status="queued"} 2.0', "weirflow_dead_letters 3.0"} <= set(lines)
        assert served.ask("POST", "/api/workflows/orders/off").json()["enabled"] is False
        assert served.ask("POST", "/api/workflows/orders/on").json()["enabled"] is True
        page = served.ask("GET", "/api/runs?limit=1").json()
        assert [each["run_id"] for each in page["runs"]] == [second]
        assert [each["run_id"] for each in served.ask("GET", f"/api/runs?after={page['next']}").json()["runs"]] == [
            first
        ]
