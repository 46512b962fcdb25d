"""Runs in several processes share the limit of a connection, in the journal's database."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.long_runs import UNMEASURED
from tests.servers.running import Database

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
    asking = [subprocess.Popen([sys.executable, "-c", _ASKING], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               text=True, env=environment) for _ in range(PROCESSES)]  # fmt: skip
    for each in asking:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    started = time.monotonic()
    for each in asking:
        assert each.stdin is not None
        print("go", file=each.stdin, flush=True)
    grants = sorted(grant for each in asking for grant in json.loads(each.communicate(timeout=30)[0]))
    assert len(grants) == PROCESSES * EACH
    # the moment of a grant lies somewhere between its two clocks: what lies surely within one window is counted
    for earliest, _ in grants:
        surely = [each for each in grants if each[0] >= earliest and each[1] <= earliest + WINDOW_S]
        assert len(surely) <= CALLS
    assert time.monotonic() - started >= (PROCESSES * EACH / CALLS - 1) * WINDOW_S
