"""Filters that a collection does before the engine does them: it leaves out what surely is no row of the result.

A document may hold anything under a key. So the condition that is sent lets every document pass that the engine has
to see: one that may meet the filter, and one with a value that is not of its column's type, which makes a bad row or
widens the column. The filter itself stays where it is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from connectors.databases.mongodb.query import sent
from connectors.databases.mongodb.relation import MongoRelation
from engine.graph import Graph
from engine.pushdown.conditions import conjuncts
from engine.pushdown.needs import needed_columns
from ir import types as t
from transforms.expressions.tree import Apply, Field, Node, Value
from transforms.filter import Filter

_EXPECTED: Mapping[type[t.DataType], tuple[str, ...]] = {
    t.String: ("string",),
    t.Integer: ("int", "long"),
    t.Number: ("int", "long", "double"),
    t.Boolean: ("bool",),
    t.Datetime: ("date",),
}
"""The BSON types that the server compares as the engines do. Of decimals the digits decide, of structs and lists what
is inside."""
_FITTING: Mapping[type[t.DataType], tuple[str, ...]] = {
    t.String: ("string", "objectId", "int", "long", "double", "decimal", "bool", "date", "binData"),
    t.Number: ("int", "long", "double", "decimal"),
}
"""Where there are more: the BSON types all of whose values fit a column that is not compared."""
_OPERATORS = {"=": "$eq", "<>": "$ne", "<": "$lt", "<=": "$lte", ">": "$gt", ">=": "$gte"}
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_EXACT = 2**53
Condition = dict[str, Any]


def with_filters(graph: Graph, outputs: Collection[str]) -> Graph:
    """The graph whose collections are asked for fewer documents."""
    names = graph.needed(outputs)
    if not any(isinstance(graph[name].source, MongoRelation) for name in names):
        return graph
    needs = needed_columns(graph, outputs)
    readers: dict[str, list[str]] = {}
    for name in names:
        for each in graph[name].inputs:
            readers.setdefault(each, []).append(name)
    made = Graph()
    for relation in graph:
        source = relation.source
        if isinstance(source, MongoRelation) and relation.name in needs and relation.name not in outputs:
            filters = [graph[each].operation for each in readers.get(relation.name, ())]
            if len(filters) == 1 and isinstance(filters[0], Filter):
                source = _asked_for_fewer(source, filters[0], needs[relation.name])
                relation = replace(relation, source=source)
        made.add(relation)
    return made


def _asked_for_fewer(source: MongoRelation, operation: Filter, needs: Collection[str]) -> MongoRelation:
    if source.limit is not None or source.offset or source.watch is not None or source.spool is not None:
        return source
    found = [each for node in conjuncts(operation.where.root) if (each := _condition(node, source)) is not None]
    compared = {name for each in found for name in _compared_keys(each)}
    wary = _wary(source, {*needs, *source.declared}, compared)
    if not found or wary is None:
        return source
    condition = {"$and": found} if len(found) > 1 else found[0]
    return replace(source, before=({"$or": [condition, *wary]},))


def _compared_keys(condition: Condition) -> Iterator[str]:
    for name, value in condition.items():
        if name in {"$and", "$or"}:
            for each in value:
                yield from _compared_keys(each)
        else:
            yield name


def _wary(source: MongoRelation, names: Collection[str], compared: Collection[str]) -> list[Condition] | None:
    """That a value is not of its column's type; None where the type alone does not tell."""
    conditions: list[Condition] = []
    for name, key in source.keys.items():
        if name not in names or isinstance(key.type, t.Json):
            continue
        expected = _EXPECTED.get(type(key.type))
        if name not in compared:
            expected = _FITTING.get(type(key.type), expected)
        if expected is None or key.is_mixed or not name or name.startswith("$") or "." in name:
            return None
        conditions += [{name: {"$exists": True, "$not": {"$type": [*expected, "null"]}}}, {name: {"$type": "array"}}]
    return conditions


def _condition(node: Node, source: MongoRelation) -> Condition | None:
    """What every document meets whose row meets the condition; None where that cannot be said."""
    match node:
        case Apply(function=function, args=args) if function.name == "or":
            found = [_condition(each, source) for each in args]
            return None if None in found else {"$or": found}
        case Apply(function=function, args=args) if function.name == "and":
            both = [each for arg in args if (each := _condition(arg, source)) is not None]
            return {"$and": both} if both else None
        case Apply(function=function, args=(one, other)) if function.name in _OPERATORS:
            word = function.name
            if isinstance(one, Value):
                one, other, word = other, one, _TURNED.get(word, word)
            return _compared(word, one, other, source)
        case Apply(function=function, args=(of, *values)) if function.name == "in":
            constants = [_constant(each, of, source, "=") for each in values]
            name = _name(of)
            if name is None or None in constants:
                return None
            return {name: {"$in": [each["$eq"] for each in constants if each is not None]}}
    return None


def _compared(word: str, one: Node, other: Node, source: MongoRelation) -> Condition | None:
    name = _name(one)
    constant = _constant(other, one, source, word)
    return None if name is None or constant is None else {name: constant}


def _name(node: Node) -> str | None:
    """The key that is compared, also where it is an integer that becomes a number."""
    if isinstance(node, Apply) and node.function.name == "cast" and isinstance(node.type, t.Number | t.Decimal):
        [node] = node.args
        return _name(node) if isinstance(node.type, t.Integer) else None
    return node.column if isinstance(node, Field) and not node.path and not node.table else None


def _constant(node: Node, of: Node, source: MongoRelation, word: str) -> Condition | None:
    """{operator: constant}, where the server compares it as the engines do."""
    name = _name(of)
    if not isinstance(node, Value) or name is None or name not in source.keys or node.value is None:
        return None
    kind, value = source.keys[name].type, node.value
    match kind, value:
        case t.String(), str() if word == "=":
            return {"$eq": value}  # a collation may order texts otherwise, and takes as many or more of them for equal
        case t.Boolean(), bool():
            return {_OPERATORS[word]: value}
        case t.Integer() | t.Number(), int() | float() if not isinstance(value, bool) and abs(value) < _EXACT:
            return {_OPERATORS[word]: sent(value)}
        case t.Integer(), Decimal() if abs(value) < _EXACT:
            return {_OPERATORS[word]: sent(value)}
        case t.Datetime(zoned=zoned), datetime() if value.microsecond % 1000 == 0:  # the server keeps milliseconds
            return {_OPERATORS[word]: value.astimezone(UTC) if zoned else value}
    return None
