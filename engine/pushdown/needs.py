"""The columns of each frame that anything reads."""

from __future__ import annotations

from collections.abc import Collection

from engine.graph import Graph, Relation
from transforms.aggregate import Aggregate
from transforms.filter import Filter
from transforms.format import Format
from transforms.join import Join
from transforms.limit import Limit
from transforms.map import Map
from transforms.sort import Sort
from transforms.union import Union


def needed_columns(graph: Graph, outputs: Collection[str]) -> dict[str, set[str]]:
    """{relation: the columns that outputs and other relations read of it}.

    An operation that is not known here reads all. Too few would do no harm: an engine asks for what it reads.
    """
    needs = {name: set(graph[name].frame.schema) if name in outputs else set() for name in graph.needed(outputs)}
    ordered = graph.ordered(outputs)
    for relation in reversed(graph.relations.values()):
        if relation.name not in needs or relation.operation is None:
            continue
        for name, columns in _read(relation, needs[relation.name], is_ordered=relation.name in ordered):
            needs[name] |= columns
        for value in relation.operation.values:
            needs[value.frame].add(value.column)
    return needs


def _read(relation: Relation, wanted: set[str], *, is_ordered: bool) -> list[tuple[str, set[str]]]:
    """What an operation reads of each of its inputs, where only `wanted` of its own columns count."""
    operation = relation.operation
    assert operation is not None
    names = [frame.name for frame in operation.inputs]
    match operation:
        case Filter():
            return [(names[0], wanted | operation.where.columns)]
        case Map():
            used = (bound.columns for name, bound in operation.outputs if name in wanted)
            return [(names[0], set().union(*used))]
        case Sort():
            shows = is_ordered or operation.limit is not None
            return [(names[0], wanted | ({key.column for key in operation.keys} if shows else set()))]
        case Limit() | Format():
            return [(names[0], wanted)]
        case Aggregate():
            asked = wanted | (operation.having.columns if operation.having is not None else set())
            keys = (bound.columns for _, bound in operation.keys)
            used = (bound.columns for name, bound in operation.aggregates if name in asked)
            return [(names[0], set().union(*keys, *used))]
        case Join():
            beside = operation.where.columns if operation.where is not None else set()
            left = (wanted | beside) & set(operation.inputs[0].schema) | {key for key, _ in operation.on}
            right = {key for _, key in operation.on} | (beside & set(operation.inputs[1].schema))
            right |= {each.source for each in operation.taken if each.name in wanted}
            return [(names[0], left), (names[1], right)]
        case Union():
            return [(frame.name, wanted & set(frame.schema)) for frame in operation.inputs]
    return [(frame.name, set(frame.schema)) for frame in operation.inputs]
