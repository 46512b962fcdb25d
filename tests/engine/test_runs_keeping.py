"""Runs that are stopped from outside, and runs that nobody asks for any more."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

import weirflow as wf
from engine.events import Event
from engine.running import watcher
from engine.runs_keeping import cancel, prune
from tests.workflows import inline, workflow

FILES = [{"id": name, "format": "csv", "filename_template": f"{name}.csv"} for name in ("a", "b")]
DOCUMENT = workflow([inline("main", [{"k": 1}])], delivery_rules={"file_delivery": FILES})


def test_a_run_that_somebody_cancels_keeps_what_it_delivered_and_is_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watcher, "FIRST_LOOK_S", 0.01)
    monkeypatch.setattr(watcher, "EVERY_S", 0.01)
    cancellation = wf.Cancellation()

    def listen(event: Event) -> None:
        if event.kind == "delivery_finished" and event.step == "a":
            [run] = wf.runs()
            assert cancel(run.run_id)
            assert cancellation._told.wait(10)

    result = wf.compile(DOCUMENT).run(out=tmp_path, progress=listen, cancellation=cancellation)
    assert (result.status, result.exit_code) == ("cancelled", 1)
    assert result.error == "somebody cancelled it (weirflow runs cancel)"
    assert [each.id for each in result.deliveries] == ["a"]
    assert [each.name for each in tmp_path.iterdir()] == ["a.csv"]
    [run] = wf.runs(status="cancelled")
    before = (tmp_path / "a.csv").stat().st_ino
    assert [each.status for each in wf.resume(run.run_id).deliveries] == ["delivered", "delivered"]
    assert (tmp_path / "a.csv").stat().st_ino == before
    assert (tmp_path / "b.csv").read_text() == "k\n1\n"


def test_a_run_that_has_ended_cannot_be_cancelled(tmp_path: Path) -> None:
    result = wf.run(DOCUMENT, out=tmp_path)
    with pytest.raises(wf.WorkflowError, match="is not under way: it is succeeded"):
        cancel(result.run_id)


def test_pruning_removes_old_runs_and_their_folders_and_no_delivered_file(tmp_path: Path) -> None:
    result = wf.run(DOCUMENT, out=tmp_path)
    [run] = wf.runs()
    assert prune(older_than=timedelta(days=1)) == []
    assert prune(older_than=timedelta(0)) == [result.run_id]
    assert wf.runs() == []
    assert not Path(run.folder).exists()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.csv", "b.csv"]
