"""The value of a condition as constants of the column's type, exactly as its digits say."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from ir import types as t
from ir.diagnostics import did_you_mean
from ir.expressions import Interval
from ir.records import dataclass
from ir.templates import Reference, TemplateSyntax, Unresolved, parse_template
from ir.templates import resolve as resolve_reference
from transforms.expressions import coercion
from transforms.expressions.functions import OPERATORS as FUNCTIONS
from transforms.expressions.literals import convert_literal, decimal_type, literal_type, shown
from transforms.expressions.names import frame_value, resolve
from transforms.expressions.problems import ExpressionProblem
from transforms.expressions.scope import Scope
from transforms.expressions.tree import Field, FrameValue, Node, Value

_CLOCK_WORD = re.compile(r"\s*(now|today)\s*(?:([+-])\s*(\d{1,6})\s*(h|d|w|m|y))?\s*", re.IGNORECASE)
_HOURS, _DAYS, _MONTHS = {"h": 1}, {"d": 1, "w": 7}, {"m": 1, "y": 12}


class Refused(Exception):
    """A condition that has no meaning: what was seen and what would work.

    `at` is the part below the condition, `within` a span of its text.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        at: tuple[str | int, ...] | None = None,
        code: str = "IR411",
        within: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(message)
        self.message, self.hint, self.at, self.code, self.within = message, hint, at, code, within


class Hidden(Exception):
    """A condition that nothing is said about: it reads a frame whose columns an error elsewhere hides."""


@dataclass(frozen=True, slots=True)
class Operands:
    """The column and the value of one condition, with what they may refer to."""

    field: Node
    value: Any
    case_sensitive: bool | None
    scope: Scope

    @property
    def type(self) -> t.DataType:
        return self.field.type

    def call(self, function: str, *args: Node) -> Node:
        """A function of the table on these arguments."""
        found = coercion.apply(FUNCTIONS[function], args, timezone=self.scope.timezone)
        if isinstance(found, coercion.Misfit):
            between_columns = isinstance(self.value, dict) and "cast(" in (found.hint or "")
            hint = "cast one of them in a map before this, or write where: …" if between_columns else found.hint
            raise Refused(found.message, hint=hint)
        return found

    def either(self, *terms: Node) -> Node:
        return terms[0] if len(terms) == 1 else self.call("or", *terms)

    def plain_value(self) -> Any:
        """The value with its references to inputs filled in, of whatever type."""
        value = _resolved(self.value, self.scope, ("value",))
        if isinstance(value, FrameValue):
            raise Refused("the value is a constant, not one of a frame", hint="write where: an expression")
        return value

    def constant(self) -> Node:
        """The value as one operand: another column, an input, or a constant of the column's type."""
        if isinstance(self.value, list):
            raise Refused("the value is a list, one value is needed", hint="write operator: in")
        return self.operand(self.value, ("value",))

    def constants(self) -> list[Node]:
        """The value as several: a list, or a text split at commas and trimmed."""
        value = _resolved(self.value, self.scope, ("value",))
        if isinstance(value, str):
            value = [part.strip() for part in value.split(",")]
        if not isinstance(value, list):
            value = [value]
        return [self.operand(each, ("value", index)) for index, each in enumerate(value)]

    def operand(self, value: Any, at: tuple[str | int, ...]) -> Node:
        if isinstance(value, dict):
            return self.other_column(value, at)
        value = _resolved(value, self.scope, at)
        if isinstance(value, FrameValue):
            return value
        try:
            return as_type(value, self.type, self.scope.timezone)
        except ValueError as error:
            raise Refused(str(error), at=at, hint=_hint(self.type), code="IR405") from error

    def other_column(self, value: dict[str, Any], at: tuple[str | int, ...]) -> Node:
        name = str(value.get("column", ""))
        if name in self.scope.schema:
            return Field(self.scope.schema[name], name)
        found = resolve(tuple(name.split(".")), self.scope)
        if found is None:
            raise Hidden
        if isinstance(found, ExpressionProblem):
            known = f"columns here: {self.scope.schema.brief()}" if found.code == "IR401" else None
            raise Refused(found.message, hint=found.hint or known, at=(*at, "column"), code=found.code)
        return found

    def texts(self) -> list[Node]:
        """The value as constant texts, for searches."""
        value = _resolved(self.value, self.scope, ("value",))
        if isinstance(value, str):
            value = [part.strip() for part in value.split(",")]
        if not isinstance(value, list):
            value = [value]
        if any(isinstance(each, FrameValue) for each in value):
            raise Refused("the texts to look for are constants, not values of a frame", hint="write operator: contains")
        return [self.constant_text(each, index) for index, each in enumerate(value) if each not in (None, "")]

    def constant_text(self, value: Any, index: int) -> Node:
        try:
            return Value(t.String(), convert_literal(value, t.String()))
        except ValueError as error:
            hint = "write one condition of operator: contains for each column" if isinstance(value, dict) else None
            raise Refused("the parts to look for are constant texts", at=("value", index), hint=hint) from error

    def text(self) -> Node:
        """The value as one text or another column."""
        if isinstance(self.value, dict):
            other = self.other_column(self.value, ("value",))
            if isinstance(other.type, t.ListOf | t.Struct | t.File | t.Duration):
                raise Refused(f"the value is a column of {other.type}, a text is needed", at=("value",))
            return other
        value = _resolved(self.value, self.scope, ("value",))
        if isinstance(value, list):
            raise Refused("the value is a list, one text is needed", hint="write operator: contains_any")
        if isinstance(value, FrameValue):
            return value
        return Value(t.String(), convert_literal(value, t.String()))

    def column_text(self) -> Node:
        """The column as text, for searches in it."""
        if isinstance(self.type, t.ListOf | t.Struct | t.File | t.Duration):
            raise Refused(f"the column is {self.type}, a text is needed", at=("field",))
        return coercion.convert(self.field, t.String())


def _resolved(value: Any, scope: Scope, at: tuple[str | int, ...]) -> Any:
    """The value with its references to inputs filled in; a single reference keeps its type."""
    if isinstance(value, list):
        return [_resolved(each, scope, (*at, index)) for index, each in enumerate(value)]
    if not (isinstance(value, str) and "{{" in value):
        return value
    try:
        template = parse_template(value)
    except TemplateSyntax as problem:
        raise Refused(problem.message, at=at, code="IR111", within=(problem.start, problem.end)) from problem
    filled: list[Any] = []
    for part in template.parts:
        if isinstance(part, str):
            filled.append(part)
            continue
        if str(part) in scope.named:
            filled.append(_named(part, scope, at, alone=len(template.parts) == 1))
            continue
        if part.root in scope.frames and len(part.path) > 1:
            filled.append(_value_of_frame(part, scope, at, alone=len(template.parts) == 1))
            continue
        if part.root in scope.words:
            filled.append(_word(part, scope, at))
            continue
        if part.root != "inputs" or len(part.path) != 2:
            raise Refused(
                f"{{{{{part}}}}} cannot stand in a condition",
                at=at,
                code="IR303",
                within=part.span,
                hint="inputs are read as {{inputs.name}}, words of the run as {{run.date}}, "
                "another column as value: {column: name}",
            )
        name = str(part.path[1])
        if name not in scope.inputs:
            raise Refused(
                f'there is no input "{name}"',
                at=at,
                code="IR302",
                hint=did_you_mean(name, scope.inputs) or "declare it under runtime_inputs",
                within=part.span,
            )
        filled.append(scope.inputs[name][1])
    if len(filled) == 1:
        return filled[0]
    return "".join(str(convert_literal(each, t.String()) or "") for each in filled)


def _named(part: Reference, scope: Scope, at: tuple[str | int, ...], *, alone: bool) -> Any:
    """A single value that the place of the condition names."""
    found = scope.named[str(part)]
    if isinstance(found, Value):
        return found.value
    if not alone or not isinstance(found, FrameValue):
        raise Refused(
            f"{{{{{part}}}}} stands alone in a condition's value, not within a text",
            at=at,
            code="IR303",
            within=part.span,
            hint="make the text a column with a map",
        )
    return found


def _value_of_frame(part: Reference, scope: Scope, at: tuple[str | int, ...], *, alone: bool) -> FrameValue:
    """The single value that `{{totals.amount}}` names."""
    inside = part.path[2:] if part.path[1] == 0 else part.path[1:]
    if not inside or not all(isinstance(each, str) for each in inside):
        raise Refused(
            f"{{{{{part}}}}} cannot stand in a condition",
            at=at,
            code="IR303",
            within=part.span,
            hint=f"a column of a frame of one row can: {{{{{part.root}.column}}}}",
        )
    found = frame_value((part.root, *(str(each) for each in inside)), scope)
    if found is None:
        raise Hidden
    if isinstance(found, ExpressionProblem):
        raise Refused(found.message, at=at, code=found.code, within=part.span, hint=found.hint)
    if not alone:
        raise Refused(
            f"{{{{{part}}}}} stands alone in a condition's value, not within a text",
            at=at,
            code="IR303",
            within=part.span,
            hint=f'make the text a column of "{part.root}" with a map',
        )
    return found


def _word(part: Reference, scope: Scope, at: tuple[str | int, ...]) -> Any:
    """A word of the run such as `{{run.date}}`."""
    try:
        return resolve_reference(part, scope.words)
    except Unresolved as problem:
        known = scope.words.get(part.root)
        hint = did_you_mean(problem.name, known) if isinstance(known, dict) else None
        raise Refused(str(problem), at=at, code="IR303", within=part.span, hint=hint) from problem


def as_type(value: Any, kind: t.DataType, timezone: str) -> Node:
    """A constant to compare with a column of that type.

    A number keeps its own digits, so that 1.5 is no integer but can be compared with integers.
    """
    if value is None:
        return Value(t.Null(), None)
    clock = _clock_word(value, kind)
    if clock is not None:
        return clock
    if isinstance(kind, t.Integer | t.Decimal):
        exact = convert_exactly(value)
        if isinstance(kind, t.Integer) and exact == exact.to_integral_value() and abs(exact) < 2**63:
            return Value(t.Integer(), int(exact))
        return Value(decimal_type(exact), exact)
    if isinstance(kind, t.Date):
        try:
            return Value(kind, convert_literal(value, kind))
        except ValueError:
            # a datetime is compared with the day's start
            whole = t.Datetime()
            return Value(whole, convert_literal(value, whole))
    if isinstance(kind, t.Null):
        return Value(literal_type(value), value)
    return Value(kind, convert_literal(value, kind, timezone=timezone))


def convert_exactly(value: Any) -> Decimal:
    """The number by its digits, never through a float."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        raise ValueError(f"{shown(value)} is no number")
    digits = getattr(value, "text", None) or str(value)
    if not re.fullmatch(r"\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?\s*", digits):
        raise ValueError(f"{shown(value)} is no number")
    return Decimal(digits.strip())


def _clock_word(value: Any, kind: t.DataType) -> Node | None:
    """`now`, `today`, `today-7d` … as the run's time in the column's type."""
    if not (isinstance(value, str) and isinstance(kind, t.Date | t.Datetime)):
        return None
    match = _CLOCK_WORD.fullmatch(value)
    if match is None:
        return None
    word, sign, amount, unit = match[1].lower(), match[2], int(match[3] or 0), (match[4] or "d").lower()
    if word == "today" and unit == "h":
        raise ValueError("hours are counted from now, days from today")
    clock: Node = _applied(word)
    if word == "now" and isinstance(kind, t.Date):
        # beside days a moment is one of the wall clock, as any other value is
        clock = coercion.convert(clock, t.Datetime())
    elif isinstance(kind, t.Datetime) and not (word == "now" and kind.zoned):
        clock = coercion.convert(clock, kind)
    if not amount:
        return clock
    signed = amount if sign == "+" else -amount
    interval = Interval(
        signed * _MONTHS.get(unit, 0), signed * _DAYS.get(unit, 0), signed * _HOURS.get(unit, 0) * 3_600_000_000, (0, 0)
    )
    return _applied("date + interval", clock, Value(t.Duration(), interval))


def _applied(name: str, *args: Node) -> Node:
    found = coercion.apply(FUNCTIONS[name], args, timezone="UTC")
    assert not isinstance(found, coercion.Misfit)
    return found


def _hint(kind: t.DataType) -> str | None:
    if isinstance(kind, t.Date | t.Datetime):
        return "write 2026-01-31, 2026-01-31 14:30:00, now, today or today-7d"
    if isinstance(kind, t.Boolean):
        return "write true or false"
    return None
