"""What a run notes of itself: in plain text, into a file without SQLAlchemy, into another journal through it."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from connectors.problem import ConnectorProblem
from engine.journal import migrations, notes
from engine.journal.deliveries import deliveries_of, note_delivery
from engine.journal.fence import Fence, holding
from engine.journal.journal import Journal
from engine.journal.notes import Notes, open_notes
from engine.journal.plain import FileNotes
from engine.journal.records import LedgerEntry
from tests.workflows import inline, workflow

ENTRY = LedgerEntry(run_id="r1", delivery="csv", workflow="sales", idempotency_key="k", kind="file", target="a.csv")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def noted() -> list[LedgerEntry]:
    with Journal() as journal:
        return deliveries_of(journal, ["r1"])["r1"]


def test_the_version_that_needs_no_migration_is_the_newest_one() -> None:
    assert len(migrations.STEPS) == notes.VERSION


@pytest.mark.usefixtures("home")
def test_the_first_run_makes_the_journal_and_notes_in_its_file() -> None:
    with closing(open_notes()) as opened:
        assert isinstance(opened, FileNotes)
        note_delivery(opened, ENTRY)
    assert [(each.delivery, each.status, each.target) for each in noted()] == [("csv", "pending", "a.csv")]


def test_the_last_one_to_close_a_file_leaves_no_log_beside_it(home: Path) -> None:
    first, second = open_notes(), open_notes()
    note_delivery(first, ENTRY)
    first.close()
    note_delivery(second, ENTRY)
    second.close()
    assert [each.name for each in home.iterdir()] == ["journal.db"]


def limit_and_delete(opened: Notes) -> None:
    with opened.noting() as execute:
        execute("insert into weirflow_limits values ('default', 'b', '{}', 'now')", ())
        execute("delete from nowhere", ())


@pytest.mark.usefixtures("home")
def test_what_fails_in_the_middle_is_taken_back() -> None:
    with closing(open_notes()) as opened:
        with pytest.raises(ConnectorProblem, match="no such table"):
            limit_and_delete(opened)
        with opened.noting() as execute:
            assert execute("select count(*) from weirflow_limits", ()).fetchone() == (0,)


@pytest.mark.usefixtures("home")
def test_whoever_was_taken_over_notes_nothing_in_a_file() -> None:
    with closing(open_notes()) as opened:
        fence = Fence(tenant="default", run_id="r1", attempt=1)
        with holding(fence), pytest.raises(ConnectorProblem, match="another worker has taken the run r1 over"):
            note_delivery(opened, ENTRY)
    assert noted() == []


def test_a_journal_that_cannot_be_written_is_told_by_its_place(home: Path) -> None:
    with closing(open_notes()) as opened:
        with closing(sqlite3.connect(home / "journal.db")) as other:
            other.execute("drop table weirflow_deliveries")
        with pytest.raises(ConnectorProblem, match=r"the journal .*journal.db cannot be used: no such table") as told:
            note_delivery(opened, ENTRY)
    assert told.value.code == "IR596"


def test_a_file_that_is_gone_or_another_one_by_now_takes_no_notes(home: Path) -> None:
    with closing(open_notes()) as opened:
        note_delivery(opened, ENTRY)
        (home / "journal.db").rename(home / "elsewhere.db")
        with pytest.raises(ConnectorProblem, match="no such file"):
            note_delivery(opened, ENTRY)
        (home / "journal.db").touch()
        with pytest.raises(ConnectorProblem, match="it was replaced while a run wrote into it"):
            note_delivery(opened, ENTRY)


@pytest.mark.usefixtures("home")
def test_threads_that_note_at_once_take_turns_with_those_that_write_otherwise() -> None:
    problems: list[Exception] = []

    def write(number: int) -> None:
        try:
            for _ in range(5):
                if number % 2:
                    with closing(open_notes()) as opened:
                        note_delivery(opened, ENTRY)
                else:
                    with Journal() as journal:
                        note_delivery(journal, ENTRY)
        except Exception as problem:
            problems.append(problem)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert problems == []
    assert len(noted()) == 1


def test_a_run_loads_no_sqlalchemy_once_there_is_a_journal(home: Path, tmp_path: Path) -> None:
    with Journal() as journal, journal.looking():
        pass
    document = workflow([inline("main", [{"k": 1}])], delivery_rules={"file_delivery": {"format": "csv"}})
    program = (
        f"import sys, weirflow as wf\nassert wf.run({document!r}, engine='polars').status == 'succeeded'\n"
        "assert 'sqlalchemy' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True)
