"""The queue in DBOS: in a SQLite file beside the journal, or in the journal's PostgreSQL.

What is lost here is found again by the sweeper, from the journal: nothing in it has to reach the disk at once.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from dbos import DBOS, DBOSClient, DBOSConfig, DBOSPortableJSONSerializer, error
from sqlalchemy import URL
from sqlalchemy.exc import SQLAlchemyError

from engine.journal.place import unusable
from engine.service.dispatch.engines import dispatch_engine
from engine.service.dispatch.port import Entry
from engine.service.dispatch.retired import Retired
from engine.service.dispatch.telling import PlainLines
from engine.service.dispatch.turns import Turns
from engine.service.store.starts import Start

APPLICATION = QUEUE = "weirflow"
WORKFLOW = "carry_out"
VERSION = "1"
"""Of what stands in the queue: workers of the same version share it."""
OVER = ["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]
KEPT = timedelta(minutes=10)
MOST_AT_ONCE = 500
PLAIN = PlainLines()


class DbosDispatcher:
    """One process' part of the queue."""

    def __init__(self, url: URL, *, worker: str) -> None:
        self._url, self._worker = url, worker
        self._engine = dispatch_engine(url)
        self._serializer = DBOSPortableJSONSerializer()
        DBOS.migrate(url.render_as_string(hide_password=False))
        self._client = DBOSClient(system_database_engine=self._engine, serializer=self._serializer,
                                  application_name=APPLICATION, retry_connection_errors=False)  # fmt: skip
        self.retired = Retired(self._client)
        self._turns: Turns | None = None
        self._changed = threading.Condition()

    def dispatch(self, start: Start) -> None:
        with self._told():
            self._client.enqueue(
                {"queue_name": QUEUE, "workflow_name": WORKFLOW, "workflow_id": str(Entry.of(start)),
                 "app_version": VERSION, "priority": start.priority}, start.run_id, start.attempt)  # fmt: skip
        if self._turns is not None:
            self._turns.wake()

    def withdraw(self, entry: Entry) -> None:
        with self._told():
            self._client.cancel_workflow(str(entry))

    def retire(self, entry: Entry) -> None:
        self.retired.add(str(entry))

    def work(self, carry_out: Callable[[Entry], None], *, slots: int) -> None:
        config: DBOSConfig = {
            "name": APPLICATION, "system_database_engine": self._engine, "serializer": self._serializer,
            "executor_id": self._worker, "application_version": VERSION, "log_level": "WARNING",
            "max_executor_threads": 2 * slots + 32, "use_listen_notify": False,
            "scheduler_polling_interval_sec": 3600.0,
        }  # fmt: skip
        dbos = DBOS(config=config)
        logging.getLogger("dbos").addFilter(PLAIN)

        def taken(run_id: str, attempt: int) -> None:
            entry = Entry(run_id, attempt)
            turns.begun(str(entry))
            try:
                carry_out(entry)
            finally:
                turns.ended(str(entry))
                with self._changed:
                    self._changed.notify_all()

        # As it stands in the database a queue gives nothing away: only `Turns` takes from it.
        self._client.register_queue(QUEUE, application_name=APPLICATION, worker_concurrency=0)
        DBOS.workflow(name=WORKFLOW)(taken)
        DBOS.listen_queues([QUEUE])
        DBOS.launch()
        turns = self._turns = Turns(dbos, QUEUE, slots=slots, first=self.retired.drop)

    def rest(self, within_s: float) -> None:
        turns, self._turns = self._turns, None
        if turns is None:
            return
        turns.end()
        with self._changed:
            is_idle = self._changed.wait_for(lambda: not turns.under_way, timeout=within_s)
        if not is_idle:  # what is let go finds no queue any more, of which DBOS would tell with a traceback
            logging.getLogger("dbos").setLevel(logging.CRITICAL)
        DBOS.destroy(destroy_registry=True)

    def taken_by(self, workers: Collection[str]) -> list[Entry]:
        if not workers:
            return []
        return [Entry.read(each) for each in self._ids(status="PENDING", executor_id=list(workers))]

    def waiting(self, starts: Sequence[Start]) -> set[Entry]:
        if not starts:
            return set()
        wanted = [str(Entry.of(each)) for each in starts]
        return {Entry.read(each) for each in self._ids(status="ENQUEUED", workflow_ids=wanted)}

    def forget(self, entries: Sequence[Entry]) -> None:
        if entries:
            self._drop([str(each) for each in entries])

    def tidy(self) -> None:
        before = (datetime.now(UTC) - KEPT).isoformat()
        over = self._ids(status=OVER, completed_before=before, limit=MOST_AT_ONCE)
        if over:
            self._drop(over)

    def _drop(self, ids: list[str]) -> None:
        with self._told():
            self._client.delete_workflows(ids)

    def _ids(self, **which: Any) -> list[str]:
        with self._told():
            found = self._client.list_workflows(name=WORKFLOW, load_input=False, load_output=False, **which)
        return [each.workflow_id for each in found]

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Raises IR596 where the queue cannot be used: what was not handed over is found by the sweeper."""
        try:
            yield
        except (SQLAlchemyError, error.DBOSException, OSError) as problem:
            raise unusable(self._url, problem) from None

    def close(self) -> None:
        self.rest(0)
        self._client.destroy()
        self._engine.dispose()
