"""Aggregates, first and last over the rows around each row."""

from __future__ import annotations

import datetime
import os
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import weirflow as wf
from tests.workflows import ENGINES, inline, workflow

EXAMPLES = int(os.environ.get("WEIRFLOW_EXAMPLES", "90"))
# per shop, by day: 1 2 4 null 8 and 10 20
DAYS = [
    {"shop": "a", "day": 3, "v": 4},
    {"shop": "b", "day": 1, "v": 10},
    {"shop": "a", "day": 1, "v": 1},
    {"shop": "a", "day": 5, "v": 8},
    {"shop": "a", "day": 4, "v": None},
    {"shop": "b", "day": 2, "v": 20},
    {"shop": "a", "day": 2, "v": 2},
]


def window(frame: list[int | None], order_by: list[Any] | None = None, **columns: str) -> list[dict[str, Any]]:
    config = {"columns": columns, "partition_by": ["shop"], "frame": {"rows": frame},
              "order_by": ["day"] if order_by is None else order_by}  # fmt: skip
    return [{"type": "window", "config": config}]


def by_day(rows: list[dict[str, Any]], shop: str = "a", name: str = "w") -> list[Any]:
    return [row[name] for row in sorted(rows, key=lambda row: row["day"]) if row["shop"] == shop]


@pytest.mark.parametrize(
    ("frame", "total", "rows", "first", "last"),
    [
        ([-1, 0], [1, 3, 6, 4, 8], [1, 2, 2, 2, 2], [1, 1, 2, 4, None], [1, 2, 4, None, 8]),
        ([-1, 1], [3, 7, 6, 12, 8], [2, 3, 3, 3, 2], [1, 1, 2, 4, None], [2, 4, None, 8, 8]),
        ([None, 0], [1, 3, 7, 7, 15], [1, 2, 3, 4, 5], [1] * 5, [1, 2, 4, None, 8]),
        ([0, None], [15, 14, 12, 8, 8], [5, 4, 3, 2, 1], [1, 2, 4, None, 8], [8] * 5),
        ([None, None], [15] * 5, [5] * 5, [1] * 5, [8] * 5),
        ([0, 0], [1, 2, 4, None, 8], [1] * 5, [1, 2, 4, None, 8], [1, 2, 4, None, 8]),
        ([1, 2], [6, 4, 8, 8, None], [2, 2, 2, 1, 0], [2, 4, None, 8, None], [4, None, 8, 8, None]),
        ([-3, -2], [None, None, 1, 3, 6], [0, 0, 1, 2, 2], [None, None, 1, 1, 2], [None, None, 1, 2, 4]),
        ([None, -1], [None, 1, 3, 7, 7], [0, 1, 2, 3, 4], [None, 1, 1, 1, 1], [None, 1, 2, 4, None]),
    ],
)
def test_a_frame_slides_over_the_rows_of_its_partition(on_both, frame, total, rows, first, last):
    found = on_both(window(frame, w="sum(v)", n="count(*)", f="first(v)", t="last(v)"), DAYS)
    assert by_day(found) == total
    assert by_day(found, name="n") == rows
    assert by_day(found, name="f") == first
    assert by_day(found, name="t") == last


def test_a_frame_ends_with_its_partition(on_both):
    assert by_day(on_both(window([-1, 1], w="sum(v)"), DAYS), "b") == [30, 30]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("count(v)", [1, 2, 3, 2, 2]),
        ("avg(v)", [1.0, 1.5, 7 / 3, 3.0, 6.0]),
        ("min(v)", [1, 1, 1, 2, 4]),
        ("max(v)", [1, 2, 4, 4, 8]),
        ("median(v)", [1.0, 1.5, 2.0, 3.0, 6.0]),
        ("quantile(v, 0.5)", [1.0, 1.5, 2.0, 3.0, 6.0]),
        ("stddev_pop(v)", [0.0, 0.5, (14 / 9) ** 0.5, 1.0, 2.0]),
        ("variance(v)", [None, 0.5, 7 / 3, 2.0, 8.0]),
        ("sum(distinct v // 4)", [0, 0, 1, 1, 3]),
        ("count(distinct v // 4)", [1, 1, 2, 2, 2]),
        ("sum(v) filter (where v > 1)", [None, 2, 6, 6, 12]),
        ("count(*) filter (where v > 1)", [0, 1, 2, 2, 2]),
        ("string_agg(cast(v as string), '+')", ["1", "1+2", "1+2+4", "2+4", "4+8"]),
        ("string_agg(cast(v as string), '+' order by v desc)", ["1", "2+1", "4+2+1", "4+2", "8+4"]),
        ("list(v)", [[1], [1, 2], [1, 2, 4], [2, 4, None], [4, None, 8]]),
        ("list(v) filter (where v > 2)", [None, None, [4], [4], [4, 8]]),
        ("any_value(v)", [1, 1, 1, 2, 4]),
        ("bool_and(v > 1)", [False, False, False, True, True]),
        ("bool_or(v > 4)", [False, False, False, False, True]),
        ("first(v order by v desc)", [1, 2, 4, 4, 8]),
        ("last(v) filter (where v < 8)", [1, 2, 4, 4, 4]),
        ("v - min(v)", [0, 1, 3, None, 4]),
        ("sum(v) * 100 + row_number()", [101, 302, 703, 604, 1205]),
        ("coalesce(sum(v), 0) - coalesce(lag(v), 0)", [1, 2, 5, 2, 12]),
        ("sum(0.5)", ["0.5", "1.0", "1.5", "1.5", "1.5"]),
    ],
)
def test_every_aggregate_sees_the_frame(on_both, text, expected):
    found = by_day(on_both(window([-2, 0], w=text), DAYS))
    if text == "sum(0.5)":
        found = [str(each) for each in found]
    assert found == (pytest.approx(expected) if text.startswith(("stddev", "var")) else expected)


def test_a_correlation_sees_the_frame(on_both):
    found = by_day(on_both(window([-2, 0], w="round(corr(v, day), 6)"), DAYS))
    # three points 1 2 4 over 1 2 3: 1.5 / sqrt(1 * 7/3)
    assert found == [None, 1.0, 0.981981, 1.0, 1.0]


def test_a_frame_counts_rows_in_the_order_written(on_both):
    found = on_both(window([-1, 0], [{"field": "v", "direction": "desc", "nulls": "first"}], w="list(v)"), DAYS)
    assert by_day(found) == [[2, 1], [4, 2], [8, 4], [None], [None, 8]]


def test_a_frame_without_order_by_takes_rows_as_they_come(on_both):
    steps = [{"type": "window", "config": {"columns": {"w": "list(day)"}, "frame": {"rows": [-1, 0]}}}]
    rows = on_both(steps, [{"day": day} for day in (3, 1, 2)])
    assert sorted((row["day"], row["w"]) for row in rows) == [(1, [3, 1]), (2, [1, 2]), (3, [3])]


def test_ties_of_a_frame_stand_as_they_came(on_both):
    rows = [{"shop": "a", "day": 1, "v": value} for value in (5, 3, 4)]
    assert sorted(row["w"] for row in on_both(window([None, 0], w="list(v)"), rows)) == [[5], [5, 3], [5, 3, 4]]


def test_a_rank_beside_a_frame_shares_its_place_and_the_frame_does_not(on_both):
    rows = [{"shop": "a", "day": 1, "v": value} for value in (5, 3, 4)]
    found = on_both(window([None, 0], w="rank() * 10 + count(*)"), rows)
    assert sorted(row["w"] for row in found) == [11, 12, 13]


def test_a_small_number_after_large_ones_is_summed_by_itself(on_both):
    values = [1e16, 3.3, None, 1e16, 0.1, 2.5, None]
    rows = [{"shop": "a", "day": day, "v": value} for day, value in enumerate(values)]
    assert by_day(on_both(window([-1, 0], w="sum(v)"), rows))[-2:] == [2.6, 2.5]


def test_infinities_leave_a_frame_again(on_both):
    values = [float("inf"), 1.0, 2.0]
    rows = [{"shop": "a", "day": day, "v": value} for day, value in enumerate(values)]
    schema = {"shop": "string", "day": "integer", "v": "number"}
    found = on_both(window([-1, 0], w="avg(v)", m="median(v)"), rows, schema=schema)
    assert by_day(found) == [float("inf"), float("inf"), 1.5]
    assert by_day(found, name="m") == [float("inf"), float("inf"), 1.5]


def test_integers_too_large_for_a_frame_stop_the_run():
    rows = [{"shop": "a", "day": day, "v": 2**62} for day in range(3)]
    for engine in ENGINES:
        plan = wf.compile(workflow([inline("main", rows)], transforms=window([-1, 0], w="sum(v)")), engine=engine)
        with pytest.raises(wf.WorkflowError) as stopped:
            plan.collect("data")
        assert stopped.value.diagnostics[0].code == "IR490"


def test_a_partition_may_be_of_lists(on_both):
    rows = [{"shop": shop, "day": day, "v": 1} for day, shop in enumerate([["x"], ["y"], ["x"], None, ["x"], None])]
    found = sorted(on_both(window([-1, 0], w="sum(v)"), rows), key=lambda row: row["day"])
    assert [row["w"] for row in found] == [1, 1, 2, 1, 2, 2]


def test_no_rows_have_no_frames(on_both):
    assert (
        on_both(window([-1, 0], w="sum(v)"), [], schema={"shop": "string", "day": "date", "v": "decimal(38,2)"}) == []
    )


@pytest.mark.parametrize(
    ("config", "code", "message"),
    [
        ({"frame": {"rows": [1, 0]}}, "IR206", "the frame ends before it starts: [1, 0]"),
        ({"frame": {"rows": [0]}}, "IR206", "a frame has a start and an end, here is 1"),
        ({"frame": {"rows": [0, 1, 2]}}, "IR206", "a frame has a start and an end, here is 3"),
        ({"frame": {"rows": [0, 1], "range": [0, 1]}}, "IR201", 'unknown key "range"'),
        ({"frame": {"rows": [0, 2**40]}}, "IR205", None),
        (
            {"frame": {"rows": [-1, 0]}, "columns": {"w": "row_number() + v"}},
            "IR206",
            "only aggregates, first and last see a frame, and no column has one",
        ),
    ],
)
def test_a_frame_that_means_nothing_is_refused(errors_of, config, code, message):
    step = {"type": "window", "config": {"columns": {"w": "sum(v)"}, "order_by": ["day"], **config}}
    found = errors_of([step], DAYS)
    assert found[0][0] == code
    assert message is None or found[0][1] == message


def test_a_frame_needs_an_order(errors_of):
    steps = [
        {"type": "deduplicate", "config": {"keys": ["shop", "day"], "keep": "none"}},
        {"type": "window", "config": {"columns": {"w": "sum(v)"}, "frame": {"rows": [-1, 0]}}},
    ]
    assert [code for code, _ in errors_of(steps, DAYS)] == ["IR420"]


def test_a_plan_shows_the_frame():
    plan = wf.compile(workflow([inline("main", DAYS)], transforms=window([-6, 0], w="avg(v)")), engine="duckdb")
    assert "rows from -6 to this one" in " ".join(plan.explain().split())
    assert "ROWS BETWEEN 6 PRECEDING AND CURRENT ROW" in plan.sql()


SCHEMA = {
    "k": "string",
    "o": "integer",
    "n": "integer",
    "x": "number",
    "y": "number",
    "m": "decimal(38,2)",
    "d": "date",
}
rows = st.lists(
    st.fixed_dictionaries({
        "k": st.sampled_from(["a", "b", "é", None]),
        "o": st.one_of(st.none(), st.integers(-2, 2)),
        "n": st.one_of(st.none(), st.integers(-4, 4), st.sampled_from([2**40, -(2**40)])),
        "x": st.one_of(st.none(), st.integers(-40, 40).map(lambda half: half / 2)),
        "y": st.one_of(st.none(), st.sampled_from([1.5, -2.0, float("inf")])),
        "m": st.one_of(st.none(), st.sampled_from(["0.01", "-3.50", "999999999999999999999999999999999999.99"])),
        "d": st.one_of(st.none(), st.sampled_from([datetime.date(2024, 2, 29), datetime.date(2026, 1, 31)])),
    }),
    max_size=9,
)  # fmt: skip
edges = st.one_of(st.none(), st.integers(-3, 3), st.sampled_from([-100, 100]))
calls = st.sampled_from([
    "sum(n)", "sum(x)", "avg(n)", "avg(x)", "count(*)", "count(k)", "count(distinct n)", "min(d)", "max(k)", "min(x)",
    "max(m)", "median(n)", "quantile(x, 0.25)", "stddev(n)", "variance(x)", "var_pop(n)", "stddev_pop(x)", "corr(n, o)",
    "first(n)", "last(k)", "first(x order by n desc, k)", "last(d) filter (where n > 0)", "any_value(o)", "list(n)",
    "string_agg(k, '-')", "string_agg(distinct k, '-')", "string_agg(k, ',' order by n)", "list(x order by n)",
    "bool_and(n > 0)", "bool_or(x > 0e0)", "sum(x) filter (where n > 0)", "count(*) filter (where k is null)",
    "sum(y)", "avg(y)", "max(y)", "last(y)", "n - min(n)", "sum(o) + row_number()", "max(o) + rank()",
    "sum(2)", "list('x')", "coalesce(lag(o), 0) + count(*)",
])  # fmt: skip


@settings(max_examples=EXAMPLES, deadline=None, derandomize=True)
@given(
    rows=rows,
    frame=st.tuples(edges, edges).filter(lambda pair: None in pair or pair[0] <= pair[1]),
    columns=st.lists(calls, min_size=1, max_size=3, unique=True),
    partition_by=st.sampled_from([[], ["k"], ["k", "d"]]),
    order_by=st.sampled_from(
        [["o"], [{"field": "o", "direction": "desc"}, "x"], ["d", {"field": "o", "nulls": "first"}]]
    ),
)
def test_both_engines_agree_on_frames(rows, frame, columns, partition_by, order_by):
    config = {
        "columns": {f"w{index}": text for index, text in enumerate(columns)},
        "partition_by": partition_by,
        "order_by": order_by,
        "frame": {"rows": list(frame)},
    }
    sortable = [*SCHEMA, *(name for name, text in config["columns"].items() if not text.startswith("list"))]
    steps = [{"type": "window", "config": config}, {"type": "sort", "config": {"by": sortable}}]
    document = workflow([inline("main", rows, SCHEMA)], transforms=steps)
    found: list[pl.DataFrame] = [wf.compile(document, engine=engine).collect("data") for engine in ENGINES]
    # rows that differ only in a list tie in the sort; spreads and correlations are not exact
    left, right = (rows[sorted(range(rows.height), key=lambda row: _shown(rows, row))] for rows in found)
    assert_frame_equal(left, right, rel_tol=1e-9, abs_tol=1e-6)


def _shown(rows: pl.DataFrame, row: int) -> list[str]:
    """A row's texts, its numbers by six digits."""
    return [f"{each:.6g}" if isinstance(each, float) else repr(each) for each in rows.row(row)]
