"""Arguments become what a signature takes: constants are converted, columns are cast, the rest is refused."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from decimal import Decimal

from ir import types as t
from ir.expressions import Interval
from ir.records import dataclass
from transforms.expressions.literals import convert_literal, decimal_type
from transforms.expressions.orders import has_order
from transforms.expressions.signature import Function, Parameter
from transforms.expressions.tree import Apply, Node, Value
from transforms.expressions.widening import common_type


@dataclass(frozen=True, slots=True)
class Misfit:
    """Why a function cannot take its arguments; `argument` counts from 0."""

    message: str
    hint: str | None = None
    argument: int | None = None
    code: str = "IR411"


_RESULTS: dict[str, t.DataType] = {
    "text": t.String(), "integer": t.Integer(), "number": t.Number(), "boolean": t.Boolean(), "date": t.Date(),
    "datetime": t.Datetime(), "instant": t.Datetime(zoned=True), "list of text": t.ListOf(t.String()),
    "time": t.Time(), "duration": t.Duration(),
}  # fmt: skip


def apply(function: Function, args: Sequence[Node], *, timezone: str) -> Apply | Misfit:
    """The function applied to the arguments, converted, with the type of its result."""
    if len(args) < function.least or (function.most is not None and len(args) > function.most):
        return Misfit(f"{function.name} takes {_counted(function)}, not {len(args)}", f"write {function.signature}",
                      code="IR411")  # fmt: skip
    parameters = [parameter_at(function, index, len(args)) for index in range(len(args))]
    shared: t.DataType | None = None
    together = [index for index, each in enumerate(parameters) if each.kind in {"T", "list of T"}]
    if together:
        met = _together(function, args, together, parameters)
        if isinstance(met, Misfit):
            return met
        shared = met
    converted: list[Node] = []
    for index, (arg, parameter) in enumerate(zip(args, parameters, strict=True)):
        found = _argument(function, arg, parameter, index, shared, timezone)
        if isinstance(found, Misfit):
            return found
        converted.append(found)
    kinds = [each.type for each in converted]
    if function.check is not None and (problem := function.check(function, tuple(converted))):
        return Misfit(problem)
    if function.result is not None:
        return Apply(function.result(converted), function, tuple(converted))
    return Apply(_result(function, kinds, shared), function, tuple(converted))


def lasting(interval: Interval) -> Value | None:
    """The interval as a duration; None where it has months, which differ in length."""
    if interval.months:
        return None
    return Value(t.Duration(), datetime.timedelta(days=interval.days, microseconds=interval.microseconds))


def parameter_at(function: Function, index: int, count: int) -> Parameter:
    """The parameter that takes argument `index` of `count`; the last of a variadic signature repeats."""
    parameters = function.parameters
    if function.name == "case":
        # conditions and values take turns, the value of else comes last
        return parameters[index % 2 if index < count - 1 else 1]
    return parameters[min(index, len(parameters) - 1)]


def convert(node: Node, to: t.DataType, *, timezone: str = "UTC") -> Node:
    """The node as `to`: a constant converts here and now, anything else is cast when it runs."""
    from transforms.expressions.functions import OPERATORS

    if node.type == to:
        return node
    if isinstance(node, Value) and not isinstance(node.value, Interval):
        if node.value is None:
            return Value(to, None)
        return Value(to, convert_literal(node.value, to, timezone=timezone))
    return Apply(to, OPERATORS["cast"], (node,))


def _counted(function: Function) -> str:
    least, most = function.least, function.most
    if most is None:
        return f"{least} arguments or more"
    many = f"{least}" if least == most else f"{least} to {most}"
    return f"{many} argument{'' if most == 1 else 's'}"


def _result(function: Function, kinds: Sequence[t.DataType], shared: t.DataType | None) -> t.DataType:
    gives = function.gives
    if gives in _RESULTS:
        return _RESULTS[gives]
    if gives == "T":
        assert shared is not None
        return shared
    if gives == "list of T":
        assert shared is not None
        return t.ListOf(shared)
    for parameter, kind in zip(function.parameters, kinds, strict=False):
        if parameter.name == gives:
            return kind
    raise AssertionError(f"{function.signature} does not say what it gives")


def _together(function: Function, args: Sequence[Node], together: Sequence[int],
              parameters: Sequence[Parameter]) -> t.DataType | Misfit:  # fmt: skip
    """The type that all T of the call become."""
    kinds: list[t.DataType] = []
    for index in together:
        kind = args[index].type
        if parameters[index].kind == "list of T":
            if not isinstance(kind, t.ListOf | t.Null):
                return Misfit(f"{function.name} takes a list here, this is {kind}", argument=index)
            kind = kind.item if isinstance(kind, t.ListOf) else kind
        kinds.append(kind)
    met = common_type(kinds)
    if met is None:
        # a text constant beside dates is the date it spells
        others = [kind for kind, index in zip(kinds, together, strict=True) if not _is_text(args[index])]
        met = common_type(others)
        if met is None or not isinstance(met, t.TEMPORAL):
            return _unequal(function, args, together, kinds)
    if isinstance(met, t.Decimal):
        met = _narrowed(met, args, together)
    return met


def _narrowed(met: t.Decimal, args: Sequence[Node], together: Sequence[int]) -> t.DataType:
    """Integer constants beside decimals need only their own digits, not the 19 of any integer."""
    exact = [_own_digits(args[index]) for index in together]
    return common_type(exact) or met


def _own_digits(node: Node) -> t.DataType:
    if isinstance(node, Value) and isinstance(node.type, t.Integer) and isinstance(node.value, int):
        return decimal_type(Decimal(node.value))
    return node.type


def _is_text(node: Node) -> bool:
    return isinstance(node, Value) and isinstance(node.type, t.String)


def _unequal(function: Function, args: Sequence[Node], together: Sequence[int],
             kinds: Sequence[t.DataType]) -> Misfit:  # fmt: skip
    # not always the first of them: a date goes with datetimes of both sorts, which do not go together
    first, index, other = next(
        (one, i, k) for one in kinds for i, k in zip(together, kinds, strict=True) if common_type([one, k]) is None
    )
    text = args[index] if _is_text(args[index]) else next((args[i] for i in together if _is_text(args[i])), None)
    number = next((kind for kind in (first, other) if isinstance(kind, t.NUMERIC)), None)
    if isinstance(text, Value) and number is not None:
        hint = f"write the number without quotes, or cast(… as {number})"
    else:
        hint = f"write cast(… as {first}) or cast(… as {other}) around one of them"
    what = "compares" if function.hidden and function.gives == "boolean" else "takes together"
    return Misfit(f"{function.name} {what} values of one type, these are {first} and {other}", hint, index)


def _argument(function: Function, arg: Node, parameter: Parameter, index: int, shared: t.DataType | None,
              timezone: str) -> Node | Misfit:  # fmt: skip
    kind, given = parameter.kind, arg.type
    if parameter.constant and not isinstance(arg, Value):
        return Misfit(f"{parameter.name} of {function.name} is a constant, not computed for each row", argument=index)
    if isinstance(arg, Value) and isinstance(arg.value, Interval) and kind != "interval":
        length = lasting(arg.value)
        if length is None:
            return Misfit("an interval of months has no length of its own",
                          "it is added to or subtracted from a date or datetime", index)  # fmt: skip
        arg = length
    to = _wanted(kind, given, shared)
    if to is None:
        hint = f"write cast(… as {_CAST_TO[kind]})" if kind in _CAST_TO and not isinstance(given, t.ListOf) else None
        article = _TAKES.get(kind, kind)
        return Misfit(f"{function.name} takes {article} here, this is {given}", hint, index)
    try:
        return convert(arg, to, timezone=timezone)
    except ValueError as error:
        return Misfit(str(error), argument=index)


_CAST_TO = {"text": "string", "integer": "integer", "numeric": "number", "number": "number", "date": "date"}
_TAKES = {"text": "text", "integer": "an integer", "numeric": "a number", "number": "a number",
          "boolean": "a condition", "date": "a date or datetime", "moment": "a date, datetime or time",
          "summable": "numbers", "orderable": "values that can be compared",
          "list": "a list", "textual": "text", "clock": "a datetime or time"}  # fmt: skip


def _wanted(kind: str, given: t.DataType, shared: t.DataType | None) -> t.DataType | None:
    """The type an argument becomes; None when it cannot."""
    null = isinstance(given, t.Null)
    match kind:
        case "T":
            return shared
        case "list of T":
            assert shared is not None
            return t.ListOf(shared)
        case "text" | "textual":
            if kind == "textual" and not isinstance(given, t.ListOf | t.Struct | t.File | t.Duration):
                return t.String()
            return t.String() if null or isinstance(given, t.String | t.Json) else None
        case "integer":
            return t.Integer() if null or isinstance(given, t.Integer) else None
        case "numeric":
            return t.Integer() if null else given if isinstance(given, t.NUMERIC) else None
        case "summable":
            return t.Integer() if null or isinstance(given, t.Boolean) else (
                given if isinstance(given, t.NUMERIC) else None)  # fmt: skip
        case "number":
            return t.Number() if null or isinstance(given, (*t.NUMERIC, t.Boolean)) else None
        case "boolean":
            return t.Boolean() if null or isinstance(given, t.Boolean) else None
        case "date":
            return t.Date() if null else given if isinstance(given, t.Date | t.Datetime) else None
        case "clock":
            return t.Datetime() if null else given if isinstance(given, t.Datetime | t.Time) else None
        case "moment":
            return t.Datetime() if null else given if isinstance(given, t.TEMPORAL) else None
        case "list":
            return t.ListOf(t.Null()) if null else given if isinstance(given, t.ListOf) else None
        case "orderable":
            return given if has_order(given) else None
        case "interval":
            return t.Duration() if null or isinstance(given, t.Duration) else None
    return given
