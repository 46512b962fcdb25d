"""Which step stopped a run, and at which value: an engine runs the whole plan as one query, and does not say."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from engine.backends import open_backend
from engine.engine_words import CAST_HINT
from engine.graph import Relation
from engine.polars_frames import PolarsFrames
from ir.diagnostics import Pointer
from ir.model.transform import Transform
from ir.records import dataclass
from ir.types import DataType, String
from transforms.aggregate import Aggregate
from transforms.explode import Explode
from transforms.expressions import Bound, to_polars
from transforms.expressions.functions import OPERATORS
from transforms.expressions.polars_columns import exact
from transforms.expressions.tree import Apply, Node
from transforms.filter import Filter
from transforms.map import Map
from transforms.operation import Operation
from transforms.validation.testing import Testing
from transforms.window import WindowColumns

if TYPE_CHECKING:
    from engine.plan import Plan

_PATIENCE_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """Where a run stopped; `message` is None where only the engine's own words say why."""

    at: Pointer
    message: str | None = None
    hint: str | None = None
    kind: DataType | None = None
    """The type that was being computed, where that is known."""


def second_look(plan: Plan, scratch: Path) -> Stopped | None:
    """The first step that cannot be computed by itself, or None."""
    step = _stopped_step(plan, scratch)
    if step is None:
        return None
    if isinstance(step.operation, Explode):
        return Stopped(at=step.at, message="the lists of a row differ in length")
    computed = _stopped_columns(step, plan, scratch)
    at = _place(step, computed, plan.compiled.workflow.transforms)
    misfit = _misfit(step, computed, plan, scratch)
    return Stopped(at=at, message=misfit, hint=CAST_HINT if misfit else None,
                   kind=computed[0][1].type if len(computed) == 1 else None)  # fmt: skip


def _stopped_columns(step: Relation, plan: Plan, scratch: Path) -> list[tuple[str, Bound]]:
    """The first expression of the step that cannot be computed alone, or all where that is none."""
    computed = _computed(step.operation) if step.operation else []
    until = time.monotonic() + _PATIENCE_S
    for name, bound in computed if len(computed) > 1 else ():
        if name not in step.frame.schema or time.monotonic() > until:
            break
        frames = PolarsFrames(plan.compiled.graph, clock=plan.clock(), scratch=scratch, outputs=[step.name])
        try:
            frames.frame(step.name).select(exact(name).is_null().sum()).collect(engine="streaming")
        except Exception:  # any error is the answer; it has been met already
            return [(name, bound)]
    return computed


def _misfit(step: Relation, computed: list[tuple[str, Bound]], plan: Plan, scratch: Path) -> str | None:
    """The first text of the step's input that one of its casts does not take, whichever engine met it."""
    for _, bound in computed:
        for cast in _casts(bound.root):
            kept = Apply(cast.type, OPERATORS["try_cast"], cast.args)
            text, value = (Bound(node, "", frozenset(), False) for node in (cast.args[0], kept))
            clock = plan.clock()
            frames = PolarsFrames(plan.compiled.graph, clock=clock, scratch=scratch, outputs=[*step.inputs])
            rows = frames.input(step.name).select(
                text=to_polars(text, clock=clock), value=to_polars(value, clock=clock)
            )
            lost = rows.filter(pl.col("text").is_not_null(), pl.col("value").is_null())
            found = lost.select("text").head(1).collect(engine="streaming")
            if found.height:
                shown = str(found.item())
                return f'"{shown if len(shown) <= 80 else shown[:80] + "…"}" cannot be cast to {cast.type}'
    return None


def _casts(node: Node) -> list[Apply]:
    """The casts of texts that every row goes through: not those a case or an aggregate's filter keeps rows from."""
    if not isinstance(node, Apply) or node.function.name in {"case", "coalesce"} or node.where is not None:
        return []
    own = [node] if node.function.name == "cast" and isinstance(node.args[0].type, String) else []
    return [*(found for each in node.args for found in _casts(each)), *own]


def _stopped_step(plan: Plan, scratch: Path) -> Relation | None:
    """Only steps that compute something are tried, and those not longer than a person waits."""
    until = time.monotonic() + _PATIENCE_S
    for relation in plan.compiled.graph:
        if relation.operation is None or not _computes(relation.operation) or time.monotonic() > until:
            continue
        with open_backend(plan, scratch, [relation.name]) as backend:
            try:
                backend.stream([(relation.name, lambda batch: False)])
            except Exception:  # any error is the answer; it has been met already
                return relation
    return None


def _computes(operation: Operation) -> bool:
    return isinstance(operation, Explode) or bool(_computed(operation))


def _computed(operation: Operation) -> list[tuple[str, Bound]]:
    """The expressions of a step that are more than a column, by the name they have in its config."""
    match operation:
        case Map():
            named = list(operation.outputs)
        case Aggregate():
            named = [*operation.keys, *operation.aggregates]
        case WindowColumns():
            named = [(name, bound) for name, bound, _ in operation.columns]
        case Testing():
            named = list(operation.expressions)
        case Filter():
            named = [("where", operation.where)]
        case _:
            named = []
    return [(name, bound) for name, bound in named if isinstance(bound.root, Apply)]


def _place(step: Relation, computed: list[tuple[str, Bound]], transforms: Sequence[Transform]) -> Pointer:
    """The expression that stopped the step, where only one can have done it, else the step."""
    if isinstance(step.operation, Testing):
        return (*step.at, int(computed[0][0]), "expression") if len(computed) == 1 else step.at
    if len(computed) != 1 or step.at[:1] != ("transforms",):
        return step.at
    [(name, _)] = computed
    config = transforms[int(step.at[1])].config
    if name == "where" and isinstance(config.get(name), str):
        return (*step.at, "config", name)
    within = [key for key in ("columns", "cast", "aggregates") if name in (config.get(key) or ())]
    return (*step.at, "config", within[0], name) if within else step.at
