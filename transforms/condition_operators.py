"""The operators of conditions: what each is true for, built from the functions of expressions."""

from __future__ import annotations

from collections.abc import Callable

from ir import types as t
from ir.expressions import Interval
from ir.records import dataclass
from transforms.condition_values import Operands, Refused, convert_exactly
from transforms.expressions.coercion import convert
from transforms.expressions.functions import OPERATORS as FUNCTIONS
from transforms.expressions.regexes import problem_of
from transforms.expressions.tree import Apply, Node, Value


@dataclass(frozen=True, slots=True)
class ConditionOperator:
    """One operator as people write it. `build` makes the typed tree; null counts as said in `doc`."""

    name: str
    doc: str
    build: Callable[[Operands], Node]
    aliases: tuple[str, ...] = ()


def _equals(given: Operands) -> Node:
    value = given.constant()
    if isinstance(value, Value) and value.value is None:
        return given.call("is null", given.field)
    if _ignores_case(given) and isinstance(value, Value):
        return given.call("in any case", given.field, value)
    return given.call("=", given.field, value)


def _not_equals(given: Operands) -> Node:
    value = given.constant()
    if isinstance(value, Value) and value.value is None:
        return given.call("not", given.call("is null", given.field))
    if _ignores_case(given):
        return _or_null(given, _equals(given))
    return given.call("is distinct from", given.field, value)


def _ignores_case(given: Operands) -> bool:
    return given.case_sensitive is False and isinstance(given.type, t.String)


def _or_null(given: Operands, found: Node) -> Node:
    """Not `found`, where null counts as not found."""
    return given.call("not", given.call("coalesce", found, Value(t.Boolean(), False)))


def _ordered(symbol: str) -> Callable[[Operands], Node]:
    def build(given: Operands) -> Node:
        if isinstance(given.type, t.ListOf | t.Struct | t.File):
            raise Refused(f"the column is {given.type}, which has no order", at=("field",))
        number = isinstance(given.value, int | float) and not isinstance(given.value, bool)
        if isinstance(given.type, t.String) and number:
            # the number in the text; text that is none is null here, so false
            found = Apply(t.Number(), FUNCTIONS["try_cast"], (given.field,))
            return given.call(symbol, found, Value(t.Number(), float(given.value)))
        return given.call(symbol, given.field, given.constant())

    return build


def _contains(given: Operands) -> Node:
    if isinstance(given.type, t.ListOf):
        item = Operands(Value(given.type.item, None), given.value, given.case_sensitive, given.scope)
        return given.call("list_contains", given.field, item.constant())
    return _search(given, "contains", any_case=given.case_sensitive is not True)


def _search(given: Operands, name: str, *, any_case: bool) -> Node:
    column, part = given.column_text(), given.text()
    if not any_case:
        return given.call(name, column, part)
    if isinstance(part, Value):
        return given.call(f"{name} any case", column, part)
    return given.call(name, given.call("lower", column), given.call("lower", convert(part, t.String())))


def _edge(name: str) -> Callable[[Operands], Node]:
    return lambda given: _search(given, name, any_case=given.case_sensitive is False)


def _regex(given: Operands) -> Node:
    pattern = given.text()
    if not isinstance(pattern, Value):
        raise Refused("the pattern is a constant, not another column")
    text = str(pattern.value)
    problem = problem_of(text)
    if problem:
        raise Refused(problem, hint="look-around and back references do not exist in RE2")
    if given.case_sensitive is False:
        text = f"(?i){text}"
    return given.call("regexp_matches", given.column_text(), Value(t.String(), text))


def _in(given: Operands) -> Node:
    choices = given.constants()
    known = [each for each in choices if not (isinstance(each, Value) and each.value is None)]
    terms: list[Node] = []
    if len(known) < len(choices):
        terms.append(given.call("is null", given.field))
    if known:
        terms.append(given.call("in any case" if _ignores_case(given) else "in", given.field, *known))
    return given.either(*terms) if terms else Value(t.Boolean(), False)


def _contains_any(given: Operands) -> Node:
    if isinstance(given.type, t.ListOf):
        item = Operands(Value(given.type.item, None), given.value, given.case_sensitive, given.scope)
        found = [given.call("list_contains", given.field, each) for each in item.constants()]
        return given.either(*found) if found else Value(t.Boolean(), False)
    parts = given.texts()
    if not parts:
        return Value(t.Boolean(), False)
    name = "contains any of" if given.case_sensitive is True else "contains any case of"
    return given.call(name, given.column_text(), *parts)


def _is_empty(given: Operands) -> Node:
    null = given.call("is null", given.field)
    match given.type:
        case t.String():
            return given.either(null, given.call("=", given.field, Value(t.String(), "")))
        case t.Json():
            empty = [Value(t.String(), text) for text in ("", "[]", "{}", "null", '""')]
            return given.either(null, given.call("in", given.call("trim", given.field), *empty))
        case t.ListOf():
            length = given.call("list_length", given.field)
            return given.either(null, given.call("=", length, Value(t.Integer(), 0)))
    return null


def _within_last_days(given: Operands) -> Node:
    if not isinstance(given.type, t.Date | t.Datetime):
        raise Refused(f"the column is {given.type}, a date or datetime is needed", at=("field",))
    try:
        days = convert_exactly(given.plain_value())
    except ValueError as error:
        raise Refused(str(error), hint="write the number of days") from error
    if not 0 <= days <= 1_000_000:
        raise Refused(f"{days} days cannot be counted back", hint="write a number of days from 0 to 1000000")
    now = given.call("now")
    # N times 24 hours: not calendar days, which a change of clocks makes longer or shorter
    back = Interval(0, 0, int(days * 86_400_000_000), (0, 0))
    instant = convert(given.field, t.Datetime(zoned=True))
    since = given.call("date - interval", now, Value(t.Duration(), back))
    return given.call("between", instant, since, now)


def _between(given: Operands) -> Node:
    values = given.constants()
    if len(values) != 2:
        raise Refused(f"two values are needed, here is {len(values)}", hint="write value: [low, high]")
    return given.call("between", given.field, *values)


def _dated(symbol: str) -> Callable[[Operands], Node]:
    def build(given: Operands) -> Node:
        if not isinstance(given.type, t.Date | t.Datetime | t.Time):
            raise Refused(
                f"the column is {given.type}, a date or datetime is needed",
                at=("field",),
                hint="cast it in a map before this filter, or declare its type in the source's schema",
            )
        return given.call(symbol, given.field, given.constant())

    return build


def _not(build: Callable[[Operands], Node]) -> Callable[[Operands], Node]:
    return lambda given: _or_null(given, build(given))


_OPERATORS = (
    ConditionOperator(
        "equals", "the same value; value null tests for null; text by case unless case_sensitive is false", _equals
    ),
    ConditionOperator("not_equals", "another value, or null; value null tests for not null", _not_equals),
    ConditionOperator("greater_than", "after in the column's order; null never", _ordered(">")),
    ConditionOperator("less_than", "before in the column's order; null never", _ordered("<")),
    ConditionOperator(
        "greater_than_or_equals", "equal or after; null never", _ordered(">="), ("greater_than_or_equal",)
    ),
    ConditionOperator("less_than_or_equals", "equal or before; null never", _ordered("<="), ("less_than_or_equal",)),
    ConditionOperator(
        "contains",
        "a part of the text, whatever the case unless case_sensitive; of a list: an element equals",
        _contains,
    ),
    ConditionOperator("not_contains", "as contains is false, or null", _not(_contains)),
    ConditionOperator("starts_with", "the text begins so, by case", _edge("starts_with")),
    ConditionOperator("ends_with", "the text ends so, by case", _edge("ends_with")),
    ConditionOperator("matches_regex", "the RE2 pattern stands anywhere in the text, by case", _regex),
    ConditionOperator("in", "one of a list, or of a text split at commas", _in),
    ConditionOperator("not_in", "none of them, or null", _not(_in)),
    ConditionOperator(
        "contains_any",
        "one of a list or comma text is a part of the text, whatever the case unless case_sensitive",
        _contains_any,
    ),
    ConditionOperator("is_empty", 'null, "", an empty list or object; not 0, false or " "', _is_empty),
    ConditionOperator("is_not_empty", "the opposite of is_empty", lambda given: given.call("not", _is_empty(given))),
    ConditionOperator("is_null", "null only", lambda given: given.call("is null", given.field)),
    ConditionOperator("is_not_null", "any value", lambda given: given.call("not", given.call("is null", given.field))),
    ConditionOperator("within_last_days", "from N times 24 hours ago up to now", _within_last_days),
    ConditionOperator("between", "from low to high of value [low, high], both in", _between),
    ConditionOperator("before", "earlier than a date, datetime, now, today or today-7d", _dated("<")),
    ConditionOperator("after", "later than a date, datetime, now, today or today-7d", _dated(">")),
)

OPERATORS: dict[str, ConditionOperator] = {name: each for each in _OPERATORS for name in (each.name, *each.aliases)}
