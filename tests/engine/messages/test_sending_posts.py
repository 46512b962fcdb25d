"""Messages to a service through whole runs: what it gets, what its answers do, and that it can tell a repeat."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import weirflow as wf
from tests.killed_runs import killed_run
from tests.servers.http_receiver import HttpReceiver
from tests.servers.smtp import MailServer
from tests.workflows import ENGINES, inline, workflow

ROWS = [{"id": number, "mail": f"p{number}@example.com"} for number in (1, 2, 3)]
SEND = "connectors.messages.http.sending:PostSender.send"


@pytest.fixture
def receiver() -> Iterator[HttpReceiver]:
    with HttpReceiver().running() as running:
        yield running


def _document(url: str, rows: list[dict[str, Any]] = ROWS, schema: dict[str, str] | None = None,
              **delivery: Any) -> dict[str, Any]:  # fmt: skip
    config = {"url": url, **delivery.pop("config", {})}
    each = {"plugin_key": "http", "config": config, **delivery}
    return workflow([inline("orders", rows, schema)], name="orders", delivery_rules={"per_item_delivery": each})


def _file(folder: Path, document: dict[str, Any]) -> Path:
    (folder / "orders.json").write_text(json.dumps(document))
    return folder / "orders.json"


@pytest.mark.parametrize("engine", ENGINES)
def test_a_payload_has_the_numbers_that_a_json_file_has(receiver: HttpReceiver, tmp_path: Path, engine: str) -> None:
    rows = [{"id": 1, "price": "12345678901234567890.1200", "rate": 0.1, "parts": ["1.50"], "more": {"a": [1, 2.50]}}]
    schema = {"id": "integer", "price": "decimal(38,4)", "rate": "number", "parts": "list(decimal(10,2))",
              "more": "json"}  # fmt: skip
    document = _document(f"{receiver.url}/x", rows, schema)
    document["delivery_rules"]["file_delivery"] = {"format": "ndjson", "filename_template": "orders.ndjson"}
    wf.compile(document, engine=engine).run(out=tmp_path)

    [post] = receiver.posts
    said = json.loads(post.body, parse_float=Decimal)
    assert b'"price":12345678901234567890.1200,' in post.body
    assert said["more"] == {"a": [1, Decimal("2.5")]}
    assert said == json.loads((tmp_path / "orders.ndjson").read_text(), parse_float=Decimal)


def test_a_group_and_a_body_of_the_config_keep_the_digits_too(receiver: HttpReceiver) -> None:
    rows = [{"price": "0.10", "id": 1}]
    document = _document(f"{receiver.url}/x", rows, {"price": "decimal(10,2)", "id": "integer"})
    rules = document["delivery_rules"]
    rules["per_group_delivery"] = {"id": "groups", "plugin_key": "http", "config": {"url": f"{receiver.url}/groups"}}
    rules["per_item_delivery"]["config"]["body"] = {"cost": "{{price}}", "lines": ["{{id}}"]}
    result = wf.compile({**document, "grouping": {"group_by": "price"}}).run()
    assert result.status == "succeeded", result.deliveries

    bodies = {post.path: post.body for post in receiver.posts}
    assert bodies["/x"] == b'{"cost":0.10,"lines":[1]}'
    assert b'"group":{"price":0.10}' in bodies["/groups"]


def test_a_preview_shows_the_digits_that_would_be_posted(tmp_path: Path) -> None:
    document = _document("https://example.com/x", [{"price": "0.10"}], {"price": "decimal(10,2)"})
    wf.compile(document).run(out=tmp_path, preview=5)
    [file] = tmp_path.rglob("0001.json")
    assert '"price": 0.10' in file.read_text()


def test_a_status_that_is_final_fails_its_own_message_alone(receiver: HttpReceiver) -> None:
    receiver.fail("POST", "/2", status=422, body="no such order")
    result = wf.compile(_document(f"{receiver.url}/{{{{id}}}}")).run()

    [delivery] = result.deliveries
    assert (result.status, delivery.outcome) == ("incomplete", {"sent": 2, "failed": 1})
    assert delivery.error is not None
    assert "row 2: 127.0.0.1 answers 422 no such order" in delivery.error
    assert [post.path for post in receiver.posts] == ["/1", "/3"]


def test_a_service_that_asks_to_wait_is_asked_again_with_the_same_key(receiver: HttpReceiver) -> None:
    receiver.fail("POST", "/2", status=429, headers={"Retry-After": "0.1"})
    receiver.fail("POST", "/3", status=503)
    receiver.fail("POST", "/1", lost=True)
    retry = {"retry": {"max_attempts": 2, "initial_delay_ms": 0}}
    events: list[wf.Event] = []
    plan = wf.compile(_document(f"{receiver.url}/{{{{id}}}}", execution_constraints=retry))
    result = plan.run(progress=events.append)

    assert (result.status, result.deliveries[0].outcome) == ("succeeded", {"sent": 3})
    waits = [event.text.rpartition("again in ")[2] for event in events if event.kind == "retry"]
    assert waits == ["0.0 s", "0.1 s", "0.0 s"]
    assert [post.path for post in receiver.posts] == ["/1", "/1", "/2", "/3"]
    assert [post.path for post in receiver.taken] == ["/1", "/2", "/3"]


def test_after_a_kill_the_service_sees_the_key_that_it_knows(receiver: HttpReceiver, tmp_path: Path,
                                                             monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path / "home"))
    killed_run(_file(tmp_path, _document(f"{receiver.url}/{{{{id}}}}")), SEND, when="after", call=2)
    result = wf.resume(wf.runs()[0].run_id)

    assert (result.status, result.deliveries[0].outcome) == ("succeeded", {"sent": 3})
    assert [post.path for post in receiver.posts] == ["/1", "/2", "/2", "/3"]
    assert receiver.posts[1].key == receiver.posts[2].key
    assert len({post.key for post in receiver.posts}) == 3


def test_what_a_service_answers_is_said_by_the_destination_that_follows(receiver: HttpReceiver,
                                                                       mail_server: MailServer) -> None:  # fmt: skip
    receiver.fail("POST", "/2", status=404)
    rules = {"multiple_destinations": [
        {"name": "shop", "plugin_key": "http", "config": {"url": f"{receiver.url}/{{{{id}}}}"},
         "execution_scope": "per_item"},
        {"name": "mail", "recipient_source": "mail", "subject": "Taken as {{step_result.taken}}",
         "execution_scope": "per_item"},
    ]}  # fmt: skip
    result = wf.compile(workflow([inline("orders", ROWS)], name="orders", delivery_rules=rules)).run()

    assert [(mail.recipients, mail.subject) for mail in mail_server.mails] == [
        (("p1@example.com",), "Taken as 1"), (("p3@example.com",), "Taken as 2")]  # fmt: skip
    assert [each.outcome for each in result.deliveries] == [{"sent": 2, "failed": 1}, {"sent": 2, "skipped": 1}]


@pytest.mark.parametrize("path", ["x", "{{id}}"])
def test_what_is_wrong_for_every_message_is_told_once_where_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                                                      path: str) -> None:  # fmt: skip
    monkeypatch.setenv("TOKEN", "t0ken-of-sales")
    auth = {"type": "bearer", "secret_ref": "env:TOKEN"}
    document = _document(f"http://shop.example.com/{path}", config={"auth": auth})
    result = wf.run(_file(tmp_path, document))

    [delivery] = result.deliveries
    assert (result.status, delivery.status, delivery.outcome) == ("failed", "failed", {})
    assert delivery.finding is not None
    assert (delivery.finding.code, delivery.finding.message) == (
        "IR690", "the credentials would go to shop.example.com unencrypted")  # fmt: skip
    assert delivery.finding.pointer == ("delivery_rules", "per_item_delivery", "config", "url")
    assert not result.dead_letters["count"]
