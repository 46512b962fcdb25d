"""set_field: what a branch writes into a column of its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.conditionals.conditions import as_bound, call
from engine.conditionals.named import values_named
from ir import types as t
from ir.diagnostics import Pointer
from ir.records import dataclass
from ir.templates import TemplateSyntax, parse_template
from transforms.building import column_tree
from transforms.conditions import field_node
from transforms.expressions import Bound, Scope, coercion, convert_literal
from transforms.expressions.functions import OPERATORS
from transforms.expressions.literals import literal_type
from transforms.expressions.problems import ExpressionProblem
from transforms.expressions.tree import Field, Node, Value
from transforms.frame import Frame
from transforms.map import Map, project

if TYPE_CHECKING:
    from engine.compiler import Compiler


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A column and its new value, in the rows of one branch."""

    field: str
    value: Any
    at: Pointer
    rows: Node
    """Which rows of `data` the branch has."""


def setting_nodes(settings: Sequence[Setting], data: Frame, compiler: Compiler) -> dict[str, list[tuple[Node, Node]]]:
    """{column: (rows, value) of each branch that sets it}, all values of one column of one type."""
    found: dict[str, list[tuple[Node, Node]]] = {}
    for each in settings:
        kind = data.schema.get(each.field)
        value = _value(each, kind, data, compiler)
        if value is None:
            continue
        before = found.setdefault(each.field, [])
        shared = kind or _shared([*(node for _, node in before), value])
        if shared is None:
            compiler.problems.error("IR411", f'"{each.field}" is {before[0][1].type} in a branch before and '
                                    f"{value.type} here", at=(*each.at, "value"), hint="give it one type")  # fmt: skip
            continue
        found[each.field] = [(rows, coercion.convert(node, shared)) for rows, node in [*before, (each.rows, value)]]
    return {field: pairs for field, pairs in found.items() if pairs}


def with_settings(rows: Frame, set_to: Mapping[str, Node], compiler: Compiler, at: Pointer, notes: str) -> Map:
    """The rows with these columns replaced where they stand, or added behind."""
    building = compiler.building(at, "set_field")
    scope = building.scope(rows.schema)
    outputs: list[tuple[str, Bound]] = []
    for name in (*rows.schema, *(each for each in set_to if each not in rows.schema)):
        bound = as_bound(set_to[name], "") if name in set_to else building.bound_tree(column_tree(name), scope)
        assert bound is not None
        outputs.append((name, bound))
    return project(rows, outputs, notes=notes)


def in_branches(field: str, pairs: Sequence[tuple[Node, Node]], data: Frame) -> Node:
    """The column over all rows: in each branch what it sets, elsewhere what stood there, null in a new column."""
    kind = pairs[0][1].type
    other: Node = Field(kind, field) if field in data.schema else Value(kind, None)
    return call("case", *(part for pair in pairs for part in pair), other)


def _shared(nodes: Sequence[Node]) -> t.DataType | None:
    """The type that takes the values of all."""
    if len(nodes) == 1:
        return nodes[0].type
    found = coercion.apply(OPERATORS["coalesce"], nodes, timezone="UTC")
    return None if isinstance(found, coercion.Misfit) else found.type


def _value(setting: Setting, kind: t.DataType | None, data: Frame, compiler: Compiler) -> Node | None:
    """The value as an expression over the rows; None after an error."""
    at = (*setting.at, "value")
    building = compiler.building(setting.at, "set_field")
    if isinstance(setting.value, str) and "{{" in setting.value:
        scope = replace(building.scope(data.schema), named=values_named([setting.value], compiler, building))
        node = _referred(setting.value, scope, at, compiler)
    elif isinstance(setting.value, dict):
        building.error("IR205", "set_field takes one value, not an object", "value")
        return None
    else:
        written = kind or literal_type(setting.value)
        try:
            return Value(written, convert_literal(setting.value, written, timezone=building.timezone))
        except ValueError as problem:
            building.error("IR405", f'"{setting.field}" is {written}: {problem}', "value")
            return None
    if node is not None and kind is not None and _shared([Value(kind, None), node]) != kind:
        building.error("IR411", f'"{setting.field}" is {kind}, and {setting.value} is {node.type}', "value",
                       hint="cast it in a map before")  # fmt: skip
        return None
    return node


def _referred(text: str, scope: Scope, at: Pointer, compiler: Compiler) -> Node | None:
    try:
        template = parse_template(text)
    except TemplateSyntax:  # told where the document is read
        return None
    if len(template.parts) > 1:
        compiler.problems.error("IR303", "set_field takes a value or one reference, not a text around references",
                                at=at, hint="make the text a column with a map")  # fmt: skip
        return None
    found = field_node(text, scope)
    if isinstance(found, ExpressionProblem):
        compiler.problems.error(found.code, found.message, at=at, hint=found.hint)
        return None
    return found
