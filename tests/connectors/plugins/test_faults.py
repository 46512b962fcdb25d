"""When a service is too busy, breaks, or is not there: what is sent again, after how long, and what is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connectors.plugins.plugin import Plugin
from connectors.problem import ConnectorProblem
from tests.connectors.plugins.calling import FakePace, called, opened, plugin_of
from tests.servers.http_receiver import HttpReceiver

ORDER: dict[str, Any] = {"type": "object", "properties": {"item": {"type": "string", "description": "What."}}}
ERRORS = {
    "success_when": {"path": "ok", "equals": True},
    "message_path": ["error.message", "error"],
    "rate_limit": [
        {"status": 429},
        {"path": "error.code", "in": [130429, 131056], "retry_after": {"fixed_s": 6}},
        {"header": "X-Remaining", "equals": "0", "retry_after": {"epoch_header": "X-Reset"}},
    ],
    "retry": [{"path": "error", "in": ["internal_error"]}],
    "not_found": [{"status": 404}],
}
OK = '{"ok": true}'


@pytest.fixture
def shop(tmp_path: Path) -> Plugin:
    actions = {
        "list_orders": {"kind": "read", "request": {"path": "/orders"}},
        "add_order": {"kind": "write", "parameters": ORDER,
                      "request": {"method": "POST", "path": "/orders", "body": {"item": "{{params.item}}"}}},
        "put_order": {"kind": "write", "parameters": ORDER, "is_idempotent": True,
                      "request": {"method": "PUT", "path": "/orders/1", "body": {"item": "{{params.item}}"}}},
        "pay_order": {"kind": "write", "parameters": ORDER,
                      "idempotency": {"style": "header", "name": "Idempotency-Key"},
                      "request": {"method": "POST", "path": "/payments", "body": {"item": "{{params.item}}"}}},
    }  # fmt: skip
    return plugin_of(tmp_path, errors=ERRORS, actions=actions)


def test_a_429_waits_as_long_as_the_service_asks(receiver: HttpReceiver, shop: Plugin) -> None:
    receiver.fail("POST", "/orders", status=429, headers={"Retry-After": "7"})
    receiver.fail("POST", "/orders", status=200, body=OK)
    pace = FakePace()
    with opened(shop, receiver.url, pace=pace) as session:
        outcome = called(session, shop, "add_order", {"item": "tea"})
    assert outcome.attempts == 2
    assert 7 <= sum(pace.slept) < 8


@pytest.mark.parametrize(
    ("status", "body", "headers", "at_least_s"),
    [
        (429, "", {}, 0.2),
        (400, '{"error": {"code": 131056, "message": "pair limit"}}', {}, 6),
        (200, '{"ok": false, "error": {"code": 130429}}', {}, 6),
        (403, "{}", {"X-Remaining": "0", "X-Reset": "1030"}, 30),
        (503, "", {"Retry-After": "3"}, 3),
    ],
    ids=["429 without a word", "400 with a code", "200 with a code", "403 with a moment", "503"],
)
def test_each_service_says_in_its_own_way_that_it_was_too_much(
    receiver: HttpReceiver, shop: Plugin, status: int, body: str, headers: dict[str, str], at_least_s: float
) -> None:
    receiver.fail("POST", "/orders", status=status, body=body, headers=headers)
    receiver.fail("POST", "/orders", status=200, body=OK)
    pace = FakePace()
    with opened(shop, receiver.url, pace=pace, now=lambda: 1000.0) as session:
        assert called(session, shop, "add_order", {"item": "tea"}).attempts == 2
    assert at_least_s <= sum(pace.slept) < at_least_s + 1


@pytest.mark.parametrize(
    ("action", "attempts"), [("list_orders", 4), ("put_order", 4), ("pay_order", 4), ("add_order", 1)]
)
def test_a_500_is_tried_again_only_where_that_does_no_harm(
    receiver: HttpReceiver, shop: Plugin, action: str, attempts: int
) -> None:
    for method in ("GET", "POST", "PUT"):
        receiver.fail(method, "/", status=500, times=9)
    with opened(shop, receiver.url) as session, pytest.raises(ConnectorProblem) as met:
        called(session, shop, action, {})
    assert len(receiver.requests) == attempts
    assert met.value.sent


def test_an_error_inside_a_200_is_an_error_with_the_services_own_words(receiver: HttpReceiver, shop: Plugin) -> None:
    receiver.fail("POST", "/orders", status=200, body='{"ok": false, "error": "channel_not_found"}')
    with opened(shop, receiver.url) as session, pytest.raises(ConnectorProblem, match="200: channel_not_found") as met:
        called(session, shop, "add_order", {"item": "tea"})
    assert (met.value.code, met.value.reason, met.value.sent) == ("IR691", None, False)


def test_an_error_inside_a_200_counts_also_where_nothing_of_the_answer_is_wanted(
    receiver: HttpReceiver, tmp_path: Path
) -> None:
    request = {"method": "POST", "path": "/x"}
    actions = {"quiet": {"kind": "write", "request": request, "response": {"decode": "none"}},
               "text": {"kind": "read", "request": {"path": "/t"}, "response": {"decode": "text"}}}  # fmt: skip
    plugin = plugin_of(tmp_path, errors=ERRORS, actions=actions)
    receiver.fail("POST", "/x", status=200, body='{"ok": false, "error": "no"}')
    receiver.fail("GET", "/t", status=200, body="any text")
    with opened(plugin, receiver.url) as session:
        with pytest.raises(ConnectorProblem, match="200: no"):
            called(session, plugin, "quiet", {})
        receiver.fail("POST", "/x", status=204)
        assert called(session, plugin, "quiet", {}).output is None
        assert called(session, plugin, "text", {}).output == "any text"


def test_a_write_whose_answer_was_lost_is_not_sent_again(receiver: HttpReceiver, shop: Plugin) -> None:
    receiver.fail("POST", "/orders", lost=True, times=5)
    with opened(shop, receiver.url) as session, pytest.raises(ConnectorProblem) as met:
        called(session, shop, "add_order", {"item": "tea"})
    assert len(receiver.posts) == 1
    assert met.value.sent


def test_half_an_answer_is_no_answer(receiver: HttpReceiver, shop: Plugin) -> None:
    receiver.halves.add("/api/orders")
    with opened(shop, receiver.url) as session, pytest.raises(ConnectorProblem) as met:
        called(session, shop, "add_order", {"item": "tea"})
    assert (met.value.code, met.value.sent, len(receiver.posts)) == ("IR692", True, 1)


def test_a_key_makes_a_lost_answer_safe_to_ask_for_again(receiver: HttpReceiver, shop: Plugin) -> None:
    receiver.fail("POST", "/payments", lost=True)
    receiver.fail("POST", "/payments", lost=True)
    receiver.fail("POST", "/payments", status=500)
    with opened(shop, receiver.url) as session, pytest.raises(ConnectorProblem, match="answers"):
        called(session, shop, "pay_order", {"item": "tea"}, key="run-1:item-1")
    assert len(receiver.posts) == 3
    assert [each.key for each in receiver.taken] == ["run-1:item-1"]


def test_a_call_that_may_have_taken_effect_is_not_told_as_not_sent_for_a_later_attempt(
    receiver: HttpReceiver, shop: Plugin
) -> None:
    receiver.fail("POST", "/payments", lost=True)
    receiver.fail("POST", "/payments", status=429, times=9)
    with opened(shop, receiver.url) as session, pytest.raises(ConnectorProblem, match="429") as met:
        called(session, shop, "pay_order", {"item": "tea"})
    assert (met.value.sent, len(receiver.posts)) == (True, 1)


def test_what_was_found_to_be_made_has_taken_effect(receiver: HttpReceiver, tmp_path: Path) -> None:
    made = {"id": "made", "request": {"method": "POST", "path": "/made"},
            "found": {"request": {"path": "/made"}, "when": {"set": "{{response.taken}}"}}}  # fmt: skip
    steps = [made, {"id": "then", "request": {"method": "POST", "path": "/then"}}]
    plugin = plugin_of(tmp_path, actions={"make": {"kind": "write", "steps": steps}})
    receiver.fail("POST", "/made", lost=True)
    receiver.fail("POST", "/then", status=400)
    with opened(plugin, receiver.url) as session, pytest.raises(ConnectorProblem, match="400") as met:
        called(session, plugin, "make", {})
    assert met.value.sent


def test_a_service_that_does_not_answer_is_given_up(receiver: HttpReceiver, tmp_path: Path) -> None:
    slow = plugin_of(tmp_path, defaults={"timeout_s": 0.5},
                     actions={"add": {"kind": "write", "request": {"method": "POST", "path": "/stall"}}})  # fmt: skip
    receiver.stalls.add("/api/stall")
    with opened(slow, receiver.url) as session, pytest.raises(ConnectorProblem, match="did not answer in time") as met:
        called(session, slow, "add", {})
    assert (met.value.reason, met.value.sent, len(receiver.posts)) == ("timeout", True, 1)


def test_where_nothing_listens_even_a_write_is_tried_again(shop: Plugin) -> None:
    pace = FakePace()
    with opened(shop, "http://127.0.0.1:9", pace=pace) as session, pytest.raises(ConnectorProblem) as met:
        called(session, shop, "add_order", {"item": "tea"})
    assert (met.value.code, met.value.sent, len(pace.slept)) == ("IR692", False, 3)


def test_a_service_that_asks_for_an_hour_is_not_waited_for(receiver: HttpReceiver, shop: Plugin) -> None:
    receiver.fail("POST", "/orders", status=429, headers={"Retry-After": "3600"}, times=9)
    pace = FakePace()
    with opened(shop, receiver.url, pace=pace) as session, pytest.raises(ConnectorProblem) as met:
        called(session, shop, "add_order", {"item": "tea"})
    assert (met.value.reason, met.value.retry_after_s, pace.slept) == ("rate_limit", 3600, [])


def test_a_page_of_a_proxy_is_told_by_its_status(receiver: HttpReceiver, shop: Plugin) -> None:
    receiver.fail("POST", "/orders", status=403, body="<html>Forbidden</html>")
    with opened(shop, receiver.url) as session, pytest.raises(ConnectorProblem, match="403 <html>Forbidden"):
        called(session, shop, "add_order", {"item": "tea"})


def test_an_answer_that_is_no_json_is_told(receiver: HttpReceiver, shop: Plugin) -> None:
    receiver.fail("GET", "/orders", status=200, body="welcome")
    with opened(shop, receiver.url) as session, pytest.raises(ConnectorProblem, match="what is no json: 200 welcome"):
        called(session, shop, "list_orders", {})


def test_half_a_pair_of_surrogates_in_an_answer_becomes_a_question_mark(receiver: HttpReceiver, shop: Plugin) -> None:
    receiver.fail("GET", "/orders", status=200, body='{"ok": true, "name": "cut \\ud83d", "whole": "\\ud83d\\ude00"}')
    with opened(shop, receiver.url) as session:
        assert called(session, shop, "list_orders", {}).output == {"ok": True, "name": "cut ?", "whole": "\U0001f600"}


@pytest.mark.parametrize("depth", [101, 5000])
def test_an_answer_that_is_nested_without_end_is_told(receiver: HttpReceiver, shop: Plugin, depth: int) -> None:
    receiver.fail("GET", "/orders", status=200, body="[" * depth + "]" * depth)
    with opened(shop, receiver.url) as session, pytest.raises(ConnectorProblem, match="what is no json") as met:
        called(session, shop, "list_orders", {})
    assert met.value.code == "IR691"


def test_a_redirect_to_another_host_is_not_followed(receiver: HttpReceiver, shop: Plugin) -> None:
    receiver.fail("GET", "/orders", status=302, headers={"Location": "http://localhost:1/elsewhere"})
    with opened(shop, receiver.url) as session, pytest.raises(ConnectorProblem, match="it leads to localhost"):
        called(session, shop, "list_orders", {})


def test_a_call_whose_first_step_took_effect_is_not_one_that_was_never_sent(
    receiver: HttpReceiver, tmp_path: Path
) -> None:
    steps = [{"id": "made", "request": {"method": "POST", "path": "/drafts"}},
             {"id": "sent", "request": {"method": "POST", "path": "/send"}}]  # fmt: skip
    mail = plugin_of(tmp_path, actions={"send": {"kind": "write", "steps": steps}})
    receiver.fail("POST", "/send", status=400)
    with opened(mail, receiver.url) as session, pytest.raises(ConnectorProblem) as met:
        called(session, mail, "send", {})
    assert met.value.sent


def test_a_step_may_go_on_where_something_is_not_there(receiver: HttpReceiver, tmp_path: Path) -> None:
    steps = [{"id": "found", "request": {"path": "/folders/a"}, "on": {"not_found": "continue"}},
             {"id": "made", "when": {"is_empty": "{{steps.found}}"},
              "request": {"method": "POST", "path": "/folders", "body": {"name": "a"}}}]  # fmt: skip
    drive = plugin_of(tmp_path, errors=ERRORS, actions={
        "get_or_create": {"kind": "write", "steps": steps,
                          "output": {"$default": ["{{steps.found}}", "{{steps.made}}"]}},
    })  # fmt: skip
    receiver.fail("GET", "/folders", status=404)
    receiver.fail("POST", "/folders", status=200, body='{"ok": true, "id": 7}')
    with opened(drive, receiver.url) as session:
        outcome = called(session, drive, "get_or_create", {})
    assert (outcome.output, outcome.requests) == ({"ok": True, "id": 7}, 2)
    assert receiver.requests == ["GET /api/folders/a", "POST /api/folders"]


def test_parameters_that_do_not_fit_are_refused_before_anything_is_sent(receiver: HttpReceiver, shop: Plugin) -> None:
    with opened(shop, receiver.url) as session, pytest.raises(ConnectorProblem, match="item: expected text") as met:
        called(session, shop, "add_order", {"item": 5})
    assert met.value.code == "IR693"
    assert receiver.requests == []
