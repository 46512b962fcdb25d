"""Results of several pages, in each of the ways in which services have them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from connectors.http.blocking import waited_for
from connectors.plugins.plugin import Plugin
from connectors.problem import ConnectorProblem
from tests.connectors.plugins.calling import FakePace, called, opened, plugin_of
from tests.servers.http_receiver import HttpReceiver

SIZE = {"name": "limit", "value": 2}


def orders(folder: Path, pagination: dict[str, Any], *, method: str = "GET", **response: Any) -> Plugin:
    request = {"method": method, "path": "/orders", **({"body": {"shop": 1}} if method == "POST" else {})}
    limit = {"type": "object", "properties": {"most": {"type": "integer", "description": "How many."}}}
    action = {"kind": "read", "parameters": limit, "request": request, "pagination": pagination, "response": response}
    return plugin_of(folder, actions={"list_orders": action})


def answers(receiver: HttpReceiver, method: str, *bodies: str, headers: list[dict[str, str]] | None = None) -> None:
    for index, body in enumerate(bodies):
        receiver.fail(method, "", status=200, body=body, headers=headers[index] if headers else {})


def listed(plugin: Plugin, receiver: HttpReceiver, **params: Any) -> Any:
    with opened(plugin, receiver.url) as session:
        return called(session, plugin, "list_orders", params).output


CURSOR = {"style": "cursor", "items": "items", "token": "meta.next", "to": {"query": "cursor"}, "page_size": SIZE}


def test_a_cursor_goes_along_until_there_is_none(receiver: HttpReceiver, tmp_path: Path) -> None:
    answers(receiver, "GET", '{"items": [1, 2], "meta": {"next": "b&c"}}', '{"items": [3], "meta": {"next": ""}}')
    assert listed(orders(tmp_path, CURSOR), receiver) == [1, 2, 3]
    assert receiver.requests == ["GET /api/orders?limit=2", "GET /api/orders?cursor=b%26c&limit=2"]


def test_a_cursor_in_the_body_of_a_post_goes_into_its_objects(receiver: HttpReceiver, tmp_path: Path) -> None:
    pagination = {**CURSOR, "to": {"body": "page.after"}}
    plugin = orders(tmp_path, pagination, method="POST")
    receiver.answers = ['{"items": [1], "meta": {"next": "x"}}', '{"items": [2], "meta": {}}']
    assert listed(plugin, receiver) == [1, 2]
    assert [each.json for each in receiver.posts] == [
        {"shop": 1, "limit": 2}, {"shop": 1, "limit": 2, "page": {"after": "x"}},
    ]  # fmt: skip


def test_offsets_go_on_until_a_page_is_short(receiver: HttpReceiver, tmp_path: Path) -> None:
    answers(receiver, "GET", "[1, 2]", "[3, 4]", "[5]")
    plugin = orders(tmp_path, {"style": "offset", "to": {"query": "skip"}, "page_size": SIZE, "start": 0})
    assert listed(plugin, receiver) == [1, 2, 3, 4, 5]
    asked = [each.partition("?")[2] for each in receiver.requests]
    assert asked == ["skip=0&limit=2", "skip=2&limit=2", "skip=4&limit=2"]


def test_pages_are_numbered_from_where_the_manifest_says(receiver: HttpReceiver, tmp_path: Path) -> None:
    answers(receiver, "GET", '{"data": [1, 2]}', '{"data": []}')
    plugin = orders(tmp_path, {"style": "page", "items": "data", "to": {"query": "page"}, "start": 1})
    assert listed(plugin, receiver) == [1, 2]
    assert [each.partition("?")[2] for each in receiver.requests] == ["page=1", "page=2"]


def test_a_link_header_leads_to_the_next_page(receiver: HttpReceiver, tmp_path: Path) -> None:
    link = f'<{receiver.url}/api/orders?page=2>; rel="next", <{receiver.url}/api/orders?page=9>; rel="last"'
    answers(receiver, "GET", "[1]", "[2]", headers=[{"Link": link}, {}])
    assert listed(orders(tmp_path, {"style": "link_header"}), receiver) == [1, 2]
    assert receiver.requests == ["GET /api/orders", "GET /api/orders?page=2"]


def test_an_address_in_the_answer_leads_to_the_next_page(receiver: HttpReceiver, tmp_path: Path) -> None:
    answers(receiver, "GET", '{"value": [1], "next": "/api/orders?skip=1"}', '{"value": [2]}')
    assert listed(orders(tmp_path, {"style": "next_url", "items": "value", "token": "next"}), receiver) == [1, 2]
    assert receiver.requests[1] == "GET /api/orders?skip=1"


def test_an_address_of_another_host_is_not_followed(receiver: HttpReceiver, tmp_path: Path) -> None:
    answers(receiver, "GET", '{"value": [1], "next": "https://evil.example/orders"}')
    plugin = orders(tmp_path, {"style": "next_url", "items": "value", "token": "next"})
    with pytest.raises(ConnectorProblem, match=r"leads to evil\.example, which is none of its hosts"):
        listed(plugin, receiver)


def test_further_pages_may_have_an_endpoint_of_their_own(receiver: HttpReceiver, tmp_path: Path) -> None:
    further = {"method": "POST", "path": "/orders/continue", "body": {"cursor": "{{page.token}}"}}
    plugin = orders(tmp_path, {"style": "continue", "items": "entries", "token": "cursor", "more": "has_more",
                               "request": further}, method="POST")  # fmt: skip
    answers(receiver, "POST", '{"entries": [1], "has_more": true, "cursor": "c1"}',
            '{"entries": [2], "has_more": false, "cursor": "c2"}')  # fmt: skip
    assert listed(plugin, receiver) == [1, 2]
    assert receiver.requests == ["POST /api/orders", "POST /api/orders/continue"]


def test_no_more_items_come_than_were_asked_for(receiver: HttpReceiver, tmp_path: Path) -> None:
    answers(receiver, "GET", '{"items": [1, 2], "meta": {"next": "a"}}', '{"items": [3, 4], "meta": {"next": "b"}}')
    plugin = orders(tmp_path, {**CURSOR, "max_items": "{{params.most}}"})
    assert listed(plugin, receiver, most=3) == [1, 2, 3]
    assert len(receiver.requests) == 2


def test_pages_without_end_are_refused(receiver: HttpReceiver, tmp_path: Path) -> None:
    for number in range(5):
        answers(receiver, "GET", f'{{"items": [1], "meta": {{"next": "{number}"}}}}')
    with pytest.raises(ConnectorProblem, match="more than 3 pages"):
        listed(orders(tmp_path, {**CURSOR, "max_pages": 3}), receiver)


def test_a_token_that_leads_to_the_same_page_ends_the_result(receiver: HttpReceiver, tmp_path: Path) -> None:
    answers(receiver, "GET", *['{"items": [1], "meta": {"next": "same"}}'] * 3)
    assert listed(orders(tmp_path, CURSOR), receiver) == [1, 1]


def test_each_item_becomes_what_the_output_says(receiver: HttpReceiver, tmp_path: Path) -> None:
    answers(receiver, "GET", '{"items": [{"id": 1, "who": {"name": "Ada"}}, {"id": 2}], "meta": {}}')
    plugin = orders(tmp_path, CURSOR, output={"id": "{{item.id}}", "name": "{{item.who.name}}"})
    assert listed(plugin, receiver) == [{"id": 1, "name": "Ada"}, {"id": 2}]


def test_a_429_between_two_pages_is_waited_for_and_nothing_is_lost(receiver: HttpReceiver, tmp_path: Path) -> None:
    answers(receiver, "GET", '{"items": [1], "meta": {"next": "b"}}')
    receiver.fail("GET", "cursor=b", status=429, headers={"Retry-After": "5"})
    answers(receiver, "GET", '{"items": [2], "meta": {}}')
    pace = FakePace()
    plugin = orders(tmp_path, CURSOR)
    with opened(plugin, receiver.url, pace=pace) as session:
        outcome = called(session, plugin, "list_orders", {})
    assert (outcome.output, outcome.requests) == ([1, 2], 3)
    assert sum(pace.slept) >= 5


def test_pages_come_one_by_one(receiver: HttpReceiver, tmp_path: Path) -> None:
    answers(receiver, "GET", '{"items": [1, 2], "meta": {"next": "b"}}', '{"items": [3], "meta": {}}')
    plugin = orders(tmp_path, CURSOR)

    async def first_page() -> list[Any]:
        pages = session.pages(plugin.action("list_orders"), {})
        found = await anext(pages)
        await pages.aclose()  # type: ignore[attr-defined]
        await asyncio.sleep(0)
        return found

    with opened(plugin, receiver.url) as session:
        assert waited_for(first_page()) == [1, 2]
    assert len(receiver.requests) == 1
