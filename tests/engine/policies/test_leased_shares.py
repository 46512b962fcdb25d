"""Limits whose shares processes take ahead: no window holds more than the rate, and few questions reach the journal."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.leases import Given, Leases, SharedLimit
from connectors.plugins.http.limits import Within, bound
from connectors.plugins.manifest import Limit
from connectors.plugins.pace import DefaultPace
from connectors.plugins.templating import Roots
from engine.journal.journal import Journal
from engine.policies.counting import State, held, settled_share, share
from engine.policies.limits import SharedLimits
from engine.policies.rates import Rate
from tests.long_runs import UNMEASURED
from tests.servers.http_receiver import HttpReceiver
from tests.servers.running import Database
from tests.warm_processes import started

WINDOW_US = 1_000_000
STANDS_US = 100_000


def rate_of(calls: int) -> Rate:
    return Rate(strategy="sliding_window", calls=calls, window_us=WINDOW_US, burst=1)


@settings(max_examples=80, deadline=None)
@given(
    calls=st.integers(1, 12),
    turns=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 150_000), st.integers(1, 6)), min_size=1, max_size=60),
)
def test_no_window_ever_holds_more_calls_than_the_rate_whenever_shares_are_used(
    calls: int, turns: list[tuple[int, int, int]]
) -> None:
    """Three processes: each uses what it has, or asks for more and tells what became of its last share."""
    state: State = {}
    rate, now = rate_of(calls), 5_000_000
    shares: dict[int, list[int]] = {}  # process: [moment, taken, left, until, last used]
    used: list[int] = []
    for process, pause, most in turns:
        now += pause
        own = shares.get(process)
        if own is not None and own[2] > 0 and now < own[3]:
            own[2], own[4] = own[2] - 1, now
            used.append(now)
            continue
        if own is not None:
            state = settled_share(state, rate, now, moment=own[0], taken=own[1], used=own[1] - own[2],
                                  ago_us=now - own[4])  # fmt: skip
            del shares[process]
        state, given_now, moment = share(state, rate, now, least=1, most=most, stands_us=STANDS_US)
        if given_now:
            shares[process] = [moment, given_now, given_now - 1, now + STANDS_US, now]
            used.append(now)
    for start in used:
        assert sum(1 for each in used if start <= each <= start + WINDOW_US) <= calls


@settings(max_examples=80, deadline=None)
@given(
    calls=st.integers(4, 30),
    turns=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 90_000), st.integers(0, 8), st.booleans()), min_size=1,
                   max_size=80),
)  # fmt: skip
def test_no_window_ever_holds_more_calls_than_the_rate_where_shares_are_asked_for_while_others_are_used(
    calls: int, turns: list[tuple[int, int, int, bool]]
) -> None:
    """Each process holds several shares, uses the oldest that still stands, and tells of those that are over later."""
    state: State = {}
    rate, now = rate_of(calls), 5_000_000
    held_by: dict[int, list[list[int]]] = {0: [], 1: [], 2: []}  # [moment, taken, left, until, last used]
    over: dict[int, list[list[int]]] = {0: [], 1: [], 2: []}
    used: list[int] = []
    for process, pause, most, asks in turns:
        now += pause
        over[process] += [each for each in held_by[process] if each[2] == 0 or now >= each[3]]
        held_by[process] = [each for each in held_by[process] if each[2] > 0 and now < each[3]]
        if held_by[process]:
            own = held_by[process][0]
            own[2], own[4] = own[2] - 1, now
            used.append(now)
        if not asks:
            continue
        for moment, taken, left, _, last in over[process]:
            state = settled_share(state, rate, now, moment=moment, taken=taken, used=taken - left, ago_us=now - last)
        over[process] = []
        state, found, moment = share(state, rate, now, least=0, most=most, stands_us=STANDS_US)
        if found:
            held_by[process].append([moment, found, found, now + STANDS_US, now])
    for start in used:
        assert sum(1 for each in used if start <= each <= start + WINDOW_US) <= calls


def test_what_a_killed_process_had_taken_comes_back_when_its_time_and_the_window_are_over() -> None:
    state, first, _ = share({}, rate_of(8), 0, least=1, most=8, stands_us=STANDS_US)
    assert first == 2  # a quarter of what is left
    for expected in (1, 1, 1, 1, 1, 1):
        state, found, _ = share(state, rate_of(8), 0, least=1, most=1, stands_us=STANDS_US)
        assert found == expected
    state, none, wait = share(state, rate_of(8), STANDS_US, least=2, most=2, stands_us=STANDS_US)
    assert (none, wait) == (0, WINDOW_US - STANDS_US + 1)  # six single ones are free first
    _, found, _ = share(state, rate_of(8), WINDOW_US + STANDS_US + 1, least=8, most=8, stands_us=STANDS_US)
    assert found == 8


def test_what_is_not_used_of_a_share_goes_back_with_the_next_question() -> None:
    state, taken, moment = share({}, rate_of(40), 0, least=1, most=10, stands_us=STANDS_US)
    assert (taken, moment) == (10, STANDS_US)
    state = settled_share(state, rate_of(40), 50_000, moment=moment, taken=10, used=3, ago_us=30_000)
    assert state["sliding_window:1000000"] == [[20_000, 3]]


def test_a_clock_that_was_set_back_gives_nothing_until_it_is_where_it_was() -> None:
    state, _, _ = share({}, rate_of(1), 10_000_000, least=1, most=1, stands_us=STANDS_US)
    _, found, wait = share(state, rate_of(1), 4_000_000, least=1, most=1, stands_us=STANDS_US)
    assert (found, wait) == (0, 6_000_000 + WINDOW_US + 1)


def test_a_service_that_asks_for_a_pause_holds_everybody_back() -> None:
    state = held({}, 1_000, 2_000_000)
    assert share(state, rate_of(5), 1_001, least=1, most=1, stands_us=STANDS_US)[1:] == (0, 1_999_999)
    assert share(state, rate_of(5), 2_001_000, least=1, most=1, stands_us=STANDS_US)[1] == 1


@contextmanager
def counting(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[SharedLimits, Leases, list[int]]]:
    """Limits of a journal of their own, shares of them, and how many buckets each question was about."""
    monkeypatch.setenv("WEIRFLOW_HOME", str(folder))
    monkeypatch.setenv("WEIRFLOW_JOURNAL", f"sqlite:///{folder / 'journal.db'}")
    asked: list[int] = []
    with Journal() as journal:
        limits = SharedLimits(journal)

        class Counted:
            def shares(self, wanted: Any) -> Any:
                asked.append(len(wanted))
                return limits.shares(wanted)

            hold = staticmethod(limits.hold)

        yield limits, Leases(Counted()), asked


def take(leases: Leases, *limit: SharedLimit, at_once: int = 1) -> None:
    waiting = iter(limit)

    async def work() -> None:
        for each in waiting:
            await leases.take(each, 1, now_s=time.monotonic, sleep=asyncio.sleep)

    async def all_of_them() -> None:
        await asyncio.gather(*(work() for _ in range(at_once)))

    asyncio.run(all_of_them())


def test_ten_thousand_calls_are_few_questions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with counting(tmp_path, monkeypatch) as (_, leases, asked):
        take(leases, *[SharedLimit(name="shop", rate=100_000, per_s=60)] * 10_000, at_once=50)
    assert len(asked) < 40


def test_calls_go_on_while_the_next_share_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A journal that answers when another call was made is waited for only while the shares are small."""
    shop = SharedLimit(name="shop", rate=1000, per_s=10)
    made, before, waited_for, meanwhile = 0, 0, 0, list[int]()
    in_thread = asyncio.to_thread

    async def asked(*question: Any) -> Any:
        nonlocal before
        before = made  # in the loop: when the thread begins others may have been made
        return await in_thread(*question)

    monkeypatch.setattr(asyncio, "to_thread", asked)

    class Slow:
        def shares(self, wanted: Any) -> list[Given]:
            nonlocal waited_for
            [each] = wanted
            if each.least:
                waited_for += 1
            else:
                patience_s = time.monotonic() + 10
                while made == before and time.monotonic() < patience_s:
                    time.sleep(0.001)
                meanwhile.append(made - before)
            return [Given(units=max(each.least, each.most), moment=made)]

        def hold(self, limit: Any, seconds: float) -> None:
            raise AssertionError

    async def calls() -> None:
        nonlocal made
        leases = Leases(Slow())
        for _ in range(200):
            await leases.take(shop, 1, now_s=time.monotonic, sleep=asyncio.sleep)
            made += 1
            await asyncio.sleep(0.001)

    asyncio.run(calls())
    assert waited_for <= 6  # for 1, 2, 4, 8 and 16 calls
    assert meanwhile
    assert all(meanwhile)


def test_all_who_wait_for_a_share_go_on_at_once_and_in_order() -> None:
    """One at a time would be a turn of the loop for each, in which nothing else is read or sent."""
    shop = SharedLimit(name="shop", rate=1000, per_s=10)

    class Ample:
        def shares(self, wanted: Any) -> list[Given]:
            time.sleep(0.02)  # so that all of them wait
            return [Given(units=each.most) for each in wanted]

        hold = shares

    async def calls() -> list[tuple[int, int]]:
        leases, turns, took = Leases(Ample()), 0, list[tuple[int, int]]()

        async def call(number: int) -> None:
            await leases.take(shop, 1, now_s=time.monotonic, sleep=asyncio.sleep)
            took.append((number, turns))

        async def count() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        counting = asyncio.ensure_future(count())
        await asyncio.gather(*[call(number) for number in range(40)])
        counting.cancel()
        return took

    took = asyncio.run(calls())
    assert [number for number, _ in took] == list(range(40))
    assert took[-1][1] - took[0][1] <= 2


def test_all_who_wait_hear_what_is_wrong_and_one_who_went_keeps_nobody_waiting() -> None:
    shop = SharedLimit(name="shop", rate=1000, per_s=10)

    class Broken:
        is_broken = True

        def shares(self, wanted: Any) -> list[Given]:
            time.sleep(0.02)
            if self.is_broken:
                raise OSError("no journal")
            return [Given(units=each.most) for each in wanted]

        hold = shares

    async def calls() -> list[Any]:
        counts = Broken()
        leases = Leases(counts)

        def taking() -> asyncio.Future[None]:
            return asyncio.ensure_future(leases.take(shop, 1, now_s=time.monotonic, sleep=asyncio.sleep))

        first = await asyncio.gather(*[taking() for _ in range(3)], return_exceptions=True)
        counts.is_broken = False
        gone, *others = [taking() for _ in range(3)]
        await asyncio.sleep(0.005)
        gone.cancel()
        return [*map(str, first), *await asyncio.gather(*others)]

    assert asyncio.run(calls()) == ["no journal", "no journal", "no journal", None, None]


def test_who_calls_rarely_asks_for_nothing_ahead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with counting(tmp_path, monkeypatch) as (_, leases, asked):
        take(leases, *[SharedLimit(name="shop", rate=100_000, per_s=60)] * 3)
    assert len(asked) == 2  # of one, and of two


def test_nothing_is_asked_where_an_action_has_no_limit_of_time() -> None:
    class Never:
        def shares(self, wanted: Any) -> Any:
            raise AssertionError

        hold = shares

    action = bound([Limit(name="at_once", concurrency=3)], [], None)
    pace = DefaultPace(leases=Leases(Never()))

    async def call() -> None:
        async with Within(action, "shop", Roots(values={}), pace):
            pass

    asyncio.run(call())


def test_calls_of_many_keys_ask_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with counting(tmp_path, monkeypatch) as (_, leases, asked):
        take(leases, *[SharedLimit(name=f"chat:{key}", rate=1, per_s=1) for key in range(200)], at_once=50)
    assert sum(asked) == 200
    assert len(asked) < 60


def test_no_name_of_an_account_or_key_stands_in_the_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with counting(tmp_path, monkeypatch) as (limits, leases, _):
        take(leases, SharedLimit(name="shop#ada@example.com", rate=5, per_s=1))
        limits.ask("smtp:ada@example.com", [rate_of(5)])
        with limits.journal.connected() as connection:
            rows = connection.exec_driver_sql("select bucket, state from weirflow_limits").fetchall()
    assert len(rows) == 3
    assert "ada" not in json.dumps([list(each) for each in rows])


_RUNNING = """
import asyncio, json, sys, time
import time as clock
shift_ns = int(sys.argv[3]); now_ns = clock.time_ns
clock.time_ns = lambda: now_ns() + shift_ns
from pathlib import Path
from connectors.http.blocking import waited_for
from connectors.leases import Leases
from connectors.plugins.account import PluginAccount
from connectors.plugins.pace import DefaultPace
from connectors.plugins.reading import read_plugin
from connectors.plugins.session import open_session
from connectors.policy import Policy
from engine.journal.journal import Journal
from engine.policies.limits import SharedLimits
plugin = read_plugin(Path(sys.argv[1]))
account = PluginAccount(ref=None, base=Path(), policy=Policy.open(), parts={"api_base": sys.argv[2]})
with Journal() as journal:
    session = open_session(plugin, account, pace=DefaultPace(leases=Leases(SharedLimits(journal))))
    print("ready", flush=True); sys.stdin.readline()
    async def work():
        for number in range(9):
            await session.call(plugin.action("send"), {})
    async def all_of_them():
        await asyncio.gather(*(work() for _ in range(4)))
        await session.close()
    waited_for(all_of_them())
"""
RATE, PER_S = 24, 0.8


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_three_processes_send_a_service_no_more_together_than_its_manifest_says(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """One of them is killed with a share in its hands; on PostgreSQL one has a clock that is an hour ahead."""
    url = f"sqlite:///{tmp_path / 'journal.db'}"
    if kind == "postgres":
        database: Database = request.getfixturevalue("postgres")
        url = database.url
    arrived: list[float] = []

    class Noting(HttpReceiver):
        async def _take(self, request: Any) -> Any:
            arrived.append(time.monotonic())
            return await super()._take(request)

    file = tmp_path / "shop.yaml"
    file.write_text(json.dumps({
        "manifest_version": 1, "key": "shop", "title": "Shop", "version": "1.0.0",
        "base_url": "https://shop.example/api", "limits": [{"name": "all", "rate": RATE, "per_s": PER_S}],
        "actions": {"send": {"kind": "write", "parameters": {"type": "object", "properties": {}},
                             "request": {"method": "POST", "path": "/send"}}},
    }))  # fmt: skip
    environment = {**UNMEASURED, "WEIRFLOW_HOME": str(tmp_path), "WEIRFLOW_JOURNAL": url, "PATH": os.environ["PATH"]}
    with Noting().running() as service:
        sending = [started([str(file), service.url, str(shift)], program=_RUNNING, env=environment, is_told=True)
                   for shift in (0, 0, 3_600_000_000_000 if kind == "postgres" else 0)]  # fmt: skip
        for each in sending:
            assert each.stdout is not None
            assert each.stdout.readline() == "ready\n"
        begun = time.monotonic()
        for each in sending:
            assert each.stdin is not None
            print("go", file=each.stdin, flush=True)
        while len(arrived) < 6:
            assert time.monotonic() < begun + 90
            time.sleep(0.01)
        sending[0].kill()
        assert [each.wait(timeout=60) for each in sending][1:] == [0, 0]
    assert 72 <= len(arrived) <= 108
    # a busy machine may be late with a call, but none comes before its turn
    assert [number for number, each in enumerate(arrived) if each - begun < number // RATE * PER_S] == []
