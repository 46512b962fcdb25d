"""A run that is killed at any point is gone on with: nothing is missing, nothing is there twice, nothing half."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import weirflow as wf
from tests.killed_runs import killed_run
from tests.servers.running import Database

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


ON_DUCKDB = [
    ("engine.dead_letters:DeadLetters.finish", "before"),
    ("connectors.storage.staging:Staged.commit", "after"),
    ("engine.table_delivering:TableDelivering._applied", "after"),
]


@pytest.mark.parametrize(
    ("point", "when", "engine"), [*((*each, "polars") for each in POINTS), *((*each, "duckdb") for each in ON_DUCKDB)]
)
def test_a_run_that_is_killed_at_any_point_is_completed_by_a_resume(
    point: str, when: str, engine: str, workflow: Path, tmp_path: Path
) -> None:
    killed_run(workflow, point, when=when, engine=engine)
    [run] = wf.runs()
    assert (run.status, run.engine) == ("killed", engine)
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


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_deliveries_whose_columns_only_the_rows_tell_are_made_by_a_resume_too(
    engine: str, workflow: Path, tmp_path: Path
) -> None:
    counted = {"type": "pivot", "input_source": "cities", "output_variable": "counted",
               "config": {"index": ["id"], "columns": "city", "values": "id", "function": "count"}}  # fmt: skip
    rules = {
        "file_delivery": [
            {"id": "first", "input_source": "cities", "format": "csv", "filename_template": "first.csv"},
            {"id": "wide", "input_source": "counted", "format": "csv", "filename_template": "wide.csv"},
        ]
    }
    written(tmp_path, document(transforms=[counted], delivery_rules=rules))
    killed_run(workflow, "engine.running.ledger:Ledger.finish", when="after", engine=engine)
    [run] = wf.runs()
    result = wf.resume(run.run_id)
    assert (result.status, result.attempts) == ("succeeded", 2)
    assert [(each.id, each.status, each.rows) for each in result.deliveries] == [
        ("first", "delivered", 3), ("wide", "delivered", 3),
    ]  # fmt: skip
    header, *lines = made(tmp_path)["wide.csv"].splitlines()
    assert (header, [line.partition(",")[0] for line in lines]) == ("id,Oslo,Rome", ["1", "2", "3"])
    assert made(tmp_path)["first.csv"] == CSV


def test_a_killed_run_is_completed_from_a_journal_in_postgresql(
    workflow: Path, tmp_path: Path, postgres: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEIRFLOW_JOURNAL", postgres.url)
    killed_run(workflow, "engine.table_delivering:TableDelivering._applied", when="after")
    [run] = wf.runs()
    assert (run.status, [each.status for each in run.deliveries]) == ("killed", ["delivered", "delivered", "pending"])
    result = wf.resume("last")
    assert (result.run_id, result.status, result.attempts) == (run.run_id, "succeeded", 2)
    assert made(tmp_path) == {"first.csv": CSV, "second.csv": CSV}
    assert rows_of(tmp_path) == [(1, "Oslo"), (2, "Rome"), (3, "Oslo")]
    assert not (tmp_path / "home" / "journal.db").exists()


def test_a_run_that_is_killed_before_the_journal_knows_it_leaves_nothing_for_the_next_run(
    workflow: Path, tmp_path: Path
) -> None:
    killed_run(workflow, "engine.journal.runs:begin_run")
    assert wf.runs() == []
    result = wf.run(workflow)
    assert result.status == "succeeded"
    assert made(tmp_path) == {"first.csv": CSV, "second.csv": CSV}
    assert [each.run_id for each in wf.runs()] == [result.run_id]


def test_a_run_that_does_not_exist_cannot_be_resumed(workflow: Path) -> None:
    result = wf.run(workflow)
    with pytest.raises(wf.WorkflowError) as unknown:
        wf.resume("20260131T060000-abcdef")
    [found] = unknown.value.diagnostics
    assert (found.code, found.message) == ("IR710", 'there is no run "20260131T060000-abcdef" in the journal')
    assert found.hint == f"the last runs are {result.run_id}"


def test_of_a_run_that_has_made_all_its_deliveries_nothing_is_left_to_do(workflow: Path, tmp_path: Path) -> None:
    first = wf.run(workflow)
    (tmp_path / "cities.csv").unlink()
    again = wf.resume(first.run_id)
    assert (again.status, again.exit_code, again.attempts) == ("succeeded", 0, 1)
    assert again.deliveries == first.deliveries
    [said] = [each for each in again.warnings if isinstance(each, wf.Diagnostic)]
    assert said.message == f"the run {first.run_id} has made all its deliveries: nothing is left to do"
    assert rows_of(tmp_path) == [(1, "Oslo"), (2, "Rome"), (3, "Oslo")]


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


def test_what_a_complete_pass_has_left_is_not_read_again(workflow: Path, tmp_path: Path) -> None:
    report = {"format": "html", "filename_template": "report.html", "options": {"overwrite": True}}
    rendering = {"type": "report", "title": "{{cities.length}} cities", "sections": [{"totals": {"id": "sum"}}]}
    written(tmp_path, document(delivery_rules={"file_delivery": report}, rendering=rendering))
    killed_run(workflow, "engine.running.ledger:Ledger.finish")
    (tmp_path / "cities.csv").write_text("id,city\n100,Bern\n")
    [run] = wf.runs()
    [delivery] = wf.resume(run.run_id).deliveries
    assert (delivery.status, delivery.rows) == ("delivered", 3)
    page = (tmp_path / "report.html").read_text()
    assert "3 cities" in page
    assert "Rome" in page
    assert "Bern" not in page


def test_a_source_that_changed_since_other_deliveries_were_made_is_named(workflow: Path, tmp_path: Path) -> None:
    killed_run(workflow, "engine.running.ledger:Ledger.finish", call=2)
    (tmp_path / "cities.csv").write_text(CSV + "4,Bern\n")
    [run] = wf.runs()
    result = wf.resume(run.run_id)
    messages = [each.message for each in result.warnings if isinstance(each, wf.Diagnostic)]
    assert messages == ["cities.csv changed since first was delivered"]
    assert made(tmp_path) == {"first.csv": CSV, "second.csv": CSV + "4,Bern\n"}


@pytest.mark.parametrize("call", [1, 2, 3])
def test_rows_that_come_between_a_kill_and_its_resume_are_delivered_once_by_the_next_run(
    call: int, workflow: Path, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(tmp_path / "source.db")) as connection:
        connection.executescript(
            "create table new (id integer primary key, city text); insert into new values (1, 'Oslo')"
        )
    source = {"type": "database", "alias": "new", "plugin_key": "sqlite", "location": "source.db",
              "database_config": {"table": "new"}, "config": {"incremental": {"cursor": "id"}}}  # fmt: skip
    rules = {"database_delivery": [{"id": each, "plugin_key": "sqlite", "path": "shop.db", "table": each}
                                   for each in ("cities", "copies")]}  # fmt: skip
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        connection.execute("create table copies (id integer, city text)")
    written(tmp_path, document(data_sources=[source], delivery_rules=rules))
    point = "engine.journal.runs:end_run" if call == 3 else "engine.running.ledger:Ledger.finish"
    killed_run(workflow, point, call=1 if call == 3 else call)
    with closing(sqlite3.connect(tmp_path / "source.db")) as connection, connection:
        connection.execute("insert into new values (2, 'Rome')")
    [run] = wf.runs()
    wf.resume(run.run_id)
    wf.run(workflow)
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        for table in ("cities", "copies"):
            assert connection.execute(f"select id, city from {table} order by id").fetchall() == [
                (1, "Oslo"), (2, "Rome"),
            ]  # fmt: skip


def test_files_of_a_split_delivery_that_were_there_when_the_run_was_killed_are_its_own(
    workflow: Path, tmp_path: Path
) -> None:
    rules = {"file_delivery": {"format": "csv", "filename_template": "{{group.key}}.csv",
                               "options": {"split_by": "city"}}}  # fmt: skip
    written(tmp_path, document(delivery_rules=rules))
    killed_run(workflow, "connectors.storage.staging:Staged.commit", when="after")
    assert "Oslo.csv" in made(tmp_path)
    [run] = wf.runs()
    wf.resume(run.run_id)
    assert made(tmp_path) == {"Oslo.csv": "id,city\n1,Oslo\n3,Oslo\n", "Rome.csv": "id,city\n2,Rome\n"}


def test_a_file_of_somebody_else_is_never_overwritten(workflow: Path, tmp_path: Path) -> None:
    killed_run(workflow, "engine.running.ledger:Ledger.finish")
    (tmp_path / "first.csv").write_text("theirs")
    [run] = wf.runs()
    with pytest.raises(wf.WorkflowError, match="exists already") as refused:
        wf.resume(run.run_id)
    assert refused.value.run_id == run.run_id
    assert (tmp_path / "first.csv").read_text() == "theirs"
    (tmp_path / "first.csv").unlink()
    assert wf.resume(run.run_id).attempts == 3


def test_a_receipt_holds_the_hashes_of_what_was_read_and_made(workflow: Path, tmp_path: Path) -> None:
    result = wf.run(workflow)
    sha256 = hashlib.sha256(CSV.encode()).hexdigest()
    [run] = wf.runs()
    assert run.receipt is not None
    [read] = run.receipt["read"]
    assert (read["source"], read["place"], read["bytes"], read["sha256"]) == ("cities", "cities.csv", 29, sha256)
    assert [(each["delivery"], each["rows"], each.get("sha256")) for each in run.receipt["made"]] == [
        ("first", 3, sha256), ("second", 3, sha256), ("table", 3, None),
    ]  # fmt: skip
    told = json.loads((tmp_path / "home" / "runs" / result.run_id / "run.json").read_text())
    assert (told["status"], told["receipt"]) == ("succeeded", run.receipt)
