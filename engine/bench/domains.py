"""Which columns of the sources are joined with each other, and so must hold the same values."""

from __future__ import annotations

from engine.graph import Graph
from ir.expressions import Column as ColumnSyntax
from transforms.join import Join
from transforms.map import Map

Column = tuple[str, str]
"""A source's relation and one of its columns."""


def joined_columns(graph: Graph) -> list[set[Column]]:
    """The sets of source columns that joins compare, directly or through other joins."""
    sets: list[set[Column]] = []
    for relation in graph:
        if not isinstance(relation.operation, Join):
            continue
        left, right = relation.operation.inputs[:2]
        for left_key, right_key in relation.operation.on:
            met = {each for each in (origin(graph, left.name, left_key), origin(graph, right.name, right_key)) if each}
            if not met:
                continue
            touched = [each for each in sets if each & met]
            sets = [each for each in sets if not each & met]
            sets.append(met.union(*touched))
    return sets


def key_tuples(graph: Graph) -> set[tuple[str, tuple[str, ...]]]:
    """(source, columns) of the keys on the right sides of joins, which as a rule stand once there."""
    found: set[tuple[str, tuple[str, ...]]] = set()
    for relation in graph:
        if isinstance(relation.operation, Join):
            right = relation.operation.inputs[1]
            origins = [origin(graph, right.name, key) for _, key in relation.operation.on]
            known = [each for each in origins if each]
            if known and len(known) == len(origins) and len({name for name, _ in known}) == 1:
                found.add((known[0][0], tuple(column for _, column in known)))
    return found


def origin(graph: Graph, name: str, column: str) -> Column | None:
    """The source column whose values stand in `column` of the relation; None where they are computed."""
    relation = graph[name]
    operation = relation.operation
    if operation is None:
        return (name, column)
    if isinstance(operation, Map):
        tree = next((bound.tree for output, bound in operation.outputs if output == column), None)
        if not isinstance(tree, ColumnSyntax) or len(tree.path) != 1:
            return None
        return origin(graph, operation.inputs[0].name, tree.path[0])
    if isinstance(operation, Join):
        taken = next((each.source for each in operation.taken if each.name == column), None)
        if taken is not None:
            return origin(graph, operation.inputs[1].name, taken)
    for frame in operation.inputs:
        if frame.schema.get(column) == operation.schema.get(column) is not None:
            return origin(graph, frame.name, column)
    return None
