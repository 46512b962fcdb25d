"""Several processes that look at the same schedules ask for each run once."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.engine.service.tick_beside import MINUTES, START
from tests.engine.service.ticking import Ticking

PROCESSES, SCHEDULES = 3, 3


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_each_time_is_claimed_by_one_of_several_processes(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path / "home"))
    if kind == "postgres":
        monkeypatch.setenv("WEIRFLOW_JOURNAL", request.getfixturevalue("postgres").url)
    service = Ticking(tmp_path, now=START)
    for number in range(SCHEDULES):
        service.put(f"w{number}", {"type": "interval", "interval_minutes": 1, "overlap": "allow", "catchup": "all"})
    # The processes go through the minutes each at its own pace, so that one may find several that have passed.
    begun = claimed_by_processes(tmp_path)
    counts = Counter(key for keys in begun for key in keys)
    expected = {
        f"schedule:w{number}:2026-01-31T06:{30 + minute}:00Z"
        for number in range(SCHEDULES) for minute in range(1, MINUTES + 1)
    }  # fmt: skip
    assert set(counts) == expected
    assert set(counts.values()) == {1}
    assert len([each for number in range(SCHEDULES) for each in service.runs(f"w{number}")]) == len(expected)


def claimed_by_processes(folder: Path) -> list[list[str]]:
    """What each of the processes asked for, which begin at the same moment."""
    go = folder / "go"
    readies = [folder / f"ready{number}" for number in range(PROCESSES)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    processes = [
        subprocess.Popen([sys.executable, "-m", "tests.engine.service.tick_beside", str(folder), str(each), str(go)],
                         env=environment, stdout=subprocess.PIPE, text=True)
        for each in readies
    ]  # fmt: skip
    until = time.monotonic() + 60
    while not all(each.exists() for each in readies) and time.monotonic() < until:
        time.sleep(0.02)
    go.touch()
    found = [each.communicate(timeout=120)[0].split("\n") for each in processes]
    assert [each.returncode for each in processes] == [0] * PROCESSES
    return [[key for key in keys if key] for keys in found]
