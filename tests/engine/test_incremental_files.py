"""Globs of which each run reads the files that are new: by name, and by the time of their last change."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import weirflow as wf
from connectors.problem import ConnectorProblem
from engine.increments.memory import remembering
from engine.increments.saving import reached
from engine.journal.journal import Journal, look_up_cursors
from engine.journal.recording import Recording
from tests.servers.s3 import Bucket

ENGINES = ("polars", "duckdb")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of sales; the home lies beside it."""
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path / "home"))
    (tmp_path / "in").mkdir()
    return tmp_path


def write(folder: Path, name: str, *values: int, at: float | None = None) -> None:
    path = folder / "in" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["n", *map(str, values)]) + "\n")
    if at is not None:
        os.utime(path, (at, at))


def document(cursor: str = "name", **incremental: Any) -> dict[str, Any]:
    source = {"type": "file", "alias": "sales", "location": "in/**/*.csv",
              "config": {"incremental": {"cursor": cursor, **incremental}}}  # fmt: skip
    file = {"format": "csv", "filename_template": "out.csv", "options": {"overwrite": True}}
    return {"ir_version": "3.1", "name": "sales", "goal": "g", "data_sources": [source],
            "delivery_rules": {"file_delivery": [file]}}  # fmt: skip


def delivered(folder: Path) -> list[int]:
    return [int(line) for line in (folder / "out.csv").read_text().splitlines()[1:]]


def run(folder: Path, workflow: dict[str, Any], **options: Any) -> list[int]:
    result = wf.run(workflow, base=folder, **options)
    assert result.status == "succeeded"
    return delivered(folder)


@pytest.mark.parametrize("engine", ENGINES)
def test_each_run_reads_the_files_whose_names_come_after_those_of_the_last(folder: Path, engine: str) -> None:
    write(folder, "2026-01.csv", 1)
    write(folder, "2026-02.csv", 2)
    assert run(folder, document(), engine=engine) == [1, 2]
    write(folder, "2026-03.csv", 3)
    assert run(folder, document(), engine=engine) == [3]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_run_without_new_files_delivers_no_rows_and_says_so(folder: Path, engine: str) -> None:
    write(folder, "a.csv", 1)
    run(folder, document(), engine=engine)
    result = wf.run(document(), base=folder, engine=engine)
    assert (result.status, delivered(folder)) == ("succeeded", [])
    assert (folder / "out.csv").read_text() == "n\n"
    assert result.as_json()["incremental"] == [
        {"source": "sales", "cursor": "name", "since": "in/a.csv", "until": None}
    ]
    write(folder, "b.csv", 2)
    assert run(folder, document(), engine=engine) == [2]


def test_files_by_the_time_of_their_last_change(folder: Path) -> None:
    write(folder, "b.csv", 1, at=1_000_000.25)
    write(folder, "a.csv", 2, at=2_000_000.5)
    assert run(folder, document("modified")) == [2, 1]
    write(folder, "0.csv", 3, at=2_000_000.500001)
    assert run(folder, document("modified")) == [3]
    write(folder, "b.csv", 4, at=3_000_000)
    assert run(folder, document("modified")) == [4]


def test_a_file_of_the_same_instant_as_the_last_one_is_not_missed(folder: Path) -> None:
    write(folder, "a.csv", 1, at=1_000_000)
    run(folder, document("modified"))
    write(folder, "b.csv", 2, at=1_000_000)
    assert run(folder, document("modified")) == [2]
    write(folder, "c.csv", 3, at=1_000_000)
    assert run(folder, document("modified")) == [3]
    assert run(folder, document("modified")) == []


def test_a_lag_reads_files_again_that_changed_shortly_before_the_last(folder: Path) -> None:
    day = 86_400
    for name, value, at in (("a.csv", 1, 10 * day), ("b.csv", 2, 12 * day), ("c.csv", 3, 13 * day)):
        write(folder, name, value, at=at)
    assert run(folder, document("modified", lag="2d")) == [1, 2, 3]
    write(folder, "late.csv", 4, at=11.5 * day)
    assert run(folder, document("modified", lag="2d")) == [2, 3, 4]


def test_the_first_run_starts_at_the_initial_value(folder: Path) -> None:
    write(folder, "a.csv", 1, at=datetime(2025, 12, 31, 23, tzinfo=UTC).timestamp())
    write(folder, "b.csv", 2, at=datetime(2026, 1, 1, tzinfo=UTC).timestamp())
    assert run(folder, document("modified", initial="2026-01-01")) == [2]
    assert run(folder, document("name", initial="in/b.csv"), full_refresh=True) == [2]


def test_a_full_refresh_starts_over_and_goes_on_from_there(folder: Path) -> None:
    write(folder, "a.csv", 1)
    run(folder, document())
    assert run(folder, document(), full_refresh=True) == [1]
    assert run(folder, document()) == []


def test_a_full_refresh_that_finds_nothing_forgets_how_far_runs_had_come(folder: Path) -> None:
    write(folder, "z.csv", 1)
    run(folder, document())
    (folder / "in" / "z.csv").unlink()
    workflow = document()
    workflow["data_sources"][0]["config"] |= {"allow_empty": True, "schema": {"n": "integer"}}
    run(folder, workflow, full_refresh=True)
    write(folder, "a.csv", 2)
    assert run(folder, workflow) == [2]


def test_a_run_that_fails_or_fails_in_part_saves_nothing(folder: Path) -> None:
    write(folder, "a.csv", 1)
    workflow = document()
    (folder / "file").write_text("in place of a folder")
    workflow["delivery_rules"]["file_delivery"].append(
        {"id": "broken", "format": "csv", "filename_template": "b.csv", "destination": {"path": "file"}}
    )
    result = wf.run(workflow, base=folder)
    assert [(each.id, each.status) for each in result.deliveries] == [("csv", "delivered"), ("broken", "failed")]
    assert look_up_cursors("sales") == []
    (folder / "in" / "a.csv").write_text("n\n1\n")
    workflow["transforms"] = [{"type": "map", "config": {"columns": {"n": "cast('x' || n as integer)"}}}]
    del workflow["delivery_rules"]["file_delivery"][1]
    with pytest.raises(wf.WorkflowError):
        wf.run(workflow, base=folder)
    assert look_up_cursors("sales") == []
    assert run(folder, document()) == [1]


def test_previews_rehearsals_and_plans_save_nothing(folder: Path) -> None:
    write(folder, "a.csv", 1)
    plan = wf.compile(document(), base=folder)
    plan.explain()
    plan.collect()
    plan.rehearse()
    plan.run(preview=1)
    wf.validate(document(), base=folder)
    assert not (folder / "home").exists()


def test_a_plan_says_where_a_run_would_start_and_stays_the_same(folder: Path) -> None:
    write(folder, "a.csv", 1, at=datetime(2026, 1, 31, 13, tzinfo=UTC).timestamp())
    workflow = document("modified") | {"settings": {"timezone": "Europe/Berlin"}}
    first = wf.compile(workflow, base=folder, now=datetime(2026, 2, 1, tzinfo=UTC))
    assert "every file for now: no run has come to its end yet" in first.explain()
    first.run()
    plans = [wf.compile(workflow, base=folder, now=datetime(2026, 2, 1, tzinfo=UTC)) for _ in range(2)]
    said = "only files whose last change is after 2026-01-31 14:00:00+01:00, from the last run"
    assert " ".join(plans[0].explain().split()).count(said) == 1
    assert plans[0].to_dict()["steps"][0]["incremental"] == said
    assert plans[0].to_dict() == plans[1].to_dict()
    again = wf.compile(workflow, base=folder, full_refresh=True)
    assert again.to_dict()["steps"][0]["incremental"] == "every file for now: as a full refresh reads"


def test_a_plan_that_was_compiled_before_another_run_starts_where_that_ended(folder: Path) -> None:
    write(folder, "a.csv", 1)
    plan = wf.compile(document(), base=folder)
    plan.run()
    assert delivered(folder) == [1]
    write(folder, "b.csv", 2)
    assert plan.run().status == "succeeded"
    assert delivered(folder) == [2]


def test_sources_are_kept_apart_by_workflow_and_alias(folder: Path) -> None:
    write(folder, "a.csv", 1)
    run(folder, document())
    assert run(folder, document() | {"name": "other"}) == [1]
    renamed = document()
    renamed["data_sources"][0]["alias"] = "others"
    assert run(folder, renamed) == [1]
    assert run(folder, document()) == []


def test_a_workflow_without_a_name_has_no_cursors(folder: Path) -> None:
    write(folder, "a.csv", 1)
    nameless = {key: value for key, value in document().items() if key != "name"}
    with pytest.raises(wf.WorkflowError) as failure:
        wf.compile(nameless, base=folder)
    assert [each.code for each in failure.value.diagnostics] == ["IR597"]


def test_different_inputs_have_cursors_of_their_own(folder: Path) -> None:
    write(folder, "north/a.csv", 1)
    write(folder, "south/a.csv", 2)
    workflow = document() | {"runtime_inputs": [{"name": "region", "type": "text", "required": True}]}
    workflow["data_sources"][0]["location"] = "in/{{inputs.region}}/*.csv"
    assert run(folder, workflow, inputs={"region": "south"}) == [2]
    assert run(folder, workflow, inputs={"region": "north"}) == [1]
    write(folder, "north/b.csv", 3)
    assert run(folder, workflow, inputs={"region": "south"}) == []
    assert run(folder, workflow, inputs={"region": "north"}) == [3]


def test_a_cursor_of_another_kind_is_not_used_and_warned_of(folder: Path) -> None:
    write(folder, "a.csv", 1)
    run(folder, document("name"))
    plan = wf.compile(document("modified"), base=folder)
    assert [(each.code, each.message) for each in plan.warnings] == [
        ("IR598", 'the last run\'s cursor of "sales" is not used: it was of name')
    ]
    moved = document("name")
    moved["data_sources"][0]["location"] = "in/*.csv"
    [warning] = wf.compile(moved, base=folder).warnings
    assert warning.message == 'the last run\'s cursor of "sales" is not used: it was of location in/**/*.csv'
    assert run(folder, moved) == [1]
    assert wf.compile(moved, base=folder).warnings == []


def test_a_file_that_comes_late_by_name_is_warned_of(folder: Path) -> None:
    write(folder, "part-9.csv", 9, at=1_000_000)
    run(folder, document())
    write(folder, "part-10.csv", 10)
    [warning] = wf.compile(document(), base=folder).warnings
    assert warning.code == "IR599"
    assert warning.message.endswith("will not be read, as its name does not come after in/part-9.csv: in/part-10.csv")
    assert run(folder, document()) == []


def test_a_source_that_nothing_reads_stays_where_it_was(folder: Path) -> None:
    write(folder, "a.csv", 1)
    workflow = document()
    workflow["data_sources"].append({"type": "tabular", "source": "inline", "alias": "other",
                                     "config": {"rows": [{"n": 7}]}})  # fmt: skip
    workflow["delivery_rules"]["file_delivery"][0]["input_source"] = "other"
    run(folder, workflow)
    assert look_up_cursors("sales") == []


def test_bad_rows_of_new_files_are_set_aside_once(folder: Path) -> None:
    write(folder, "a.csv", 1)
    (folder / "in" / "b.csv").write_text("n\nx\n2\n")
    workflow = document()
    workflow["data_sources"][0]["config"] |= {"schema": {"n": "integer"}, "max_bad": 5}
    result = wf.run(workflow, base=folder)
    assert (result.status, result.dead_letters["count"], delivered(folder)) == ("incomplete", 1, [1, 2])
    assert run(folder, workflow) == []


def test_a_journal_that_cannot_be_written_stops_a_run_before_it_delivers(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, "a.csv", 1)
    monkeypatch.setenv("WEIRFLOW_JOURNAL", f"sqlite:///{folder}/in/a.csv/journal.db")
    with pytest.raises(wf.WorkflowError) as failure:
        wf.run(document(), base=folder)
    assert [each.code for each in failure.value.diagnostics] == ["IR596"]
    assert failure.value.run_id is None  # no journal knows it, so nothing can be gone on with
    assert not (folder / "out.csv").exists()


def test_a_run_whose_cursors_cannot_be_saved_has_failed_and_says_that_it_has_delivered(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, "a.csv", 1)

    def refuse(self: Journal, found: object, *, unless: object) -> None:
        raise ConnectorProblem("IR596", "the journal cannot be used: disk full")

    monkeypatch.setattr(Journal, "save_cursors", refuse)
    result = wf.run(document(), base=folder)
    assert (result.status, result.exit_code, delivered(folder)) == ("failed", 1, [1])
    [warning] = result.warnings
    assert isinstance(warning, wf.Diagnostic)
    assert (warning.code, warning.notes) == (
        "IR596", ("the deliveries are made, and the next run makes them again",)
    )  # fmt: skip


def test_of_two_runs_at_the_same_time_the_one_that_comes_further_is_remembered(folder: Path) -> None:
    write(folder, "a.csv", 1)
    slow = wf.compile(document(), base=folder)
    with Journal() as journal, remembering(slow, Recording(run_id="slow", _journal=journal)) as memory:
        write(folder, "b.csv", 2)
        assert run(folder, document()) == [1, 2]
        memory.take(slow, reached(slow, "slow", {"sales"}), succeeded=True)
    assert [each.value for each in look_up_cursors("sales")] == ["in/b.csv"]


@pytest.mark.parametrize("cursor", ["name", "modified"])
def test_objects_of_a_store_are_read_once(
    folder: Path, s3: Bucket, monkeypatch: pytest.MonkeyPatch, cursor: str
) -> None:
    monkeypatch.setenv("STORE", json.dumps({"endpoint_url": s3.endpoint, "key": s3.access_key, "secret": s3.secret_key,
                                            "region": s3.region}))  # fmt: skip
    workflow = document(cursor)
    workflow["data_sources"][0] |= {"location": f"s3://{s3.name}/in/*.csv", "credentials_ref": "env:STORE"}
    s3.put("in/a.csv", b"n\n1\n")
    assert run(folder, workflow) == [1]
    s3.put("in/b.csv", b"n\n2\n")
    assert run(folder, workflow) == [2]
    assert run(folder, workflow) == []
    s3.put("in/c.csv", b"n\n3\n")
    assert run(folder, workflow) == [3]
