"""Running a plan: first passes, checks, then every delivery, whole or not at all."""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from connectors.databases.pools import pools_of_a_run
from connectors.problem import ConnectorProblem
from engine.backends import Backend, open_backend
from engine.checks import Counts, run_checks
from engine.database_deliveries import TableOutput
from engine.dead_letters import DeadLetters
from engine.endings import ended_by
from engine.events import Event, Progress, silent
from engine.failure import explained
from engine.graph import known_counts
from engine.increments.memory import remembering, with_present_cursors
from engine.names import RunWords
from engine.outbox import OUTBOX
from engine.output import Output
from engine.outputs import deliver
from engine.provenance import provenance_of
from engine.result import DeliveryResult, Preview, RuleResult, RunResult, Status, StepResult
from engine.run_folder import new_run_id, run_folder
from engine.run_letters import add_bad_rows, kept_when_stopped, letter_sinks, stream_again, with_letters
from engine.second_plan import ReadAgain, second_plan
from engine.split_output import output_of
from engine.table_delivering import TableDelivering
from engine.verdict import Verdict
from engine.whole_reading import joins, passed_over, read_whole
from ir.diagnostics import Diagnostic, Pointer, Problems, WorkflowError

if TYPE_CHECKING:
    from engine.journal.journal import Journal
    from engine.plan import Plan


def run(plan: Plan, *, out: Path | None, progress: Progress, preview: int | None = None) -> RunResult:
    """Run the plan's checks and deliveries, or with `preview` the first rows of each into an outbox.

    Raises:
        WorkflowError: before anything is written, when a question is open, a target is taken, a check fails or a
            source cannot be read.
    """
    started, cpu = time.perf_counter(), _cpu_seconds()
    run_id = new_run_id(plan.given_now)
    problems = Problems(plan.compiled.document)
    _refuse_open_questions(plan, problems)
    delivers = not plan.compiled.workflow.delivery_rules.is_empty or plan.compiled.tables
    if not delivers and plan.compiled.validation is None:
        problems.warning("IR324", "this workflow delivers nothing, so that its run has no effect", at=(),
                         hint="write delivery_rules: {file_delivery: {format: csv}}")  # fmt: skip
    plan = with_present_cursors(plan)
    base = out or (plan.base if preview is None else plan.base / OUTBOX)
    progress(Event(kind="run_started", text=f"{plan.name}: run {run_id} on {plan.engine}"))
    with (pools_of_a_run(), run_folder(run_id) as scratch,
          remembering(plan, run_id, is_preview=preview is not None) as memory):  # fmt: skip
        dead = DeadLetters(scratch)
        try:
            done = _attempts(plan, base, scratch, run_id, dead, progress, preview, memory.journal)
        except WorkflowError as stopped:
            if all(each.code != "IR440" for each in stopped.diagnostics):
                raise
            raise with_letters(stopped, dead) from stopped.__cause__
        dead.finish()
        memory.take(done.plan, set(done.plan.compiled.graph.needed(read_by_run(done.plan))),
                    succeeded=all(each.status != "failed" for each in done.deliveries))  # fmt: skip
    found = [*problems.warnings, *done.warnings, *memory.warnings]
    failed = memory.failed or any(each.status == "failed" for each in done.deliveries)
    status: Status = "failed" if failed else "incomplete" if dead.count or done.has_failed_checks else "succeeded"
    for warning in found:
        progress(Event(kind="warning", text=warning.message))
    seconds = time.perf_counter() - started
    progress(Event(kind="run_finished", seconds=seconds, text=f"{plan.name}: {status}"))
    return RunResult(
        run_id=run_id, workflow=plan.name, status=status, engine=plan.engine,
        engine_reason=plan.engine_reason, seconds=seconds, cpu_seconds=_cpu_seconds() - cpu,
        peak_memory_bytes=peak_memory_bytes(), steps=done.steps, deliveries=done.deliveries,
        validation=done.validation, ended=done.ended,
        dead_letters=dead.as_json(), warnings=(*plan.warnings, *found, *done.remarks), plan=done.plan,
        increments=memory.results,
        preview=None if preview is None else Preview(rows=preview, folder=str(base)),
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Done:
    """A run that came to its end. `plan` is the one to look at afterwards, `remarks` are those of the writers."""

    plan: Plan
    steps: tuple[StepResult, ...]
    deliveries: tuple[DeliveryResult, ...]
    validation: tuple[RuleResult, ...]
    has_failed_checks: bool
    warnings: list[Diagnostic]
    remarks: tuple[str, ...]
    ended: str | None = None


def _attempts(
    plan: Plan, base: Path, scratch: Path, run_id: str, dead: DeadLetters, progress: Progress, preview: int | None,
    journal: Journal | None,
) -> _Done:  # fmt: skip
    """Run the plan, and again from the start each time that a source has to be read otherwise."""
    current = plan
    while True:
        try:
            ended = ended_by(current, scratch)
            if ended is not None:
                return _ended(current, plan, scratch, dead, progress, ended)
            return _attempt(resolved(current, scratch, progress), plan, base, scratch, run_id, dead, progress, preview,
                            journal)  # fmt: skip
        except ReadAgain as again:
            dead.clear()
            progress(Event(kind="step_started", step="second look at the sources"))
            current = second_plan(current, again)


def _attempt(plan: Plan, first: Plan, base: Path, scratch: Path, run_id: str, dead: DeadLetters,
             progress: Progress, preview: int | None, journal: Journal | None) -> _Done:  # fmt: skip
    problems = Problems(plan.compiled.document)
    words = replace(plan.compiled.words, run_id=run_id)
    outputs = _outputs(plan, base, scratch, words, problems, is_preview=preview is not None, journal=journal)
    problems.raise_errors()
    names, graph = read_by_run(plan), plan.compiled.graph
    add_bad_rows(plan, names, dead)
    counts, verdict = Counts(plan), Verdict(plan)
    relations = [name for each in outputs for name in each.relations]
    with (open_backend(plan, scratch, [*relations, *plan.compiled.texts.frames]) as backend,
          kept_when_stopped(plan, backend, verdict, scratch, names, dead)):  # fmt: skip
        with explained(plan, scratch, names):
            read_whole(graph, passed_over(graph, names), scratch)
            _check(plan, backend, verdict)
            _word(plan, outputs, words, backend)
        beside = [*counts.sinks(), *verdict.sinks(), *letter_sinks(plan, dead)]

        def judge() -> None:
            if joins(graph, names) and not all(output.rows for output in outputs):
                read_whole(graph, graph.needed(names), scratch)
            verdict.judge(backend)

        results = deliver(plan, backend, outputs, progress, scratch, beside, judge=judge, rows=preview)
        if preview is not None:
            backend.counts.clear()  # of rows that stopped when the first of them were there
        if any(each.status == "failed" for each in results):
            stream_again(plan, backend, scratch, names, dead)
        steps = _step_results(plan, backend, results, dead, scratch)
    return _Done(
        plan=first if plan.known_sources else plan, steps=steps, deliveries=tuple(results),
        validation=verdict.results(), has_failed_checks=verdict.has_failed_checks,
        warnings=[*_new_warnings(plan, first), *problems.warnings, *verdict.warnings(), *counts.warnings()],
        remarks=tuple(text for output in outputs for text in output.problems),
    )  # fmt: skip


def _ended(plan: Plan, first: Plan, scratch: Path, dead: DeadLetters, progress: Progress, reason: str) -> _Done:
    """A run that ends before its deliveries: rules are judged and rejected rows kept all the same."""
    progress(Event(kind="warning", text=f"nothing is delivered: {reason}"))
    names, counts, verdict = read_by_run(plan), Counts(plan), Verdict(plan)
    with (open_backend(plan, scratch, []) as backend,
          kept_when_stopped(plan, backend, verdict, scratch, names, dead)):  # fmt: skip
        add_bad_rows(plan, names, dead)
        beside = [*counts.sinks(), *verdict.sinks(), *letter_sinks(plan, dead)]
        deliver(plan, backend, [], progress, scratch, beside, judge=lambda: verdict.judge(backend))
        steps = _step_results(plan, backend, [], dead, scratch)
    skipped = (
        DeliveryResult(
            id=each.id,
            step=each.id,
            kind="table" if isinstance(each, TableOutput) else "file",
            target=each.shown_target,
            status="skipped",
        )
        for each in plan.compiled.outputs
    )
    return _Done(
        plan=first if plan.known_sources else plan, steps=steps, deliveries=tuple(skipped), ended=reason,
        validation=verdict.results(), has_failed_checks=verdict.has_failed_checks,
        warnings=[*_new_warnings(plan, first), *verdict.warnings(), *counts.warnings()], remarks=(),
    )  # fmt: skip


def _word(plan: Plan, outputs: Sequence[Output], words: RunWords, backend: Backend) -> None:
    """Fill in the texts of the reports, now that the values they show can be computed."""
    problems = Problems(plan.compiled.document)
    settings = plan.compiled.workflow.settings
    values = plan.compiled.texts.texts(backend, locale=settings.locale or "en", timezone=settings.timezone)
    words = replace(words, values=values)
    provenance = provenance_of(plan, outputs, words)
    for each in outputs:
        each.word(plan, words, provenance, problems)
    problems.raise_errors()


def _new_warnings(plan: Plan, first: Plan) -> list[Diagnostic]:
    """What only the second look at the sources had to say."""
    known = {each.message for each in first.warnings}
    return [each for each in plan.warnings if each.message not in known]


def read_by_run(plan: Plan) -> list[str]:
    """The relations that a run computes: for its deliveries, its checks and its dead letters."""
    compiled = plan.compiled
    delivered = [frame.name for each in compiled.outputs for frame in each.frames]
    letters = [each.letters.name for each in compiled.rejects]
    return list(dict.fromkeys((*delivered, *compiled.texts.frames, *_checked(plan), *Verdict(plan).frames, *letters)))


def _checked(plan: Plan) -> list[str]:
    frames = (frame for check in plan.compiled.checks for frame in (check.suspects, check.culprits))
    return [frame.name for frame in frames if frame is not None]


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
    """The rows of a frame, or the first `rows` of them; bad rows are left out as in a run, with a Python warning."""
    scratch = plan.scratch()
    current = plan
    while True:
        try:
            known = resolved(current, scratch)
            return _collected(known, known.relation(frame), scratch, rows=rows, checked=checked)
        except ReadAgain as again:
            current = second_plan(current, again)


def _collected(plan: Plan, name: str, scratch: Path, *, rows: int | None, checked: bool) -> pl.DataFrame:
    graph = plan.compiled.graph
    names = [name, *(_checked(plan) if checked else ())]
    with open_backend(plan, scratch, [name]) as backend, explained(plan, scratch, names):
        read_whole(graph, passed_over(graph, [name]) if rows is None else graph.rejecting([name]), scratch)
        found = _judged(plan, name, backend, rows=rows) if checked else backend.collect(name, rows)
    _warn_of_bad_rows(plan, name)
    return found


def _judged(plan: Plan, name: str, backend: Backend, *, rows: int | None) -> pl.DataFrame:
    """The rows after the checks, and after what the rules say of them."""
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


def _warn_of_bad_rows(plan: Plan, name: str) -> None:
    """Say in Python's way which rows are missing."""
    for each in plan.compiled.graph.needed([name]):
        source = plan.compiled.graph[each].source
        if source is not None and source.bad is not None:
            what = "1 bad row is" if source.bad.count == 1 else f"{source.bad.count:,} bad rows are"
            warnings.warn(f'{what} left out of "{each}"; a run keeps them as dead letters', stacklevel=4)


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
            with open_backend(plan, scratch, [frame.name]) as backend, explained(plan, scratch, [frame.name]):
                values = backend.collect(frame.name, None)
            found[at] = values.to_series(0).to_list()
            progress(Event(kind="step_finished", step=step, rows=values.height, seconds=time.perf_counter() - started))
        again = compile_document(
            plan.compiled.document, inputs=plan.given_inputs, engine=plan.engine, now=plan.compiled.words.now,
            base=plan.base, policy=plan.policy, found_values=found,
            known_sources=plan.known_sources, increments=plan.compiled.increments,
        )  # fmt: skip
        again.engine_reason, again.given_now = plan.engine_reason, plan.given_now
        plan = again
    return plan


def _outputs(plan: Plan, base: Path, scratch: Path, words: RunWords, problems: Problems, *,
             ask_remote: bool = True, is_preview: bool = False,
             journal: Journal | None = None) -> list[Output]:  # fmt: skip
    outputs: list[Output] = []
    for compiled in plan.compiled.outputs:
        if isinstance(compiled, TableOutput) and not is_preview:
            if compiled.address is not None:
                outputs.append(TableDelivering.of(compiled, plan, words, journal))
            continue
        file = compiled.preview if isinstance(compiled, TableOutput) else compiled
        if file is None:
            continue
        each = replace(file, is_preview=is_preview)
        target = each.target(words, base=base, scratch=scratch, problems=problems,
                             ask_remote=ask_remote)  # fmt: skip
        if target is not None and each.frame is not None:
            outputs.append(output_of(each, target, plan, base, scratch))
    targets: dict[str, Output] = {}
    for output in outputs:
        other = targets.setdefault(output.identity, output)
        if other is not output:
            problems.error("IR603", f"two deliveries make the same file {output.shown}",
                           at=(*output.at, "filename_template"), hint="give one of them another name",
                           related=[("the other one", other.at)])  # fmt: skip
    return outputs


def _step_results(
    plan: Plan, backend: Backend, results: list[DeliveryResult], dead: DeadLetters, scratch: Path
) -> tuple[StepResult, ...]:
    steps: list[StepResult] = []
    used = plan.compiled.graph.needed([frame.name for each in plan.compiled.outputs for frame in each.frames])
    counts = known_counts(plan.compiled.graph, {**_stored_counts(plan, used, backend, scratch), **backend.counts})
    for name in used:
        relation = plan.compiled.graph[name]
        if not relation.hidden:
            rows_in, rows_out = counts.get(relation.inputs[0]) if relation.inputs else None, counts.get(name)
            rejected = dead.of(name)
            if relation.source is not None and relation.source.bad is not None:
                rejected = relation.source.bad.count
                rows_in = None if rows_out is None else rows_out + rejected
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


def _stored_counts(plan: Plan, names: list[str], backend: Backend, scratch: Path) -> dict[str, int]:
    """The rows of sources that the engine did not count and whose files say how many they have."""
    counts: dict[str, int] = {}
    for name in names:
        count = getattr(plan.compiled.graph[name].source, "stored_rows", None)
        if name not in backend.counts and count is not None:
            with suppress(ConnectorProblem, OSError, pl.exceptions.PolarsError):  # a file that has gone since
                rows = count(scratch)
                if rows is not None:
                    counts[name] = rows
    return counts


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
