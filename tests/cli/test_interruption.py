"""A run that is stopped from outside ends with the shell's own exit code and leaves nothing half-written."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import pytest

from tests.long_runs import long_workflow, numbers, started_run


@pytest.fixture
def workflow(tmp_path: Path) -> Path:
    (tmp_path / "numbers.csv").write_text(numbers())
    (tmp_path / "long.yaml").write_text(long_workflow("numbers.csv"))
    return tmp_path / "long.yaml"


@pytest.mark.parametrize(
    ("number", "code", "reason"),
    [(signal.SIGINT, 130, "it was interrupted (Ctrl-C)"), (signal.SIGTERM, 143, "it was told to stop (SIGTERM)")],
)
@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_a_stopped_run_leaves_no_file_and_no_traceback(
    engine: str, number: signal.Signals, code: int, reason: str, workflow: Path
) -> None:
    home = workflow.parent / "home"
    process = started_run(workflow, engine=engine, home=home)
    process.send_signal(number)
    shown, rest = process.communicate(timeout=120)
    assert process.returncode == code
    cancelled, why, delivered, way = shown.splitlines()
    assert cancelled.startswith("cancelled in ")
    assert (why, delivered) == (reason, "nothing was delivered")
    assert re.fullmatch(r"to go on with what is left: weirflow resume \S+", way)
    assert "Traceback" not in rest
    assert [path.name for path in workflow.parent.rglob("*book*")] == []
    assert [each.name for each in home.rglob("*") if each.is_file()] == ["journal.db", "run.json"]
