"""A run that is killed at any point is gone on with: nothing is missing, nothing is there twice, nothing half."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import weirflow as wf
from tests.killed_runs import killed_run

ROWS = [{"id": 1, "city": "Oslo"}, {"id": 2, "city": "Rome"}, {"id": 3, "city": "Oslo"}]
CSV = "id,city\n1,Oslo\n2,Rome\n3,Oslo\n"


def document(**more: Any) -> dict[str, Any]:
    return {
        "ir_version": "3.1", "name": "cities", "goal": "Keep cities",
        "data_sources": [{"type": "file", "alias": "cities", "location": "cities.csv"}],
        "delivery_rules": {
            "file_delivery": [{"id": "first", "format": "csv", "filename_template": "first.csv"},
                              {"id": "second", "format": "csv", "filename_template": "second.csv"}],
            "database_delivery": {"id": "table", "plugin_key": "sqlite", "path": "shop.db", "table": "cities"},
        },
        **more,
    }  # fmt: skip


@pytest.fixture
def workflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path / "home"))
    (tmp_path / "cities.csv").write_text(CSV)
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        connection.execute("create table cities (id integer, city text)")  # no key would refuse a row that comes twice
    return written(tmp_path, document())


def written(folder: Path, workflow: dict[str, Any]) -> Path:
    (folder / "cities.json").write_text(json.dumps(workflow))
    return folder / "cities.json"


def rows_of(folder: Path) -> list[tuple[int, str]]:
    with closing(sqlite3.connect(folder / "shop.db")) as connection:
        return connection.execute("select id, city from cities order by id").fetchall()


def made(folder: Path) -> dict[str, str]:
    """The files of the folder that are neither input nor database, by name."""
    given = {"cities.csv", "cities.json", "shop.db"}
    return {each.name: each.read_text() for each in folder.iterdir() if each.is_file() and each.name not in given}


POINTS = [
    ("engine.journal.runs:begin_run", "after"),
    ("engine.dead_letters:DeadLetters.finish", "before"),
    ("engine.running.ledger:Ledger.finish", "before"),
    ("engine.journal.deliveries:note_delivery", "before"),
    ("engine.journal.deliveries:note_delivery", "after"),
    ("connectors.storage.staging:Staged.commit", "before"),
    ("connectors.storage.staging:Staged.commit", "after"),
    ("engine.table_delivering:TableDelivering._applied", "before"),
    ("engine.table_delivering:TableDelivering._applied", "after"),
    ("engine.running.ledger:Ledger.finish", "after"),
    ("engine.journal.runs:end_run", "before"),
]


@pytest.mark.parametrize(("point", "when"), POINTS)
def test_a_run_that_is_killed_at_any_point_is_completed_by_a_resume(
    point: str, when: str, workflow: Path, tmp_path: Path
) -> None:
    killed_run(workflow, point, when=when)
    [run] = wf.runs()
    assert run.status == "killed"
    assert all(text == CSV or name.startswith(".") for name, text in made(tmp_path).items())
    result = wf.resume(run.run_id)
    assert (result.run_id, result.status, result.attempts) == (run.run_id, "succeeded", 2)
    assert [(each.id, each.status, each.rows) for each in result.deliveries] == [
        ("first", "delivered", 3), ("second", "delivered", 3), ("table", "delivered", 3),
    ]  # fmt: skip
    assert made(tmp_path) == {"first.csv": CSV, "second.csv": CSV}
    assert rows_of(tmp_path) == [(1, "Oslo"), (2, "Rome"), (3, "Oslo")]
    [after] = wf.runs()
    assert (after.status, after.attempts) == ("succeeded", 2)


def test_a_run_that_is_killed_before_the_journal_knows_it_leaves_nothing_for_the_next_run(
    workflow: Path, tmp_path: Path
) -> None:
    killed_run(workflow, "engine.journal.runs:begin_run")
    assert wf.runs() == []
    result = wf.run(workflow)
    assert result.status == "succeeded"
    assert made(tmp_path) == {"first.csv": CSV, "second.csv": CSV}
    assert [each.run_id for each in wf.runs()] == [result.run_id]


def test_a_run_that_does_not_exist_or_has_made_all_its_deliveries_cannot_be_resumed(workflow: Path) -> None:
    result = wf.run(workflow)
    with pytest.raises(wf.WorkflowError) as unknown:
        wf.resume("20260131T060000-abcdef")
    [found] = unknown.value.diagnostics
    assert (found.code, found.message) == ("IR710", 'there is no run "20260131T060000-abcdef" in the journal')
    assert found.hint == f"the last runs are {result.run_id}"
    with pytest.raises(wf.WorkflowError, match="has made all its deliveries"):
        wf.resume(result.run_id)


def test_a_resume_goes_on_with_the_workflow_that_the_run_began_with_and_names_the_changed_file(
    workflow: Path, tmp_path: Path
) -> None:
    killed_run(workflow, "engine.running.ledger:Ledger.finish", call=2)
    workflow.write_text(workflow.read_text().replace("second.csv", "other.csv"))
    [run] = wf.runs()
    result = wf.resume(run.run_id)
    assert [each.code for each in result.warnings if isinstance(each, wf.Diagnostic)] == ["IR711"]
    assert made(tmp_path) == {"first.csv": CSV, "second.csv": CSV}


def test_anew_begins_a_new_run_from_the_file_as_it_is(workflow: Path, tmp_path: Path) -> None:
    killed_run(workflow, "engine.running.ledger:Ledger.finish")
    rules = {"file_delivery": {"format": "csv", "filename_template": "new.csv"}}
    workflow.write_text(json.dumps(document(delivery_rules=rules)))
    [run] = wf.runs()
    result = wf.resume(run.run_id, anew=True)
    assert result.run_id != run.run_id
    assert made(tmp_path) == {"new.csv": CSV}
    assert [each.status for each in wf.runs()] == ["succeeded", "killed"]
