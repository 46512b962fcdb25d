"""How vendors say that they are busy, in their own ways: how long is waited, and that it is then asked again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from connectors.http.blocking import waited_for
from connectors.plugins.registry import find_plugin
from connectors.problem import ConnectorProblem
from tests.connectors.plugins.calling import FakePace
from tests.connectors.plugins.calling import opened as opened_with
from tests.plugins.replaying import Answering, made_up, with_files

BUSY: list[tuple[str, str, Mapping[str, Any], float]] = [
    ("slack", "send_message", {"status": 429, "headers": {"Retry-After": "7"}, "body": {"ok": False}}, 7),
    ("slack", "send_message",
     {"status": 200, "headers": {"Retry-After": "3"}, "body": {"ok": False, "error": "ratelimited"}}, 3),
    ("discord", "send_message",
     {"status": 429, "headers": {"Retry-After": "2"}, "body": {"message": "slow", "retry_after": 1.3}}, 2),
    ("whatsapp", "send_text_message", {"status": 400, "body": {"error": {"code": 131056, "message": "pair"}}}, 6),
    ("whatsapp", "send_text_message", {"status": 400, "body": {"error": {"code": 130429, "message": "many"}}}, 6),
    ("notion", "create_page", {"status": 429, "headers": {"Retry-After": "4"}, "body": {"code": "rate_limited"}}, 4),
    ("airtable", "create_records", {"status": 429, "body": {"errors": [{"error": "RATE_LIMIT_REACHED"}]}}, 30),
    ("trello", "create_card", {"status": 429, "body": {"error": "API_TOKEN_LIMIT_EXCEEDED"}}, 10),
    ("asana", "create_task", {"status": 429, "headers": {"Retry-After": "30"}, "body": {"errors": []}}, 30),
    ("github", "create_issue",
     {"status": 403, "headers": {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1790000020"},
      "body": {"message": "API rate limit exceeded"}}, 20),
    ("github", "create_issue",
     {"status": 403, "headers": {"Retry-After": "60"},
      "body": {"message": "You have exceeded a secondary rate limit."}}, 60),
    ("hubspot", "create_contact", {"status": 429, "body": {"policyName": "TEN_SECONDLY_ROLLING"}}, 10),
]  # fmt: skip
NO: list[tuple[str, str, Mapping[str, Any], str]] = [
    ("slack", "send_message", {"body": {"ok": False, "error": "channel_not_found"}},
     "Slack answers 200: channel_not_found"),
    ("notion", "create_page", {"status": 400, "body": {"message": "body.parent is missing"}},
     "Notion answers 400: body.parent is missing"),
    ("airtable", "create_records",
     {"status": 422, "body": {"error": {"type": "INVALID_VALUE", "message": "Amount is no number"}}},
     "Airtable answers 422: Amount is no number"),
    ("airtable", "create_records", {"status": 404, "body": {"error": "NOT_FOUND"}}, "Airtable answers 404: NOT_FOUND"),
    ("trello", "create_card", {"status": 400, "text": "invalid value for idList"},
     "Trello answers 400 invalid value for idList"),
    ("asana", "create_task", {"status": 400, "body": {"errors": [{"message": "workspace: Missing input"}]}},
     "Asana answers 400: workspace: Missing input"),
    ("whatsapp", "send_text_message",
     {"status": 400, "body": {"error": {"code": 131026, "message": "Undeliverable",
                                        "error_data": {"details": "no such number"}}}},
     "WhatsApp Business answers 400: no such number"),
    ("github", "create_issue", {"status": 410, "body": {"message": "Issues are disabled"}},
     "GitHub answers 410: Issues are disabled"),
    ("hubspot", "create_contact", {"status": 409, "body": {"message": "Contact already exists"}},
     "HubSpot answers 409: Contact already exists"),
    ("discord", "send_message", {"status": 403, "body": {"message": "Missing Permissions", "code": 50013}},
     "Discord answers 403: Missing Permissions"),
]  # fmt: skip

_NUMBERS = count()


@pytest.fixture(scope="module")
def service() -> Iterator[Answering]:
    with Answering().running() as running:
        yield running


def call(service: Answering, folder: Path, key: str, action: str, *answers: Mapping[str, Any]) -> FakePace:
    """A call of the action's first example, answered like this; the clock that it waited by."""
    plugin = find_plugin(key)
    found = plugin.action(action)
    example = found.manifest.examples[0]
    left = [*answers, *example.responses]
    service.make_up(lambda _: left.pop(0))
    pace = FakePace()
    # a connection of its own, which no earlier call has to wait on
    connection = {**made_up(plugin.manifest), **example.connection, "token": f"example-{next(_NUMBERS)}"}
    with opened_with(
        plugin, service.url, folder=folder, pace=pace, now=lambda: 1_790_000_000.0, **connection
    ) as session:
        params = with_files(example.parameters, None)  # type: ignore[arg-type]
        waited_for(session.call(found, params, key="example"))
    return pace


@pytest.mark.parametrize(("key", "action", "answer", "wait_s"), BUSY)
def test_a_busy_vendor_is_left_alone_as_long_as_it_wants_and_asked_again(
    key: str, action: str, answer: Mapping[str, Any], wait_s: float, service: Answering, tmp_path: Path
) -> None:
    pace = call(service, tmp_path, key, action, answer)
    assert len(service.sent) == 2
    # also a message that is sent again keeps its distance from the one before to the same person
    assert wait_s <= pace.time_s - 1000 <= wait_s * 1.3 + 1


@pytest.mark.parametrize(("key", "action", "answer", "told"), NO)
def test_what_a_vendor_refuses_is_told_in_its_words_and_not_sent_again(
    key: str, action: str, answer: Mapping[str, Any], told: str, service: Answering, tmp_path: Path
) -> None:
    with pytest.raises(ConnectorProblem) as problem:
        call(service, tmp_path, key, action, answer)
    assert problem.value.message == told
    assert len(service.sent) == 1


@pytest.mark.parametrize(("key", "action", "answer"), [
    ("slack", "send_message", {"status": 500, "text": "oops"}),
    ("hubspot", "create_contact", {"status": 502, "text": "oops"}),
    ("github", "create_issue", {"status": 500, "body": {"message": "oops"}}),
])  # fmt: skip
def test_a_message_that_may_have_gone_out_is_not_sent_again(
    key: str, action: str, answer: Mapping[str, Any], service: Answering, tmp_path: Path
) -> None:
    with pytest.raises(ConnectorProblem):
        call(service, tmp_path, key, action, answer)
    assert len(service.sent) == 1
