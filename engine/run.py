"""Running a plan: first passes, checks, then every delivery, whole or not at all."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.databases.pools import pools_of_a_run
from engine.dead_letters import DeadLetters
from engine.events import Event, Progress, event_of
from engine.hooks import Hooks
from engine.increments.memory import remembering, with_present_cursors
from engine.journal.recording import recorded
from engine.outbox import OUTBOX, Outbox
from engine.policies.policies import Policies
from engine.result import Preview, RunResult, Status
from engine.run_folder import new_run_id, run_folder
from engine.run_letters import with_letters
from engine.running.attempt import attempts, outputs_of
from engine.running.cancellation import Cancellation
from engine.running.context import Running
from engine.running.machine import cpu_seconds, peak_memory_bytes
from engine.running.reading import read_by_run
from engine.telemetry.wanted import telemetry
from engine.telling import Telling
from ir.diagnostics import Problems, WorkflowError

if TYPE_CHECKING:
    from engine.plan import Plan


def run(plan: Plan, *, out: Path | None, progress: Progress, outbox: Outbox | None = None,
        hooks: Sequence[Hooks] = ()) -> RunResult:  # fmt: skip
    """Run the plan's checks and deliveries, or put what would be delivered into an outbox.

    Raises:
        WorkflowError: before anything is written, when a question is open, a target is taken, a check fails or a
            source cannot be read.
    """
    run_id = new_run_id(plan.given_now)
    is_test = outbox is not None and outbox.home is not None
    listening = [*hooks, *(() if is_test else telemetry(progress))]
    tell = Telling(run_id=run_id, workflow=plan.name, progress=progress, hooks=listening)
    with tell.to_the_end():
        tell(Event(kind="run_started", text=f"{plan.name}: run {run_id} on {plan.engine}"))
        result = _run(plan, run_id, out=out, progress=tell, outbox=outbox)
    return replace(result, warnings=(*result.warnings, *tell.problems)) if tell.problems else result


def _run(plan: Plan, run_id: str, *, out: Path | None, progress: Progress, outbox: Outbox | None) -> RunResult:
    started, cpu = time.perf_counter(), cpu_seconds()
    problems = Problems(plan.compiled.document)
    _refuse_open_questions(plan, problems)
    branches = plan.compiled.branches
    rules = [plan.compiled.workflow.delivery_rules, *(each.rules for each in branches.scopes)]
    delivers = not all(each.is_empty for each in rules) or plan.compiled.tables or branches.aborts
    if not delivers and plan.compiled.validation is None:
        problems.warning("IR324", "this workflow delivers nothing, so that its run has no effect", at=(),
                         hint="write delivery_rules: {file_delivery: {format: csv}}")  # fmt: skip
    plan = with_present_cursors(plan)
    base = out or (plan.base if outbox is None else plan.base / OUTBOX)
    home = outbox.home if outbox is not None else None
    with (pools_of_a_run(), run_folder(run_id, root=home) as folder, recorded(plan, run_id, base=base, folder=folder,
          is_preview=outbox is not None) as record, remembering(plan, run_id, record.journal) as memory):  # fmt: skip
        dead = DeadLetters(folder)
        cancellation = Cancellation()
        policies = Policies.of_workflow(plan.compiled.workflow, cancellation=cancellation, progress=progress)
        running = Running(
            run_id=run_id, base=base, folder=folder, progress=progress, dead=dead, journal=record.journal,
            cancellation=cancellation, policies=policies, outbox=outbox,
        )  # fmt: skip
        try:
            done = attempts(plan, running)
        except WorkflowError as stopped:
            if all(each.code != "IR440" for each in stopped.diagnostics):
                raise
            raise with_letters(stopped, dead) from stopped.__cause__
        dead.finish()
        memory.take(done.plan, set(done.plan.compiled.graph.needed(read_by_run(done.plan))),
                    succeeded=all(each.status != "failed" for each in done.deliveries))  # fmt: skip
        failed = memory.failed or any(each.status == "failed" for each in done.deliveries)
        status: Status = "failed" if failed else "incomplete" if dead.count or done.has_failed_checks else "succeeded"
        record.status = status
    found = [*problems.warnings, *done.warnings, *memory.warnings]
    for warning in found:
        progress(event_of(warning))
    seconds = time.perf_counter() - started
    progress(Event(kind="run_finished", status=status, seconds=seconds, text=f"{plan.name}: {status}"))
    return RunResult(
        run_id=run_id, workflow=plan.name, status=status, engine=plan.engine,
        engine_reason=plan.engine_reason, seconds=seconds, cpu_seconds=cpu_seconds() - cpu,
        peak_memory_bytes=peak_memory_bytes(), steps=done.steps, deliveries=done.deliveries,
        validation=done.validation, ended=done.ended,
        dead_letters=dead.as_json(), warnings=(*plan.warnings, *found, *done.remarks), plan=done.plan,
        increments=memory.results,
        preview=None if outbox is None or outbox.rows is None else Preview(rows=outbox.rows, folder=str(base)),
    )  # fmt: skip


def rehearse(plan: Plan, *, out: Path | None) -> None:
    """What a run checks before it begins; nothing is written, and only local places are asked.

    Raises:
        WorkflowError: a question is open, or a target is taken or may not be written.
    """
    problems = Problems(plan.compiled.document)
    _refuse_open_questions(plan, problems)
    outputs_of(plan, out or plan.base, Path("."), plan.compiled.words, problems, ask_remote=False)
    problems.raise_errors()


def _refuse_open_questions(plan: Plan, problems: Problems) -> None:
    for index, question in enumerate(plan.compiled.workflow.clarifications_required):
        problems.error("IR323", f"a question is still open: {question}", at=("clarifications_required", index),
                       hint="answer it in the workflow and remove it from the list")  # fmt: skip
    problems.raise_errors()
