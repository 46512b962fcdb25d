"""A worker that was thought to be gone can write nothing more of its run."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

import weirflow as wf
from connectors.problem import ConnectorProblem
from engine.journal.deliveries import deliveries_of, note_delivery
from engine.journal.fence import Fence, holding
from engine.journal.journal import Journal
from engine.journal.records import LedgerEntry
from engine.journal.runs import find_run
from engine.run_folder import EFFECTS, run_folder
from engine.runs_keeping import prune
from engine.service.store.starts import Start, add_start, end_start, find_start
from tests.engine.service.taking import take_start
from tests.workflows import inline, workflow

ENTRY = LedgerEntry(run_id="r1", delivery="file_delivery", workflow="w", idempotency_key="k", kind="file", target="t")


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Journal:
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path))
    journal = Journal()
    add_start(journal, Start(run_id="r1", workflow="w", version=1, document="", syntax="yaml", file=None, base="",
                             cause="manual"))  # fmt: skip
    return journal


def test_what_a_worker_writes_after_another_has_taken_its_run_over_is_refused(journal: Journal) -> None:
    first = take_start(journal, "r1", attempt=0, worker="a", lease_s=0)
    assert first is not None
    with holding(Fence(tenant="default", run_id="r1", attempt=first.attempt)):
        note_delivery(journal, ENTRY)
        assert take_start(Journal(tenant="other"), "r1", attempt=1, worker="b", lease_s=0) is None
    second = take_start(journal, "r1", attempt=1, worker="b", lease_s=0)
    assert second is not None
    assert second.attempt == 2
    with holding(Fence(tenant="default", run_id="r1", attempt=first.attempt)), pytest.raises(ConnectorProblem) as told:
        note_delivery(journal, ENTRY)
    assert told.value.code == "IR712"
    assert [each.status for each in deliveries_of(journal, ["r1"])["r1"]] == ["pending"]


def test_of_two_workers_that_take_a_run_at_once_one_gets_it(journal: Journal) -> None:
    assert take_start(journal, "r1", attempt=0, worker="a", lease_s=0) is not None
    assert take_start(journal, "r1", attempt=0, worker="b", lease_s=0) is None
    found = find_start(journal, "r1")
    assert found is not None
    assert (found.worker, found.attempt, found.status) == ("a", 1, "running")


def test_a_run_whose_folder_a_frozen_process_holds_goes_on_beside_it_with_what_that_has(
    journal: Journal, tmp_path: Path
) -> None:
    start = take_start(journal, "r1", attempt=0, worker="a", lease_s=60)
    assert start is not None
    plan = wf.compile(workflow([inline("main", [{"k": 1}])], delivery_rules={"file_delivery": {"format": "csv"}}))
    with run_folder("r1", {EFFECTS}) as frozen:
        (frozen / EFFECTS).mkdir()
        (frozen / EFFECTS / "answers").write_text("of the first attempt")
        with pytest.raises(wf.WorkflowError, match="is still under way"):
            plan.run(run_id="r1", out=tmp_path / "out")
        with holding(Fence(tenant="default", run_id="r1", attempt=start.attempt)):
            with run_folder("r1", {EFFECTS}, is_fenced=True) as beside:
                assert (beside / EFFECTS / "answers").read_text() == "of the first attempt"
            assert plan.run(run_id="r1", out=tmp_path / "out").status == "succeeded"
        assert (frozen / EFFECTS / "answers").exists()
    assert [each.name for each in (tmp_path / "out").iterdir()] == ["workflow.csv"]
    found = find_run(journal, "r1")
    assert found is not None
    assert (found.status, Path(found.folder).parent) == ("succeeded", frozen.parent)
    assert Path(found.folder) != frozen
    end_start(journal, start, "done")
    assert prune(older_than=timedelta()) == ["r1"]
    assert [*frozen.parent.glob("r1*")] == []
