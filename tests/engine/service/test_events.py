"""Workflows that start when another one has ended, or when somebody sends an event."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.journal.journal import Journal
from engine.journal.tables import schedules, workflows
from engine.service.schedules.topics import named
from engine.service.store.events import add_event
from engine.service.web.api.events import EventSent, _send
from engine.service.web.routes import Call, Refused
from tests.engine.service.stored import find_schedule
from tests.engine.service.ticking import Ticking


def after(name: str, **more: Any) -> dict[str, Any]:
    return {"type": "event", "event": {"workflow_finished": name}, **more}


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ticking:
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path / "home"))
    return Ticking(tmp_path, now="2026-01-31T06:30:00+00:00")


def test_a_workflow_starts_when_the_one_it_waits_for_has_ended_well(service: Ticking) -> None:
    service.put("orders", None)
    service.put("report", after("orders"))
    service.put("other", after("invoices"))
    first = service.ask("orders")
    assert service.later(seconds=1) == []
    service.end(first)
    [begun] = service.later(seconds=1)
    assert (begun.workflow, begun.cause, begun.options) == ("report", "event", "{}")
    about = json.loads(begun.about)
    assert (about["event"], about["run_id"]) == ("workflow_finished:orders", first.run_id)
    assert service.later(seconds=1) == []


@pytest.mark.parametrize(("status", "expected"), [("done", "fine"), ("failed", "alarm"), ("cancelled", None)])
def test_ended_well_and_failed_are_two_events_and_cancelled_is_none(
    service: Ticking, status: Any, expected: str | None
) -> None:
    service.put("orders", None)
    service.put("fine", after("orders"))
    service.put("alarm", {"type": "event", "event": {"workflow_failed": "orders"}})
    service.end(service.ask("orders"), status)
    assert [each.workflow for each in service.later(seconds=1)] == ([expected] if expected else [])


def test_what_ended_before_a_crash_starts_what_waits_for_it_after_it(service: Ticking, tmp_path: Path) -> None:
    service.put("orders", None)
    service.put("report", after("orders"))
    service.end(service.ask("orders"))  # and here the process dies, before it ticks
    service.journal.close()
    again = Ticking(tmp_path, now="2026-01-31T09:00:00+00:00")
    assert [each.workflow for each in again.later(seconds=1)] == ["report"]


def test_workflows_that_start_each_other_come_to_an_end_which_is_told(service: Ticking) -> None:
    service.put("a", after("b"))
    service.put("b", after("a"))
    service.end(service.ask("a"))
    count = 1
    while begun := service.later(seconds=1):
        count += len(begun)
        assert count < 50
        for each in begun:
            service.end(each)
    assert count == 10
    last = find_schedule(service.journal, "a")
    assert last is not None
    assert last.progress.skipped == 1
    assert last.progress.told == (
        "not started: 10 runs have started each other already: a -> b -> a -> b -> a -> b -> a -> b -> a -> b"
    )


@pytest.mark.parametrize(("overlap", "expected"), [("skip", [1, 0]), ("queue", [1, 1]), ("allow", [2, 0])])
def test_overlap_decides_about_events_that_come_while_a_run_goes_on(
    service: Ticking, overlap: str, expected: list[int]
) -> None:
    service.put("orders", None)
    service.put("report", after("orders", overlap=overlap))
    service.end(service.ask("orders"))
    service.end(service.ask("orders"))
    begun = service.later(seconds=1)
    counts = [len(begun)]
    for each in begun:
        service.end(each)
    counts.append(len(service.later(seconds=2)))
    assert counts == expected
    found = find_schedule(service.journal, "report")
    assert found is not None
    assert found.progress.skipped == (1 if overlap == "skip" else 0)


def test_events_count_from_the_start_date_to_the_end_date(service: Ticking) -> None:
    service.put("orders", None)
    service.put("early", after("orders", end_date="2020-01-31"))
    service.put("late", after("orders", start_date="2999-01-01"))
    service.end(service.ask("orders"))
    assert service.later(seconds=1) == []


class Request:
    def __init__(self, name: str, **headers: str) -> None:
        self.path_params, self.headers = {"name": name}, headers


def send(service: Ticking, name: str, headers: dict[str, str] | None = None, **sent: Any) -> dict[str, Any]:
    request: Any = Request(name, **(headers or {}))
    answer = _send(Call(context=service.context, request=request, key=None, taken=EventSent(**sent)))
    found: dict[str, Any] = json.loads(bytes(answer.body))
    return found


REGION = [{"name": "region", "type": "text", "label": "Region", "required": True}]


def test_an_event_that_is_sent_starts_who_waits_for_it_with_the_inputs_that_each_has(service: Ticking) -> None:
    service.put("closing", {"type": "event", "event": "month-closed"}, runtime_inputs=REGION)
    service.put("backup", {"type": "event", "event": "month-closed"})
    told = send(service, "month-closed", inputs={"region": "north"})
    assert told == {"event": "month-closed", "workflows": ["backup", "closing"], "not_started": [], "is_new": True}
    assert [(each.workflow, json.loads(each.inputs)) for each in service.later(seconds=1)] == [
        ("backup", {}), ("closing", {"region": "north"}),
    ]  # fmt: skip


@pytest.mark.parametrize("key", [{"idempotency_key": "jan"}, {"headers": {"idempotency-key": "jan"}}])
def test_the_same_key_is_the_same_event(service: Ticking, key: dict[str, Any]) -> None:
    service.put("backup", {"type": "event", "event": "month-closed", "overlap": "allow"})
    assert [send(service, "month-closed", **key)["is_new"] for _ in range(2)] == [True, False]
    assert len(service.later(seconds=1)) == 1
    assert send(service, "month-closed", **key)["is_new"] is False
    assert service.later(seconds=1) == []


def test_an_event_that_nobody_waits_for_is_refused(service: Ticking) -> None:
    service.put("closing", {"type": "event", "event": "month-closed"})
    with pytest.raises(Refused) as told:
        send(service, "month-close")
    assert (told.value.status, told.value.hint) == (404, 'did you mean "month-closed"?')


@pytest.mark.parametrize(
    ("inputs", "message"),
    [({}, "closing cannot be run so"), ({"region": "n", "regoin": "s"},
      '"regoin" is no input of a workflow that waits for the event')],
)  # fmt: skip
def test_an_event_with_inputs_that_no_run_could_begin_with_is_refused(
    service: Ticking, inputs: dict[str, Any], message: str
) -> None:
    service.put("closing", {"type": "event", "event": "month-closed"}, runtime_inputs=REGION)
    with pytest.raises(Refused) as told:
        send(service, "month-closed", inputs=inputs)
    assert (told.value.status, told.value.message) == (422, message)
    assert service.later(seconds=1) == []


def test_an_event_starts_all_that_can_begin_and_names_the_one_that_cannot(service: Ticking) -> None:
    service.put("closing", {"type": "event", "event": "month-closed"}, runtime_inputs=REGION)
    service.put("backup", {"type": "event", "event": "month-closed", "overlap": "allow"})
    told = send(service, "month-closed", idempotency_key="jan")
    assert (told["workflows"], told["is_new"]) == (["backup"], True)
    [left] = told["not_started"]
    assert (left["workflow"], [each["code"] for each in left["diagnostics"]]) == ("closing", ["IR311"])
    [begun] = service.later(seconds=1)
    assert (begun.workflow, sorted(json.loads(begun.about))) == ("backup", ["event", "happened_at", "sent_by"])
    missed = find_schedule(service.journal, "closing")
    assert missed is not None
    assert (missed.progress.skipped, missed.progress.told) == (
        1, f"not started by event:month-closed: {left['diagnostics'][0]['message']}",
    )  # fmt: skip


def test_a_long_value_that_fits_no_input_is_told_shortly(service: Ticking, caplog: pytest.LogCaptureFixture) -> None:
    amounts = [{"name": f"amount{each}", "type": "number", "label": "Amount"} for each in range(9)]
    service.put("closing", {"type": "event", "event": "month-closed"}, runtime_inputs=amounts)
    service.put("backup", {"type": "event", "event": "month-closed"})
    told = send(service, "month-closed", inputs={each["name"]: "x\n" * 100_000 for each in amounts})
    [left] = told["not_started"]
    assert [len(each["message"]) < 200 for each in left["diagnostics"]] == [True] * 9
    service.later(seconds=1)
    missed = find_schedule(service.journal, "closing")
    assert missed is not None
    assert (len(missed.progress.told), missed.progress.told[-1]) == (500, "…")
    assert [each.getMessage() for each in caplog.records] == [f"closing: {missed.progress.told}"]
    assert "\n" not in missed.progress.told


def test_an_event_that_is_sent_again_is_answered_as_it_was_whatever_has_changed_since(service: Ticking) -> None:
    service.put("closing", {"type": "event", "event": "month-closed", "overlap": "allow"}, runtime_inputs=REGION)
    service.put("backup", {"type": "event", "event": "month-closed", "overlap": "allow"})
    first = send(service, "month-closed", idempotency_key="jan")
    service.put("closing", {"type": "event", "event": "month-closed", "overlap": "allow"})  # begins without a region
    assert send(service, "month-closed", idempotency_key="jan") == {**first, "is_new": False}
    assert [each.workflow for each in service.later(seconds=1)] == ["backup"]
    service.put("closing", None)
    service.put("backup", None)
    assert send(service, "month-closed", idempotency_key="jan") == {**first, "is_new": False}
    assert service.later(seconds=1) == []


def test_an_event_of_an_earlier_version_that_is_sent_again_names_who_waits_for_it(service: Ticking) -> None:
    service.put("backup", {"type": "event", "event": "month-closed"})
    with service.journal.writing() as connection:  # that version did not store whom it started
        add_event(connection, "default", named("month-closed"), "jan", about={"sent_by": "key 1"}, inputs={})
    told = send(service, "month-closed", idempotency_key="jan")
    assert told == {"event": "month-closed", "workflows": ["backup"], "not_started": [], "is_new": False}
    service.put("backup", None)
    assert send(service, "month-closed", idempotency_key="jan")["workflows"] == []


OUTSIDE = {"early": {"end_date": "2020-01-31"}, "late": {"start_date": "2999-01-01"}, "off": {"enabled": False}}


def test_an_event_names_no_workflow_that_its_dates_keep_from_running(service: Ticking) -> None:
    for name, dates in OUTSIDE.items():
        service.put(name, {"type": "event", "event": "month-closed", **dates})
    with pytest.raises(Refused) as told:
        send(service, "month-closed")
    assert (told.value.status, told.value.message, told.value.hint) == (
        404, 'no workflow waits for the event "month-closed" now',
        "disabled, before their start_date or past their end_date: early, late",
    )  # fmt: skip
    service.put("closing", {"type": "event", "event": "month-closed"}, runtime_inputs=REGION)
    with pytest.raises(Refused) as told:
        send(service, "month-closed")
    assert (told.value.status, told.value.message) == (422, "closing cannot be run so")
    assert send(service, "month-closed", inputs={"region": "north"})["workflows"] == ["closing"]
    assert [each.workflow for each in service.later(seconds=1)] == ["closing"]


def test_a_schedule_that_cannot_be_read_keeps_an_event_from_no_other(service: Ticking) -> None:
    service.put("backup", {"type": "event", "event": "month-closed"})
    service.put("odd", {"type": "event", "event": "month-closed"})
    with service.journal.writing() as connection:  # as another version of weirflow may have stored it
        odd = {"schedule": {"type": "tide", "event": "month-closed"}, "timezone": "UTC"}
        connection.execute(schedules.update().where(schedules.c.workflow == "odd").values(definition=json.dumps(odd)))
    assert send(service, "month-closed")["workflows"] == ["backup", "odd"]
    assert [each.workflow for each in service.later(seconds=1)] == ["backup"]


def test_an_input_of_a_workflow_that_cannot_be_read_keeps_an_event_from_no_other(service: Ticking) -> None:
    service.put("closing", {"type": "event", "event": "month-closed"}, runtime_inputs=REGION)
    service.put("backup", {"type": "event", "event": "month-closed"})
    with service.journal.writing() as connection:  # as another version of weirflow may have stored it
        unreadable = workflows.update().where(workflows.c.workflow == "closing").values(document="ir_version: '3.1'")
        connection.execute(unreadable)
    told = send(service, "month-closed", inputs={"region": "north"})
    assert (told["workflows"], [each["workflow"] for each in told["not_started"]]) == (["backup"], ["closing"])
    assert [each.workflow for each in service.later(seconds=1)] == ["backup"]


def test_an_event_is_taken_once_by_however_many_tick(service: Ticking, tmp_path: Path) -> None:
    service.put("backup", {"type": "event", "event": "e", "overlap": "allow"})
    other = Ticking(tmp_path, now="2026-01-31T06:30:00+00:00")
    with Journal() as journal, journal.writing() as connection:
        for number in range(3):
            add_event(connection, "default", named("e"), str(number), about={}, inputs={})
    assert (len(service.later(seconds=1)), len(other.later(seconds=1))) == (3, 0)
