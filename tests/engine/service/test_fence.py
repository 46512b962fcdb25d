"""A worker that was thought to be gone can write nothing more of its run."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.problem import ConnectorProblem
from engine.journal.deliveries import deliveries_of, note_delivery
from engine.journal.fence import Fence, holding
from engine.journal.journal import Journal
from engine.journal.records import LedgerEntry
from engine.service.store.leases import take_start
from engine.service.store.starts import Start, add_start, find_start

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
