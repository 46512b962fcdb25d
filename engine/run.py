"""Running a plan: first passes, checks, then every delivery, whole or not at all."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.databases.pools import pools_of_a_run
from connectors.kept import kept_for_a_run
from connectors.webhooks.relation import AwaitedRelation, not_given
from engine.dead_letters import DeadLetters
from engine.events import Event, Progress, event_of
from engine.hooks import Hooks
from engine.increments.memory import remembering, with_present_cursors
from engine.journal.fence import is_fenced
from engine.journal.recording import Recording, error_of, reason_of, record_of, recorded
from engine.outbox import OUTBOX, Outbox
from engine.payloads import bodies_of
from engine.places import report
from engine.policies.policies import Policies
from engine.result import Preview, RunResult, Status
from engine.run_folder import ATTACHMENTS, HANDED_OVER, hand_over, new_run_id, run_folder
from engine.run_letters import with_letters
from engine.running.attempt import attempts, outputs_of
from engine.running.cancellation import Cancellation, Cancelled
from engine.running.context import Running
from engine.running.earlier import NOTHING, Earlier
from engine.running.ledger import Ledger
from engine.running.machine import cpu_seconds, peak_memory_bytes
from engine.running.receipt import facts_of_deliveries
from engine.running.run_file import write_run_file, written_when_stopped
from engine.running.watcher import watched
from engine.telemetry.wanted import telemetry
from engine.telling import Telling
from ir.diagnostics import Diagnostic, Problems, WorkflowError
from ir.records import dataclass

if TYPE_CHECKING:
    from engine.journal.journal import Journal
    from engine.journal.notes import Notes
    from engine.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """How one attempt at a run begins: a new run, one into an outbox, or a run that is gone on with."""

    run_id: str
    base: Path
    """Of relative local destinations."""
    write: Callable[[Path, Notes], None] | None
    """Writes into the journal that the run, whose folder it is given, begins; None for an outbox."""
    earlier: Earlier = NOTHING
    outbox: Outbox | None = None
    warnings: tuple[Diagnostic, ...] = ()
    folder: str | None = None
    """The name of the folder that an earlier attempt had."""


def run(plan: Plan, *, out: Path | None, progress: Progress, outbox: Outbox | None = None,
        hooks: Sequence[Hooks] = (), cancellation: Cancellation | None = None,
        run_id: str | None = None) -> RunResult:  # fmt: skip
    """Run the plan's checks and deliveries, or put what would be delivered into an outbox. `run_id` is what a service
    has called the run before it began.

    Raises:
        WorkflowError: before anything is written, when a question is open, a target is taken, a check fails or a
            source cannot be read.
        KeyboardInterrupt: where no `cancellation` was given; with one the result says that it was cancelled.
    """
    run_id = run_id or new_run_id(plan.given_now)

    def begin(tell: Progress) -> RunResult:
        return _begin(plan, run_id, out=out, outbox=outbox, progress=tell, cancellation=cancellation)

    is_test = outbox is not None and outbox.home is not None
    listening = [*hooks, *(() if is_test else telemetry(progress))]
    return told(plan, run_id, begin, progress=progress, hooks=listening)


def told(plan: Plan, run_id: str, attempt: Callable[[Progress], RunResult], *, progress: Progress,
         hooks: Sequence[Hooks]) -> RunResult:  # fmt: skip
    """What the attempt gives; all who listen are told how it goes."""
    tell = Telling(run_id=run_id, workflow=plan.name, progress=progress, hooks=hooks)
    with tell.to_the_end():
        tell(Event(kind="run_started", text=f"{plan.name}: run {run_id} on {plan.engine}"))
        result = attempt(tell)
    return replace(result, warnings=(*result.warnings, *tell.problems)) if tell.problems else result


def _begin(plan: Plan, run_id: str, *, out: Path | None, outbox: Outbox | None, progress: Progress,
           cancellation: Cancellation | None) -> RunResult:  # fmt: skip
    problems = Problems(plan.compiled.document)
    _refuse_open_questions(plan, problems)
    _refuse_operations(plan, problems)
    _refuse_without_request(plan, problems)
    branches = plan.compiled.branches
    rules = [plan.compiled.workflow.delivery_rules, *(each.rules for each in branches.scopes)]
    compiled = plan.compiled
    others = (branches.aborts, compiled.tables, compiled.targets, compiled.effects)
    delivers = not all(each.is_empty for each in rules) or any(others)
    if not delivers and plan.compiled.validation is None:
        problems.warning("IR324", "this workflow delivers nothing, so that its run has no effect", at=(),
                         hint="write delivery_rules: {file_delivery: {format: csv}}")  # fmt: skip
    plan = with_present_cursors(plan)
    base = out or (plan.base if outbox is None else plan.base / OUTBOX)

    def write(folder: Path, notes: Notes) -> None:
        from engine.journal.runs import begin_run

        begin_run(notes, record_of(plan, run_id, base=base, folder=folder, out=out), bodies_of(plan))

    beginning = Beginning(run_id=run_id, base=base, write=write if outbox is None else None, outbox=outbox,
                          warnings=tuple(problems.warnings))  # fmt: skip
    return carry_out(plan, beginning, progress=progress, cancellation=cancellation)


def carry_out(plan: Plan, beginning: Beginning, *, progress: Progress,
              cancellation: Cancellation | None) -> RunResult:  # fmt: skip
    """One attempt at a run, from its beginning to its end."""
    started, cpu = time.perf_counter(), cpu_seconds()
    ended_by_caller = cancellation is not None
    cancellation = cancellation or Cancellation()
    ledger = Ledger(run_id=beginning.run_id, workflow=plan.name, results=dict(beginning.earlier.delivered))
    try:
        result = _carried_out(plan, beginning, ledger, progress, cancellation)
    except (KeyboardInterrupt, SystemExit, Cancelled) as stopped:
        if not (isinstance(stopped, Cancelled) or ended_by_caller):
            raise
        result = _stopped(plan, beginning, ledger, cancellation, stopped)
    for warning in result.warnings:
        if isinstance(warning, Diagnostic) and warning not in plan.warnings:
            progress(event_of(warning))
    seconds = time.perf_counter() - started
    progress(Event(kind="run_finished", status=result.status, seconds=seconds, text=f"{plan.name}: {result.status}"))
    return replace(result, seconds=seconds, cpu_seconds=cpu_seconds() - cpu, peak_memory_bytes=peak_memory_bytes())


def _carried_out(plan: Plan, beginning: Beginning, ledger: Ledger, progress: Progress,
                 cancellation: Cancellation) -> RunResult:  # fmt: skip
    run_id, kept = beginning.run_id, {ATTACHMENTS}
    outbox = beginning.outbox
    root = outbox.home if outbox is not None else None
    with (
        pools_of_a_run(), kept_for_a_run(),
        run_folder(run_id, kept, root=root, name=beginning.folder, is_fenced=is_fenced()) as folder,
        written_when_stopped(folder if outbox is None else None,
                             partial(_stopped, plan, beginning, ledger, cancellation)),
        _recorded(beginning, folder) as recording,
    ):  # fmt: skip
        dead = DeadLetters(folder)
        ledger.recording = recording
        recording.wait()  # the journal knows of the run before anything is told of it
        running = Running(
            run_id=run_id, base=beginning.base, folder=folder, kept=kept, progress=progress, dead=dead,
            recording=recording, ledger=ledger, cancellation=cancellation, earlier=beginning.earlier,
            policies=Policies.of_workflow(plan.compiled.workflow, cancellation=cancellation, progress=progress,
                                          journal=None if beginning.write is None else partial(_journal_of, recording)),
            outbox=outbox,
        )  # fmt: skip
        with watched(recording, cancellation), remembering(plan, recording) as memory:
            try:
                done = attempts(plan, running)
            except WorkflowError as stopped:
                if all(each.code != "IR440" for each in stopped.diagnostics):
                    raise
                raise with_letters(stopped, dead) from stopped.__cause__
            dead.finish()
            succeeded = all(each.went_well for each in done.deliveries)
            memory.take(done.plan, done.reached, succeeded=succeeded)
        failed = memory.failed or not succeeded
        is_whole = (
            not (dead.count or done.has_failed_checks)
            and done.effects.is_whole
            and all(each.status != "incomplete" for each in done.deliveries)
        )
        status: Status = "failed" if failed else "succeeded" if is_whole else "incomplete"
        recording.status = status
        receipt = {"read": list(done.read), "made": facts_of_deliveries(done.deliveries)}
        recording.receipt = json.dumps(receipt)
        if not failed:
            if any((folder / name).is_dir() for name in HANDED_OVER):
                hand_over(folder, done.plan.scratch())
            kept.clear()
        found = [*beginning.warnings, *done.warnings, *memory.warnings]
        rows = None if outbox is None else outbox.rows
        result = RunResult(
            run_id=run_id, workflow=plan.name, status=status, engine=plan.engine, engine_reason=plan.engine_reason,
            seconds=0.0, cpu_seconds=0.0, peak_memory_bytes=0, steps=done.steps, deliveries=done.deliveries,
            validation=done.validation, ended=done.ended, attempts=beginning.earlier.attempts + 1,
            dead_letters=dead.as_json(), plan=done.plan,
            warnings=(*plan.warnings, *found, *done.effects.remarks, *done.remarks),
            increments=memory.results,
            preview=None if rows is None else Preview(rows=rows, folder=str(beginning.base)),
        )  # fmt: skip
        if outbox is None:
            write_run_file(folder, result, receipt)
    return result


def _journal_of(recording: Recording) -> Journal:
    journal = recording.journal
    assert journal is not None
    return journal


def _recorded(beginning: Beginning, folder: Path) -> AbstractContextManager[Recording]:
    write = beginning.write
    return recorded(beginning.run_id, None if write is None else partial(write, folder))


def _stopped(plan: Plan, beginning: Beginning, ledger: Ledger, cancellation: Cancellation,
             stopped: BaseException) -> RunResult:  # fmt: skip
    """A run that did not come to its end: what was delivered until then stands."""
    is_cancelled = isinstance(stopped, KeyboardInterrupt | SystemExit | Cancelled)
    return RunResult(
        run_id=beginning.run_id, workflow=plan.name, status="cancelled" if is_cancelled else "failed",
        error=(cancellation.reason or reason_of(stopped)) if is_cancelled else error_of(stopped), engine=plan.engine,
        engine_reason=plan.engine_reason, seconds=0.0, cpu_seconds=0.0, peak_memory_bytes=0, steps=(),
        deliveries=tuple(ledger.results.values()),
        attempts=beginning.earlier.attempts + (ledger.recording is not None),  # none where no journal knows of it yet
        warnings=(*plan.warnings, *beginning.warnings), plan=plan,
    )  # fmt: skip


def rehearse(plan: Plan, *, out: Path | None) -> None:
    """What a run checks before it begins; nothing is written, and only local places are asked.

    Raises:
        WorkflowError: a question is open, or a target is taken or may not be written.
    """
    problems = Problems(plan.compiled.document)
    _refuse_open_questions(plan, problems)
    _refuse_operations(plan, problems)
    outputs_of(plan, out or plan.base, Path("."), plan.compiled.words, problems, ask_remote=False)
    problems.raise_errors()


def _refuse_open_questions(plan: Plan, problems: Problems) -> None:
    for index, question in enumerate(plan.compiled.workflow.clarifications_required):
        problems.error("IR323", f"a question is still open: {question}", at=("clarifications_required", index),
                       hint="answer it in the workflow and remove it from the list")  # fmt: skip
    problems.raise_errors()


def _refuse_without_request(plan: Plan, problems: Problems) -> None:
    """Refuse a run of a webhook's rows that was given no request."""
    for each in plan.compiled.graph:
        if isinstance(each.source, AwaitedRelation):
            report(not_given(each.source.name), problems, at=each.at)
    problems.raise_errors()


def _refuse_operations(plan: Plan, problems: Problems) -> None:
    """Refuse a run with AI operations that nobody could answer."""
    if any(each.kind == "ai" for each in plan.compiled.effects):
        from engine.ai_operations.answerers import check_operations

        check_operations(plan, problems)
        problems.raise_errors()
