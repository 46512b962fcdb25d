"""Random FilterGroups over every operator, nested, with constants of the column's type and with other columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from ir import types as t
from tests.conformance.frames import SCHEMA
from transforms.conditions import OPERATORS

KINDS: dict[str, t.DataType] = {**dict(SCHEMA.items()), "who.city": t.String(), "who.n": t.Integer()}
"""The columns of the frames, and the fields of their struct."""
_NUMBERS = [0, 1, -3, 2.5, 0.1, "0", " 7 ", "-2.5", 9007199254740993, 9223372036854775807, "1e2", 0.125]
_TEXTS = ["", " ", "a", "A", "é", "e\u0301", "ß", "SS", "ẞ", "ſ", "İ", "i", "Σ", "ς", "a%b", "a_b", "😀", "12",
          "a,b", "Z", "\\",
          "ǆ", ".", "x\ny", "[", "k", "\u212a", "null", "b "]  # fmt: skip
_DAYS = ["2024-02-29", "2024-03-31", "today", "today-7d", "now", "today+1m", "1970-01-01", "2024-02-29 12:30"]
_MOMENTS = [*_DAYS, "2024-03-31 02:30:00", "2024-10-27T02:30:00", "now-12h", "1969-12-31 23:59:59.999999"]
_INSTANTS = [*_MOMENTS, "2024-10-27T00:30:00Z", "2024-10-27 02:30:00+01:00"]
_PATTERNS = ["a", "^$", r"\d+", "[a-b]", r"\bb", "é|ß", ".", r"(?s)a.b", r"\s", "^.$", r"\w"]
_VALUES: dict[type[t.DataType], list[Any]] = {
    t.Integer: _NUMBERS,
    t.Number: _NUMBERS,
    t.Decimal: _NUMBERS,
    t.String: [*_TEXTS, 5, 1.5, -7],
    t.Boolean: [True, False, "true", "False"],
    t.Date: _DAYS,
    t.Time: ["12:30:00", "00:00", "23:59:59.999999"],
    t.ListOf: ["a", "", 3, "é"],
    t.Struct: ["x"],
    t.Null: ["x", 0],
}
WITHOUT_VALUE = {"is_empty", "is_not_empty", "is_null", "is_not_null"}
WITH_MANY = {"in", "not_in", "contains_any", "between"}


def constants(kind: t.DataType) -> list[Any]:
    if isinstance(kind, t.Datetime):
        return _INSTANTS if kind.zoned else _MOMENTS
    return _VALUES[type(kind)]


@st.composite
def conditions(draw: st.DrawFn, kinds: Mapping[str, t.DataType] = KINDS) -> dict[str, Any]:
    """One condition; it may be one that the types forbid."""
    field = draw(st.sampled_from(list(kinds)))
    kind = kinds[field]
    operator = draw(st.sampled_from(sorted(OPERATORS)))
    found: dict[str, Any] = {"field": field, "operator": operator}
    if draw(st.integers(0, 2)) == 2:
        found["case_sensitive"] = draw(st.booleans())
    if operator in WITHOUT_VALUE:
        return found
    if operator == "within_last_days":
        return {**found, "value": draw(st.sampled_from([0, 1, "2", 0.5, 800, 20000]))}
    if operator == "matches_regex":
        return {**found, "value": draw(st.sampled_from(_PATTERNS))}
    one = st.sampled_from(constants(kind))
    if operator in WITH_MANY:
        other = {"column": draw(st.sampled_from([name for name in kinds if kinds[name] == kind]))}
        many = st.one_of(one, one, one, st.sampled_from([None, other] if operator in {"in", "not_in"} else [other]))
        size = (2, 2) if operator == "between" else (1, 4)
        value: Any = draw(st.lists(many, min_size=size[0], max_size=size[1]))
        if operator != "between" and draw(st.integers(0, 4)) == 4:
            value = ", ".join(str(each) for each in value if isinstance(each, str | int | float) and each is not True)
        return {**found, "value": value}
    choice = draw(st.integers(0, 9))
    if choice == 9:
        return {**found, "value": {"column": draw(st.sampled_from(list(kinds)))}}
    if choice == 8:
        same = [name for name in kinds if type(kinds[name]) is type(kind)]
        return {**found, "value": {"column": draw(st.sampled_from(same))}}
    if choice == 7 and operator in {"equals", "not_equals"}:
        return {**found, "value": None}
    return {**found, "value": draw(one)}


@st.composite
def groups(draw: st.DrawFn, kinds: Mapping[str, t.DataType] = KINDS, depth: int = 2) -> dict[str, Any]:
    """A group of one to three conditions, and of groups where it is nested."""
    found: dict[str, Any] = {"conditions": draw(st.lists(conditions(kinds), min_size=1, max_size=2 if depth else 3))}
    if draw(st.booleans()):
        found["combineWith"] = draw(st.sampled_from(["AND", "OR"]))
    if depth and draw(st.integers(0, 2)) == 2:
        found["groups"] = draw(st.lists(groups(kinds, depth - 1), min_size=1, max_size=2))
    return found
