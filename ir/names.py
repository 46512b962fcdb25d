"""Every name that a workflow gives to something, and where."""

from __future__ import annotations

from collections.abc import Iterator

from ir.diagnostics import Pointer, Problems
from ir.model.conditionals import BranchDeliveries
from ir.model.deliveries import DeliveryRules
from ir.model.words import RESERVED_NAMES
from ir.model.workflow import Workflow


def check_names(workflow: Workflow, problems: Problems) -> None:
    """Names are unique in a workflow, and none is a word of the language."""
    seen: dict[str, Pointer] = {}
    for name, at in names_of(workflow):
        if name in RESERVED_NAMES:
            problems.error("IR304", f'the name "{name}" is taken by the language', at=at,
                           hint=f"taken are {', '.join(sorted(RESERVED_NAMES))}")  # fmt: skip
        elif name in seen:
            problems.error("IR305", f'the name "{name}" is given twice', at=at,
                           related=[("first given here", seen[name])], hint="names are unique")  # fmt: skip
        else:
            seen[name] = at


def names_of(workflow: Workflow) -> Iterator[tuple[str, Pointer]]:
    """Every name that something else may refer to, and where it is given, in written order.

    A step's id and output_variable may be the same word; so may a merge's alias and its source's.
    """
    aliases: dict[str, int] = {}
    for index, source in enumerate(workflow.data_sources):
        if source.alias:
            aliases.setdefault(source.alias, index)
            yield source.alias, ("data_sources", index, "alias")
        if source.rejects:
            yield source.rejects, ("data_sources", index, "rejects")
    for index, each in enumerate(workflow.data_merge.sources or [] if workflow.data_merge else []):
        if each.alias and each.source_index is not None and aliases.get(each.alias) != each.source_index:
            yield each.alias, ("data_merge", "sources", index, "alias")
    if workflow.validation_rejects:
        yield workflow.validation_rejects, ("validation_rejects",)
    for stage in ("transforms", "ai_operations", "plugin_operations"):
        for index, step in enumerate(getattr(workflow, stage)):
            for key in ("id", "output_variable", "rejects"):
                name = getattr(step, key, None)
                if name and not (key == "output_variable" and name == step.id):
                    yield name, (stage, index, key)
    for index, conditional in enumerate(workflow.conditionals):
        if conditional.id:
            yield conditional.id, ("conditionals", index, "id")
    for rules, at in delivery_rules_of(workflow):
        yield from _delivery_names(rules, at)


def delivery_rules_of(workflow: Workflow) -> Iterator[tuple[DeliveryRules, Pointer]]:
    """The document's delivery rules and those of every branch of its conditionals."""
    yield workflow.delivery_rules, ("delivery_rules",)
    for index, conditional in enumerate(workflow.conditionals):
        at: Pointer = ("conditionals", index)
        branches = [
            (conditional.then_actions, (*at, "then_actions")),
            (conditional.else_actions, (*at, "else_actions")),
        ]
        for number, branch in enumerate(conditional.elif_branches):
            key = "then_actions" if branch.then_actions is not None else "actions"
            branches.append((branch.then_actions or branch.actions, (*at, "elif_branches", number, key)))
        for actions, place in branches:
            if isinstance(actions, BranchDeliveries):
                yield actions.delivery_rules, (*place, "delivery_rules")


def delivery_ids(workflow: Workflow) -> set[str]:
    """The ids that deliveries are given, wherever they stand."""
    return {name for rules, at in delivery_rules_of(workflow) for name, _ in _delivery_names(rules, at)}


def _delivery_names(rules: DeliveryRules, at: Pointer) -> Iterator[tuple[str, Pointer]]:
    for key in ("per_item_delivery", "per_group_delivery", "summary_delivery"):
        delivery = getattr(rules, key)
        if delivery and delivery.id:
            yield delivery.id, (*at, key, "id")
    for key in ("multiple_destinations", "database_delivery", "file_delivery"):
        for index, delivery in enumerate(getattr(rules, key)):
            if delivery.id:
                yield delivery.id, (*at, key, index, "id")
