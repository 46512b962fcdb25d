"""Runs that are stopped from outside, and runs that nobody asks for any more."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

import weirflow as wf
from engine import runs_keeping
from engine.events import Event
from engine.journal.journal import Journal
from engine.journal.tables import logs, starts
from engine.running import watcher
from engine.runs_keeping import cancel, prune
from engine.service.store.logs import LogLine, add_lines
from engine.service.store.starts import Start, add_start
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
            assert cancellation._told.wait(60)

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


def test_one_thread_looks_after_runs_that_follow_one_another_and_ends_when_none_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watcher, "EVERY_S", 0.01)
    monkeypatch.setattr(watcher, "_LINGERS_S", 600.0)
    wf.run(DOCUMENT, out=tmp_path / "one")
    [thread] = watcher._threads
    wf.run(DOCUMENT, out=tmp_path / "other")
    assert watcher._threads == [thread]
    monkeypatch.setattr(watcher, "_LINGERS_S", 0.0)
    thread.join(60)
    assert not thread.is_alive()


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


def test_pruning_removes_what_a_service_keeps_of_a_run_unless_it_is_to_go_on(tmp_path: Path) -> None:
    results = [wf.run(DOCUMENT, out=tmp_path / name) for name in ("ended", "goes on")]
    ended, goes_on = (each.run_id for each in results)
    with Journal() as journal:
        for run_id, status in ((ended, "done"), (goes_on, "queued"), ("never-begun", "cancelled"), ("asked", "queued")):
            moment = "2020-01-01T00:00:00+00:00"
            add_start(journal, Start(run_id=run_id, workflow="w", version=1, document="{}", syntax="json", file=None,
                                     base=str(tmp_path), cause="manual", status=status, asked_at=moment,
                                     finished_at=None if status == "queued" else moment))  # fmt: skip
            add_lines(
                journal,
                [
                    LogLine(
                        tenant=journal.tenant,
                        run_id=run_id,
                        attempt=1,
                        number=1,
                        at=moment,
                        kind="run_started",
                        step="",
                        rows=0,
                        seconds="0",
                        status="",
                        text="",
                    )
                ],
            )
        assert prune(older_than=timedelta(0)) == [ended]
        with journal.looking() as connection:
            assert set(connection.execute(select(starts.c.run_id)).scalars()) == {goes_on, "asked"}
            assert set(connection.execute(select(logs.c.run_id)).scalars()) == {goes_on, "never-begun", "asked"}
    assert [each.run_id for each in wf.runs()] == [goes_on]


def test_pruning_goes_on_to_the_last_run_and_leaves_the_one_whose_rows_a_replay_is_to_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs_keeping, "AT_ONCE", 2)
    results = [wf.run(DOCUMENT, out=tmp_path / str(number)) for number in range(6)]
    parent, *others = (each.run_id for each in results)
    with Journal() as journal:
        add_start(journal, Start(run_id="replay", workflow="w", version=1, document="{}", syntax="json", file=None,
                                 base=str(tmp_path), cause="replay", about=f'{{"run_id": "{parent}"}}',
                                 asked_at="2020-01-01T00:00:00+00:00"))  # fmt: skip
    assert sorted(prune(older_than=timedelta(0))) == sorted(others)
    assert [each.run_id for each in wf.runs()] == [parent]
