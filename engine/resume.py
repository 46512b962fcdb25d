"""Going on with a run that did not come to its end: what it delivered stands, the rest is delivered."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from engine.events import Progress, event_of, silent
from engine.hooks import Hooks
from engine.increments.memory import journal_failure
from engine.journal.records import LedgerEntry, RunRecord
from engine.result import RunResult
from engine.running.cancellation import Cancellation
from engine.running.earlier import Earlier
from engine.running.finished_pass import FinishedPass
from engine.running.options import RunOptions
from ir.diagnostics import Diagnostic, WorkflowError
from ir.document import Document
from ir.loading import from_dict, load, loads

if TYPE_CHECKING:
    from engine.journal.journal import Journal
    from engine.journal.notes import Notes
    from engine.payloads import Payloads
    from engine.plan import Plan


def resume(run_id: str, *, anew: bool = False, policy: Policy | None = None, progress: Progress | None = None,
           hooks: Sequence[Hooks] = (), cancellation: Cancellation | None = None,
           is_taken_over: bool = False) -> RunResult:  # fmt: skip
    """Go on with a run that was killed, was cancelled or has failed, as it began: with its document, inputs, instant,
    engine and places. What it has delivered is not delivered again.

    Of a run that has made all its deliveries nothing is left to do: its result is told as it ended, with a warning.
    With `anew` a new run begins from the workflow's file, with the same inputs, engine and places. A service
    `is_taken_over` says that the run's worker is gone, wherever it was: a fence keeps it out (engine.journal.fence).

    Raises:
        WorkflowError: IR710 where there is no such run, or none that can be gone on with; else as `Plan.run` does.
    """
    from engine.journal.deliveries import deliveries_of
    from engine.journal.journal import Journal

    try:
        with Journal() as journal:
            record = found_run(journal, run_id)
            if not anew and not is_taken_over:
                refuse_what_goes_on(record)
            entries = {each.delivery: each for each in deliveries_of(journal, [record.run_id])[record.run_id]}
    except ConnectorProblem as problem:
        raise WorkflowError([journal_failure(problem)]) from None
    if (record.kind == "run" or is_taken_over) and record.status in {"succeeded", "incomplete"} and not anew:
        return _done(record, entries, progress or silent)
    if anew:
        return _anew(record, policy=policy, progress=progress, hooks=hooks, cancellation=cancellation)
    earlier = Earlier(attempts=record.attempts, entries=entries, passed=FinishedPass.load(Path(record.folder)))
    return _go_on(record, earlier, policy=policy, progress=progress or silent, hooks=hooks, cancellation=cancellation)


def found_run(journal: Journal, run_id: str) -> RunRecord:
    """The run with this id, or the latest where it says `last`.

    Raises:
        WorkflowError: IR710 where there is none, with those that have a similar one.
    """
    from engine.journal.runs import find_run, list_runs

    found = find_run(journal, run_id)
    if found is not None:
        return found
    last = [each.run_id for each in list_runs(journal, limit=3)]
    hint = f"the last runs are {', '.join(last)}" if last else "no run stands in this journal; see WEIRFLOW_HOME"
    raise WorkflowError([Diagnostic(code="IR710", message=f'there is no run "{run_id}" in the journal', hint=hint)])


def refuse_what_goes_on(record: RunRecord) -> None:
    """Refuse a replay, and a run that may still be under way.

    Raises:
        WorkflowError: IR710.
    """
    from engine.run_folder import lives, still_running

    if record.kind == "replay":
        raise WorkflowError([Diagnostic(
            code="IR710", message=f"the run {record.run_id} is a replay, which is made again, not gone on with",
            hint=f"weirflow replay {record.parent} --dead-letters",
        )])  # fmt: skip
    if record.status == "running" and record.host == socket.gethostname() and lives(Path(record.folder)):
        raise still_running(record.run_id)
    if record.status == "running" and record.host != socket.gethostname():
        raise WorkflowError([Diagnostic(
            code="IR710", message=f"the run {record.run_id} is under way on {record.host}, or was when that was lost",
            hint=f"resume it there; if {record.host} is gone, first weirflow runs cancel {record.run_id}",
        )])  # fmt: skip


def _done(record: RunRecord, entries: Mapping[str, LedgerEntry], progress: Progress) -> RunResult:
    """What became of a run that has made all its deliveries."""
    told = Diagnostic(
        code="IR710", severity="warning",
        message=f"the run {record.run_id} has made all its deliveries: nothing is left to do",
        hint=f"to make them again, begin a new run: weirflow resume {record.run_id} --anew",
    )  # fmt: skip
    progress(event_of(told))
    return RunResult(
        run_id=record.run_id, workflow=record.workflow,
        status="succeeded" if record.status == "succeeded" else "incomplete",
        engine=record.engine, engine_reason="the run ended on it", seconds=0.0, cpu_seconds=0.0, peak_memory_bytes=0,
        steps=(), deliveries=tuple(Earlier(entries=entries).delivered.values()), attempts=record.attempts,
        warnings=(told,),
    )  # fmt: skip


def _anew(record: RunRecord, *, policy: Policy | None, progress: Progress | None,
          hooks: Sequence[Hooks], cancellation: Cancellation | None) -> RunResult:  # fmt: skip
    from engine.api import compile_document

    options = RunOptions.read(record.options)
    document = from_dict(json.loads(record.document)) if record.file.startswith("<") else load(record.file)
    plan = compile_document(
        document, inputs=json.loads(record.inputs), engine=options.asked_engine, now=options.given_now,
        base=Path(record.base), policy=policy or Policy.open(), full_refresh=options.full_refresh,
        payloads=payloads_of(record),
    )  # fmt: skip
    return plan.run(out=options.out, progress=progress, hooks=hooks, cancellation=cancellation)


def _go_on(record: RunRecord, earlier: Earlier, *, policy: Policy | None, progress: Progress,
           hooks: Sequence[Hooks], cancellation: Cancellation | None) -> RunResult:  # fmt: skip
    from engine.run import Beginning, carry_out, told
    from engine.telemetry.wanted import telemetry

    def write(folder: Path, notes: Notes) -> None:
        from engine.journal.runs import begin_again

        begin_again(notes, record, folder=str(folder), host=socket.gethostname(), pid=os.getpid())

    plan = _planned(record, policy or Policy.open())
    beginning = Beginning(run_id=record.run_id, base=Path(record.out), write=write, earlier=earlier,
                          warnings=tuple(_changed_file(record)), folder=Path(record.folder).name)  # fmt: skip

    def go_on(tell: Progress) -> RunResult:
        return carry_out(plan, beginning, progress=tell, cancellation=cancellation)

    return told(plan, record.run_id, go_on, progress=progress, hooks=[*hooks, *telemetry(progress)])


def _planned(record: RunRecord, policy: Policy) -> Plan:
    if record.kind == "run":
        return compiled_again(record, policy)
    from engine.replaying.taken_over import planned_again

    return planned_again(record, policy)


def compiled_again(record: RunRecord, policy: Policy) -> Plan:
    """The plan of the run's own document, whose incremental sources start where they did."""
    from engine.api import compile_document

    options = RunOptions.read(record.options)
    payloads = payloads_of(record)
    plan = compile_document(
        document_of(record), inputs=json.loads(record.inputs), engine=record.engine, now=record.instant,
        base=Path(record.base), policy=policy, full_refresh=options.full_refresh, starts=options.starts,
        pinned=options.plugins, payloads=payloads,
    )  # fmt: skip
    plan.engine_reason = "the run began on it"
    plan.given_now = options.given_now
    return plan


def payloads_of(record: RunRecord) -> Payloads | None:
    """What the run's webhook was sent.

    Raises:
        WorkflowError: IR596 where the journal cannot be read.
    """
    if "webhook" not in record.document:
        return None
    from engine.journal.journal import Journal
    from engine.journal.payloads import stored_payloads

    try:
        with Journal() as journal:
            return stored_payloads(journal, record.parent or record.run_id)
    except ConnectorProblem as problem:
        raise WorkflowError([journal_failure(problem)]) from None


def document_of(record: RunRecord) -> Document:
    """The workflow as the run began with it."""
    is_json = record.document.lstrip()[:1] == "{"
    return loads(record.document, file=_shown(record.file), syntax="json" if is_json else "yaml")


def _shown(file: str) -> str:
    """The file as someone in this folder would name it."""
    path = Path(file)
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else file


def _changed_file(record: RunRecord) -> list[Diagnostic]:
    """A warning where the workflow's file says something else by now, or is gone."""
    if record.file.startswith("<"):
        return []
    try:
        if load(record.file).text == record.document:
            return []
        what = f"{_shown(record.file)} has changed since the run began"
    except WorkflowError:
        what = f"{_shown(record.file)} is no workflow any more"
    return [Diagnostic(
        code="IR711", severity="warning", message=f"{what}: the run goes on with the workflow that it began with",
        hint=f"to run the file as it is now: weirflow resume {record.run_id} --anew",
    )]  # fmt: skip
