"""The folder of a service goes on being looked at, whatever is the matter with one look or with one file."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from connectors.problem import ConnectorProblem
from engine.service import folder as folders
from engine.service.folder import WorkflowFolder
from engine.service.store.workflows import list_workflows, put_workflow
from tests.engine.service.in_process import Office, office

WORKFLOW = """\
ir_version: "3.1"
goal: To be run.
data_sources: [{type: tabular, source: inline, alias: a, config: {rows: [{x: 1}]}}]
"""


def names(served: Office) -> list[str]:
    return [each.workflow for each in list_workflows(served.context.journal)]


def test_a_file_that_cannot_be_taken_keeps_no_other_from_being_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(journal: Any, name: str, **given: Any) -> Any:
        if name == "a":
            raise OverflowError("date value out of range")
        return put_workflow(journal, name, **given)

    monkeypatch.setattr(folders, "put_workflow", faulty)
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(WORKFLOW)
    with office(tmp_path, monkeypatch) as served:
        assert names(served) == ["b"]
        [found] = served.context.broken[str(tmp_path / "a.yaml")]
        assert (found.code, "date value out of range" in found.message) == ("IR714", True)


def test_a_service_that_starts_again_writes_nothing_of_files_that_are_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(WORKFLOW)
    with office(tmp_path, monkeypatch) as served:
        (tmp_path / "b.yaml").write_text(WORKFLOW + "name: c\n")
        written = list[str]()

        def noted(journal: Any, name: str, **given: Any) -> Any:
            written.append(name)
            return put_workflow(journal, name, **given)

        monkeypatch.setattr(folders, "put_workflow", noted)
        WorkflowFolder(served.context).look()
        assert (written, names(served)) == (["c"], ["a", "c"])


def test_a_folder_of_too_many_files_says_which_are_not_looked_into(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(folders, "MOST", 2)
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.yaml").write_text(WORKFLOW)
    with caplog.at_level("WARNING", "weirflow.service"), office(tmp_path, monkeypatch) as served:
        WorkflowFolder(served.context).look()
        assert names(served) == ["a", "b"]
    assert "more than 2 files" in caplog.text
    assert "c.yaml and what comes after it" in caplog.text


def test_a_journal_that_was_away_for_a_moment_finds_the_folder_still_watched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_taken, answers = threading.Event(), [ConnectorProblem("IR700", "the journal is away"), RuntimeError("a fault")]

    def away(journal: Any, name: str, **given: Any) -> Any:
        if answers:
            raise answers.pop(0)
        put_workflow(journal, name, **given)
        is_taken.set()

    monkeypatch.setattr(folders, "EVERY_S", 0.01)
    with office(tmp_path, monkeypatch) as served:
        watched = WorkflowFolder(served.context)
        watched.start()
        monkeypatch.setattr(folders, "put_workflow", away)
        for name in ("a", "b"):
            (tmp_path / f"{name}.yaml").write_text(WORKFLOW)
        assert is_taken.wait(90)
        watched.stop(30)
        assert len(names(served)) >= 1


def test_a_file_that_could_not_be_read_for_a_moment_is_looked_at_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [OSError("the disk is away")]

    def away(journal: Any, name: str, **given: Any) -> Any:
        if answers:
            raise answers.pop()
        return put_workflow(journal, name, **given)

    with office(tmp_path, monkeypatch) as served:
        monkeypatch.setattr(folders, "put_workflow", away)
        (tmp_path / "a.yaml").write_text(WORKFLOW)
        watched = WorkflowFolder(served.context)
        watched.look()
        assert names(served) == []
        watched.look()
        assert names(served) == ["a"]
