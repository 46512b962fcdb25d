"""The one way to begin a run: it is checked, written down durably, and handed to whoever carries it out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from connectors.problem import ConnectorProblem
from engine.journal.records import instant
from engine.run_folder import new_run_id
from engine.service.context import Context
from engine.service.dispatch.admission import admit, is_limited
from engine.service.store.starts import Cause, Start, add_start
from engine.service.store.workflows import StoredWorkflow

URGENT, NORMAL, BACKGROUND = 1, 10, 100
"""Priorities: the smaller is first."""


def ask(context: Context, workflow: StoredWorkflow, *, cause: Cause, asked_by: str,
        inputs: Mapping[str, Any] | None = None, about: Mapping[str, Any] | None = None,
        options: Mapping[str, Any] | None = None, idempotency_key: str | None = None, priority: int = NORMAL,
        run_id: str | None = None) -> Start:  # fmt: skip
    """Ask for a run of the workflow as it stands now. When this returns, it stands in the journal and will be made.

    A second time with the same `idempotency_key` gives the run that was asked for first.
    """
    new = start_of(
        workflow, cause=cause, asked_by=asked_by, inputs=inputs, about=about, options=options,
        idempotency_key=idempotency_key, priority=priority, run_id=run_id,
    )  # fmt: skip
    if not is_limited(context, new.workflow):
        new = replace(new, dispatched_at=new.asked_at)  # is handed over at once, which needs no transaction of its own
    start = add_start(context.journal, new)
    if start is new and start.dispatched_at is not None:
        with suppress(ConnectorProblem):  # the sweeper finds it
            context.dispatcher.dispatch(start)
    else:
        hand_over(context, start)
    return start


def start_of(workflow: StoredWorkflow, *, cause: Cause, asked_by: str, inputs: Mapping[str, Any] | None = None,
             about: Mapping[str, Any] | None = None, options: Mapping[str, Any] | None = None,
             idempotency_key: str | None = None, priority: int = NORMAL,
             run_id: str | None = None) -> Start:  # fmt: skip
    """A run of the workflow as it stands now, to be written down in a transaction of the caller's."""
    return Start(
        run_id=run_id or new_run_id(is_one_of_many=True), workflow=workflow.workflow, version=workflow.version,
        document=workflow.document, syntax=workflow.syntax, file=workflow.file, base=workflow.base, cause=cause,
        about=json.dumps(dict(about or {})), inputs=json.dumps(dict(inputs or {})),
        options=json.dumps(dict(options or {})), idempotency_key=idempotency_key, priority=priority, asked_by=asked_by,
        asked_at=instant(),
    )  # fmt: skip


def hand_over(context: Context, *starts: Start) -> None:
    """Give runs that stand in the journal to the workers, if they may begin now and these do not have them."""
    if any(each.status == "queued" and each.dispatched_at is None for each in starts):
        with suppress(ConnectorProblem):  # the sweeper does so as soon as the queue is there again
            admit(context)
