"""Which relations a run reads, and what is known only when the sources were looked at."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from engine.backends import Backend, open_backend
from engine.checks import run_checks
from engine.conditionals.aborts import aborting_frames, check_aborts
from engine.effects.carrying_out import unfinished
from engine.events import Event, Progress, silent
from engine.failure import explained
from engine.verdict import Verdict
from ir.diagnostics import Pointer, WorkflowError

if TYPE_CHECKING:
    from engine.plan import Plan


def read_by_run(plan: Plan) -> list[str]:
    """The relations that a run computes: for its deliveries, its checks and its dead letters."""
    compiled = plan.compiled
    delivered = [frame.name for each in compiled.outputs for frame in each.frames]
    letters = [each.letters.name for each in compiled.rejects]
    return list(
        dict.fromkeys(
            (
                *delivered,
                *compiled.texts.frames,
                *compiled.file_names.frames,
                *checked_frames(plan),
                *aborting_frames(plan),
                *Verdict(plan).frames,
                *letters,
                *(frame.name for each in compiled.effects for frame in (each.rows, *each.values) if frame is not None),
            )
        )
    )


def checked_frames(plan: Plan) -> list[str]:
    """The relations that checks look at."""
    frames = (frame for check in plan.compiled.checks for frame in (check.suspects, check.culprits))
    return [frame.name for frame in frames if frame is not None]


def check(plan: Plan, backend: Backend, verdict: Verdict) -> None:
    """Stop the run where a check does not hold, by what the rules say of the rows where they say something."""
    try:
        run_checks(plan, backend)
        check_aborts(plan, backend)
    except WorkflowError:
        verdict.judge(backend)
        raise


def resolved(plan: Plan, scratch: Path, progress: Progress = silent, *,
             carry_out_next: Callable[[Plan], bool] = lambda plan: False) -> Plan:  # fmt: skip
    """The plan with the columns that only a first pass can tell, compiled anew as often as passes need one another.

    Between the passes `carry_out_next` carries out the plan's next effect, and says whether there was one.
    """
    from engine.api import compiled_again

    found: dict[Pointer, list[object]] = {}
    while True:
        pending = [at for at in plan.compiled.first_passes if at not in found]
        ready = [at for at in pending if not unfinished(plan, scratch, plan.compiled.first_passes[at].name)]
        if not ready:
            if carry_out_next(plan):
                continue
            if not pending:
                return plan
        for at in ready or pending:
            frame = plan.compiled.first_passes[at]
            started = time.perf_counter()
            step = "first pass over " + frame.name.rpartition("_")[0]
            progress(Event(kind="step_started", step=step))
            with open_backend(plan, scratch, [frame.name]) as backend, explained(plan, scratch, [frame.name]):
                values = backend.collect(frame.name, None)
            found[at] = values.to_series(0).to_list()
            progress(Event(kind="step_finished", step=step, rows=values.height, seconds=time.perf_counter() - started))
        plan = compiled_again(plan, found_values=found)
