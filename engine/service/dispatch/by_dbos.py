"""The queue in DBOS: in a SQLite file beside the journal, or in the journal's PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable

from dbos import DBOS, DBOSClient, DBOSConfig, WorkflowHandle
from sqlalchemy import URL

from engine.service.store.starts import Start

QUEUE = "weirflow"
WORKFLOW = "carry_out"
VERSION = "1"
"""Of what stands in the queue: workers of the same version share it."""
POLLING_S = 0.1


class DbosDispatcher:
    """One process' part of the queue."""

    def __init__(self, url: URL, *, worker: str) -> None:
        self._config: DBOSConfig = {
            "name": "weirflow", "system_database_url": url.render_as_string(hide_password=False),
            "executor_id": worker, "application_version": VERSION, "log_level": "WARNING",
        }  # fmt: skip
        self._client = DBOSClient(system_database_url=self._config["system_database_url"])
        self._has_launched = False

    def dispatch(self, start: Start) -> None:
        handle: WorkflowHandle[None] = self._client.enqueue(
            {"queue_name": QUEUE, "workflow_name": WORKFLOW, "workflow_id": f"{start.run_id}:{start.attempt}",
             "app_version": VERSION, "priority": start.priority}, start.run_id)  # fmt: skip
        del handle

    def withdraw(self, start: Start) -> None:
        self._client.cancel_workflow(f"{start.run_id}:{start.attempt}")

    def work(self, carry_out: Callable[[str], None], *, slots: int) -> None:
        DBOS(config=self._config)
        DBOS.workflow(name=WORKFLOW)(lambda run_id: carry_out(run_id))
        DBOS.launch()
        self._has_launched = True
        DBOS.register_queue(QUEUE, worker_concurrency=slots, polling_interval_sec=POLLING_S)

    def rest(self, within_s: float) -> None:
        if self._has_launched:
            DBOS.destroy(workflow_completion_timeout_sec=int(within_s))
            self._has_launched = False

    def close(self) -> None:
        self._client.destroy()
