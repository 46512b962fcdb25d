"""Runs in several processes share the limit of a connection, in the journal's database."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from engine.journal.journal import Journal
from engine.journal.limits import counted
from engine.policies.limits import SharedLimits, _Ahead
from engine.policies.rates import Rate
from tests.long_runs import UNMEASURED
from tests.servers.running import Database
from tests.warm_processes import started

CALLS, WINDOW_S, PROCESSES, EACH = 5, 0.4, 3, 5
_ASKING = f"""
import json, sys, time
from engine.journal.journal import Journal
from engine.policies.limits import SharedLimits
from engine.policies.rates import Rate
rates = [Rate(strategy="sliding_window", calls={CALLS}, window_us={int(WINDOW_S * 1e6)}, burst=1)]
found = []
with Journal() as journal:
    limits = SharedLimits(journal)
    limits.ask("warm-up", rates)
    print("ready", flush=True); sys.stdin.readline()
    while len(found) < {EACH}:
        before = time.monotonic()
        wait = limits.ask("smtp:one", rates)
        if wait == 0:
            found.append([before, time.monotonic()])
        else:
            time.sleep(wait)
print(json.dumps(found))
"""


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_three_processes_together_stay_within_the_limit(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    journal = str(tmp_path / "journal.db")
    url = f"sqlite:///{journal}"
    if kind == "postgres":
        database: Database = request.getfixturevalue("postgres")
        url = database.url
    environment = {**UNMEASURED, "WEIRFLOW_HOME": str(tmp_path), "WEIRFLOW_JOURNAL": url, "PATH": os.environ["PATH"]}
    asking = [started([], program=_ASKING, env=environment, is_told=True) for _ in range(PROCESSES)]
    for each in asking:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    begun = time.monotonic()
    for each in asking:
        assert each.stdin is not None
        print("go", file=each.stdin, flush=True)
    grants = sorted(grant for each in asking for grant in json.loads(each.communicate(timeout=90)[0]))
    assert len(grants) == PROCESSES * EACH
    # the moment of a grant lies somewhere between its two clocks: what lies surely within one window is counted
    for earliest, _ in grants:
        surely = [each for each in grants if each[0] >= earliest and each[1] <= earliest + WINDOW_S]
        assert len(surely) <= CALLS
    assert time.monotonic() - begun >= (PROCESSES * EACH / CALLS - 1) * WINDOW_S


def test_calls_that_come_close_to_each_other_are_counted_together_and_never_beyond_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path))
    monkeypatch.setattr("engine.journal.limits.time.time_ns", lambda: 1_000_000_000_000)
    asked = 0

    def counting(*given: Any, **named: Any) -> tuple[int, int]:
        nonlocal asked
        asked += 1
        return counted(*given, **named)

    monkeypatch.setattr("engine.journal.limits.counted", counting)
    rates = [Rate(strategy="sliding_window", calls=400, window_us=1_000_000, burst=1)]
    with Journal() as journal:
        both = [SharedLimits(journal, now_s=lambda: 0.0) for _ in range(2)]
        made = sum(each.ask("smtp:one", rates) == 0 for _ in range(250) for each in both)
        assert made == 400
        assert asked <= 400 // 8 + 2 * 4 + 100  # the last hundred are told to wait, one by one
        slow = [Rate(strategy="sliding_window", calls=20, window_us=1_000_000, burst=1)]
        assert [both[0].ask("smtp:two", slow) == 0 for _ in range(21)] == [True] * 20 + [False]


def test_calls_that_were_counted_ahead_and_not_made_in_time_are_counted_anew() -> None:
    ahead = _Ahead()
    ahead.put(8, 1.0)
    assert ahead.take(1.01)
    assert not ahead.take(1.03)
    assert (ahead.left, ahead.wanted) == (0, 8)
