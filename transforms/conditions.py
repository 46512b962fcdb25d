"""FilterGroups: conditions in words become the same typed tree that expressions become."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from ir.diagnostics import Pointer, Problems
from ir.expression_lexer import quoted
from ir.types import Schema, String
from transforms.condition_operators import OPERATORS, ConditionOperator
from transforms.condition_values import Hidden, Operands, Refused
from transforms.expressions import coercion
from transforms.expressions.functions import OPERATORS as FUNCTIONS
from transforms.expressions.names import resolve
from transforms.expressions.problems import ExpressionProblem
from transforms.expressions.scope import Scope
from transforms.expressions.tree import Bound, Field, Node, columns_of, values_of

__all__ = ["OPERATORS", "ConditionOperator", "bind_condition", "bind_filter", "combined", "field_node"]


class Condition(Protocol):
    """What a condition has; `ir.model.filters.Condition` is one."""

    @property
    def field(self) -> str: ...
    @property
    def operator(self) -> Any: ...
    @property
    def value(self) -> Any: ...
    @property
    def case_sensitive(self) -> bool | None: ...


class Group(Protocol):
    """Conditions and groups under one combination; `ir.model.filters.FilterGroup` is one."""

    @property
    def combineWith(self) -> Any: ...
    @property
    def conditions(self) -> Sequence[Any]: ...
    @property
    def groups(self) -> Sequence[Any]: ...


def bind_filter(group: Group, scope: Scope, *, problems: Problems, at: Pointer) -> Bound | None:
    """The group as one boolean expression over the scope's columns; None after errors at their places."""
    found = _group(group, scope, problems, at)
    return None if found is None else Bound(found, describe(group), columns_of(found), False, values=values_of(found))


def describe(group: Group) -> str:
    """The group in one line of words: `status equals "paid" and (…)`."""
    parts = [f"{each.field} {each.operator}" + ("" if each.value is None else f" {each.value!r}")
             for each in group.conditions]  # fmt: skip
    parts += [f"({describe(each)})" for each in group.groups]
    return f" {str(group.combineWith).lower()} ".join(parts)


def _group(group: Group, scope: Scope, problems: Problems, at: Pointer) -> Node | None:
    terms = [bind_condition(each, scope, problems, (*at, "conditions", index))
             for index, each in enumerate(group.conditions)]  # fmt: skip
    terms += [_group(each, scope, problems, (*at, "groups", index)) for index, each in enumerate(group.groups)]
    known = [each for each in terms if each is not None]
    if len(known) < len(terms) or not known:
        return None
    return combined(group.combineWith, known, timezone=scope.timezone)


def combined(combine_with: str, terms: Sequence[Node], *, timezone: str) -> Node:
    """All of the terms (AND), or any of them (OR)."""
    if len(terms) == 1:
        return terms[0]
    found = coercion.apply(FUNCTIONS["or" if combine_with == "OR" else "and"], terms, timezone=timezone)
    assert not isinstance(found, coercion.Misfit)
    return found


def bind_condition(condition: Condition, scope: Scope, problems: Problems, at: Pointer) -> Node | None:
    """One condition as a boolean expression; None after an error at its place."""
    field = field_node(condition.field, scope)
    if field is None:
        return None
    if isinstance(field, ExpressionProblem):
        notes = [f"columns here: {scope.schema.brief()}"] if field.code == "IR401" else []
        problems.error(field.code, field.message, at=(*at, "field"), hint=field.hint, notes=notes)
        return None
    operator = OPERATORS[condition.operator]
    try:
        return operator.build(Operands(field, condition.value, condition.case_sensitive, scope))
    except Hidden:
        return None
    except Refused as refused:
        place = refused.at if refused.at is not None else ("value",) if condition.value is not None else ("operator",)
        # What is wrong with a template has nothing to do with the operator, and may have been reported already.
        said = refused.message if refused.within else f"{condition.operator}: {refused.message}"
        problems.error(refused.code, said, at=(*at, *place), within=refused.within, hint=refused.hint)
        return None


def field_node(name: str, scope: Scope) -> Node | ExpressionProblem | None:
    """The column of that name, else the path into a struct or a frame; None where the frame is not known."""
    path = _path(name, scope.schema)
    if ".".join(path) in scope.named:
        return scope.named[".".join(path)]
    return Field(scope.schema[path[0]], path[0]) if len(path) == 1 and path[0] in scope.schema else resolve(path, scope)


def _path(name: str, schema: Schema) -> tuple[str, ...]:
    inside = name.strip()
    if inside.startswith("{{") and inside.endswith("}}"):
        inside = inside[2:-2].strip()
    return (inside,) if inside in schema else tuple(part.strip() for part in inside.split("."))


def column_text(name: str, schema: Schema) -> str:
    """A condition's field as an expression says it."""
    return ".".join(map(quoted, _path(name, schema)))


def compares_text_with_number(condition: Condition, schema: Schema) -> bool:
    """Whether the condition orders the numbers in the texts of a column."""
    field = field_node(condition.field, Scope(schema=schema))
    number = isinstance(condition.value, int | float) and not isinstance(condition.value, bool)
    ordered = str(condition.operator).startswith(("greater_than", "less_than"))
    return ordered and number and isinstance(field, Field) and isinstance(field.type, String)
