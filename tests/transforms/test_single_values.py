"""`name.column` of a frame of one row is its single value wherever an expression or a condition stands."""

from __future__ import annotations

import os
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import weirflow as wf
from tests.workflows import both_engines, inline, workflow

EXAMPLES = int(os.environ.get("WEIRFLOW_EXAMPLES", "90"))
ROWS = [{"k": "a", "v": 1}, {"k": "b", "v": 5}, {"k": None, "v": None}, {"k": "a", "v": 9}]
TOTALS = {
    "type": "reduce",
    "output_variable": "totals",
    "config": {
        "aggregates": {"sum": "sum(v)", "mean": "avg(v)", "rows": "count(*)", "last": "max(k)", "none": "max(v) + null"}
    },
}


def where(text: str) -> list[dict[str, Any]]:
    return [TOTALS, {"type": "filter", "config": {"where": text}}]


def condition(field: str, operator: str, value: object) -> list[dict[str, Any]]:
    test = {"field": field, "operator": operator, "value": value}
    return [TOTALS, {"type": "filter", "config": {"conditions": [test]}}]


def columns(rows: list[dict[str, Any]], name: str = "v") -> list[Any]:
    return [row[name] for row in rows]


def test_a_filter_compares_with_a_total(on_both):
    assert columns(on_both(where("v >= totals.mean"), ROWS)) == [5, 9]


def test_a_condition_compares_with_a_total(on_both):
    assert columns(on_both(condition("v", "greater_than", "{{totals.mean}}"), ROWS)) == [9]
    assert columns(on_both(condition("v", "in", [1, "{{ totals.sum }}"]), ROWS)) == [1]
    assert columns(on_both(condition("v", "between", ["{{totals.rows}}", "{{totals.sum}}"]), ROWS)) == [5, 9]
    assert columns(on_both(condition("k", "equals", "{{totals.last}}"), ROWS)) == [5]
    assert columns(on_both(condition("k", "contains", "{{totals.last}}"), ROWS)) == [5]
    assert columns(on_both(condition("v", "less_than", "{{totals[0].rows}}"), ROWS)) == [1]


def test_not_equals_a_total_keeps_null_rows(on_both):
    assert columns(on_both(condition("k", "not_equals", "{{totals.last}}"), ROWS)) == [1, None, 9]


def test_a_total_may_be_what_is_tested(on_both):
    assert on_both(condition("{{totals.rows}}", "greater_than", 4), ROWS) == []
    assert len(on_both(condition("totals.rows", "equals", 4), ROWS)) == 4


def test_a_total_that_is_null_makes_every_comparison_unknown(on_both):
    assert on_both(where("v > totals.none"), ROWS) == []
    assert on_both(where("not v > totals.none"), ROWS) == []
    assert on_both(condition("v", "equals", "{{totals.none}}"), ROWS) == []


def test_a_frame_without_rows_gives_null(on_both):
    steps = [
        {"type": "limit", "output_variable": "first", "config": {"rows": 1, "offset": 9}},
        {"type": "map", "config": {"columns": {"x": "first.v", "y": "coalesce(first.v, 0) + v"}}},
    ]
    rows = on_both(steps, ROWS)
    assert (columns(rows, "x"), columns(rows, "y")) == ([None] * 4, [1, 5, None, 9])


def test_shares_of_a_total(on_both):
    steps = [TOTALS, {"type": "map", "config": {"columns": {"share": "v / totals.sum"}}}]
    assert columns(on_both(steps, ROWS), "share") == [1 / 15, 5 / 15, None, 9 / 15]


def test_a_case_reads_a_total(on_both):
    text = "case when v > totals.rows then totals.last when v is null then cast(totals.rows as string) else k end"
    assert columns(on_both([TOTALS, {"type": "map", "config": {"columns": {"v": text}}}], ROWS)) == ["a", "b", "4", "b"]


def test_aggregates_read_a_total_inside_and_outside(on_both):
    aggregates = {
        "share": "sum(v) / totals.sum",
        "scaled": "sum(v * totals.rows)",
        "few": "count(*) filter (where v < totals.mean)",
    }
    steps = [TOTALS, {"type": "aggregate", "config": {"group_by": ["k"], "aggregates": aggregates}}]
    assert on_both(steps, ROWS) == [
        {"k": "a", "share": 10 / 15, "scaled": 40, "few": 1},
        {"k": "b", "share": 5 / 15, "scaled": 20, "few": 0},
        {"k": None, "share": None, "scaled": None, "few": 0},
    ]


def test_a_total_stands_in_the_aggregates_of_no_rows(on_both):
    steps = [
        TOTALS,
        {"type": "filter", "config": {"where": "v > 100"}},
        {"type": "reduce", "config": {"aggregates": {"n": "count(*) + totals.rows", "sum": "sum(v + totals.rows)"}}},
    ]
    assert on_both(steps, ROWS) == [{"n": 4, "sum": None}]


def test_a_total_stands_in_a_group_key_and_in_having(on_both):
    config = {
        "group_by": [{"above": "v >= totals.mean"}],
        "aggregates": {"n": "count(*)"},
        "having": "n * 2 >= totals.rows or above is null",
    }
    steps = [TOTALS, {"type": "aggregate", "config": config}]
    assert on_both(steps, ROWS) == [{"above": True, "n": 2}, {"above": None, "n": 1}]


def test_windows_read_a_total(on_both):
    config = {
        "columns": {"n": "row_number() + totals.rows", "off": "sum(v - totals.rows)", "before": "lag(totals.sum)"},
        "partition_by": ["k"],
        "order_by": ["v"],
    }
    rows = on_both([TOTALS, {"type": "window", "config": config}], ROWS)
    assert sorted(rows, key=lambda row: row["v"] or 0) == [
        {"k": None, "v": None, "n": 5, "off": None, "before": None},
        {"k": "a", "v": 1, "n": 5, "off": 2, "before": None},
        {"k": "b", "v": 5, "n": 5, "off": 1, "before": None},
        {"k": "a", "v": 9, "n": 6, "off": 2, "before": 15},
    ]


def test_a_value_of_an_inline_source_of_one_row_keeps_its_type(on_both):
    steps = [{"type": "map", "config": {"columns": {"vat": "v * rate.vat", "who": "rate.owner.name"}}}]
    rate = [{"vat": "0.190", "owner": {"name": "Ada"}}]
    sources = [inline("main", ROWS), inline("rate", rate, {"vat": "decimal(4,3)"})]
    document = workflow(sources, transforms=steps)
    for engine in ("polars", "duckdb"):
        rows = wf.compile(document, engine=engine).collect("data")
        assert rows.schema["vat"] == pl.Decimal(23, 3)
        assert rows["vat"].to_list() == [Decimal("0.190"), Decimal("0.950"), None, Decimal("1.710")]
        assert rows["who"].to_list() == ["Ada"] * 4


def test_values_of_two_frames_meet_in_one_expression(on_both):
    largest = {"type": "aggregate", "output_variable": "top", "config": {"aggregates": {"v": "max(v)"}}}
    steps = [TOTALS, largest, {"type": "filter", "config": {"where": "v * totals.rows > top.v + totals.sum"}}]
    assert columns(on_both(steps, ROWS)) == [9]


def test_a_value_of_a_chain_of_one_row_steps(on_both):
    steps = [
        TOTALS,
        {
            "type": "map",
            "input_source": "totals",
            "output_variable": "limits",
            "config": {"columns": {"high": "mean + 1"}},
        },
        {"type": "filter", "input_source": "limits", "output_variable": "kept", "config": {"where": "high > 100"}},
        {
            "type": "map",
            "config": {"columns": {"high": "v > limits.high", "kept": "kept.high"}, "select": ["high", "kept"]},
        },
    ]
    assert columns(on_both(steps, ROWS), "high") == [False, False, None, True]
    assert columns(on_both(steps, ROWS), "kept") == [None] * 4


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_rows_stay_in_their_order_beside_a_total(engine):
    many = [{"k": "a", "v": (index * 7919) % 100_003} for index in range(100_003)]
    plan = wf.compile(workflow([inline("main", many)], transforms=where("v > totals.mean")), engine=engine)
    assert columns(plan.collect("data").to_dicts()) == [row["v"] for row in many if row["v"] > 50_001]


def test_a_column_hides_a_frame_of_its_name(on_both):
    steps = [TOTALS, {"type": "map", "config": {"columns": {"x": "totals.sum"}}}]
    assert columns(on_both(steps, [{"v": 1, "k": "a", "totals": {"sum": 7}}]), "x") == [7]


def test_a_plan_says_which_frames_a_step_reads():
    plan = wf.compile(workflow([inline("main", ROWS)], transforms=where("v > totals.mean")), engine="duckdb")
    [step] = [each for each in plan.to_dict()["steps"] if each["kind"] == "filter"]
    assert step["depends_on"] == ["main", "totals"]
    assert step["sql"].endswith('> (SELECT "mean" FROM "totals")')
    assert not plan.warnings


def test_a_value_of_a_frame_of_many_rows_is_refused(errors_of):
    message = '"other" may have many rows, so other.v is no single value'
    assert errors_of([{"type": "filter", "config": {"where": "v > other.v"}}], ROWS, other=ROWS) == [("IR414", message)]
    steps = condition("v", "greater_than", "{{other.v}}")
    assert errors_of(steps, ROWS, other=ROWS) == [("IR414", message)]


@pytest.mark.parametrize(("text", "code", "message"), [
    ("v > totals.smu", "IR401", '"totals" has no column "smu"'),
    ("v > totls.sum", "IR401", 'there is no column "totls" here'),
    ("v > totals.last", "IR411", "> compares values of one type, these are integer and string"),
    ("v > totals.sum.x", "IR402", '"sum" is integer, which has no fields'),
])  # fmt: skip
def test_a_wrong_value_of_a_frame_is_named(errors_of, text, code, message):
    assert errors_of(where(text), ROWS) == [(code, message)]


def test_a_value_of_a_frame_stands_alone_in_a_condition(errors_of):
    assert errors_of(condition("k", "equals", "x{{totals.last}}"), ROWS) == [
        ("IR303", "{{totals.last}} stands alone in a condition's value, not within a text")
    ]
    assert errors_of(condition("v", "within_last_days", "{{totals.rows}}"), ROWS)[0][0] == "IR411"
    assert errors_of(condition("k", "contains_any", ["a", "{{totals.last}}"]), ROWS)[0][0] == "IR411"
    assert errors_of(condition("k", "matches_regex", "{{totals.last}}"), ROWS)[0][0] == "IR411"


def test_what_reads_a_frame_with_an_error_is_not_reported_again(errors_of):
    broken = {**TOTALS, "config": {"aggregates": "sum"}}
    steps = [broken, *where("v > totals.sum")[1:], *condition("v", "equals", "{{totals.sum}}")[1:]]
    assert len(errors_of(steps, ROWS)) == 1


def test_a_value_that_only_a_first_pass_can_tell(on_both):
    steps = [
        {
            "type": "pivot",
            "output_variable": "wide",
            "config": {"index": ["v"], "columns": "k", "values": "v", "function": "sum"},
        },
        {"type": "reduce", "input_source": "wide", "output_variable": "top", "config": {"aggregates": {"a": "sum(a)"}}},
        {"type": "filter", "config": {"where": "v * 2 >= top.a"}},
    ]
    assert columns(on_both(steps, ROWS)) == [5, 9]


rows = st.lists(
    st.fixed_dictionaries({
        "k": st.sampled_from(["a", "b", "é", None]),
        "v": st.one_of(st.none(), st.integers(-4, 4), st.sampled_from([2**40, -(2**40)])),
    }),
    max_size=8,
)  # fmt: skip
values = st.sampled_from(["one.total", "one.mean", "one.rows", "last.v"])
numbers = st.one_of(values, st.sampled_from(["v", "v + 1", "coalesce(v, 0)"]))
tests = st.tuples(numbers, st.sampled_from(["<", ">=", "=", "<>", "+ v >", "is distinct from"]), values).map(" ".join)
steps = st.one_of(
    tests.map(lambda text: {"type": "filter", "config": {"where": text}}),
    st.tuples(numbers, values).map(
        lambda pair: {"type": "map", "config": {"columns": {"x": " / ".join(pair), "y": " - ".join(pair)}}}
    ),
    st.tuples(numbers, tests).map(
        lambda parts: {"type": "map", "config": {"columns": {"v": f"case when {parts[1]} then {parts[0]} else v end"}}}
    ),
    st.tuples(numbers, values, tests, st.sampled_from([["k"], [], [{"big": "v > one.mean"}]])).map(
        lambda parts: {"type": "aggregate", "config": {"group_by": parts[3], "aggregates": {
            "v": f"sum({parts[0]} * 2e0)", "x": f"max(v) + {parts[1]}", "n": f"count(*) filter (where {parts[2]})"}}}
    ),
    st.tuples(numbers, values).map(
        lambda pair: {"type": "window", "config": {"partition_by": ["k"], "columns": {
            "w": f"max({pair[0]}) - {pair[1]}", "n": f"count(*) + {pair[1]}"}}}
    ),
)  # fmt: skip


@settings(max_examples=EXAMPLES, deadline=None, derandomize=True)
@given(main=rows, other=rows, chain=st.lists(steps, min_size=1, max_size=3))
def test_both_engines_agree_on_values_of_other_frames(main, other, chain):
    totals = {"total": "sum(v) * 1e0", "mean": "avg(v)", "rows": "count(*)"}
    made = [
        {"type": "reduce", "input_source": "other", "output_variable": "one", "config": {"aggregates": totals}},
        {"type": "limit", "input_source": "other", "output_variable": "last", "config": {"rows": 1, "offset": 2}},
    ]
    schema = {"k": "string", "v": "integer"}
    document = workflow([inline("main", main, schema), inline("other", other, schema)], transforms=[*made, *chain])
    # a chain may have aggregated its columns away
    codes = {each.code for each in wf.validate(document)}
    assert codes <= {"IR401", "IR403", "IR411"}
    if not codes:
        both_engines(document)
