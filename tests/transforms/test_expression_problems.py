"""What is said about expressions whose names, types or places are wrong."""

from __future__ import annotations

import sys
from subprocess import run

import pytest

from ir import types as t
from ir.expressions import parse_expression
from transforms.expressions import Bound, ExpressionProblem, ExpressionProblems, Scope, bind

SCHEMA = t.Schema({
    "amount": t.Integer(), "price": t.Decimal(10, 2), "rate": t.Number(), "name": t.String(), "paid": t.Boolean(),
    "day": t.Date(), "tags": t.ListOf(t.String()), "customer": t.Struct((("city", t.String()),)),
})  # fmt: skip
INPUTS = {"month": (t.String(), "2026-01"), "least": (t.Number(), 5.0)}


def bound(text: str, kind: str = "scalar", *, ordered: bool = False) -> Bound:
    return bind(parse_expression(text), Scope(schema=SCHEMA, inputs=INPUTS, kind=kind, ordered=ordered), text=text)  # type: ignore[arg-type]


def problems(text: str, kind: str = "scalar") -> tuple[ExpressionProblem, ...]:
    with pytest.raises(ExpressionProblems) as found:
        bound(text, kind)
    return found.value.problems


@pytest.mark.parametrize(
    ("text", "code", "span", "hint"),
    [
        ("amuont + 1", "IR401", (0, 6), 'did you mean "amount"?'),
        ("Amount + 1", "IR401", (0, 6), 'did you mean "amount"?'),
        ('name = "Berlin"', "IR401", (7, 15), "single quotes"),
        ("customer.town", "IR402", (0, 13), "its fields are city"),
        ("amount.x", "IR402", (0, 8), "None"),
        ("inputs.mnth", "IR302", (0, 11), 'did you mean "month"?'),
        ("uper(name)", "IR410", (0, 4), 'did you mean "upper"'),
        ("getenv('x')", "IR410", (0, 6), "list functions"),
        ("upper(amount)", "IR411", (6, 12), "cast(… as string)"),
        ("upper()", "IR411", (0, 7), "upper(x: text)"),
        ("name + 'x'", "IR411", (0, 4), "write ||"),
        ("amount = name", "IR411", (9, 13), "cast("),
        ("amount = '5'", "IR411", (9, 12), "without quotes"),
        ("paid || paid", "IR411", (0, 12), "write or"),
        ("amount and paid", "IR411", (0, 6), "None"),
        ("day + 1", "IR411", (0, 3), "interval '7' day"),
        ("day + interval '1' hour", "IR411", (0, 23), "None"),
        ("day > '31.01.2026'", "IR411", (6, 18), "None"),
        ("round(rate, amount)", "IR411", (12, 18), "None"),
        ("name like 'a!' escape '!'", "IR411", (0, 25), "None"),
        ("name like 'a' escape 'ab'", "IR411", (0, 25), "None"),
        ("name ilike 'a' escape name", "IR411", (22, 26), "None"),
        ("cast(tags as integer)", "IR411", (0, 21), "None"),
        ("date_trunc('moth', day)", "IR411", (0, 23), "None"),
        ("regexp_matches(name, '(?=a)')", "IR411", (0, 29), "None"),
        ("case when paid then 1 else 'x' end", "IR411", (27, 30), "without quotes"),
        ("coalesce(amount, name)", "IR411", (17, 21), "cast("),
        ("tags > tags", "IR411", (0, 11), "None"),
        ("greatest(tags, tags)", "IR411", (0, 20), "None"),
        ("customer = customer", "IR411", (0, 19), "None"),
        ("nullif(customer, customer)", "IR411", (0, 26), "None"),
        ("regexp_replace(name, '(a)', '\\2')", "IR411", (0, 33), "None"),
        ("regexp_replace(name, 'a', null)", "IR411", (0, 31), "None"),
        ("list_join(tags, name)", "IR411", (16, 20), "None"),
        ("date_diff('day', rate, null)", "IR411", (0, 28), "None"),
        ("json_get(name, 'a[x]')", "IR411", (0, 22), "None"),
        ("sum(amount)", "IR412", (0, 11), "type aggregate"),
        ("row_number()", "IR412", (0, 12), "type window"),
        ("upper(distinct name)", "IR412", (0, 20), "None"),
        ("12345678901234567890", "IR411", (0, 20), "with a point"),
    ],
)
def test_a_problem_has_its_code_its_place_and_what_to_write(
    text: str, code: str, span: tuple[int, int], hint: str
) -> None:
    (problem,) = problems(text)
    assert (problem.code, problem.span) == (code, span)
    assert hint in str(problem.hint)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("sum(amount) + rate", "IR413"),
        ("sum(avg(amount))", "IR412"),
        ("lag(amount)", "IR412"),
        ("first(amount)", "IR420"),
        ("count(distinct *)", "IR412"),
        ("sum(amount) filter (where amount)", "IR411"),
    ],
)
def test_aggregates_stand_alone_and_know_their_order(text: str, code: str) -> None:
    assert [each.code for each in problems(text, "aggregate")] == [code]


def test_every_problem_of_an_expression_is_found_at_once() -> None:
    found = problems("uper(amuont) + rat * upper(amount)")
    assert [each.code for each in found] == ["IR410", "IR401", "IR411"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("amount * 2", t.Integer()),
        ("amount / 2", t.Number()),
        ("price * 0.5", t.Decimal(11, 3)),
        ("price + amount", t.Decimal(22, 2)),
        ("price * rate", t.Number()),
        ("price * 2", t.Decimal(11, 2)),
        ("coalesce(amount, 0.5)", t.Decimal(20, 1)),
        ("case when paid then 1 else null end", t.Integer()),
        ("day - day", t.Integer()),
        ("day + interval '1' month", t.Date()),
        ("date_trunc('month', day)", t.Date()),
        ("year(day)", t.Integer()),
        ("customer.city", t.String()),
        ("item.amount + data.amount", t.Integer()),
        ("{{ inputs.least }} + 1", t.Number()),
        ("list_get(tags, 0)", t.String()),
        ("now()", t.Datetime(zoned=True)),
    ],
)
def test_the_type_of_a_result_is_known_without_rows(text: str, kind: t.DataType) -> None:
    assert bound(text).type == kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("sum(price)", t.Decimal(38, 2)),
        ("sum(paid)", t.Integer()),
        ("avg(price)", t.Number()),
        ("count(distinct name)", t.Integer()),
        ("max(day)", t.Date()),
        ("list(amount order by day)", t.ListOf(t.Integer())),
    ],
)
def test_the_type_of_an_aggregate_is_known_without_rows(text: str, kind: t.DataType) -> None:
    found = bound(text, "aggregate")
    assert found.type == kind
    assert found.is_aggregate


def test_the_columns_an_expression_reads_are_known() -> None:
    assert bound("case when paid then customer.city else upper(name) end").columns == {"paid", "customer", "name"}


def test_binding_imports_neither_sqlglot_nor_duckdb() -> None:
    code = "import sys, transforms.conditions; assert not {'sqlglot', 'duckdb'} & set(sys.modules)"
    assert run([sys.executable, "-c", code], check=False).returncode == 0
