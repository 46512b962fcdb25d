"""What a name in an expression stands for: a column, a struct's field or an input of the run."""

from __future__ import annotations

from dataclasses import replace

from ir import types as t
from ir.diagnostics import did_you_mean
from transforms.expressions.problems import ExpressionProblem
from transforms.expressions.scope import OtherSide, Scope
from transforms.expressions.tree import Field, FrameValue, Value

_FILE_FIELDS: dict[str, t.DataType] = {"name": t.String(), "mime": t.String(), "size": t.Integer(), "ref": t.String()}


def resolve(
    path: tuple[str, ...], scope: Scope, *, quoted: bool = False
) -> Field | Value | FrameValue | ExpressionProblem | None:
    """What `path` names, or the problem with it; None for a frame whose columns are not known."""
    first = path[0]
    if scope.other is not None:
        found = _of_either_side(path, scope, scope.other)
        if found is not None:
            return found
    if first in scope.schema:
        return _field(path, scope.schema[first])
    if len(path) > 1 and first == "inputs":
        return _input(path, scope)
    if len(path) > 1 and first in {"item", "data"}:
        return resolve(path[1:], scope, quoted=quoted)
    if len(path) > 1 and first in scope.frames:
        return frame_value(path, scope)
    return _unknown(path, scope, quoted=quoted)


def _of_either_side(path: tuple[str, ...], scope: Scope, other: OtherSide) -> Field | ExpressionProblem | None:
    """A column of the join's source, or of its input by the input's name; None where it is neither."""
    first = path[0]
    if len(path) > 1 and first not in scope.schema and first not in other.schema:
        if first == other.name:
            if path[1] not in other.schema:
                hint = did_you_mean(path[1], other.schema.names) or f"its columns are {other.schema.brief()}"
                return ExpressionProblem(code="IR401", message=f'"{first}" has no column "{path[1]}"', hint=hint)
            return _of_table(_field(path[1:], other.schema[path[1]]), other.table)
        if first in {other.input_name, "data", "item"}:
            if path[1] in scope.schema:
                return _field(path[1:], scope.schema[path[1]])
            return _unknown(path[1:], scope, quoted=False)
    if first not in other.schema or first in other.shared:
        return None
    if first in scope.schema:
        return ExpressionProblem(
            code="IR403",
            message=f'both sides have a column "{first}"',
            hint=f"write {other.input_name}.{first} or {other.name}.{first}",
        )
    return _of_table(_field(path, other.schema[first]), other.table)


def _of_table(found: Field | ExpressionProblem, table: str) -> Field | ExpressionProblem:
    return replace(found, table=table) if isinstance(found, Field) else found


def frame_value(path: tuple[str, ...], scope: Scope) -> FrameValue | ExpressionProblem | None:
    """`totals.amount`: the value of another frame's only row."""
    frame, column = scope.frames[path[0]], path[1]
    if frame is None:
        return None
    if column not in frame.schema:
        hint = did_you_mean(column, frame.schema.names) or f"its columns are {frame.schema.brief()}"
        if column in {"count", "length"}:
            hint = f"count its rows in a reduce: {{{column}: count(*)}}"
        return ExpressionProblem(code="IR401", message=f'"{path[0]}" has no column "{column}"', hint=hint)
    if not frame.single:
        return ExpressionProblem(
            code="IR414",
            message=f'"{path[0]}" may have many rows, so {path[0]}.{column} is no single value',
            hint=f"make one row of it: {{type: reduce, input_source: {path[0]}, output_variable: …, config: "
            f"{{aggregates: {{{column}: max({column})}}}}}}; or look its rows up by a key with enrich",
        )
    found = _field(path[1:], frame.schema[column])
    return found if isinstance(found, ExpressionProblem) else FrameValue(found.type, frame.name, column, found.path)


def _field(path: tuple[str, ...], kind: t.DataType) -> Field | ExpressionProblem:
    for index, name in enumerate(path[1:], start=1):
        holder = '"' + ".".join(path[:index]) + '"'
        fields = dict(kind.fields) if isinstance(kind, t.Struct) else _FILE_FIELDS if isinstance(kind, t.File) else None
        if fields is None:
            hint = "json_get(column, 'key') reads a value from JSON" if isinstance(kind, t.Json | t.String) else None
            return ExpressionProblem(code="IR402", message=f"{holder} is {kind}, which has no fields", hint=hint)
        if name not in fields:
            return ExpressionProblem(
                code="IR402",
                message=f'{holder} has no field "{name}"',
                hint=did_you_mean(name, fields) or f"its fields are {', '.join(fields)}",
            )
        kind = fields[name]
    return Field(kind, path[0], path[1:])


def _input(path: tuple[str, ...], scope: Scope) -> Value | ExpressionProblem:
    if path[1] not in scope.inputs:
        return ExpressionProblem(
            code="IR302",
            message=f'there is no input "{path[1]}"',
            hint=did_you_mean(path[1], scope.inputs) or "declare it under runtime_inputs",
        )
    if len(path) > 2:
        return ExpressionProblem(code="IR402", message=f'the input "{path[1]}" has no fields')
    kind, value = scope.inputs[path[1]]
    return Value(kind, value)


def _unknown(path: tuple[str, ...], scope: Scope, *, quoted: bool) -> ExpressionProblem:
    names = [*scope.schema.names, *(scope.other.schema.names if scope.other is not None else ())]
    hint = scope.made_later(path[0]) or did_you_mean(path[0], names)
    if hint is None and quoted:
        hint = f"double quotes hold a column's name; a text stands in single quotes: '{path[0]}'"
    if hint is None and len(path) > 1:
        hint = did_you_mean(path[0], scope.frames) or "a value of another frame comes in by join or enrich"
    return ExpressionProblem(code="IR401", message=f'there is no column "{path[0]}" here', hint=hint)
