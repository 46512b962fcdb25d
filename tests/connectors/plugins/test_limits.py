"""Limits of manifests: counted once for the whole process, by connection and key, with weights."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.http.blocking import waited_for
from connectors.plugins.http.limits import Window
from connectors.plugins.plugin import Plugin
from tests.connectors.plugins.calling import FakePace, called, opened, plugin_of
from tests.servers.http_receiver import HttpReceiver

CHANNEL = {"type": "object", "properties": {"channel": {"type": "string", "description": "Where."}}}


def chat(folder: Path, limits: list[dict[str, Any]], **action: Any) -> Plugin:
    send = {"kind": "write", "parameters": CHANNEL, "request": {"method": "POST", "path": "/send"}, **action}
    read = {"kind": "read", "parameters": CHANNEL, "request": {"path": "/read"}}
    return plugin_of(folder, limits=limits, actions={"send": send, "read": read})


def sent(plugin: Plugin, receiver: HttpReceiver, *channels: str, pace: FakePace, action: str = "send") -> None:
    with opened(plugin, receiver.url, pace=pace) as session:
        for each in channels:
            called(session, plugin, action, {"channel": each})


def test_each_key_has_a_count_of_its_own(receiver: HttpReceiver, tmp_path: Path) -> None:
    plugin = chat(tmp_path, [{"name": "channel", "rate": 1, "per_s": 1, "key": "{{params.channel}}"}])
    pace = FakePace()
    sent(plugin, receiver, "a", "b", "c", pace=pace)
    assert pace.slept == []
    sent(plugin, receiver, "a", "a", pace=pace)
    assert pace.slept == [1.0, 1.0]


def test_two_sessions_of_one_connection_share_a_count(receiver: HttpReceiver, tmp_path: Path) -> None:
    plugin = chat(tmp_path, [{"name": "all", "rate": 2, "per_s": 10}])
    pace = FakePace()
    sent(plugin, receiver, "a", "b", pace=pace)
    sent(plugin, receiver, "c", pace=pace)
    assert pace.slept == [10.0]


def test_a_heavy_action_costs_more_of_the_same_limit(receiver: HttpReceiver, tmp_path: Path) -> None:
    plugin = chat(tmp_path, [{"name": "units", "rate": 250, "per_s": 60}], weight=100)
    pace = FakePace()
    sent(plugin, receiver, "a", "a", pace=pace)
    sent(plugin, receiver, *["a"] * 50, pace=pace, action="read")
    assert pace.slept == []
    sent(plugin, receiver, "a", pace=pace)
    assert pace.slept == [60.0]


def test_a_429_holds_up_everybody_of_the_same_key(receiver: HttpReceiver, tmp_path: Path) -> None:
    plugin = chat(tmp_path, [{"name": "all", "rate": 100, "per_s": 1}])
    receiver.fail("POST", "/send", status=429, headers={"Retry-After": "30"})
    pace = FakePace(most_attempts=1)
    with opened(plugin, receiver.url, pace=pace) as session:
        with pytest.raises(Exception, match="429"):
            called(session, plugin, "send", {})
        called(session, plugin, "send", {})
    assert pace.slept == [30.0]


def test_no_more_requests_are_on_their_way_than_the_limit_says(receiver: HttpReceiver, tmp_path: Path) -> None:
    plugin = chat(tmp_path, [{"name": "at_once", "concurrency": 3}])
    under_way: list[int] = [0, 0]

    async def all_at_once(session: Any) -> None:
        asking = session._client.ask

        async def counted(request: Any) -> Any:
            under_way[0] += 1
            under_way[1] = max(under_way)
            try:
                return await asking(request)
            finally:
                under_way[0] -= 1

        session._client.ask = counted
        await asyncio.gather(*[session.call(plugin.action("send"), {}) for _ in range(20)])

    with opened(plugin, receiver.url) as session:
        waited_for(all_at_once(session))
    assert under_way[1] == 3
    assert len(receiver.posts) == 20


@settings(max_examples=60, deadline=None)
@given(
    rate=st.integers(1, 6), per_s=st.sampled_from([1.0, 2.5]),
    asked=st.lists(st.tuples(st.floats(0, 3), st.integers(1, 4)), min_size=1, max_size=40),
)  # fmt: skip
def test_no_window_of_time_ever_holds_more_than_the_rate(
    rate: int, per_s: float, asked: list[tuple[float, int]]
) -> None:
    window, now_s = Window(rate, per_s), 100.0
    moments: list[tuple[float, int]] = []
    for pause_s, weight in asked:
        now_s += pause_s
        moments.append((now_s + window.reserve(weight, now_s), min(weight, rate)))
    for start_s, _ in moments:
        inside = sum(weight for at_s, weight in moments if start_s <= at_s < start_s + per_s - 1e-9)
        assert inside <= rate
