"""A worker that has ended a run takes the next one by itself, in one transaction; the queue learns of it later."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import make_url, select
from sqlalchemy.exc import OperationalError

from connectors.problem import ConnectorProblem
from engine.journal.journal import Journal
from engine.journal.records import instant
from engine.journal.tables import logs
from engine.service import working
from engine.service.context import Context
from engine.service.dispatch.by_dbos import DbosDispatcher
from engine.service.dispatch.port import Entry
from engine.service.dispatch.telling import PlainLines
from engine.service.runners.log_keeper import RunLog
from engine.service.runners.pool import RunnerPool
from engine.service.runners.protocol import Outcome, Told
from engine.service.settings import ServiceSettings
from engine.service.store.logs import LogLine
from engine.service.store.relay import end_and_take_next, take_next, take_or_next
from engine.service.store.starts import Start, add_start, find_start
from engine.service.working import Worker
from tests.engine.service.taking import take_start
from tests.servers.running import Database

NOW = "2026-01-31T00:00:00.000000+00:00"


@pytest.fixture(params=["sqlite", "postgresql"])
def journal(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Journal]:
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path))
    if request.param == "postgresql":
        database: Database = request.getfixturevalue("postgres")
        monkeypatch.setenv("WEIRFLOW_JOURNAL", database.url_as(database.user, database.password))
    with Journal() as found:
        yield found


def asked(journal: Journal, run_id: str, *, priority: int = 10, handed_over: bool = True, workflow: str = "w") -> Start:
    return add_start(journal, Start(
        run_id=run_id, workflow=workflow, version=1, document="", syntax="yaml", file=None, base="", cause="manual",
        priority=priority, asked_at=f"2026-01-01T00:00:{run_id[-2:]}", dispatched_at=NOW if handed_over else None,
    ))  # fmt: skip


def found(journal: Journal, run_id: str) -> tuple[str, int, str | None]:
    start = find_start(journal, run_id)
    assert start is not None
    return start.status, start.attempt, start.worker


def line(run_id: str) -> LogLine:
    return LogLine(tenant="default", run_id=run_id, attempt=1, number=1, at=NOW, kind="run_finished", step="", rows=0,
                   seconds="0", status="", text="over")  # fmt: skip


def test_the_next_one_is_the_first_of_those_that_were_handed_over_and_nobody_has(journal: Journal) -> None:
    for run_id, priority in (("r02", 10), ("r01", 10), ("r03", 1), ("r05", 10)):
        asked(journal, run_id, priority=priority)
    asked(journal, "r04", priority=0, handed_over=False)
    assert take_start(journal, "r01", attempt=0, worker="other", lease_s=60) is not None
    taken = [take_next(journal, worker="a", lease_s=60) for _ in range(4)]
    assert [each and (each.run_id, each.attempt, each.worker) for each in taken] == [
        ("r03", 1, "a"), ("r02", 1, "a"), ("r05", 1, "a"), None]  # fmt: skip
    assert found(journal, "r04") == ("queued", 0, None)


def test_the_end_of_a_run_its_last_lines_and_the_take_of_the_next_one_are_one_transaction(journal: Journal) -> None:
    asked(journal, "r01")
    first = take_or_next(journal, "r01", attempt=0, worker="a", lease_s=60)
    assert first is not None
    asked(journal, "r02")
    following = end_and_take_next(journal, first, "done", error=None, lines=[line("r01")], lease_s=60)
    assert following is not None
    assert (following.run_id, found(journal, "r01"), found(journal, "r02")) == (
        "r02", ("done", 1, "a"), ("running", 1, "a"))  # fmt: skip
    asked(journal, "r03")
    assert end_and_take_next(journal, following, "failed", error="e", lines=[], lease_s=None) is None
    assert (found(journal, "r02"), found(journal, "r03")) == (("failed", 1, "a"), ("queued", 0, None))
    with journal.looking() as connection:
        assert connection.execute(select(logs.c.run_id, logs.c.text)).all() == [("r01", "over")]


def test_a_run_that_was_taken_over_is_not_ended_by_whoever_had_it(journal: Journal) -> None:
    asked(journal, "r01")
    first = take_start(journal, "r01", attempt=0, worker="a", lease_s=-1)
    assert first is not None
    assert take_start(journal, "r01", attempt=1, worker="b", lease_s=60) is not None
    assert end_and_take_next(journal, first, "done", error=None, lines=[], lease_s=60) is None
    assert found(journal, "r01") == ("running", 2, "b")


def test_an_entry_whose_run_another_worker_has_stands_for_the_next_one(journal: Journal) -> None:
    for run_id in ("r01", "r02"):
        asked(journal, run_id)
    assert take_start(journal, "r01", attempt=0, worker="b", lease_s=60) is not None
    assert [each and each.run_id for each in (take_or_next(journal, "r01", attempt=0, worker="a", lease_s=60),
                                              take_or_next(journal, "r02", attempt=0, worker="a", lease_s=60))] == [
        "r02", None]  # fmt: skip


class Handing:
    """A queue that hands over one entry, and keeps what it is told."""

    def __init__(self) -> None:
        self.carry_out: Callable[[Entry], None] | None = None
        self.retired: list[str] = []

    def work(self, carry_out: Callable[[Entry], None], *, slots: int) -> None:
        self.carry_out = carry_out

    def retire(self, entry: Entry) -> None:
        self.retired.append(str(entry))

    def rest(self, within_s: float) -> None: ...

    def dispatch(self, start: Start) -> None: ...


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Worker, Handing, list[str]]]:
    """A worker whose runs end at once, without processes; the order in which it had them."""
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path))
    order: list[str] = []

    def ended(pool: RunnerPool, start: Start, log: RunLog) -> Outcome:
        order.append(start.run_id)
        log.add(Told(number=1, at=instant(), kind="run_finished"))
        return Outcome(status="done")

    monkeypatch.setattr(RunnerPool, "warm", lambda pool: None)
    monkeypatch.setattr(RunnerPool, "carry_out", ended)
    handing = Handing()
    settings = ServiceSettings(folder=tmp_path, lease_s=60, max_runs={"one": 1})
    with Journal() as journal:
        context = Context(settings=settings, journal=journal, dispatcher=handing, worker="a")  # type: ignore[arg-type]
        made = Worker(context)
        made.start()
        yield made, handing, order
        made.stop(1)
        context.close()


def test_one_entry_lets_a_worker_carry_out_all_that_wait(worker: tuple[Worker, Handing, list[str]]) -> None:
    _, handing, order = worker
    with Journal() as journal:
        for run_id, priority in (("r01", 10), ("r02", 10), ("r03", 1)):
            asked(journal, run_id, priority=priority)
        for run_id in ("r04", "r05"):  # of which only one may be under way
            asked(journal, run_id, workflow="one", handed_over=run_id == "r04")
        assert handing.carry_out is not None
        handing.carry_out(Entry("r01", 0))
        assert order == ["r01", "r03", "r02", "r04", "r05"]
        assert {found(journal, each)[0] for each in order} == {"done"}
        with journal.looking() as connection:
            assert set(connection.execute(select(logs.c.run_id)).scalars()) == set(order)
    assert handing.retired == ["r03:0", "r02:0", "r04:0", "r05:0"]


def test_a_worker_that_is_told_to_stop_takes_no_further_run(worker: tuple[Worker, Handing, list[str]]) -> None:
    made, handing, order = worker
    with Journal() as journal:
        for run_id in ("r01", "r02"):
            asked(journal, run_id)
        made.stop(0)
        assert handing.carry_out is not None
        handing.carry_out(Entry("r01", 0))  # which was on its way
        assert (order, found(journal, "r02")) == (["r01"], ("queued", 0, None))


def test_a_journal_that_stays_away_is_one_line_in_the_log(
    worker: tuple[Worker, Handing, list[str]], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    made, handing, order = worker

    def away(*given: object, **named: object) -> Start:
        raise ConnectorProblem("IR596", "the journal cannot be used: database is locked")

    monkeypatch.setattr(working, "take_or_next", away)
    made.stop(0)
    assert handing.carry_out is not None
    handing.carry_out(Entry("r01", 0))
    assert (order, caplog.messages) == (
        [], ["the journal cannot be used: database is locked; a run waits for it [IR596]"])  # fmt: skip


def record(text: str, error: Exception | None = None) -> logging.LogRecord:
    told = None if error is None else (type(error), error, error.__traceback__)
    return logging.LogRecord("dbos", logging.ERROR, "", 1, text, (), told)


def test_what_dbos_says_of_a_locked_database_is_one_line_with_a_code_and_once_in_a_while() -> None:
    now = 0.0
    plain = PlainLines(lambda: now)
    locked = OperationalError("select 1", None, sqlite3.OperationalError("database is locked"))
    first, second = record("Exception encountered in background workflow:", locked), record(f"failed: {locked}")
    assert (plain.filter(first), plain.filter(second)) == (True, False)
    assert logging.Formatter().format(first) == (
        "the queue cannot be used: database is locked [IR596]; it is tried again")  # fmt: skip
    now = 30.0
    assert plain.filter(record(f"failed: {locked}"))
    other = record("something else", ValueError("x"))
    assert plain.filter(other)
    assert "ValueError: x" in logging.Formatter().format(other)


def test_entries_whose_runs_were_taken_leave_the_queue_but_for_those_that_a_worker_was_handed(tmp_path: Path) -> None:
    file = tmp_path / "dispatch.db"
    dispatcher = DbosDispatcher(make_url(f"sqlite:///{file}"), worker="me")
    for run_id in ("r01", "r02", "r03"):
        dispatcher.dispatch(Start(run_id=run_id, workflow="w", version=1, document="", syntax="yaml", file=None,
                                  base="", cause="manual"))  # fmt: skip
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("update workflow_status set status = 'PENDING' where workflow_uuid = 'r02:0'")
    dispatcher.retire(Entry("r01", 0))
    dispatcher.retire(Entry("r02", 0))
    dispatcher.retired.drop()
    dispatcher.close()
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("select workflow_uuid from workflow_status order by 1").fetchall() == [
            ("r02:0",), ("r03:0",)]  # fmt: skip
        assert connection.execute("select count(*) from workflow_input").fetchone() == (2,)
