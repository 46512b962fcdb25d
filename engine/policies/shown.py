"""How the steps of a plan are carried out, for people and for tools."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.effects.relation import EffectRelation
from engine.policies.connections import connection_of, is_at_hand
from engine.policies.settled import Settled, settled, tried_again

if TYPE_CHECKING:
    from engine.delivery_order import Delivered
    from engine.graph import Relation
    from engine.plan import Plan


def policy_of_source(plan: Plan, relation: Relation) -> dict[str, Any]:
    """The keys of a step that say it; none for rows at hand, which nothing outside is asked for."""
    if isinstance(relation.source, EffectRelation):
        return _policy_of_operation(plan, relation)
    if relation.source is None or connection_of(relation.source) is None:
        return {}
    workflow = plan.compiled.workflow
    own = workflow.data_sources[int(relation.at[1])].execution_constraints
    return _shown(settled(workflow.execution_constraints, own, edge_cases=tried_again(workflow.edge_cases),
                          fetches=True))  # fmt: skip


def _policy_of_operation(plan: Plan, relation: Relation) -> dict[str, Any]:
    section, index = relation.at[:2]
    workflow = plan.compiled.workflow
    own = getattr(workflow, str(section))[index].execution_constraints
    return _shown(settled(workflow.execution_constraints, own, edge_cases=tried_again(workflow.edge_cases)))


def policy_of_delivery(plan: Plan, output: Delivered) -> dict[str, Any]:
    """The keys of a delivery's step that say it; none for a local file."""
    if output.kind == "file" and is_at_hand(output.delivery.destination):
        return {}
    workflow = plan.compiled.workflow
    return _shown(settled(workflow.execution_constraints, output.delivery.execution_constraints,
                          edge_cases=tried_again(workflow.edge_cases)))  # fmt: skip


def _shown(found: Settled) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    if found.retry is not None:
        shown["retry"] = found.retry.model_dump(exclude_none=True)
    if found.attempt_s is not None:
        shown["timeout_ms"] = round(found.attempt_s * 1000)
    if found.rates:
        shown["rate_limits"] = tuple(each.words for each in found.rates)
    return shown


def words_of(retry: dict[str, Any] | None, timeout_ms: int | None, rate_limits: tuple[str, ...] | None) -> str | None:
    """The same in one line; None where nothing is set."""
    said = []
    if retry is not None:
        said.append(f"up to {retry['max_attempts']} attempts ({retry['backoff_strategy']} waits from "
                    f"{retry['initial_delay_ms'] / 1000:g} s)")  # fmt: skip
    if timeout_ms is not None:
        said.append(f"each within {timeout_ms / 1000:g} s" if retry else f"within {timeout_ms / 1000:g} s")
    said += [f"at most {each}" for each in rate_limits or ()]
    return ", ".join(said) or None
