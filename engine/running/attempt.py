"""One attempt at a run: checks, then every delivery whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.files.report import Provenance
from engine.backends import Backend, open_backend
from engine.checks import Counts
from engine.conditionals.gates import Gates, never_delivered
from engine.database_deliveries import TableOutput
from engine.effects.carrying_out import Effects
from engine.endings import ended_by, wait_for_rows
from engine.events import Event
from engine.failure import SourceFailed, explained
from engine.increments.saving import Reached, reached
from engine.messages.attaching import keeping_of
from engine.names import RunWords
from engine.output import Output
from engine.outputs import deliver
from engine.plugin_sources.run import with_fetched
from engine.policies.guarding import guarding
from engine.policies.policies import Policies, without_constraints
from engine.policies.rereading import wait_to_read_again
from engine.provenance import provenance_of
from engine.result import DeliveryResult, RuleResult, StepResult
from engine.run_letters import add_bad_rows, kept_when_stopped, letter_sinks, stream_again
from engine.running.context import Running
from engine.running.earlier import NOTHING, Earlier
from engine.running.finished_pass import FinishedPass, stored_spools
from engine.running.found_names import found_names
from engine.running.from_pass import deliver_from, steps_of
from engine.running.pass_notes import note_pass
from engine.running.reading import check, read_by_run, resolved
from engine.running.receipt import Reading, changed_since
from engine.running.step_results import step_results, tell_steps
from engine.second_plan import ReadAgain, second_plan
from engine.split_output import output_of
from engine.table_delivering import TableDelivering
from engine.verdict import Verdict
from engine.whole_reading import joins, passed_over, read_whole
from ir.diagnostics import Diagnostic, Problems
from ir.records import dataclass

if TYPE_CHECKING:
    from engine.delivery_order import Delivered
    from engine.messages.output import MessageOutput
    from engine.plan import Plan
    from engine.plugin_deliveries.output import PluginOutput


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A run that came to its end. `plan` is the one to look at afterwards, `remarks` are those of the writers."""

    plan: Plan
    steps: tuple[StepResult, ...]
    deliveries: tuple[DeliveryResult, ...]
    validation: tuple[RuleResult, ...]
    has_failed_checks: bool
    warnings: list[Diagnostic]
    remarks: tuple[str, ...]
    reached: Reached
    """How far the incremental sources were read."""
    read: Sequence[Mapping[str, Any]] = ()
    """The facts of the sources, for the receipt."""
    ended: str | None = None
    effects: Effects


def attempts(plan: Plan, running: Running) -> Done:
    """Run the plan, and again from the start each time that a source has to be read otherwise or anew.

    Raises:
        Cancelled: the run was told to stop, or took too long.
    """
    with running.policies.within_time():
        try:
            return _attempts(plan, running)
        except Exception:
            running.cancellation.check()  # engines tell what stops them in words of their own
            raise


def _attempts(plan: Plan, running: Running) -> Done:
    current, effects = plan, Effects(running=running)
    passed = running.earlier.passed
    if passed is not None and not plan.compiled.first_passes:  # without one, its deliveries have no columns yet
        done = _from_pass(passed, plan, running, effects)
        if done is not None:
            return done
    if plan.compiled.effects:
        from engine.effects.readiness import check_ready  # which asks this module for the deliveries

        check_ready(plan, running)
    while True:
        try:
            current = with_fetched(current, running)
            with guarding(current, running.policies):
                wait_for_rows(current, running)
                ended = ended_by(current, running.folder)
                if ended is not None:
                    return _ended(current, plan, running, ended, effects)
                current = resolved(current, running.folder, running.progress, carry_out_next=effects.carry_out_next)
                ended = ended_by(current, running.folder) if effects.done else None
                if ended is not None:
                    return _ended(current, plan, running, ended, effects)
            with guarding(current, running.policies):
                return _attempt(current, plan, running, effects)
        except ReadAgain as again:
            running.dead.clear()
            running.progress(Event(kind="step_started", step="second look at the sources"))
            current = second_plan(current, again)
        except SourceFailed as failed:
            # nothing has been delivered: a delivery is completed only when all its rows are there
            wait_to_read_again(current, failed, running.policies)
            running.dead.clear()
            for each in plan.compiled.increments.known.values():
                if each.watch is not None:
                    each.watch.reset()


def _from_pass(passed: FinishedPass, plan: Plan, running: Running, effects: Effects) -> Done | None:
    """The run from what an earlier attempt has read; None where that is not enough for what is left to deliver."""
    problems = Problems(plan.compiled.document)
    words = replace(plan.compiled.words, run_id=running.run_id, names=passed.names)
    outputs = outputs_of(plan, running.base, running.folder, words, problems, earlier=running.earlier,
                         policies=running.policies, running=running)  # fmt: skip
    problems.raise_errors()
    spools = passed.reopened(plan, outputs, running.folder)
    if spools is None:
        return None
    results = deliver_from(passed, plan, outputs, spools, running)
    results += [_skipped(each, why) for each in plan.compiled.outputs if (why := never_delivered(plan, each))]
    results = _with_earlier(plan, results, running.earlier)
    return Done(
        plan=plan, steps=steps_of(passed, results), deliveries=tuple(results), validation=passed.validation,
        has_failed_checks=passed.has_failed_checks, warnings=[*passed.told, *problems.warnings],
        remarks=tuple(text for output in outputs for text in output.problems), reached=passed.reached,
        read=passed.read, effects=effects,
    )  # fmt: skip


def _attempt(plan: Plan, first: Plan, running: Running, effects: Effects) -> Done:
    scratch, dead = running.folder, running.dead
    problems = Problems(plan.compiled.document)
    words = replace(plan.compiled.words, run_id=running.run_id, names=found_names(plan, scratch))
    outputs = outputs_of(plan, running.base, scratch, words, problems, is_preview=running.is_preview,
                         earlier=running.earlier, policies=running.policies, running=running)  # fmt: skip
    problems.raise_errors()
    left_out = [_skipped(each, reason) for each in plan.compiled.outputs if (reason := never_delivered(plan, each))]
    names, graph = read_by_run(plan), plan.compiled.graph
    add_bad_rows(plan, names, dead)
    effects.add_letters(dead)
    counts, verdict, gates = Counts(plan), Verdict(plan), Gates(plan)
    relations = [name for each in outputs for name in each.relations]
    running = replace(running, spooled=_kept_for_a_resume(plan, outputs))
    reading = Reading(plan=plan, names=names)
    if not running.is_preview:
        reading.begin()
    with (open_backend(plan, scratch, [*relations, *plan.compiled.texts.frames]) as backend,
          kept_when_stopped(plan, backend, verdict, scratch, names, dead)):  # fmt: skip
        with explained(plan, scratch, names):
            read_whole(graph, passed_over(graph, names), scratch)
            check(plan, backend, verdict)
            texts, provenance = _word(plan, outputs, words, backend)
        beside = [*counts.sinks(), *verdict.sinks(), *letter_sinks(plan, dead)]

        def judge() -> None:
            if joins(graph, names) and not all(output.rows for output in outputs):
                read_whole(graph, graph.needed(names), scratch)
            verdict.judge(backend)

        came_to, read = Reached(), list[dict[str, Any]]()

        def completed() -> None:
            nonlocal came_to, read
            if any(output.error is not None for output in outputs):
                stream_again(plan, backend, scratch, names, dead)
            dead.finish()
            came_to, read = _reached(plan, running), reading.end()
            if running.recording.notes is None:
                return
            note_pass(running, FinishedPass(
                spools=stored_spools(outputs), texts=texts, names=words.names, gates=gates.as_json(),
                letters=dead.counts,
                provenance=None if provenance is None else tuple(provenance.lines), reached=came_to,
                steps=step_results(plan, backend, [], dead, scratch, running.policies, effects.done, effects.counts),
                validation=verdict.results(), has_failed_checks=verdict.has_failed_checks, read=tuple(read),
                warnings=tuple((each.code, each.message) for each in (*verdict.warnings(), *counts.warnings())),
            ))  # fmt: skip

        results = deliver(plan, backend, outputs, running, beside, gates=gates, judge=judge, completed=completed)
        results += left_out
        if running.is_preview:
            backend.counts.clear()  # of rows that stopped when the first of them were there
        results = _with_earlier(plan, results, running.earlier)
        steps = step_results(plan, backend, results, dead, scratch, running.policies, effects.done, effects.counts)
        tell_steps(steps, results, running.progress, told=effects.done)
    return Done(
        plan=first if plan.known_sources else plan, steps=steps, deliveries=tuple(results),
        validation=verdict.results(), has_failed_checks=verdict.has_failed_checks,
        warnings=[*_new_warnings(plan, first), *problems.warnings, *verdict.warnings(), *counts.warnings(),
                  *_changed_sources(running.earlier, read)],
        remarks=tuple(text for output in outputs for text in output.problems), reached=came_to, read=read,
        effects=effects,
    )  # fmt: skip


def _reached(plan: Plan, running: Running) -> Reached:
    """How far this pass came; no further than the one that some deliveries were made of, where there was one."""
    passed = running.earlier.passed
    if passed is not None and running.earlier.delivered:
        return passed.reached
    return reached(plan, running.run_id, set(plan.compiled.graph.needed(read_by_run(plan))))


def _changed_sources(earlier: Earlier, read: Sequence[dict[str, Any]]) -> list[Diagnostic]:
    """A warning where deliveries that stand were made of other sources than those that are made now."""
    if earlier.passed is None or not earlier.delivered:
        return []
    changed = changed_since(earlier.passed.read, read)
    if not changed:
        return []
    shown = ", ".join(changed[:3]) + (", …" if len(changed) > 3 else "")
    standing = ", ".join(earlier.delivered)
    return [Diagnostic(
        code="IR711", severity="warning",
        message=f"{shown} changed since {standing} {'were' if len(earlier.delivered) > 1 else 'was'} delivered",
        hint="what is delivered now was made of the sources as they are",
    )]  # fmt: skip


def _kept_for_a_resume(plan: Plan, outputs: Sequence[Output]) -> frozenset[str]:
    """Relations of incremental sources that several deliveries take: read again they would have other rows, and what
    one delivery has would be missing in the other."""
    if not plan.compiled.increments.known or len(outputs) < 2:
        return frozenset()
    return frozenset(name for each in outputs for name in each.relations)


def _with_earlier(plan: Plan, results: Sequence[DeliveryResult], earlier: Earlier) -> list[DeliveryResult]:
    """The deliveries of this attempt and those that earlier ones have made, in the order of the plan."""
    if not earlier.delivered:
        return list(results)
    order = {each.id: place for place, each in enumerate(plan.compiled.outputs)}
    found = {**earlier.delivered, **{each.id: each for each in results}}
    return sorted(found.values(), key=lambda each: order.get(each.id, len(order)))


def _ended(plan: Plan, first: Plan, running: Running, reason: str, effects: Effects) -> Done:
    """A run that ends before its deliveries: rules are judged and rejected rows kept all the same."""
    scratch, dead = running.folder, running.dead
    running.progress(Event(kind="warning", text=f"nothing is delivered: {reason}"))
    names, counts, verdict = read_by_run(plan), Counts(plan), Verdict(plan)
    with (open_backend(plan, scratch, []) as backend,
          kept_when_stopped(plan, backend, verdict, scratch, names, dead)):  # fmt: skip
        add_bad_rows(plan, names, dead)
        effects.add_letters(dead)
        beside = [*counts.sinks(), *verdict.sinks(), *letter_sinks(plan, dead)]
        deliver(plan, backend, [], running, beside, gates=Gates(plan), judge=lambda: verdict.judge(backend))
        steps = step_results(plan, backend, [], dead, scratch, running.policies, effects.done, effects.counts)
        tell_steps(steps, [], running.progress, told=effects.done)
    skipped = tuple(_skipped(each, None) for each in plan.compiled.outputs)
    return Done(
        plan=first if plan.known_sources else plan, steps=steps, deliveries=skipped, ended=reason,
        validation=verdict.results(), has_failed_checks=verdict.has_failed_checks,
        warnings=[*_new_warnings(plan, first), *verdict.warnings(), *counts.warnings()], remarks=(),
        reached=_reached(plan, running), effects=effects,
    )  # fmt: skip


def _skipped(output: Delivered, reason: str | None) -> DeliveryResult:
    """The result of a delivery that is not even begun."""
    return DeliveryResult(id=output.id, step=output.id, kind=output.kind, target=output.shown_target, status="skipped",
                          error=reason)  # fmt: skip


def _word(plan: Plan, outputs: Sequence[Output], words: RunWords, backend: Backend
          ) -> tuple[Mapping[str, str], Provenance | None]:  # fmt: skip
    """Fill in the texts of the reports, now that the values they show can be computed; those, and the footer."""
    problems = Problems(plan.compiled.document)
    settings = plan.compiled.workflow.settings
    values = plan.compiled.texts.texts(backend, locale=settings.locale or "en", timezone=settings.timezone)
    words = replace(words, values=values)
    provenance = provenance_of(plan, outputs, words)
    for each in outputs:
        each.word(plan, words, provenance, problems)
    problems.raise_errors()
    return values, provenance


def _new_warnings(plan: Plan, first: Plan) -> list[Diagnostic]:
    """What only the second look at the sources had to say."""
    known = {each.message for each in first.warnings}
    return [each for each in plan.warnings if each.message not in known]


def outputs_of(plan: Plan, base: Path, scratch: Path, words: RunWords, problems: Problems, *,
             ask_remote: bool = True, is_preview: bool = False, earlier: Earlier = NOTHING,
             policies: Policies | None = None, running: Running | None = None) -> list[Output]:  # fmt: skip
    """Every delivery that does not stand yet, ready to take rows; what is wrong with its place is in the problems."""
    outputs: list[Output] = []
    delivered, policies = earlier.delivered, policies or without_constraints()
    for compiled in plan.compiled.outputs:
        if compiled.id in delivered or never_delivered(plan, compiled):
            continue
        policy = policies.of(compiled.delivery.execution_constraints, name=compiled.id)
        if isinstance(compiled, TableOutput) and not is_preview:
            if compiled.address is not None:
                outputs.append(TableDelivering.of(compiled, plan, words, policy))
            continue
        if compiled.kind == "message":
            outputs += message_on_its_way(compiled, plan, running)
            continue
        if compiled.kind == "plugin" and not is_preview:
            outputs += plugin_on_its_way(compiled, plan, running)
            continue
        file = compiled if compiled.kind == "file" else compiled.preview
        if file is None:
            continue
        each = replace(file, is_preview=is_preview, branch=compiled.branch)
        own = earlier.own_files(compiled.id)
        target = each.target(words, base=base, scratch=scratch, problems=problems,
                             ask_remote=ask_remote, own=own)  # fmt: skip
        if target is not None and each.frame is not None:
            made = output_of(each, target, plan, base, scratch, policy, own=own)
            made.keeping = keeping_of(made.id, plan, scratch)
            outputs.append(made)
    targets: dict[str, Output] = {}
    for output in outputs:
        other = targets.setdefault(output.identity, output)
        if other is not output:
            problems.error("IR603", f"two deliveries make the same file {output.shown}",
                           at=(*output.at, "filename_template"), hint="give one of them another name",
                           related=[("the other one", other.at)])  # fmt: skip
    return outputs


def plugin_on_its_way(compiled: PluginOutput, plan: Plan, running: Running | None) -> list[Output]:
    """The delivery by a plugin; none where its columns are not known."""
    from engine.plugin_deliveries.delivering import PluginDelivering

    if compiled.frame is None:
        return []
    return [PluginDelivering(output=compiled, document=plan.compiled.document, plan=plan, running=running)]


def message_on_its_way(compiled: MessageOutput, plan: Plan, running: Running | None) -> list[Output]:
    """The delivery of messages; none where its columns are not known."""
    from engine.messages.delivering import MessageDelivering

    return [MessageDelivering.of(compiled, plan, running)] if compiled.frame is not None else []
