"""What is done to a run that was asked for, for the API and for the pages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from engine.service.asking import NORMAL, ask
from engine.service.cancelling import cancel
from engine.service.going_on import replay, resume
from engine.service.planning import check_start
from engine.service.store.starts import Start, find_start, start_by_key
from engine.service.store.workflows import StoredWorkflow, find_workflow
from engine.service.views.letters import letter_counts, taken_letters
from engine.service.views.run_rows import RunRow, run_row
from engine.service.web.routes import Call, Refused


def begun(call: Call, workflow: StoredWorkflow, inputs: Mapping[str, Any], *, idempotency_key: str | None,
          priority: int = NORMAL) -> RunRow:  # fmt: skip
    """A run of the workflow; with a key that was sent before, the run that was asked for then.

    Raises:
        WorkflowError: it could not begin with these inputs.
        Refused: 409 for a key that something else was asked for with, and while the workflow is switched off.
    """
    check_start(workflow, inputs)
    key = _as_stored(idempotency_key)
    if not workflow.enabled and (key is None or start_by_key(call.context.journal, key) is None):
        raise _is_off(workflow.workflow)
    start = ask(call.context, workflow, cause="manual", asked_by=call.who, inputs=inputs,
                idempotency_key=key, priority=priority)  # fmt: skip
    if (start.cause, start.workflow, json.loads(start.inputs)) != ("manual", workflow.workflow, dict(inputs)):
        raise _other(start)
    return row_of(call, start.run_id)


def _as_stored(key: str | None) -> str | None:
    """A caller's idempotency key, apart from those of schedules and events: nobody can take these before they come."""
    return None if key is None else f"asked:{key}"


def _is_off(name: str) -> Refused:
    return Refused(409, f'"{name}" is switched off: nothing begins a run of it',
                   hint="runs that were begun can be resumed; switch it on to begin others")  # fmt: skip


def _other(start: Start) -> Refused:
    return Refused(409, f"something else was asked for with this idempotency key: the run {start.run_id}",
                   hint="the same key asks for the same again; take a new one")  # fmt: skip


def row_of(call: Call, run_id: str) -> RunRow:
    """The run of that id in one line.

    Raises:
        Refused: 404.
    """
    found = run_row(call.context.journal, run_id)
    if found is None:
        raise no_run(run_id)
    return found


def no_run(run_id: str) -> Refused:
    return Refused(404, f'there is no run "{run_id}"')


def cancelled(call: Call, run_id: str) -> RunRow:
    """Have the run stop.

    Raises:
        Refused: 404, 409 for one that is over.
    """
    row = row_of(call, run_id)
    if row.is_over:
        raise Refused(409, f"the run is over: it is {row.status}")
    cancel(call.context, run_id, reason=f"{call.who} has cancelled it")
    return row_of(call, run_id)


def resumed(call: Call, run_id: str) -> RunRow:
    """Have the run go on.

    Raises:
        Refused: 404, 409 for one that is under way, or that came to its end.
    """
    found = resume(call.context, run_id)
    if found is None:
        raise no_run(run_id)
    if found == "under way":
        raise Refused(409, "the run is under way", hint="wait for its end, or cancel it")
    if found == "over":
        raise Refused(409, "the run came to its end: nothing is left to do", hint="start a new one")
    return row_of(call, run_id)


def replayed(call: Call, run_id: str, *, only: str | None, again: bool, idempotency_key: str | None) -> RunRow:
    """A run that takes the dead letters of this one.

    With a key that was sent before, the replay that was asked for then.

    Raises:
        Refused: 404, 409 for one that is under way, has no dead letters or whose dead letters were all replayed, for
            a key that something else was asked for with, while another replay of it is under way, and while its
            workflow is switched off.
    """
    key = _as_stored(idempotency_key)
    before = start_by_key(call.context.journal, key) if key is not None else None
    if before is not None:
        return _replay_of(call, before, run_id)
    row, parent = row_of(call, run_id), find_start(call.context.journal, run_id)
    if parent is None or not row.is_over:
        raise Refused(409, "the run is under way", hint="wait for its end")
    count = sum(each.rows for each in letter_counts(call.context.journal, run_id))
    if not count:
        raise Refused(409, "the run has no dead letters")
    if not again and len(taken_letters(call.context.journal, run_id)) >= count:
        raise Refused(409, "all of its dead letters were replayed before", hint="again: true takes them once more")
    workflow = find_workflow(call.context.journal, parent.workflow)
    if workflow is not None and not workflow.enabled:
        raise _is_off(parent.workflow)
    start = replay(call.context, parent, only=only, again=again, asked_by=call.who, idempotency_key=key)
    if start is None:
        raise Refused(409, "a replay of its dead letters is under way", hint="wait for its end: it takes the same ones")
    return _replay_of(call, start, run_id)


def _replay_of(call: Call, start: Start, run_id: str) -> RunRow:
    if start.cause != "replay" or json.loads(start.about) != {"run_id": run_id}:
        raise _other(start)
    return row_of(call, start.run_id)
