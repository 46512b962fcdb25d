"""The steps of a run with the rows that went in and came out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import polars as pl

from connectors.problem import ConnectorProblem
from engine.backends import Backend
from engine.dead_letters import DeadLetters
from engine.effects.effect import EffectDone
from engine.effects.relation import EffectRelation
from engine.events import Event, Progress
from engine.graph import known_counts
from engine.policies.policies import Policies
from engine.result import DeliveryResult, StepResult

if TYPE_CHECKING:
    from engine.plan import Plan


def step_results(
    plan: Plan, backend: Backend, results: list[DeliveryResult], dead: DeadLetters, scratch: Path, policies: Policies,
    effects: Mapping[str, EffectDone] = MappingProxyType({}), counted: Mapping[str, int] = MappingProxyType({}),
) -> tuple[StepResult, ...]:  # fmt: skip
    """Every step that is shown, and every delivery. `effects` are those that were carried out, by their
    steps, and `counted` the rows of what they took."""
    steps: list[StepResult] = []
    wanted = [frame.name for each in plan.compiled.outputs for frame in each.frames]
    wanted += [each.effect.rows.name for each in effects.values() if each.effect.rows is not None]
    made = [each.name for each in plan.compiled.graph if isinstance(each.source, EffectRelation)]
    used = plan.compiled.graph.needed([*wanted, *made])
    counts = known_counts(
        plan.compiled.graph, {**counted, **_stored_counts(plan, used, backend, scratch), **backend.counts}
    )
    for name in used:
        relation = plan.compiled.graph[name]
        if isinstance(relation.source, EffectRelation):
            done = effects.get(relation.source.effect)
            if done is not None and not relation.source.part:
                steps.append(replace(done.step, dead_letters=dead.of(done.effect.id)))
            continue
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
                    attempts=policies.attempts_at(plan, relation.at) if relation.source is not None else 1,
                    dead_letters=dead.of(name),
                )
            )
    deliveries = (
        StepResult(name=result.step, kind=result.kind, rows_in=result.rows, rows_out=result.rows,
                   seconds=backend.seconds.get(result.id, 0.0), attempts=result.attempts,
                   dead_letters=dead.of(result.step))
        for result in results
    )  # fmt: skip
    return (*steps, *deliveries)


def tell_steps(steps: Sequence[StepResult], results: Sequence[DeliveryResult], progress: Progress, *,
               told: Collection[str] = ()) -> None:  # fmt: skip
    """Tell the rows of the steps that were computed on the way to the deliveries, which have told their own, as those
    have that are in `told`."""
    delivered = {each.step for each in results} | set(told)
    for each in steps:
        if each.name not in delivered and each.rows_out is not None:
            progress(Event(kind="step_finished", step=each.name, rows=each.rows_out, attempt=each.attempts))


def _stored_counts(plan: Plan, names: list[str], backend: Backend, scratch: Path) -> dict[str, int]:
    """The rows of sources that the engine did not count and whose files say how many they have."""
    counts: dict[str, int] = {}
    for name in names:
        count = getattr(plan.compiled.graph[name].source, "stored_rows", None)
        if name not in backend.counts and count is not None:
            with suppress(ConnectorProblem, OSError, pl.exceptions.PolarsError):  # a file that has gone since
                rows = count(scratch)
                if rows is not None:
                    counts[name] = backend.counts[name] = rows  # a file is asked once
    return counts
