"""What surrounds every answer of the API: its shape, its headers, its limits, its numbers and its description."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from engine.journal.journal import Journal
from engine.journal.spending import Amount, Aside, Books, DayBudget
from engine.service.web import app
from engine.service.web.app import application
from engine.service.web.description import described
from engine.service.web.routes import all_routes
from engine.service.web.server import CannotListen, address_of, listening
from tests.engine.service.in_process import Office, office
from tests.engine.service.serving import orders_folder


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    with office(orders_folder(tmp_path / "flows"), monkeypatch) as found:
        yield found


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/api/nothing", 404), ("PATCH", "/api/runs", 405), ("GET", "/api/runs/none", 404),
     ("GET", "/api/runs/a%00b", 404), ("GET", f"/api/runs/{'x' * 501}", 404), ("GET", "/api/runs/", 404),
     ("GET", "/api/runs?limit=0", 422), ("GET", "/api/runs?limit=1&limit=2", 422), ("GET", "/api/runs?colour=red", 422),
     ("GET", "/api/runs?after=x", 422), ("GET", "/api/runs?since=yesterday", 422), ("POST", "/api/runs", 422)],
)  # fmt: skip
def test_what_is_refused_is_told_in_one_shape(served: Office, method: str, path: str, status: int) -> None:
    answer = served.ask(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    assert isinstance(answer.json()["error"]["message"], str)


def test_answers_let_a_browser_do_nothing_with_them(served: Office) -> None:
    for path in ("/api/runs", "/healthz", "/api/nothing"):
        headers = served.ask("GET", path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert headers["content-security-policy"].startswith("default-src 'none'")


def test_a_request_keeps_the_id_that_it_has(served: Office) -> None:
    assert served.ask("GET", "/healthz", headers={"X-Request-ID": "a-1"}).headers["x-request-id"] == "a-1"
    ids = {served.ask("GET", "/healthz", headers={"X-Request-ID": "no id"}).headers["x-request-id"] for _ in range(2)}
    assert len(ids - {"no id"}) == 2


def test_a_fault_is_told_by_its_id_and_not_by_its_words(
    served: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*given: object, **named: object) -> None:
        raise RuntimeError("the secret is sesame")

    monkeypatch.setattr("engine.service.web.api.runs.run_page", fails)
    answer = served.ask("GET", "/api/runs", headers={"X-Request-ID": "fault-1"})
    assert answer.status_code == 500
    assert "sesame" not in answer.text
    assert "fault-1" in answer.json()["error"]["hint"]
    assert "request fault-1" in caplog.text


def test_a_body_that_is_too_large_is_not_read(served: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "MAX_BODY", 1000)
    assert served.ask("POST", "/api/runs", content=b"x" * 1001).status_code == 413
    assert served.ask("POST", "/api/runs", content=iter([b"x" * 600, b"x" * 600])).status_code == 413


def test_what_a_body_says_wrong_is_named_by_its_place_without_its_value(served: Office) -> None:
    answer = served.ask("POST", "/api/runs", json={"workflow": "orders", "priority": "sesame"})
    assert answer.json()["error"]["message"].startswith("priority: ")
    assert "sesame" not in answer.text


def test_a_workflow_that_requests_to_its_webhook_begin_is_begun_by_nobody_else(served: Office) -> None:
    source = {"type": "webhook", "alias": "a", "webhook_config": {"validation": {"method": "none"}}}
    document = {"ir_version": "3.1", "goal": "To be run.", "data_sources": [source],
                "schedule": {"type": "event", "event": "closed"}}  # fmt: skip
    assert served.ask("PUT", "/api/workflows/hooked", json=document).status_code == 201
    for path, body in (("/api/runs", {"workflow": "hooked"}), ("/api/events/closed", {})):
        refused = served.ask("POST", path, json=body)
        assert refused.status_code == 422
        assert [each["code"] for each in refused.json()["error"]["diagnostics"]] == ["IR327"]
    assert served.ask("GET", "/api/runs").json()["runs"] == []


def test_health_is_told_to_everybody(served: Office) -> None:
    assert served.ask("GET", "/healthz", scope=None).json() == {"status": "ok", "journal": True, "workers": 0}


def test_numbers_say_how_runs_stand_and_name_nothing_that_people_chose(served: Office) -> None:
    served.ask("POST", "/api/runs", json={"workflow": "orders"})
    served.ask("GET", "/api/runs/none")
    with Journal() as journal:
        Books(journal=journal, account="https://models.example/v1", workflow="orders", budget=DayBudget()).enter(
            Amount(calls=2, tokens_in=80, tokens_out=20, micros=1500),
            aside=Aside(),
            kept=Amount(),
            more=Amount(),
            ahead=1,
        )
    text = served.ask("GET", "/metrics", scope="read").text
    lines = text.splitlines()
    assert {'weirflow_model_tokens_total{direction="in"} 80.0', "weirflow_model_cost_total 0.0015"} <= set(lines)
    assert 'weirflow_runs{status="queued"} 1.0' in lines
    assert 'weirflow_requests_total{method="GET",route="/api/runs/{run_id}",status="404"} 1.0' in lines
    assert "process_resident_memory_bytes" in text
    assert "orders" not in text


def test_the_description_names_every_route_of_the_api(served: Office) -> None:
    found = served.ask("GET", "/api/openapi.json", scope=None).json()
    shown = {(method.upper(), path) for path, methods in found["paths"].items() for method in methods}
    assert shown == {(each.method, each.path.replace(":path}", "}")) for each in all_routes() if each.kind == "api"}
    assert found["paths"]["/api/runs"]["post"]["security"] == [{"key": []}]
    ids = [each["operationId"] for methods in found["paths"].values() for each in methods.values()]
    assert len(ids) == len(set(ids))


def test_the_description_is_openapi() -> None:
    import schemathesis

    found: dict[str, Any] = described(all_routes())
    schemathesis.openapi.from_dict(found).validate()
    for name, schema in found["components"]["schemas"].items():
        whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", "components": found["components"], **schema}
        assert jsonschema_rs.validator_for(json.loads(json.dumps(whole))), name


def test_a_port_that_is_taken_is_told_and_a_free_one_found() -> None:
    first = listening("127.0.0.1", 0)
    with first:
        port = first.getsockname()[1]
        assert address_of(first) == f"http://127.0.0.1:{port}"
        with pytest.raises(CannotListen, match=f"nothing can listen on 127.0.0.1:{port}: address already in use"):
            listening("127.0.0.1", port)


def test_a_body_that_never_comes_is_not_waited_for(served: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "BODY_WITHIN_S", 0.05)
    sent: list[Any] = []

    async def never() -> Any:
        await asyncio.sleep(3600)

    async def send(message: Any) -> None:
        sent.append(message)

    key = f"Bearer {served.key()}".encode()
    scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "path": "/api/runs",
             "raw_path": b"/api/runs", "query_string": b"", "root_path": "", "scheme": "http", "server": ("x", 80),
             "client": ("127.0.0.1", 1), "headers": [(b"authorization", key), (b"content-length", b"9")]}  # fmt: skip
    asyncio.run(application(served.context)(scope, never, send))
    assert sent[0]["status"] == 408
