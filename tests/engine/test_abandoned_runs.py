"""A run that is killed cannot clean up; the next one does it, and leaves every living run alone."""

from __future__ import annotations

import fcntl
import gzip
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import weirflow as wf
from tests.long_runs import UNMEASURED, long_workflow, numbers, started_run
from tests.workflows import ENGINES, inline, workflow

DOCUMENT = workflow([inline("main", [{"k": 1}])], delivery_rules={"file_delivery": {"format": "csv"}})


@pytest.fixture
def runs(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / "runs"


@pytest.fixture
def started(tmp_path, runs, request):
    """A run of which the first delivery has begun."""
    (tmp_path / "numbers.csv.gz").write_bytes(gzip.compress(numbers().encode(), 1))
    (tmp_path / "long.yaml").write_text(long_workflow("numbers.csv.gz"))
    process = started_run(tmp_path / "long.yaml", engine=request.param, home=runs.parent)
    process.send_signal(signal.SIGSTOP)  # it would come to its end meanwhile, on a machine that has much to do
    yield process
    process.kill()
    process.communicate(timeout=120)


def run(tmp_path) -> None:
    """A run that leaves nothing but its own run.json."""
    result = wf.run(DOCUMENT, out=tmp_path / "other", engine="polars")
    (tmp_path / "other" / "workflow.csv").unlink()
    folder = tmp_path / "home" / "runs" / result.run_id
    assert [each.name for each in folder.iterdir()] == ["run.json"]
    shutil.rmtree(folder)


@pytest.mark.parametrize("started", ENGINES, indirect=True)
def test_the_folder_of_a_killed_run_goes_with_the_next_run(tmp_path, runs, started):
    [folder] = runs.iterdir()
    run(tmp_path)
    assert (folder / "lock").exists()
    started.send_signal(signal.SIGKILL)
    started.wait(timeout=120)
    assert folder.exists()
    run(tmp_path)
    assert list(runs.iterdir()) == []


def left_by_a_killed_run(runs: Path, host: str | None = None) -> Path:
    """Its folder, made by a process that has ended since."""
    program = (
        "import os, sys\nfrom pathlib import Path\nfrom engine.run_folder import run_folder\n"
        "with run_folder('killed') as folder:\n"
        "    (folder / 'rows.arrow').write_text('much')\n"
        "    (folder / 'duckdb').mkdir()\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    environment = {**UNMEASURED, "WEIRFLOW_HOME": str(runs.parent)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, check=False)
    assert done.returncode == -signal.SIGKILL
    if host is not None:
        (runs / "killed" / "lock").write_text(host)
    return runs / "killed"


def test_complete_dead_letters_of_a_killed_run_stay(tmp_path, runs):
    folder = left_by_a_killed_run(runs)
    (folder / "dead_letters.parquet").write_text("letters")
    run(tmp_path)
    assert [each.name for each in folder.iterdir()] == ["dead_letters.parquet"]


def test_a_folder_of_another_host_stays(tmp_path, runs):
    folder = left_by_a_killed_run(runs, host="elsewhere")
    run(tmp_path)
    assert sorted(each.name for each in folder.iterdir()) == ["duckdb", "lock", "rows.arrow"]


def test_a_folder_of_another_user_stays(tmp_path, runs, monkeypatch):
    folder = left_by_a_killed_run(runs)
    monkeypatch.setattr(os, "getuid", lambda: os.stat(folder).st_uid + 1)
    run(tmp_path)
    assert (folder / "rows.arrow").exists()


def test_a_folder_whose_lock_is_held_stays(tmp_path, runs):
    folder = left_by_a_killed_run(runs)
    with (folder / "lock").open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        run(tmp_path)
        assert (folder / "rows.arrow").exists()
    run(tmp_path)
    assert not folder.exists()


def test_a_folder_without_a_lock_stays(tmp_path, runs):
    (runs / "20260131T120000-abcdef").mkdir(parents=True)
    (runs / "20260131T120000-abcdef" / "dead_letters.ndjson").write_text("{}")
    run(tmp_path)
    assert [each.name for each in runs.iterdir()] == ["20260131T120000-abcdef"]
