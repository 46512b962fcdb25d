"""Which of the runs that wait are handed to the workers, and what a sweep finds that nobody carries out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import select

from engine.journal.journal import Journal
from engine.journal.tables import starts
from engine.service.cancelling import cancel
from engine.service.context import Context
from engine.service.dispatch.admission import admit
from engine.service.dispatch.port import Entry
from engine.service.dispatch.sweeper import MOST_LOSSES, Sweeper
from engine.service.settings import ServiceSettings
from engine.service.store.leases import let_go, renew_leases
from engine.service.store.starts import Start, add_start, end_start, find_start
from engine.service.store.workers import list_workers, note_worker
from tests.engine.service.taking import take_start


@dataclass
class Queue:
    """A queue that only remembers."""

    entries: list[Entry] = field(default_factory=list)
    taken: dict[str, list[Entry]] = field(default_factory=dict)

    def dispatch(self, start: Start) -> None:
        if Entry.of(start) not in self.entries:
            self.entries.append(Entry.of(start))

    def withdraw(self, entry: Entry) -> None:
        self.forget([entry])

    def work(self, carry_out: Callable[[Entry], None], *, slots: int) -> None:
        raise AssertionError

    def rest(self, within_s: float) -> None:
        raise AssertionError

    def taken_by(self, workers: Collection[str]) -> list[Entry]:
        return [entry for worker in workers for entry in self.taken.get(worker, ())]

    def waiting(self, starts: Sequence[Start]) -> set[Entry]:
        return {Entry.of(each) for each in starts} & set(self.entries)

    def forget(self, entries: Sequence[Entry]) -> None:
        self.entries = [each for each in self.entries if each not in entries]

    def tidy(self) -> None:
        pass

    def close(self) -> None:
        pass

    @property
    def runs(self) -> list[str]:
        return [each.run_id for each in self.entries]


@pytest.fixture
def queue() -> Queue:
    return Queue()


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, queue: Queue) -> Context:
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path))
    settings = ServiceSettings(folder=tmp_path, lease_s=2, max_runs={"invoices": 1})
    return Context(settings=settings, journal=Journal(), dispatcher=queue, worker="a")


def asked(context: Context, run_id: str, *, workflow: str = "orders", priority: int = 10) -> Start:
    return add_start(context.journal, Start(
        run_id=run_id, workflow=workflow, version=1, document="", syntax="yaml", file=None, base="", cause="manual",
        priority=priority, asked_at=f"2026-01-01T00:00:{run_id[-2:]}",
    ))  # fmt: skip


def changed(context: Context, run_id: str, **values: object) -> None:
    with context.journal.writing() as connection:
        connection.execute(starts.update().where(starts.c.run_id == run_id).values(values))


def found(context: Context, run_id: str) -> Start:
    start = find_start(context.journal, run_id)
    assert start is not None
    return start


def test_runs_are_handed_over_by_their_priority_and_then_as_they_were_asked_for(context: Context, queue: Queue) -> None:
    for run_id, priority in (("r01", 10), ("r02", 100), ("r03", 10), ("r04", 1)):
        asked(context, run_id, priority=priority)
    assert admit(context) == 4
    assert queue.runs == ["r04", "r01", "r03", "r02"]
    assert admit(context) == 0


def test_runs_of_a_limited_workflow_wait_for_each_other_and_hold_up_nobody_else(context: Context, queue: Queue) -> None:
    for run_id in ("r01", "r02", "r03"):
        asked(context, run_id, workflow="invoices")
    asked(context, "r04")
    admit(context)
    assert queue.runs == ["r01", "r04"]
    first = take_start(context.journal, "r01", attempt=0, worker="a", lease_s=60)
    assert first is not None
    assert admit(context) == 0
    end_start(context.journal, first, "done")
    admit(context)
    assert queue.runs == ["r01", "r04", "r02"]


def test_no_more_runs_begin_in_a_minute_than_may(context: Context, queue: Queue) -> None:
    context.settings = ServiceSettings(folder=context.settings.folder, starts_per_minute=2)
    for run_id in ("r01", "r02", "r03"):
        asked(context, run_id)
    admit(context)
    assert queue.runs == ["r01", "r02"]
    changed(context, "r01", dispatched_at="2026-01-01T00:00:00")  # more than a minute ago
    admit(context)
    assert queue.runs == ["r01", "r02", "r03"]


def test_a_run_whose_lease_has_lapsed_is_handed_over_once_more_and_its_worker_has_lost_it(
    context: Context, queue: Queue
) -> None:
    asked(context, "r01")
    assert take_start(context.journal, "r01", attempt=0, worker="b", lease_s=-1) is not None
    Sweeper(context).sweep()
    assert queue.entries == [Entry("r01", 1)]
    assert found(context, "r01").status == "queued"
    assert renew_leases(context.journal, "b", {"r01": 1}, lease_s=60).lost == {"r01"}


def test_a_lease_that_is_renewed_is_left_alone(context: Context, queue: Queue) -> None:
    asked(context, "r01")
    take_start(context.journal, "r01", attempt=0, worker="b", lease_s=0.01)
    assert not renew_leases(context.journal, "b", {"r01": 1}, lease_s=60).lost
    Sweeper(context).sweep()
    assert queue.entries == []
    assert take_start(context.journal, "r01", attempt=1, worker="a", lease_s=60) is None


def test_a_run_that_has_cost_five_workers_their_lives_has_failed(context: Context, queue: Queue) -> None:
    asked(context, "r01")
    take_start(context.journal, "r01", attempt=0, worker="b", lease_s=-1)
    changed(context, "r01", losses=MOST_LOSSES - 1)
    Sweeper(context).sweep()
    assert queue.entries == []
    assert (found(context, "r01").status, found(context, "r01").error) == (
        "failed", "the workers that carried it out were lost 5 times",
    )  # fmt: skip


def test_a_worker_that_is_stopped_is_none_that_a_run_has_cost(context: Context, queue: Queue) -> None:
    asked(context, "r01")
    changed(context, "r01", losses=MOST_LOSSES - 1)
    held = take_start(context.journal, "r01", attempt=0, worker="b", lease_s=60)
    assert held is not None
    let_go(context.journal, held, is_loss=False)
    Sweeper(context).sweep()
    assert queue.entries == [Entry("r01", 1)]
    assert (found(context, "r01").status, found(context, "r01").losses) == ("queued", MOST_LOSSES - 1)


def test_what_a_dead_worker_had_claimed_and_not_begun_is_handed_over_again(context: Context, queue: Queue) -> None:
    asked(context, "r01")
    changed(context, "r01", dispatched_at="2099-01-01T00:00:00")
    note_worker(context.journal, "b", slots=2)
    with context.journal.writing() as connection:
        connection.exec_driver_sql("update weirflow_workers set seen_at = '2026-01-01T00:00:00'")
    queue.taken["b"] = [Entry("r01", 0), Entry("r99", 3)]
    Sweeper(context).sweep()
    assert queue.entries == [Entry("r01", 0)]
    assert [each.status for each in list_workers(context.journal)] == ["gone"]


def test_a_run_that_the_queue_has_forgotten_is_handed_over_again(context: Context, queue: Queue) -> None:
    for run_id in ("r01", "r02"):
        asked(context, run_id)
    admit(context)
    queue.entries.remove(Entry("r01", 0))
    sweeper = Sweeper(context)
    for run_id in ("r01", "r02"):
        changed(context, run_id, dispatched_at="2026-01-01T00:00:00")
    sweeper.sweep_well()
    assert queue.runs == ["r02"]  # a worker may have claimed it a moment ago
    sweeper.sweep_well()
    assert queue.runs == ["r02", "r01"]


def test_what_the_queue_has_forgotten_is_looked_for_seldom(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.service.dispatch.sweeper.EVERY_S", 0.001)
    sweeper, looks, is_enough = Sweeper(context), list[str](), threading.Event()

    def sweep() -> None:
        looks.append("often")
        if looks.count("often") == 4:
            is_enough.set()

    monkeypatch.setattr(sweeper, "sweep", sweep)
    monkeypatch.setattr(sweeper, "sweep_well", lambda: looks.append("seldom"))
    sweeper.start()
    assert is_enough.wait(60)
    sweeper.stop(10)
    assert looks[:5] == ["often", "seldom", "often", "often", "often"]


def test_a_run_that_waits_is_cancelled_at_once_and_one_under_way_is_told(context: Context, queue: Queue) -> None:
    for run_id in ("r01", "r02"):
        asked(context, run_id)
    admit(context)
    take_start(context.journal, "r02", attempt=0, worker="b", lease_s=60)
    for run_id in ("r01", "r02"):
        cancel(context, run_id, reason="enough")
    assert (found(context, "r01").status, found(context, "r01").error) == ("cancelled", "enough")
    assert take_start(context.journal, "r01", attempt=0, worker="b", lease_s=60) is None
    assert renew_leases(context.journal, "b", {"r02": 1}, lease_s=60).cancelled == {"r02"}
    assert cancel(context, "r03", reason="enough") is None


def test_what_is_over_stays_as_it_ended(context: Context) -> None:
    asked(context, "r01")
    start = take_start(context.journal, "r01", attempt=0, worker="b", lease_s=60)
    assert start is not None
    assert end_start(context.journal, start, "done")
    assert not end_start(context.journal, start, "failed", error="late")
    cancel(context, "r01", reason="enough")
    with context.journal.looking() as connection:
        assert connection.execute(select(starts.c.status, starts.c.error)).all() == [("done", None)]
