"""Partitions by a condition: rows for which it does not hold are in none, as rows without a value are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.conditionals.conditions import bound_condition, call, holds
from engine.conditionals.settings import with_settings
from ir.diagnostics import Pointer
from ir.names import delivery_rules_of
from transforms.expressions.tree import Field, Value
from transforms.frame import Frame

if TYPE_CHECKING:
    from engine.compiler import Compiler


def partitioned(rows: Frame, column: str, name: str, compiler: Compiler) -> Frame:
    """The rows with no value in the column that they are split or grouped by, where its partition leaves them out."""
    for index, partition in enumerate(compiler.workflow.partitions):
        if partition.field != column or partition.condition is None or column not in rows.schema:
            continue
        at: Pointer = ("partitions", index, "condition")
        found = bound_condition(partition.condition, rows, at, name, compiler)
        if found is None:
            return rows
        kind = rows.schema[column]
        kept = call("case", holds(found.root), Field(kind, column), Value(kind, None))
        operation = with_settings(rows, {column: kept}, compiler, at, f"{column} where {found.text}")
        return compiler.add(compiler.graph.free_name(f"{name}_parted"), operation, at, name, hidden=True)
    return rows


def check_partitions(compiler: Compiler) -> None:
    """A warning for partitions that nothing is split or grouped by, an error for groups that are not emitted."""
    workflow = compiler.workflow
    rules = list(delivery_rules_of(workflow))
    used = {each.options.split_by for one, _ in rules for each in one.files}
    grouped: list[Pointer] = []
    for one, at in rules:
        if one.per_group_delivery is not None:
            grouped.append((*at, "per_group_delivery"))
        grouped += [(*at, "multiple_destinations", index) for index, each in enumerate(one.multiple_destinations)
                    if each.execution_scope == "per_group"]  # fmt: skip
    if grouped and workflow.grouping is None:
        used |= {each.field for each in workflow.partitions[:1]}
    if workflow.grouping is not None:
        used |= set(workflow.grouping.group_by)
        if grouped and not workflow.grouping.emit_per_group:
            compiler.problems.error("IR206", "emit_per_group: false says that no group is delivered on its own",
                                    at=("grouping", "emit_per_group"),
                                    hint="write summary_delivery, or emit_per_group: true",
                                    related=[("the delivery per group", grouped[0])])  # fmt: skip
    for index, partition in enumerate(workflow.partitions):
        if partition.field not in used:
            compiler.problems.warning("IR320", f'nothing is split or grouped by "{partition.field}"',
                                      at=("partitions", index))  # fmt: skip
