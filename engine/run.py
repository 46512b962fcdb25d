"""Running a plan: first passes, checks, then every delivery, whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from engine.backends import Backend, Sink, open_backend
from engine.checks import Counts, run_checks
from engine.dead_letters import DeadLetters
from engine.events import Event, Progress, silent
from engine.failure import explained
from engine.graph import known_counts
from engine.names import RunWords
from engine.outputs import Output, deliver
from engine.result import DeliveryResult, RunResult, Status, StepResult
from engine.verdict import Verdict
from ir.diagnostics import Diagnostic, Pointer, Problems, WorkflowError

if TYPE_CHECKING:
    from engine.plan import Plan


def run(plan: Plan, *, out: Path | None, progress: Progress) -> RunResult:
    """Run the plan's checks and deliveries.

    Raises:
        WorkflowError: before anything is written, when a question is open, a target is taken, a check fails or a
            source cannot be read.
    """
    started, cpu = time.perf_counter(), _cpu_seconds()
    run_id = new_run_id(plan.given_now)
    problems = Problems(plan.compiled.document)
    _refuse_open_questions(plan, problems)
    if plan.compiled.workflow.delivery_rules.is_empty and plan.compiled.validation is None:
        problems.warning("IR324", "this workflow delivers nothing, so that its run has no effect", at=(),
                         hint="write delivery_rules: {file_delivery: {format: csv}}")  # fmt: skip
    progress(Event(kind="run_started", text=f"{plan.name}: run {run_id} on {plan.engine}"))
    with run_folder(run_id) as scratch:
        plan = resolved(plan, scratch, progress)
        words = replace(plan.compiled.words, run_id=run_id)
        outputs = _outputs(plan, out or plan.base, scratch, words, problems)
        problems.raise_errors()
        with open_backend(plan, scratch, [each.relation for each in outputs]) as backend:
            counts, verdict = Counts(plan), Verdict(plan)
            with explained(plan, scratch):
                _check(plan, backend, verdict)
            dead = DeadLetters(scratch)
            beside = [*counts.sinks(), *verdict.sinks(), *_letters(plan, dead)]
            results = deliver(plan, backend, outputs, progress, scratch, beside, judge=lambda: verdict.judge(backend))
            if any(each.status == "failed" for each in results):  # the stream may have ended before all letters came
                dead.clear()
                with suppress(WorkflowError), explained(plan, scratch):  # the delivery that failed says why
                    backend.stream(_letters(plan, dead))
            steps = _step_results(plan, backend, results, dead)
        dead.finish()
    found = [*problems.warnings, *verdict.warnings(), *counts.warnings()]
    failed = any(each.status == "failed" for each in results)
    status: Status = "failed" if failed else "incomplete" if dead.count or verdict.has_failed_checks else "succeeded"
    for warning in found:
        progress(Event(kind="warning", text=warning.message))
    seconds = time.perf_counter() - started
    progress(Event(kind="run_finished", seconds=seconds, text=f"{plan.name}: {status}"))
    return RunResult(
        run_id=run_id, workflow=plan.name, status=status, engine=plan.engine,
        engine_reason=plan.engine_reason, seconds=seconds, cpu_seconds=_cpu_seconds() - cpu,
        peak_memory_bytes=peak_memory_bytes(), steps=steps, deliveries=tuple(results), validation=verdict.results(),
        dead_letters=dead.as_json(),
        warnings=(*plan.warnings, *found, *(text for output in outputs for text in output.problems)), plan=plan,
    )  # fmt: skip


def rehearse(plan: Plan, *, out: Path | None) -> None:
    """What a run checks before it begins; nothing is written, and only local places are asked.

    Raises:
        WorkflowError: a question is open, or a target is taken or may not be written.
    """
    problems = Problems(plan.compiled.document)
    _refuse_open_questions(plan, problems)
    _outputs(plan, out or plan.base, Path("."), plan.compiled.words, problems, ask_remote=False)
    problems.raise_errors()


def collect(plan: Plan, frame: str, *, rows: int | None = None, checked: bool = True) -> pl.DataFrame:
    """The rows of a frame, or the first `rows` of them."""
    scratch = plan.scratch()
    plan = resolved(plan, scratch, silent)
    name = plan.relation(frame)
    with open_backend(plan, scratch, [name]) as backend, explained(plan, scratch):
        if not checked:
            return backend.collect(name, rows)
        verdict = Verdict(plan)
        _check(plan, backend, verdict)
        validated = verdict.frames if verdict.concerns(name) else []
        found = backend.collect_each([name, *validated])
        if validated:
            verdict.take(found[1])
            verdict.judge(backend)
        return found[0] if rows is None else found[0].head(rows)


def _check(plan: Plan, backend: Backend, verdict: Verdict) -> None:
    """Stop the run where a check does not hold, by what the rules say of the rows where they say something."""
    try:
        run_checks(plan, backend)
    except WorkflowError:
        verdict.judge(backend)
        raise


def new_run_id(now: datetime | None = None) -> str:
    """A name that sorts by time: 20260131T143000-5f3a9c."""
    return f"{(now or datetime.now(UTC)).astimezone(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"


@contextmanager
def run_folder(run_id: str) -> Iterator[Path]:
    """The run's folder under WEIRFLOW_HOME (default .weirflow), which keeps dead letters only when the run ends.

    Without any it is removed again, and so are the folders that were made for it.
    """
    home = Path(os.environ.get("WEIRFLOW_HOME") or ".weirflow").absolute()
    made = [folder for folder in (home, home / "runs") if not folder.exists()]
    folder = home / "runs" / run_id
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise WorkflowError([Diagnostic(
            code="IR507", message=f"no folder for the run can be made in {home}: {str(error.strerror).lower()}",
            hint="set WEIRFLOW_HOME to a folder that can be written",
        )]) from error  # fmt: skip
    try:
        yield folder
    finally:
        _keep_letters(folder)
        for each in reversed(made):
            if each.exists() and not any(each.iterdir()):
                each.rmdir()


def _letters(plan: Plan, dead: DeadLetters) -> list[tuple[str, Sink]]:
    """The rows that the plan's steps reject, on their way to the dead letters."""
    return [(each.letters.name, dead.part().add) for each in plan.compiled.rejects]


def _keep_letters(folder: Path) -> None:
    """Remove all of a run's folder but its finished dead letters."""
    for each in folder.iterdir():
        if each.name in {"dead_letters.parquet", "dead_letters.ndjson"}:
            continue
        if each.is_dir():
            shutil.rmtree(each, ignore_errors=True)
        else:
            each.unlink(missing_ok=True)
    with suppress(OSError):  # it keeps letters
        folder.rmdir()


def _refuse_open_questions(plan: Plan, problems: Problems) -> None:
    for index, question in enumerate(plan.compiled.workflow.clarifications_required):
        problems.error("IR323", f"a question is still open: {question}", at=("clarifications_required", index),
                       hint="answer it in the workflow and remove it from the list")  # fmt: skip
    problems.raise_errors()


def resolved(plan: Plan, scratch: Path, progress: Progress = silent) -> Plan:
    """The plan with the columns that only a first pass can tell, compiled anew as often as passes need one another."""
    from engine.api import compile_document

    found: dict[Pointer, list[object]] = {}
    while pending := [at for at in plan.compiled.first_passes if at not in found]:
        for at in pending:
            frame = plan.compiled.first_passes[at]
            started = time.perf_counter()
            step = "first pass over " + frame.name.rpartition("_")[0]
            progress(Event(kind="step_started", step=step))
            with open_backend(plan, scratch, [frame.name]) as backend, explained(plan, scratch):
                values = backend.collect(frame.name, None)
            found[at] = values.to_series(0).to_list()
            progress(Event(kind="step_finished", step=step, rows=values.height, seconds=time.perf_counter() - started))
        again = compile_document(
            plan.compiled.document, inputs=plan.given_inputs, engine=plan.engine, now=plan.compiled.words.now,
            base=plan.base, policy=plan.policy, found_values=found,
        )  # fmt: skip
        again.engine_reason, again.given_now = plan.engine_reason, plan.given_now
        plan = again
    return plan


def _outputs(plan: Plan, base: Path, scratch: Path, words: RunWords, problems: Problems, *,
             ask_remote: bool = True) -> list[Output]:  # fmt: skip
    outputs: list[Output] = []
    for each in plan.compiled.outputs:
        target = each.target(words, base=base, policy=plan.policy, scratch=scratch, problems=problems,
                             ask_remote=ask_remote)  # fmt: skip
        if target is not None and each.frame is not None:
            outputs.append(Output.of(each, target, plan, words, problems))
    targets: dict[str, Output] = {}
    for output in outputs:
        other = targets.setdefault(output.target.identity, output)
        if other is not output:
            problems.error("IR603", f"two deliveries make the same file {output.target.shown}",
                           at=(*output.file.at, "filename_template"), hint="give one of them another name",
                           related=[("the other one", other.file.at)])  # fmt: skip
    return outputs


def _step_results(
    plan: Plan, backend: Backend, results: list[DeliveryResult], dead: DeadLetters
) -> tuple[StepResult, ...]:
    steps: list[StepResult] = []
    counts = known_counts(plan.compiled.graph, backend.counts)
    used = plan.compiled.graph.needed([each.frame.name for each in plan.compiled.outputs if each.frame])
    for name in used:
        relation = plan.compiled.graph[name]
        if not relation.hidden:
            rows_in = counts.get(relation.inputs[0]) if relation.inputs else None
            steps.append(
                StepResult(
                    name=name,
                    kind=relation.kind,
                    rows_in=rows_in,
                    rows_out=counts.get(name),
                    dead_letters=dead.of(name),
                )
            )
    deliveries = (
        StepResult(name=result.step, kind=result.kind, rows_in=result.rows, rows_out=result.rows,
                   seconds=backend.seconds.get(result.id, 0.0))
        for result in results
    )  # fmt: skip
    return (*steps, *deliveries)


def _cpu_seconds() -> float:
    return time.process_time()


def peak_memory_bytes() -> int:
    """The most memory this process has held at once."""
    status = Path("/proc/self/status")
    if status.exists():
        # Linux' ru_maxrss starts with the memory of the process that started this one
        line = next((line for line in status.read_text().splitlines() if line.startswith("VmHWM:")), "")
        if line:
            return int(line.split()[1]) * 1024
    try:
        import resource
    except ImportError:  # not on Windows
        return 0
    import sys

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
