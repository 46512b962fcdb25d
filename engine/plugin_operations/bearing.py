"""Failures of calls that edge cases say what is done about: the run bears them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from connectors.problem import ConnectorProblem
from engine.edge_cases import Occasion, edge_case
from engine.effects.adding import add_rejects
from ir.model.edge_cases import EdgeCase
from ir.records import dataclass
from transforms.filter import FilterConfig, build_filter

if TYPE_CHECKING:
    from engine.compiler import Compiler
    from engine.plugin_operations.effect import PluginEffect
    from ir.model.workflow import Workflow

RATE_LIMIT, ANY = "rate_limit_exceeded", "api_error"
_RULES: Mapping[str, str] = {RATE_LIMIT: "rate_limit", ANY: "call"}
_OF_SERVICES = frozenset({"IR691", "IR692"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearing:
    """What is done about each kind of failure, by its condition; and whether somebody is told of it."""

    cases: Mapping[str, EdgeCase]
    alerts: frozenset[str] = frozenset()

    @classmethod
    def of(cls, workflow: Workflow) -> Bearing:
        actions = ("use_default_value", "skip_execution")
        found = {each: edge_case(workflow, each, *actions) for each in (RATE_LIMIT, ANY)}
        told = frozenset(each for each in (RATE_LIMIT, ANY) if edge_case(workflow, each, "alert_admin") is not None)
        return cls(cases={name: case[0] for name, case in found.items() if case is not None}, alerts=told)

    def case_of(self, problem: ConnectorProblem) -> EdgeCase | None:
        """What is done about the failure; None where the operation itself says."""
        condition = condition_of(problem)
        return None if condition is None else self.cases.get(condition)

    def is_told(self, problem: ConnectorProblem) -> bool:
        """Whether somebody is told of the failure, and the run goes on."""
        return condition_of(problem) in self.alerts


def condition_of(problem: ConnectorProblem) -> str | None:
    """The condition of edge cases that the failure is; None for one that is no answer of a service."""
    if problem.reason == "rate_limit":
        return RATE_LIMIT
    return ANY if problem.reason is not None or problem.code in _OF_SERVICES else None


def rule_of(problem: ConnectorProblem | None, *, is_uncertain: bool) -> str:
    """The word for a failure among the rejected rows."""
    if is_uncertain:
        return "uncertain"
    return _RULES[RATE_LIMIT] if problem is not None and problem.reason == "rate_limit" else _RULES[ANY]


def tell_of_failures(effect: PluginEffect, compiler: Compiler) -> None:
    """Have failed calls found in a run, where an edge case tells somebody of them."""
    for condition in sorted(effect.bearing.alerts):
        at = (*effect.at, "rejects")
        name = compiler.graph.free_name(f"{effect.id}_{condition}")
        add_rejects(compiler, effect, name, at)
        frame = compiler.frames.pop(name)
        compiler.declared.pop(name)
        assert frame is not None
        word = _RULES[RATE_LIMIT]
        where = f"_rule {'=' if condition == RATE_LIMIT else '<>'} '{word}'"
        operation = build_filter(FilterConfig(where=where), frame, compiler.building(at, name))
        if operation is not None:
            rows = compiler.add(compiler.graph.free_name(f"{name}_rows"), operation, at, name, hidden=True)
            compiler.occurred(condition, Occasion(reason=f"calls of {effect.id} failed", frame=rows,
                                                  is_without_rows=False))  # fmt: skip
