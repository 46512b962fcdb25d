"""What a service removes for its age, and what stays."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from engine.journal.deliveries import note_delivery
from engine.journal.journal import Journal
from engine.journal.records import LedgerEntry, RunRecord, RunStatus, instant
from engine.journal.runs import begin_run, end_run, list_runs
from engine.journal.tables import events, inbox, items, logs, metadata, sessions, starts
from engine.service.context import Context
from engine.service.retention import pruner as pruners
from engine.service.retention import remains
from engine.service.retention.pruner import Pruner
from engine.service.retention.remains import note_remains
from engine.service.settings import ServiceSettings
from engine.service.store.events import add_event, take_open
from engine.service.store.inbox import Event, store_events, take_events
from engine.service.store.keys import create_key
from engine.service.store.logs import LogLine, add_lines
from engine.service.store.sessions import begin_session
from engine.service.store.starts import Start, StartStatus, add_start, end_start
from tests.engine.service.in_process import QuietDispatcher
from tests.engine.service.stored import list_starts
from tests.servers.running import Database

LATER = timedelta(days=31)
MUCH_LATER = timedelta(days=91)


@dataclass(slots=True)
class Kept:
    """A service that has runs behind it; nothing works but what removes them."""

    home: Path
    journal: Journal
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def pruner(self) -> Pruner:
        settings = ServiceSettings(folder=self.home, **self.settings)
        return Pruner(Context(settings=settings, journal=self.journal, dispatcher=QuietDispatcher(), worker="w"))

    def after(self, passed: timedelta) -> dict[str, int]:
        """What is removed when so much time has passed."""
        return dict(self.pruner.prune(datetime.now(UTC) + passed))

    def asked(self, run_id: str, status: StartStatus = "done", **more: Any) -> Start:
        start = add_start(self.journal, Start(
            run_id=run_id, workflow="w", version=1, document="", syntax="yaml", file=None, base="", cause="manual",
            asked_at=instant(), **more,
        ))  # fmt: skip
        if status != "queued":
            assert end_start(self.journal, start, status)
        return start

    def ran(self, run_id: str, status: RunStatus = "succeeded", *, asked: StartStatus | None = "done", host: str = "",
            delivery: str = "delivered", **more: Any) -> Path:  # fmt: skip
        """A run with a folder, a delivery and two lines of its log; the folder."""
        from socket import gethostname

        folder = self.home / "runs" / run_id
        folder.mkdir(parents=True)
        (folder / "run.json").write_text("{}")
        if asked is not None:
            self.asked(run_id, asked)
        begin_run(self.journal, RunRecord(
            run_id=run_id, workflow="w", document="", document_sha256="", file="", base="", out="", folder=str(folder),
            engine="polars", inputs="{}", now=instant(), options=more.pop("options", "{}"),
            host=host or gethostname(), pid=1, **more,
        ))  # fmt: skip
        note_delivery(self.journal, LedgerEntry(
            run_id=run_id, delivery="csv", workflow="w", idempotency_key=run_id, kind="file", target="/out.csv",
            status=delivery,  # type: ignore[arg-type]
        ))  # fmt: skip
        add_lines(self.journal, [
            LogLine(tenant=self.journal.tenant, run_id=run_id, attempt=1, number=number, at=instant(), kind="k",
                    step="", rows=0, seconds="", status="", text="") for number in (1, 2)
        ])  # fmt: skip
        if status != "running":
            end_run(self.journal, run_id, status)
        return folder

    def runs(self) -> list[str]:
        return sorted(each.run_id for each in list_runs(self.journal))

    def count(self, table: Any) -> int:
        with self.journal.looking() as connection:
            return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


@pytest.fixture(params=["sqlite", "postgres"])
def kept(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path))
    monkeypatch.setattr(pruners, "_PAUSE_S", 0.0)
    if request.param == "postgres":
        postgres: Database = request.getfixturevalue("postgres")
        monkeypatch.setenv("WEIRFLOW_JOURNAL", postgres.url_as(postgres.user, postgres.password))
    with Journal() as journal:
        with journal.writing():
            pass
        yield Kept(tmp_path, journal)


def test_a_run_that_ended_well_goes_after_its_days_with_all_that_the_journal_has_of_it(kept: Kept) -> None:
    folder = kept.ran("r1")
    beside = folder.with_name("r1.2")
    beside.mkdir()
    other = folder.with_name("r10")
    other.mkdir()
    assert kept.after(timedelta(days=29)) == {}
    assert kept.after(LATER) == {"runs": 1}
    named = [each for each in metadata.tables.values() if "run_id" in each.c]
    assert {each.name: kept.count(each) for each in named if kept.count(each)} == {}
    assert [each.exists() for each in (folder, beside, other)] == [False, False, True]
    assert list((kept.home / "pruning").iterdir()) == []


@pytest.mark.parametrize(("status", "delivery"), [
    ("failed", "delivered"), ("cancelled", "delivered"), ("incomplete", "delivered"), ("succeeded", "uncertain"),
    ("succeeded", "pending"), ("running", "delivered"),
])  # fmt: skip
def test_what_somebody_may_still_see_to_stays_longer(kept: Kept, status: RunStatus, delivery: str) -> None:
    kept.ran("r1", status, asked="failed", delivery=delivery)
    assert kept.after(LATER) == {}
    assert kept.after(MUCH_LATER) == {"runs": 1}


def test_a_run_that_waits_or_goes_on_is_never_removed(kept: Kept) -> None:
    kept.ran("r1", "running", asked="queued")
    kept.ran("r2", "failed", asked="queued")  # it was resumed
    kept.ran("r3", "running", asked=None, host="elsewhere")  # by hand on another machine: nobody knows
    kept.asked("r4", "queued")
    assert kept.after(timedelta(days=1000)) == {}


def test_a_replay_stays_as_long_as_the_run_whose_rows_it_took_and_that_run_while_a_replay_waits(kept: Kept) -> None:
    kept.ran("r1", "incomplete")
    kept.ran("r2", kind="replay", parent="r1", options='{"letters": [1]}')
    waiting = kept.asked("r3", "queued", about=json.dumps({"run_id": "r1"}))
    with kept.journal.writing() as connection:
        connection.execute(starts.update().where(starts.c.run_id == "r3").values(cause="replay"))
    assert kept.after(LATER) == {}
    assert kept.after(MUCH_LATER) == {}
    end_start(kept.journal, waiting, "cancelled")
    assert kept.after(MUCH_LATER) == {"runs": 2, "starts": 1}


def test_what_was_asked_for_and_never_began_goes_too(kept: Kept) -> None:
    kept.asked("r1", "cancelled", idempotency_key="k")
    assert kept.after(LATER) == {}
    assert kept.after(MUCH_LATER) == {"starts": 1}
    assert kept.count(starts) == 0


def test_a_run_of_another_machine_waits_a_week_for_that_one_to_remove_its_folder(kept: Kept) -> None:
    folder = kept.ran("r1", host="elsewhere")
    assert kept.after(LATER) == {}
    assert kept.after(LATER + timedelta(days=7)) == {"runs": 1}
    assert not folder.exists()  # the home came with us, under another name of the machine


def test_zero_days_keep_everything(kept: Kept) -> None:
    kept.settings = {"keep_days": None, "keep_event_days": None}
    kept.ran("r1")
    kept.asked("r2", "failed")
    store_events(kept.journal, [Event(workflow="w", event="e1", received_at=instant(), body=b"{}", about="{}")])
    assert kept.after(timedelta(days=10_000)) == {}


def test_events_that_were_taken_are_known_for_their_days_and_those_of_workflows_that_are_gone_are_told(
    kept: Kept, caplog: pytest.LogCaptureFixture
) -> None:
    taken, open_one = (Event(workflow="w", event=name, received_at=instant(), body=b"{}", about="{}") for name in "ab")
    store_events(kept.journal, [taken, open_one])
    with kept.journal.writing() as connection:
        number = connection.execute(select(inbox.c.number).where(inbox.c.event == "a")).scalar_one()
        take_events(connection, [number], "r1")
        add_event(connection, kept.journal.tenant, "event:x", "1", about={}, inputs={})
        add_event(connection, kept.journal.tenant, "event:x", "2", about={}, inputs={})
        take_open(connection, kept.journal.tenant, most=1)
    key, _ = create_key(kept.journal, "me", ["read"])
    begin_session(kept.journal, key)
    assert kept.after(timedelta(days=29)) == {"sessions": 1}
    assert [each.is_new for each in store_events(kept.journal, [taken])] == [False]
    assert kept.after(LATER) == {"webhook_events": 1, "events": 1}
    assert (kept.count(inbox), kept.count(events), kept.count(sessions)) == (1, 1, 0)
    assert kept.after(MUCH_LATER) == {"webhook_events_never_taken": 1}
    assert "w is gone: 1 of its events, which no run took, were removed" in caplog.text


def test_many_messages_and_lines_of_one_run_are_many_small_transactions(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remains, "MOST_ROWS", 2)
    kept.ran("r1")
    with kept.journal.writing() as connection:
        connection.execute(items.insert(), [
            {"tenant": kept.journal.tenant, "run_id": "r1", "delivery": "m", "item": each, "idempotency_key": "",
             "status": "sent", "target": "", "attempts": 1, "started_at": instant()} for each in range(5)
        ])  # fmt: skip
    assert kept.after(LATER) == {"runs": 1}
    assert (kept.count(items), kept.count(logs)) == (0, 0)


def test_what_a_process_that_was_killed_has_left_is_found_by_the_next(kept: Kept) -> None:
    gone, stands = kept.ran("r1"), kept.ran("r2")
    note_remains({"r1": (gone,), "r2": (stands,)})
    with kept.journal.writing() as connection:
        for name in ("weirflow_runs", "weirflow_starts"):
            table = metadata.tables[name]
            connection.execute(table.delete().where(table.c.run_id == "r1"))
    assert kept.after(timedelta()) == {}
    assert (gone.exists(), stands.exists(), kept.count(logs)) == (False, True, 2)


def test_many_runs_are_removed_a_few_at_once_however_many_processes_do(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.service.retention.runs.BATCH", 3)
    for number in range(10):
        kept.ran(f"r{number:02}")
    found, both = list[dict[str, int]](), kept
    threads = [threading.Thread(target=lambda: found.append(both.after(LATER))) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    found.append(kept.after(LATER))  # who found the other at it has left it to that
    assert sum(each.get("runs", 0) for each in found) == 10
    assert kept.runs() == []
    assert list((kept.home / "runs").iterdir()) == []


def test_a_claim_of_a_schedule_is_kept_for_a_day_at_least(kept: Kept) -> None:
    kept.settings = {"keep_days": 1, "keep_failed_days": 1}
    kept.asked("r1", idempotency_key="schedule:w:2026-01-31T05:00:00Z")
    assert kept.after(timedelta(hours=23)) == {}
    again = replace(list_starts(kept.journal)[0], run_id="r2")
    assert add_start(kept.journal, again).run_id == "r1"


def test_a_clock_that_was_set_ahead_removes_nothing_until_it_has_been_right_for_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path))
    began, ticks, ahead = datetime.now(UTC), [0.0], [timedelta()]
    with Journal() as journal:
        kept = Kept(tmp_path, journal)
        with journal.writing():
            pass
        kept.ran("r1")
        context = Context(settings=ServiceSettings(folder=tmp_path), journal=journal, dispatcher=QuietDispatcher(),
                          worker="w")  # fmt: skip
        clock = Pruner(context, clock=lambda: began + ahead[0] + timedelta(seconds=ticks[0]), ticks=lambda: ticks[0])
        for seconds, moved in ((700, LATER), (800, timedelta()), (1500, timedelta())):
            ticks[0], ahead[0] = seconds, moved
            assert clock.look() == {}
        assert kept.runs() == ["r1"]
        ticks[0] = LATER.total_seconds()  # nobody has set it: it has gone on
        assert clock.look() == {"runs": 1}
        assert context.pruned == {"runs": 1}
