"""Branches are a partition of the rows, whatever the conditions: compared with Polars by hand on random frames."""

from __future__ import annotations

from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import weirflow as wf
from tests.workflows import ENGINES, inline, workflow

ROWS = st.lists(st.tuples(st.none() | st.integers(-3, 3), st.none() | st.sampled_from(["", "a", "b"])), max_size=8)
TESTS = {
    ("x", "greater_than"): lambda value: pl.col("x") > value,
    ("x", "less_than_or_equals"): lambda value: pl.col("x") <= value,
    ("x", "not_equals"): lambda value: pl.col("x").ne_missing(value),
    ("x", "is_null"): lambda value: pl.col("x").is_null(),
    ("y", "equals"): lambda value: pl.col("y") == ["", "a", "b", "c"][value % 4],
    ("y", "is_empty"): lambda value: pl.col("y").is_null() | (pl.col("y") == ""),
}
TEST = st.tuples(st.sampled_from(sorted(TESTS)), st.integers(-3, 3))
GROUP = st.tuples(st.sampled_from(["AND", "OR"]), st.lists(TEST, min_size=1, max_size=2), st.lists(TEST, max_size=2))


def _written(test: Any) -> dict[str, Any]:
    (field, operator), value = test
    return {"field": field, "operator": operator, "value": value if field == "x" else ["", "a", "b", "c"][value % 4]}


def _by_hand(group: Any) -> pl.Expr:
    combine, tests, inner = group
    terms = [TESTS[key](value) for key, value in tests]
    if inner:
        terms.append(pl.any_horizontal(TESTS[key](value) for key, value in inner))
    return pl.all_horizontal(terms) if combine == "AND" else pl.any_horizontal(terms)


def _condition(group: Any) -> dict[str, Any]:
    combine, tests, inner = group
    groups = [{"combineWith": "OR", "conditions": [_written(each) for each in inner]}] if inner else []
    return {"combineWith": combine, "conditions": [_written(each) for each in tests], "groups": groups}


@settings(max_examples=25, deadline=None)
@given(rows=ROWS, then=GROUP, other=GROUP)
def test_branches_part_the_rows_as_polars_does(rows, then, other):
    frame = pl.DataFrame(rows, schema={"x": pl.Int64, "y": pl.String}, orient="row")
    first, second = _by_hand(then).fill_null(value=False), _by_hand(other).fill_null(value=False)
    wanted = {
        "c_then": frame.filter(first), "c_elif_1": frame.filter(~first & second),
        "c_else": frame.filter(~first & ~second),
    }  # fmt: skip

    def file(name: str) -> dict[str, Any]:
        return {"delivery_rules": {"file_delivery": {"format": "csv", "filename_template": f"{name}.csv"}}}

    conditional = {
        "id": "c", "condition": _condition(then), "then_actions": file("then"),
        "elif_branches": [{"condition": _condition(other), "then_actions": file("elif")}],
        "else_actions": file("else"),
    }  # fmt: skip
    source = inline("rows", frame.to_dicts(), {"x": "integer", "y": "string"})
    for engine in ENGINES:
        plan = wf.compile(workflow([source], conditionals=[conditional]), engine=engine)
        for name, expected in wanted.items():
            assert_frame_equal(plan.collect(name), expected)
