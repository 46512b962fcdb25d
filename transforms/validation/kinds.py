"""What each type of rule tests: true for a good value, never asked of null."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ir import types as t
from ir.model.validation import ValidationRule
from ir.records import dataclass
from transforms.condition_values import Operands, Refused
from transforms.expressions.functions import OPERATORS as FUNCTIONS
from transforms.expressions.regexes import problem_of
from transforms.expressions.scope import Scope
from transforms.expressions.tree import Apply, Node, Value
from transforms.validation import patterns


@dataclass(frozen=True, slots=True)
class Asked:
    """What a rule asks of a value, and the words for a value that has it and for one that does not.

    `test` is None where no value of the column's type can break the rule.
    """

    test: Node | None
    claim: str
    denial: str


@dataclass(frozen=True, slots=True)
class Tested:
    """The column of a rule, and the rule's keys as constants of the column's type."""

    field: Node
    rule: ValidationRule
    scope: Scope

    @property
    def type(self) -> t.DataType:
        return self.field.type

    def call(self, function: str, *args: Node) -> Node:
        return Operands(self.field, None, None, self.scope).call(function, *args)

    def constant(self, value: Any, *at: str | int, of: Node | None = None) -> Node:
        """A value of the document as a constant of the column's type, or of that of `of`."""
        given = Operands(of or self.field, None, None, self.scope)
        return given.operand(filled(self.field, value, self.scope, *at), at)

    def cast(self, to: t.DataType) -> Node:
        """The text as `to`, null where it is none."""
        return Apply(to, FUNCTIONS["try_cast"], (self.field,))

    def refuse(self, needed: str) -> Refused:
        return Refused(f"type {self.rule.type} tests {needed}; the column is {self.type}", at=("field",))

    def within(self, value: Node, what: str = "") -> Asked | None:
        """That `value` lies between the rule's min and max, or None where it has neither."""
        low = None if self.rule.min is None else self.constant(self.rule.min, "min", of=value)
        high = None if self.rule.max is None else self.constant(self.rule.max, "max", of=value)
        _check_bounds(low, high, self.rule)
        if low is not None and high is not None:
            words = f"from {_shown(self.rule.min)} to {_shown(self.rule.max)}{what}"
            return Asked(self.call("between", value, low, high), f"is {words}", f"is not {words}")
        if low is not None:
            words = f"at least {_shown(self.rule.min)}{what}"
            return Asked(self.call(">=", value, low), f"is {words}", f"is not {words}")
        if high is not None:
            words = f"at most {_shown(self.rule.max)}{what}"
            return Asked(self.call("<=", value, high), f"is {words}", f"is not {words}")
        return None


def filled(field: Node, value: Any, scope: Scope, *at: str | int) -> Any:
    """A value of the document at `at` below its rule, with its references to inputs filled in."""
    try:
        return Operands(field, value, None, scope).plain_value()
    except Refused as refused:
        raise Refused(str(refused), hint=refused.hint, at=at, code=refused.code, within=refused.within) from refused


def _check_bounds(low: Node | None, high: Node | None, rule: ValidationRule) -> None:
    if not (isinstance(low, Value) and isinstance(high, Value)):
        return
    try:
        crossed = low.value > high.value  # type: ignore[operator]
    except TypeError:
        return
    if crossed:
        raise Refused(f"no value can keep this rule: min {_shown(rule.min)} is more than max {_shown(rule.max)}",
                      at=("min",), code="IR206")  # fmt: skip


def _shown(value: Any) -> str:
    return str(getattr(value, "text", None) or value)


def _pattern(given: Tested, pattern: str, noun: str) -> Asked:
    if not isinstance(given.type, t.String):
        raise given.refuse("texts")
    test = given.call("regexp_matches", given.field, Value(t.String(), pattern))
    return Asked(test, f"is {noun}", f"is no {noun.removeprefix('an ').removeprefix('a ')}")


def _email(given: Tested) -> Asked:
    asked = _pattern(given, patterns.EMAIL, "an e-mail address")
    assert asked.test is not None
    length = given.call("<=", given.call("length", given.field), Value(t.Integer(), patterns.EMAIL_LENGTH))
    return Asked(given.call("and", length, asked.test), asked.claim, asked.denial)


def _phone(given: Tested) -> Asked:
    if isinstance(given.type, t.Integer):
        text = Apply(t.String(), FUNCTIONS["cast"], (given.field,))
        return _phone(Tested(text, given.rule, given.scope))
    return _pattern(given, patterns.PHONE, "a phone number")


def _converts(
    noun: str, to: t.DataType, able: tuple[type, ...], trivial: tuple[type, ...]
) -> Callable[[Tested], Asked]:
    """A text that can be cast, or a value that is one, and within min and max."""

    def asked(given: Tested) -> Asked:
        if not isinstance(given.type, (t.String, *able)):
            raise given.refuse(f"texts and {noun.partition(' ')[2]}s")
        value = given.cast(to) if isinstance(given.type, t.String) else given.field
        test: Node | None = None
        if isinstance(given.type, t.String):
            test = given.call("not", given.call("is null", value))
        elif not isinstance(given.type, trivial):
            test = given.call("=", Apply(to, FUNCTIONS["try_cast"], (given.field,)), given.field)
        bounds = given.within(value)
        if bounds is None:
            return Asked(test, f"is {noun}", f"is no {noun.partition(' ')[2]}")
        if test is None:
            return bounds
        assert bounds.test is not None
        words = f"{noun} {bounds.claim.removeprefix('is ')}"
        return Asked(given.call("and", test, bounds.test), f"is {words}", f"is not {words}")

    return asked


def _regex(given: Tested) -> Asked:
    if not isinstance(given.type, t.String):
        raise given.refuse("texts")
    pattern = given.rule.pattern or ""
    if problem := problem_of(pattern):
        raise Refused(problem, at=("pattern",), hint="patterns are RE2's: look-around and back references do not exist")
    test = given.call("regexp_matches", given.field, Value(t.String(), pattern))
    return Asked(test, f"matches {pattern}", f"does not match {pattern}")


def _enum(given: Tested) -> Asked:
    values = given.rule.values or []
    if isinstance(given.type, t.ListOf | t.Struct | t.File):
        raise given.refuse("single values")
    if any(each is None for each in values) and given.rule.required:
        raise Refused("required refuses null, which stands among the values", at=("values",), code="IR206")
    constants = [given.constant(each, "values", index) for index, each in enumerate(values) if each is not None]
    if not constants:
        raise Refused("there is no value that a row could have", at=("values",), code="IR206")
    listed = [_shown(each) for each in values if each is not None]
    words = ", ".join(listed[:6]) + (" …" if len(listed) > 6 else "")
    return Asked(given.call("in", given.field, *constants), f"is one of {words}", f"is none of {words}")


def _length(given: Tested) -> Asked:
    if not isinstance(given.type, t.String | t.ListOf):
        raise given.refuse("texts and lists")
    is_text = isinstance(given.type, t.String)
    for key in ("min", "max"):
        value = getattr(given.rule, key)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | str) or
                                  (isinstance(value, int) and value < 0)):  # fmt: skip
            raise Refused(f"a length is a whole number from 0, not {_shown(value)}", at=(key,), code="IR205")
    size = given.call("length" if is_text else "list_length", given.field)
    asked = given.within(size, " characters" if is_text else " elements")
    assert asked is not None
    claim = asked.claim.replace("is from", "has").replace("is ", "has ", 1)
    return Asked(asked.test, claim, "does not have " + claim.removeprefix("has "))


def _range(given: Tested) -> Asked:
    value = given.field
    if isinstance(given.type, t.String):
        bounds = (given.rule.min, given.rule.max)
        if not all(each is None or (isinstance(each, int | float) and not isinstance(each, bool)) for each in bounds):
            raise given.refuse("numbers, dates and times, and numbers in texts")
        value = given.cast(t.Number())
    elif not isinstance(given.type, (*t.NUMERIC, *t.TEMPORAL)):
        raise given.refuse("numbers, dates and times")
    asked = given.within(value)
    assert asked is not None
    return asked


KINDS: dict[str, Callable[[Tested], Asked]] = {
    "email": _email,
    "url": lambda given: _pattern(given, patterns.URL, "a URL"),
    "phone": _phone,
    "date": _converts("a date", t.Date(), (t.Date, t.Datetime), (t.Date, t.Datetime)),
    "number": _converts("a number", t.Number(), t.NUMERIC, t.NUMERIC),
    "integer": _converts("an integer", t.Integer(), t.NUMERIC, (t.Integer,)),
    "regex": _regex,
    "enum": _enum,
    "length": _length,
    "range": _range,
}
"""The types that look at one value alone."""
