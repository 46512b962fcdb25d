"""A journal that another process holds: who waits for it hears signals, and a process that is to end does not wait."""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import pytest

from connectors.problem import ConnectorProblem
from engine.journal import waiting
from engine.journal.journal import Journal
from engine.journal.notes import open_notes


@pytest.fixture
def held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[sqlite3.Connection]:
    """Whoever holds the journal's file; a rollback lets it go."""
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path))
    with Journal() as journal, journal.writing():
        pass
    with closing(sqlite3.connect(tmp_path / "journal.db", isolation_level=None, check_same_thread=False)) as connection:
        connection.execute("begin immediate")
        yield connection


@contextmanager
def interrupted_soon() -> Iterator[None]:
    """Ctrl-C in a moment, and not before whoever expects it is there."""
    threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
    yield


def whole(journal: Journal) -> AbstractContextManager[object]:
    return journal.writing()


def plain(journal: Journal) -> AbstractContextManager[object]:
    return open_notes().noting()


@pytest.mark.parametrize("transaction", [whole, plain])
def test_whoever_waits_for_the_journal_hears_ctrl_c(
    held: sqlite3.Connection, transaction: Callable[[Journal], AbstractContextManager[object]]
) -> None:
    with Journal() as journal:
        begun = time.monotonic()
        with pytest.raises(KeyboardInterrupt), interrupted_soon(), transaction(journal):
            pass
    assert time.monotonic() - begun < 15  # a wait of SQLite's own is twice as long


def test_a_transaction_begins_when_the_journal_is_let_go(
    held: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "MOMENT_S", 0.01)  # so that it waits more than once
    with Journal() as journal:
        releasing = threading.Timer(0.1, held.execute, ("rollback",))
        releasing.start()
        with journal.writing() as connection:
            assert connection.in_transaction()
        releasing.join()


def test_a_process_that_is_to_end_waits_for_nobody_who_holds_the_journal(
    held: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "MOMENT_S", 0.01)
    monkeypatch.setattr(waiting, "HURRIED_S", 0.0)
    monkeypatch.setattr(waiting, "_hurried", threading.Event())
    waiting.hurry()
    with Journal() as journal:
        with pytest.raises(ConnectorProblem) as told, journal.writing():
            pass
        assert (told.value.code, "database is locked" in told.value.message) == ("IR596", True)
        held.execute("rollback")
        with journal.writing():
            pass
