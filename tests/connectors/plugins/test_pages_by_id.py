"""Lists whose next page begins behind the last ID, of services that tell no token."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from aiohttp import web

from connectors.plugins.registry import find_plugin
from tests.connectors.plugins.calling import called, opened
from tests.servers.service import Service


class Lists(Service):
    """125 messages from the newest on, 2,300 cards with the oldest first on each page, and 350 servers, of all of which
    no page has more than `most`."""

    most = 1000
    is_deaf = False
    """Whether it gives the first page whatever it is told."""

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/api/v10/channels/7/messages", self._messages), web.get("/1/boards/b/cards", self._cards),
                web.get("/api/v10/users/@me/guilds", self._guilds)]  # fmt: skip

    async def _messages(self, request: web.Request) -> web.Response:
        before, limit = int(request.query.get("before", "1000")), int(request.query.get("limit", "50"))
        assert limit <= 100
        limit = min(limit, self.most)
        if "after" in request.query:
            start = int(request.query["after"])
            return web.json_response([{"id": str(each)} for each in range(min(start + limit, 125), start, -1)])
        return web.json_response([{"id": str(each)} for each in range(125, 0, -1) if each < before][:limit])

    async def _cards(self, request: web.Request) -> web.Response:
        ids = [f"{each:024x}" for each in range(2300)]
        found = [each for each in ids if each < request.query.get("before", "f")][
            -min(int(request.query["limit"]), self.most) :
        ]
        return web.json_response([{"id": each} for each in found])

    async def _guilds(self, request: web.Request) -> web.Response:
        after = 0 if self.is_deaf else int(request.query.get("after", "0"))
        limit = min(int(request.query["limit"]), self.most)
        found = [each for each in range(1, 351) if each > after][:limit]
        return web.json_response([{"id": str(each), "name": "x"} for each in found])


@pytest.fixture
def lists() -> Iterator[Lists]:
    with Lists().running() as service:
        yield service


def _listed(lists: Lists, key: str, action: str, secrets: dict[str, str], **params: Any) -> list[str]:
    plugin = find_plugin(key)
    with opened(plugin, lists.url, **secrets) as session:
        return [each["id"] for each in called(session, plugin, action, params).output]


DISCORD, TRELLO = {"token": "Bot-0123456789"}, {"key": "0f3c-example", "token": "ATTA-example"}


@pytest.mark.parametrize(
    ("params", "first", "last", "requests"),
    [
        ({}, "125", "76", 1),  # 50 where nothing is said
        ({"limit": 120}, "125", "6", 2),
        ({"limit": 500}, "125", "1", 3),  # from three digits to one
        ({"limit": 500, "before": "30"}, "29", "1", 2),
        ({"after": "7"}, "57", "8", 1),
        ({"after": "7", "limit": 110}, "107", "8", 1),  # more than 100 are refused
    ],
)
def test_messages_of_discord_are_read_back_to_the_limit(
    lists: Lists, params: dict[str, Any], first: str, last: str, requests: int
) -> None:
    found = _listed(lists, "discord", "get_messages", DISCORD, channel_id="7", **params)
    assert (found[0], found[-1], len(lists.requests)) == (first, last, requests)
    assert len(set(found)) == len(found) == int(first) - int(last) + 1


def test_servers_of_discord_are_read_to_the_end(lists: Lists) -> None:
    assert _listed(lists, "discord", "list_guilds", DISCORD) == [str(each) for each in range(1, 351)]


def test_cards_of_trello_are_read_to_the_end(lists: Lists) -> None:
    found = _listed(lists, "trello", "list_cards", TRELLO, board_id="b")
    assert sorted(found) == [f"{each:024x}" for each in range(2300)]
    assert len(lists.requests) == 4


@pytest.mark.parametrize(("key", "action", "secrets", "params", "count"), [
    ("discord", "list_guilds", DISCORD, {}, 350),
    ("discord", "list_guilds", DISCORD, {"limit": 310}, 310),
    ("trello", "list_cards", TRELLO, {"board_id": "b"}, 2300),
])  # fmt: skip
def test_pages_that_are_shorter_than_asked_for_are_followed_by_others(
    lists: Lists, key: str, action: str, secrets: dict[str, str], params: dict[str, str], count: int
) -> None:
    lists.most = 150
    assert len(set(_listed(lists, key, action, secrets, **params))) == count


def test_a_service_that_gives_the_first_page_again_has_no_other(lists: Lists) -> None:
    lists.is_deaf = True
    assert _listed(lists, "discord", "list_guilds", DISCORD) == [str(each) for each in range(1, 201)]
    assert len(lists.requests) == 2
