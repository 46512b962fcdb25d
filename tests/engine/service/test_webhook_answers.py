"""What a sender is answered, and what becomes of what it sent."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.service.store.starts import Start
from engine.service.views.hooks import last_events
from engine.service.webhooks import beginning
from engine.service.webhooks.opened import Pace
from tests.engine.service.hooking import SECRET, Hooked, hooking
from tests.engine.service.stored import runs_of_events

TOKEN = {"Authorization": f"Bearer {SECRET}"}
WITH_TOKEN = {"validation": {"method": "token", "secret_ref": "orders_token"}}
BASIC = {"validation": {"method": "basic-auth", "secret_ref": "orders_token"}}
OPEN = {"validation": {"method": "none"}}
LATER = timedelta(hours=1)


@pytest.fixture
def hooked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hooked]:
    monkeypatch.setenv("WEIRFLOW_ORDERS_TOKEN", SECRET)
    with hooking(tmp_path, webhook_bytes=1000, webhook_waiting=5) as found:
        yield found


def begun(hooked: Hooked, after: timedelta = timedelta()) -> list[Start]:
    return hooked.inbox.begin_due(datetime.now(UTC) + after)


def lines_of(hooked: Hooked, start: Start) -> list[Any]:
    with hooked.context.journal.looking() as connection:
        found = connection.exec_driver_sql(f"select body from weirflow_payloads where run_id = '{start.run_id}'")
        return [json.loads(line) for line in bytes(found.scalar_one()).splitlines()]


@pytest.mark.parametrize(
    ("config", "headers", "status"),
    [
        (WITH_TOKEN, TOKEN, 202),
        (WITH_TOKEN, {"Authorization": f"Bearer {SECRET}x"}, 401),
        (WITH_TOKEN, {"Authorization": "Bearer "}, 401),
        (WITH_TOKEN, {}, 401),
        ({"validation": {**WITH_TOKEN["validation"], "signature_header": "X-Token"}}, {"x-token": SECRET}, 202),
        ({"validation": {**WITH_TOKEN["validation"], "signature_header": "X-Token"}}, TOKEN, 401),
        (BASIC, {"Authorization": f"Basic {base64.b64encode(SECRET.encode()).decode()}"}, 202),
        (BASIC, {"Authorization": "Basic !!"}, 401),
        (BASIC, TOKEN, 401),
        (OPEN, {}, 202),
    ],
)
def test_a_token_or_a_password_is_asked_for_and_nothing_only_where_none_is_written(
    hooked: Hooked, config: Mapping[str, Any], headers: Mapping[str, str], status: int
) -> None:
    found = hooked.post(hooked.put("orders", config), {"id": 1}, headers)
    assert found.status == status, found.body
    assert ("www-authenticate" in found.headers) == (status == 401 and config is BASIC)
    assert len(begun(hooked)) == (status == 202)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400), (b'{"a": NaN}', 400), (b'{"a": 1e999}', 400), (b"\xff", 400), (b"", 400), (b"[" * 100_000, 413),
        (b"[" * 900, 400), (b'{"a": "\\ud800"}', 400), (b'{"a": 1.10}', 202), (b'[{"a": 1}, {"a": 2}]', 202),
        (b"\xef\xbb\xbf{}", 202), (b'{"a": "' + b"x" * 1000 + b'"}', 413),
    ],
)  # fmt: skip
def test_a_body_that_no_row_can_be_made_of_is_refused_before_it_is_stored(
    hooked: Hooked, body: bytes, status: int
) -> None:
    found = hooked.post(hooked.put("orders", OPEN), body)
    assert found.status == status, found.body
    assert len(begun(hooked)) == (status == 202)


def test_a_packed_body_is_asked_for_as_it_is(hooked: Hooked) -> None:
    path = hooked.put("orders", OPEN)
    assert hooked.post(path, gzip.compress(b"{}"), {"Content-Encoding": "gzip"}).status == 415
    assert hooked.post(path, b"{}", {"Content-Encoding": "identity"}).status == 202
    assert len(begun(hooked)) == 1


def test_a_form_is_its_fields_or_the_payload_that_it_holds(hooked: Hooked) -> None:
    path = hooked.put("orders", OPEN)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert hooked.post(path, b"command=%2Freport&text=last+month", form).status == 202
    assert hooked.post(path, b"payload=%7B%22action%22%3A+%22opened%22%7D", form).status == 202
    found = [lines_of(hooked, each) for each in begun(hooked)]
    assert found == [[{"command": "/report", "text": "last month"}], [{"action": "opened"}]]


def test_what_is_too_large_is_refused_whether_its_length_is_told_or_not(hooked: Hooked) -> None:
    path = hooked.put("orders", WITH_TOKEN)
    assert hooked.post(path, b"", {**TOKEN, "Content-Length": "1001"}).status == 413
    parts = [b"x" * 600, b"x" * 600, b"never read"]
    assert hooked.run(hooked.sent(path, parts, TOKEN)).status == 413
    assert parts == [b"x" * 600, b"x" * 600, b"never read"]


def test_a_request_that_shows_no_token_is_refused_before_its_body_is_read(hooked: Hooked) -> None:
    path, reads = hooked.put("orders", WITH_TOKEN), list[bool]()
    found = hooked.run(hooked.sent(path, [b"{}"], {}, reads=lambda: reads.append(True)))
    assert (found.status, reads) == (401, [])


def test_more_events_than_may_wait_are_429_until_runs_have_taken_some(hooked: Hooked) -> None:
    path = hooked.put("orders", OPEN)
    assert [hooked.post(path, {"id": each}).status for each in range(6)] == [202] * 5 + [429]
    assert len(begun(hooked)) == 5
    hooked.endpoint._hooks.refresh()
    assert hooked.post(path, {"id": 6}).status == 202


def test_requests_come_at_the_pace_of_the_service(hooked: Hooked) -> None:
    path = hooked.put("orders", OPEN)
    found = hooked.endpoint._hooks.find("orders", path.rpartition("/")[2])
    assert found is not None
    found.pace = Pace(0)
    refused = hooked.post(path, {})
    assert (refused.status, refused.headers["retry-after"]) == (429, "1")
    three = Pace(3)
    assert [three.is_kept(each) for each in (50, 50, 50, 50, 50.2, 50.4, 50.5)] == [True] * 3 + [False] * 2 + [
        True,
        False,
    ]
    assert [three.is_kept(60) for _ in range(4)] == [True] * 3 + [False]


def test_an_unknown_url_is_404_and_another_method_405(hooked: Hooked) -> None:
    path = hooked.put("orders", OPEN)
    assert [hooked.post(each).status for each in (path[:-1], f"{path}/", "/webhooks/others/x", "/webhooks/")] == [
        404
    ] * 4
    found = hooked.post(path, method="GET")
    assert (found.status, found.headers["allow"]) == (405, "POST")


def test_only_the_event_that_is_asked_for_is_taken(hooked: Hooked) -> None:
    path = hooked.put("orders", {**OPEN, "event_type": "paid"})
    assert hooked.post(path, {"type": "paid"}).json["status"] == "accepted"
    other = hooked.post(path, {"type": "refunded"})
    assert (other.status, other.json) == (202, {"status": "ignored", "event_type": "refunded"})
    first = hooked.put("first", {**OPEN, "event_type": "paid", "event_path": "[0]"})
    assert [hooked.post(first, each).json["status"] for each in (["paid"], ["other"])] == ["accepted", "ignored"]
    inner = hooked.put("inner", {**OPEN, "event_type": "paid", "event_path": "meta.kinds[0]"})
    assert hooked.post(inner, {"type": "x", "meta": {"kinds": ["paid"]}}).json["status"] == "accepted"
    assert hooked.post(inner, {"type": "paid"}).json["status"] == "ignored"
    assert sorted(each.workflow for each in begun(hooked)) == ["first", "inner", "orders"]


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}},
        {"type": "object", "fields": [{"name": "id", "type": "integer", "required": True}]},
    ],
)
def test_a_payload_that_breaks_the_schema_is_422_and_says_where(hooked: Hooked, schema: dict[str, Any]) -> None:
    path = hooked.put("orders", {**OPEN, "payload_schema": schema})
    assert hooked.post(path, {"id": 1, "more": True}).status == 202
    found = hooked.post(path, {"id": "one"})
    assert (found.status, found.json["error"]["problems"]) == (422, ['/id: expected an integer, but this is "one"'])
    assert len(begun(hooked)) == 1


def test_the_answer_of_the_workflow_is_given(hooked: Hooked) -> None:
    answer = {"status_code": 201, "body": {"order": "{{payload.id}}", "run": "{{run_id}}", "note": "no {{payload.id}}"}}
    path = hooked.put("orders", {**OPEN, "response": answer})
    found = hooked.post(path, {"id": 7})
    [start] = begun(hooked)
    assert (found.status, found.json) == (201, {"order": 7, "run": start.run_id, "note": "no 7"})
    text = hooked.put("texts", {**OPEN, "response": {"status_code": 200, "body": "<b>{{payload.id}}</b>"}})
    found = hooked.post(text, {"id": 8})
    assert (found.body, found.headers["content-type"]) == (b"<b>8</b>", "text/plain; charset=utf-8")
    silent = hooked.put("silent", {**OPEN, "response": {"status_code": 204}})
    assert (hooked.post(silent, {}).status, hooked.post(silent, {}).body) == (204, b"")


def test_an_answer_that_cannot_be_made_is_422_and_nothing_is_stored(hooked: Hooked) -> None:
    path = hooked.put("orders", {**OPEN, "response": {"body": "{{payload.id}}"}})
    assert hooked.post(path, {"other": 7}).status == 422
    assert begun(hooked) == []


def test_the_same_event_runs_once_and_is_answered_the_same_run(hooked: Hooked) -> None:
    path = hooked.put("orders", {**OPEN, "idempotency_header": "Idempotency-Key"})
    first, again = (hooked.post(path, {"n": each}, {"Idempotency-Key": "k1"}) for each in (1, 2))
    [start] = begun(hooked)
    late = hooked.post(path, {"n": 3}, {"Idempotency-Key": "k1"})
    assert {each.json["run_id"] for each in (first, again, late)} == {start.run_id}
    assert [each.json["status"] for each in (first, again, late)] == ["accepted", "duplicate", "duplicate"]
    assert lines_of(hooked, start) == [{"n": 1}]
    assert hooked.post(path, {"n": 4}).status == 400
    assert begun(hooked) == []


def test_what_became_of_requests_is_counted_and_names_no_workflow(hooked: Hooked) -> None:
    path = hooked.put("orders", {**WITH_TOKEN, "event_type": "paid", "idempotency_header": "Id"})
    for headers, kind in (({**TOKEN, "Id": "1"}, "paid"), ({**TOKEN, "Id": "1"}, "paid"), (TOKEN, "sent"), ({}, "paid"),
                          ({}, "paid")):  # fmt: skip
        hooked.post(path, {"type": kind}, headers)
    told = [each for each in hooked.meters.text().decode().splitlines() if "weirflow_webhook_requests_total{" in each]
    assert told == [
        'weirflow_webhook_requests_total{outcome="accepted",status="202"} 1.0',
        'weirflow_webhook_requests_total{outcome="repeated",status="202"} 1.0',
        'weirflow_webhook_requests_total{outcome="ignored",status="202"} 1.0',
        'weirflow_webhook_requests_total{outcome="refused",status="401"} 2.0',
    ]


def test_a_request_whose_body_has_not_come_when_the_service_stops_is_told_to_come_again(hooked: Hooked) -> None:
    path = hooked.put("orders", OPEN)

    def stopped() -> None:
        raise asyncio.CancelledError

    found = hooked.run(hooked.sent(path, [b"{"], reads=stopped))
    assert (found.status, found.headers["retry-after"]) == (503, "5")


def test_events_are_one_run_once_they_are_enough_or_old_enough(hooked: Hooked) -> None:
    path = hooked.put("orders", {**OPEN, "batch_rows": 2, "batch_seconds": 30})
    for number in range(3):
        assert "run_id" not in hooked.post(path, {"n": number}).json
    [full] = begun(hooked)
    assert lines_of(hooked, full) == [{"n": 0}, {"n": 1}]
    assert begun(hooked, timedelta(seconds=25)) == []
    [rest] = begun(hooked, timedelta(seconds=31))
    assert lines_of(hooked, rest) == [{"n": 2}]
    assert runs_of_events(hooked.context.journal) == [rest.run_id, full.run_id, full.run_id]


def test_a_batch_of_more_bytes_than_a_run_takes_is_several_runs(
    hooked: Hooked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beginning, "BATCH_BYTES", 20)
    path = hooked.put("orders", {**OPEN, "batch_seconds": 30})
    for number in range(3):
        hooked.post(path, {"n": number})
    found = [*begun(hooked, timedelta(seconds=31)), *begun(hooked, timedelta(seconds=32))]
    assert [lines_of(hooked, each) for each in found] == [[{"n": 0}, {"n": 1}], [{"n": 2}]]


def test_a_workflow_that_is_gone_takes_no_event_and_has_its_url_again_when_it_is_back(hooked: Hooked) -> None:
    from engine.service.store.workflows import forget_workflow

    path = hooked.put("orders", OPEN)
    assert hooked.post(path, {}).status == 202
    forget_workflow(hooked.context.journal, "orders")
    hooked.endpoint._hooks.refresh()
    assert hooked.post(path, {}).status == 404
    assert begun(hooked) == []
    assert hooked.put("orders", OPEN) == path
    assert len(begun(hooked)) == 1


def test_events_wait_for_the_webhook_of_a_workflow_that_has_none_any_more(hooked: Hooked) -> None:
    path = hooked.put("orders", OPEN)
    hooked.post(path, {})
    rows = {"type": "tabular", "source": "inline", "alias": "event", "config": {"rows": [{"a": 1}]}}
    hooked.put("orders", OPEN, data_sources=[rows])
    assert hooked.post(path, {}).status == 404
    assert begun(hooked) == []
    hooked.put("orders", OPEN)
    assert len(begun(hooked)) == 1


def test_a_payload_without_an_id_is_an_event_of_its_own_whatever_its_keys_are_named(hooked: Hooked) -> None:
    path = hooked.put("orders", OPEN)
    assert [hooked.post(path, {"": 7}).json["status"] for _ in range(2)] == ["accepted", "accepted"]


def test_the_events_of_a_workflow_that_cannot_begin_keep_no_other_waiting(
    hooked: Hooked, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("broken", "orders"):
        hooked.post(hooked.put(name, OPEN), {})
    with hooked.context.journal.writing() as connection:
        connection.exec_driver_sql("update weirflow_hooks set definition = '{}' where workflow = 'broken'")
    assert [each.workflow for each in begun(hooked)] == ["orders"]


def test_a_batch_that_a_clock_noted_for_the_future_does_not_wait_until_then(hooked: Hooked) -> None:
    path = hooked.put("orders", {**OPEN, "batch_seconds": 30})
    hooked.post(path, {})
    assert begun(hooked, -timedelta(seconds=20)) == []
    assert len(begun(hooked, -timedelta(days=1))) == 1


def test_a_secret_that_cannot_be_had_is_503_and_told_to_nobody_but_the_log(
    hooked: Hooked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WEIRFLOW_ORDERS_TOKEN")
    found = hooked.post(hooked.put("orders", WITH_TOKEN), {}, TOKEN)
    assert (found.status, found.headers["retry-after"]) == (503, "5")
    assert b"orders_token" not in found.body


def test_a_secret_of_another_workflow_opens_no_webhook(hooked: Hooked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIRFLOW_SALARIES_TOKEN", SECRET)
    path = hooked.put("orders", {"validation": {"method": "token", "secret_ref": "salaries_token"}})
    assert hooked.post(path, {}, TOKEN).status == 503


def test_an_event_has_the_size_of_its_body_until_a_run_takes_it(hooked: Hooked) -> None:
    path = hooked.put("orders", {**OPEN, "batch_rows": 2})
    for _ in range(2):
        hooked.post(path, b'{"a": 1}')
    assert [each.bytes for each in last_events(hooked.context.journal, "orders")] == [8, 8]
    (start,) = begun(hooked, LATER)
    taken = last_events(hooked.context.journal, "orders")
    assert [(each.bytes, each.run_id) for each in taken] == [(None, start.run_id)] * 2
