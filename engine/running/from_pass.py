"""Deliveries that a resume makes of the rows which an earlier attempt at the run has left: nothing is read again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from engine.conditionals.gates import Gates
from engine.events import Event
from engine.executor import finish
from engine.output import Output, Spools
from engine.outputs import tell
from engine.result import DeliveryResult, StepResult
from engine.run_folder import PASS, SPOOLS
from engine.running.context import Running
from engine.running.finished_pass import FinishedPass
from ir.diagnostics import Problems

if TYPE_CHECKING:
    from engine.plan import Plan


def deliver_from(passed: FinishedPass, plan: Plan, outputs: Sequence[Output], spools: Spools, running: Running
                 ) -> list[DeliveryResult]:  # fmt: skip
    """What becomes of the outputs, each filled from the spools."""
    running.kept.update({PASS, SPOOLS})
    running.dead.stand(passed.letters)
    gates = Gates(plan)
    gates.restore(passed.gates)
    words = replace(plan.compiled.words, run_id=running.run_id, values=dict(passed.texts), names=passed.names)
    problems = Problems(plan.compiled.document)
    for output in outputs:
        output.word(plan, words, passed.footer, problems)
    problems.raise_errors()
    try:
        for output in outputs:
            running.progress(Event(kind="step_started", step=output.id))
            _fill(output, spools, running)
        running.recording.wait()
        return finish(outputs, at_once=running.policies.deliveries_at_once, cancellation=running.cancellation,
                      finished=partial(tell, {}, running.progress), closed=gates.closed,
                      complete=running.ledger.finish)  # fmt: skip
    except BaseException:
        for output in reversed(outputs):  # the first made the folder they share, and takes it away when it is empty
            output.fail(RuntimeError("the run was stopped"))
        raise


def _fill(output: Output, spools: Spools, running: Running) -> None:
    output.spools = spools
    output.open()
    for name in output.relations:
        spool = next(spool for (of, _), spool in spools.items() if of == name)
        for batch in spool.batches():
            running.cancellation.check()
            if output.write(batch):
                break


def steps_of(passed: FinishedPass, results: Sequence[DeliveryResult]) -> tuple[StepResult, ...]:
    """The steps of the pass and the deliveries."""
    made = (StepResult(name=each.step, kind=each.kind, rows_in=each.rows, rows_out=each.rows, attempts=each.attempts)
            for each in results)  # fmt: skip
    return (*passed.steps, *made)
