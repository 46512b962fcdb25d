"""Several processes that look at the same schedules ask for each run once."""

from __future__ import annotations

import subprocess
import sys
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
    command = [sys.executable, "-m", "tests.engine.service.tick_beside", str(tmp_path), str(PROCESSES)]
    said = subprocess.run(command, cwd=Path(__file__).parents[3], check=True, capture_output=True, text=True,
                          timeout=120).stdout  # fmt: skip
    counts = Counter(said.split())
    expected = {
        f"schedule:w{number}:2026-01-31T06:{30 + minute}:00Z"
        for number in range(SCHEDULES) for minute in range(1, MINUTES + 1)
    }  # fmt: skip
    assert set(counts) == expected
    assert set(counts.values()) == {1}
    assert len([each for number in range(SCHEDULES) for each in service.runs(f"w{number}")]) == len(expected)
