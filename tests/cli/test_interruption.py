"""A run that is stopped from outside ends with the shell's own exit code and leaves nothing half-written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

WORKFLOW = """\
ir_version: "3.1"
goal: Write more rows into a workbook than fit into a moment
data_sources:
  - {type: file, alias: numbers, location: numbers.csv}
delivery_rules:
  file_delivery: {id: book, format: xlsx, destination: {path: out}, filename_template: book.xlsx}
"""

# A signal that arrives while coverage holds its own lock stops the process for ever.
UNMEASURED = {name: value for name, value in os.environ.items() if not name.startswith("COV")}


@pytest.fixture
def workflow(tmp_path: Path) -> Path:
    rows = "".join(f"{number},name {number},{number}.25\n" for number in range(100_000))
    (tmp_path / "numbers.csv").write_text("number,name,amount\n" + rows)
    (tmp_path / "long.yaml").write_text(WORKFLOW)
    return tmp_path / "long.yaml"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_a_stopped_run_leaves_no_file_and_no_traceback(
    engine: str, number: signal.Signals, code: int, workflow: Path
) -> None:
    home = workflow.parent / "home"
    process = subprocess.Popen(
        [sys.executable, "-m", "engine.cli", "run", str(workflow), "--engine", engine], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, env={**UNMEASURED, "WEIRFLOW_HOME": str(home)},
    )  # fmt: skip
    assert process.stderr is not None
    said = ""
    while "book: started" not in said:
        line = process.stderr.readline()
        assert line, f"the run ended before it was stopped: {said}"
        said += line
    process.send_signal(number)
    shown, rest = process.communicate(timeout=120)
    assert process.returncode == code
    assert shown == ""
    assert "Traceback" not in rest
    assert [path.name for path in workflow.parent.rglob("*book*")] == []
    assert not home.exists()
