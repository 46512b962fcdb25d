"""The queue in DBOS, as this version of it is held to."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

from sqlalchemy import make_url

from engine.service.dispatch.by_dbos import DbosDispatcher
from engine.service.dispatch.engines import dispatch_engine
from engine.service.dispatch.port import Entry
from engine.service.store.starts import Start
from tests.servers.running import Database

PORTABLE = ("portable_json",)
"""What stands in the queue is data, never a pickle, which could be code."""


def start(run_id: str, priority: int = 10) -> Start:
    return Start(run_id=run_id, workflow="w", version=1, document="", syntax="yaml", file=None, base="",
                 cause="manual", priority=priority)  # fmt: skip


def carried_out_in_order(dispatcher: DbosDispatcher) -> None:
    """A queue gives entries by their priority, as many at once as there are slots, and each once."""
    order: list[str] = []
    at_once, most = 0, 0
    lock, all_came = threading.Lock(), threading.Event()

    def carry_out(entry: Entry) -> None:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
            order.append(entry.run_id)
        threading.Event().wait(0.02)
        with lock:
            at_once -= 1
        if len(order) == 6:
            all_came.set()

    for run_id, priority in (("late", 100), ("a", 10), ("b", 10), ("urgent", 1), ("c", 10), ("gone", 5)):
        dispatcher.dispatch(start(run_id, priority))
        dispatcher.dispatch(start(run_id, priority))
    assert dispatcher.waiting([start("a"), start("other")]) == {Entry("a", 0)}
    dispatcher.withdraw(Entry("gone", 0))
    dispatcher.work(carry_out, slots=1)
    try:
        dispatcher.dispatch(start("last", 1000))
        assert all_came.wait(90)
    finally:
        dispatcher.rest(5)
    assert (order, most) == (["urgent", "a", "b", "c", "late", "last"], 1)
    assert dispatcher.taken_by(["me"]) == []


def test_a_queue_in_a_file_gives_each_entry_once_by_its_priority(tmp_path: Path) -> None:
    dispatcher = DbosDispatcher(make_url(f"sqlite:///{tmp_path}/dispatch.db"), worker="me")
    carried_out_in_order(dispatcher)
    dispatcher.close()
    with closing(sqlite3.connect(tmp_path / "dispatch.db")) as connection:
        assert connection.execute("select distinct serialization from workflow_status").fetchall() == [PORTABLE]
        assert connection.execute("pragma journal_mode").fetchone() == ("wal",)


def test_a_queue_in_postgresql_gives_each_entry_once_by_its_priority(postgres: Database) -> None:
    url = make_url(postgres.url_as(postgres.user, postgres.password)).set(drivername="postgresql+psycopg")
    dispatcher = DbosDispatcher(url, worker="me")
    carried_out_in_order(dispatcher)
    dispatcher.close()
    assert postgres.execute("select distinct serialization from dbos.workflow_status") == [PORTABLE]


def test_what_is_now_is_no_null_to_any_sqlite(tmp_path: Path) -> None:
    engine = dispatch_engine(make_url(f"sqlite:///{tmp_path}/dispatch.db"))
    with engine.connect() as connection:
        found = connection.exec_driver_sql("select unixepoch('subsec') * 1000").scalar_one()
    engine.dispose()
    assert abs(found / 1000 - time.time()) < 60
