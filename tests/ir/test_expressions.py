"""What expressions are read as, and what is said about text that is none."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ir import expressions as e
from ir import types as t
from ir.expressions import ExpressionSyntax, parse_expression


def refused(text: str) -> ExpressionSyntax:
    with pytest.raises(ExpressionSyntax) as found:
        parse_expression(text)
    return found.value


def test_multiplication_binds_closer_than_addition() -> None:
    tree = parse_expression("a + b * 2")
    assert isinstance(tree, e.Binary)
    assert tree.operator == "+"
    assert isinstance(tree.right, e.Binary)
    assert tree.right.operator == "*"


def test_subtraction_groups_from_the_left() -> None:
    tree = parse_expression("a - b - c")
    assert isinstance(tree, e.Binary)
    assert isinstance(tree.left, e.Binary)
    assert tree.right == e.Column(("c",), (8, 9))


def test_and_binds_closer_than_or_and_not_closer_than_both() -> None:
    tree = parse_expression("not a and b or c")
    assert isinstance(tree, e.Logic)
    assert tree.operator == "or"
    first = tree.terms[0]
    assert isinstance(first, e.Logic)
    assert isinstance(first.terms[0], e.Unary)


def test_the_and_of_between_is_no_conjunction() -> None:
    tree = parse_expression("x between 1 and 2 and y")
    assert isinstance(tree, e.Logic)
    assert isinstance(tree.terms[0], e.Between)
    assert tree.terms[1] == e.Column(("y",), (22, 23))


@pytest.mark.parametrize(
    ("text", "value"),
    [("3", 3), ("3.10", Decimal("3.10")), ("3e0", 3.0), (".5", Decimal("0.5")), ("'it''s'", "it's"), ("true", True),
     ("null", None), ("-9223372036854775808", -(2**63)), ("-1.50", Decimal("-1.50"))],
)  # fmt: skip
def test_a_literal_has_the_type_its_digits_say(text: str, value: object) -> None:
    tree = parse_expression(text)
    assert isinstance(tree, e.Literal)
    assert tree.value == value
    assert type(tree.value) is type(value)


def test_a_decimal_literal_keeps_digits_beyond_the_usual_precision() -> None:
    digits = "-12345678901234567890123456789012345.67"
    tree = parse_expression(digits)
    assert isinstance(tree, e.Literal)
    assert str(tree.value) == digits


def test_quoted_names_keep_case_quotes_and_keywords() -> None:
    assert parse_expression('"Order ""No"".x"."select"') == e.Column(('Order "No".x', "select"), (0, 25), quoted=True)


def test_keywords_and_functions_are_read_whatever_their_case() -> None:
    tree = parse_expression("CASE WHEN Amount > 0 THEN UPPER(x) END")
    assert isinstance(tree, e.Case)
    condition, value = tree.branches[0]
    assert isinstance(condition, e.Binary)
    assert condition.left == e.Column(("Amount",), (10, 16))
    assert isinstance(value, e.Call)
    assert value.name == "upper"


def test_braces_around_a_part_are_tolerated() -> None:
    tree = parse_expression("{{ inputs.rate }} * 2")
    assert isinstance(tree, e.Binary)
    assert tree.left == e.Column(("inputs", "rate"), (3, 14))


@pytest.mark.parametrize("text", ["cast(x as decimal(10, 2))", "x::decimal(10,2)"])
def test_both_spellings_of_a_cast_name_the_type(text: str) -> None:
    tree = parse_expression(text)
    assert isinstance(tree, e.Cast)
    assert tree.to == t.Decimal(10, 2)


def test_types_of_several_words_and_inside_brackets_are_read() -> None:
    zoned = parse_expression("try_cast(x as timestamp with time zone)")
    listed = parse_expression("cast(x as list(list(integer)))")
    assert isinstance(zoned, e.Cast)
    assert (zoned.to, zoned.safe) == (t.Datetime(zoned=True), True)
    assert isinstance(listed, e.Cast)
    assert listed.to == t.ListOf(t.ListOf(t.Integer()))


@pytest.mark.parametrize(
    ("text", "months", "days", "microseconds"),
    [("interval '90' day", 0, 90, 0), ("interval 2 quarters", 6, 0, 0), ("interval '1 year 2 weeks'", 12, 14, 0),
     ("interval '-3 hours'", 0, 0, -10_800_000_000)],
)  # fmt: skip
def test_an_interval_keeps_months_days_and_time_apart(text: str, months: int, days: int, microseconds: int) -> None:
    tree = parse_expression(text)
    assert isinstance(tree, e.Interval)
    assert (tree.months, tree.days, tree.microseconds) == (months, days, microseconds)


def test_an_aggregate_takes_distinct_order_and_filter() -> None:
    tree = parse_expression("string_agg(distinct x, '; ' order by y desc nulls first) filter (where z)")
    assert isinstance(tree, e.Call)
    assert tree.distinct
    assert tree.where == e.Column(("z",), (71, 72))
    assert [(item.descending, item.nulls_first) for item in tree.order_by] == [(True, True)]


@pytest.mark.parametrize(
    ("special", "plain"),
    [("extract(year from d)", "extract('year', d)"), ("position('a' in x)", "position(x, 'a')"),
     ("substring(x from 2 for 3)", "substring(x, 2, 3)")],
)  # fmt: skip
def test_the_standards_own_forms_are_plain_calls(special: str, plain: str) -> None:
    one, other = parse_expression(special), parse_expression(plain)
    assert isinstance(one, e.Call)
    assert isinstance(other, e.Call)
    assert one.name == other.name
    assert len(one.args) == len(other.args)


@pytest.mark.parametrize(
    ("text", "span", "said"),
    [
        ("a == b", (2, 4), "write = to compare"),
        ("a && b", (2, 4), "write and"),
        ("a ? b : c", (2, 3), "case when"),
        ("!done", (0, 1), "write not"),
        ("x => 1", (2, 4), "functions cannot be defined"),
        ("name.toUpperCase()", (0, 16), "upper(name)"),
        ("(select max(x) from t)", (1, 7), "join or enrich"),
        ("x in (select 1)", (6, 12), "join or enrich"),
        ("sum(x) over (order by y)", (7, 11), "type window"),
        ("a as b", (2, 4), "as the key"),
        ("1abc", (0, 2), "double quotes"),
        ("a; drop table t", (1, 2), "one value"),
        ("sum(*) + *", (9, 10), "count(*)"),
        ("1 -- note", (2, 9), "minus signs"),
        ("interval '1.5' day", (0, 18), "interval '90' day"),
    ],
)
def test_what_is_no_expression_is_answered_with_what_to_write(text: str, span: tuple[int, int], said: str) -> None:
    problem = refused(text)
    assert (problem.start, problem.end) == span
    assert said in str(problem.hint)


def test_an_unclosed_text_is_shown_from_its_quote() -> None:
    problem = refused("upper('abc)")
    assert (problem.start, problem.message) == (6, "a text begins here and never ends")


def test_an_impossible_date_is_refused() -> None:
    assert refused("date '2026-02-30'").message == "'2026-02-30' is no date"


@pytest.mark.parametrize(
    "text", ["(" * 5000, "not " * 9000 + "(" * 40, "+".join(["x"] * 5000), "-" * 60 + "x", "x" + "::text" * 500]
)
def test_deep_and_endless_expressions_are_refused_without_exhausting_the_stack(text: str) -> None:
    refused(text.replace("--", "- - "))


def test_long_chains_of_or_stay_flat() -> None:
    tree = parse_expression(" or ".join(f"x = {number}" for number in range(100)))
    assert isinstance(tree, e.Logic)
    assert len(tree.terms) == 100
