"""The part of a service that begins the runs of the events that were accepted."""

from __future__ import annotations

import json
import logging
import threading
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, func, select

from connectors.problem import ConnectorProblem
from engine.journal.payloads import save_payloads
from engine.journal.tables import starts
from engine.run_folder import new_run_id
from engine.service.asking import hand_over, start_of
from engine.service.context import Context
from engine.service.store.hooks import definitions_of, find_hook
from engine.service.store.inbox import (
    OpenEvent,
    has_waiting,
    next_waiting,
    open_events,
    single_run_id,
    take_events,
)  # fmt: skip
from engine.service.store.starts import Start, insert_start
from engine.service.store.workflows import StoredWorkflow, find_workflow
from ir.model.webhooks import WebhookConfig
from ir.redaction import redact

_LOG = logging.getLogger("weirflow.webhooks")
EVERY_S = 0.5
BETWEEN_S = 0.05
QUEUED_MOST = 100
"""So many runs of one workflow wait in the queue; further events wait in the inbox, where each is a row and no more."""
BATCH_ROWS = 10_000
BATCH_SECONDS = 60.0
"""Where a workflow gives only the other one."""
BATCH_BYTES = 64_000_000
_LATER = timedelta(minutes=1)


class Inbox:
    """Begins runs: one an event, or one a batch. However many processes do, each event is taken once."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="beginning", daemon=True)
        self._not_before: dict[str, datetime] = {}
        """When batches are looked at again, by their workflows."""

    def start(self) -> None:
        self._thread.start()

    def stop(self, within_s: float) -> None:
        self._stopping.set()
        self._context.arrived.set()
        self._thread.join(within_s)

    def _work(self) -> None:
        while not self._stopping.is_set():
            self._context.arrived.wait(EVERY_S)
            self._context.arrived.clear()
            try:
                self.begin_due(datetime.now(UTC))
            except ConnectorProblem as problem:  # what was accepted stands; it is begun once the journal works again
                _LOG.error("runs of webhooks cannot be begun: %s", redact(problem.message))
                self._stopping.wait(EVERY_S)
            except Exception:  # without this loop no webhook would begin a run any more
                _LOG.exception("runs of webhooks cannot be begun for a fault of weirflow's own")
                self._stopping.wait(EVERY_S)
            self._stopping.wait(BETWEEN_S)

    def begin_due(self, now: datetime) -> list[Start]:
        """Begin what is due: everything, or the batches that are full or old enough."""
        begun: list[Start] = []
        last = ""
        while (found := next_waiting(self._context.journal, after=last)) is not None:
            last, oldest = found
            if timedelta() < self._not_before.get(last, now) - now <= _LATER:  # else the clock was set back
                continue
            try:
                begun += self._begin(last, datetime.fromisoformat(oldest), now)
            except ConnectorProblem:
                raise
            except Exception:  # what is the matter with one keeps no other from beginning
                _LOG.exception("%s: its events cannot be begun", last)
                self._not_before[last] = now + _LATER
        return begun

    def _begin(self, name: str, oldest: datetime, now: datetime) -> list[Start]:
        journal = self._context.journal
        hook, workflow = find_hook(journal, name), find_workflow(journal, name)
        if hook is None or not hook.is_open or workflow is None:
            return []  # its events wait until it is there again
        definition = definitions_of(journal, [name])[name]
        config, source = WebhookConfig.model_validate(definition["webhook_config"]), str(definition["alias"])
        if config.batch_rows is None and config.batch_seconds is None:
            return self._begin_single(workflow, source)
        rows = config.batch_rows or BATCH_ROWS
        self._not_before[name] = now + timedelta(seconds=EVERY_S)
        # One from the future was noted when the clock went wrong, and would wait until the clock is there.
        is_old = abs(now - oldest) >= timedelta(seconds=config.batch_seconds or BATCH_SECONDS)
        begun: list[Start] = []
        while (start := self._begin_batch(workflow, source, rows=rows, is_old=is_old)) is not None:
            begun.append(start)
            is_old = False
        return begun

    def _begin_single(self, workflow: StoredWorkflow, source: str) -> list[Start]:
        tenant = self._context.tenant
        begun = []
        with self._context.journal.writing() as connection:
            room = QUEUED_MOST - _queued(connection, tenant, workflow.workflow)
            if room <= 0:
                return []
            for each in open_events(connection, tenant, workflow.workflow, limit=room, most_bytes=BATCH_BYTES):
                run_id = single_run_id(tenant, workflow.workflow, each.event, each.received_at)
                begun.append(self._begun(connection, workflow, source, run_id, [each]))
        self._dispatch(begun)
        return begun

    def _begin_batch(self, workflow: StoredWorkflow, source: str, *, rows: int, is_old: bool) -> Start | None:
        tenant = self._context.tenant
        if not is_old and not has_waiting(self._context.journal, workflow.workflow, count=rows):
            return None
        with self._context.journal.writing() as connection:
            found = open_events(connection, tenant, workflow.workflow, limit=rows, most_bytes=BATCH_BYTES)
            if not found or (len(found) < rows and not is_old):
                return None
            start = self._begun(connection, workflow, source, new_run_id(is_one_of_many=True), found)
        self._dispatch([start])
        return start

    def _begun(self, connection: Connection, workflow: StoredWorkflow, source: str, run_id: str,
               events: list[OpenEvent]) -> Start:  # fmt: skip
        tenant = self._context.tenant
        first = events[0]
        about = {"event": first.event, **json.loads(first.about), "received_at": first.received_at}
        if len(events) > 1:
            about = {"events": len(events), "received_at": first.received_at}
        start = start_of(workflow, cause="webhook", asked_by="webhook", about=about, run_id=run_id)
        insert_start(connection, tenant, start)
        body = b"".join(each.body + b"\n" for each in events)
        save_payloads(connection, tenant, run_id, {source: body})
        take_events(connection, [each.number for each in events], run_id)
        return start

    def _dispatch(self, begun: list[Start]) -> None:
        for each in begun:
            hand_over(self._context, each)


def _queued(connection: Connection, tenant: str, workflow: str) -> int:
    waiting = (starts.c.tenant == tenant) & (starts.c.status == "queued") & (starts.c.workflow == workflow)
    return int(connection.execute(select(func.count()).select_from(starts).where(waiting)).scalar_one())
