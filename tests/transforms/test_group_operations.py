"""aggregate, reduce, window, pivot, unpivot: many rows make one, or see one another."""

from __future__ import annotations

import polars as pl
import pytest

import weirflow as wf
from tests.workflows import workflow

SALES = [
    {"region": "north", "month": 1, "amount": 10, "paid": True},
    {"region": "north", "month": 1, "amount": 20, "paid": False},
    {"region": "south", "month": 1, "amount": 5, "paid": True},
    {"region": "south", "month": 2, "amount": None, "paid": None},
    {"region": None, "month": 2, "amount": 7, "paid": True},
]


def test_aggregate_is_ordered_by_its_keys_with_null_as_a_key_of_its_own(on_both):
    rows = on_both([{"type": "aggregate", "config": {"group_by": ["region"], "aggregates": {"n": "count(*)"}}}], SALES)
    assert rows == [{"region": "north", "n": 2}, {"region": "south", "n": 2}, {"region": None, "n": 1}]


def test_aggregate_mixes_names_and_expressions_as_keys(on_both):
    config = {"group_by": [{"quarter": "(month + 2) // 3"}, "region"], "aggregates": {"total": "sum(amount)"}}
    rows = on_both([{"type": "aggregate", "config": config}], SALES)
    assert rows == [
        {"quarter": 1, "region": "north", "total": 30},
        {"quarter": 1, "region": "south", "total": 5},
        {"quarter": 1, "region": None, "total": 7},
    ]


def test_sum_of_only_nulls_is_null_and_count_is_zero(on_both):
    config = {"group_by": ["region", "month"], "aggregates": {"total": "sum(amount)", "n": "count(amount)"}}
    rows = on_both([{"type": "aggregate", "config": config}], SALES)
    assert {"region": "south", "month": 2, "total": None, "n": 0} in rows


def test_an_aggregate_may_be_an_expression_around_aggregates(on_both):
    config = {
        "group_by": ["month"],
        "aggregates": {"mean": "sum(amount) / count(*)", "paid": "sum(amount) filter (where paid)"},
    }
    rows = on_both([{"type": "aggregate", "config": config}], SALES)
    assert rows == [{"month": 1, "mean": 35 / 3, "paid": 15}, {"month": 2, "mean": 3.5, "paid": 7}]


def test_having_keeps_groups_by_output_names(on_both):
    config = {"group_by": ["region"], "aggregates": {"total": "sum(amount)"}, "having": "total > 6"}
    rows = on_both([{"type": "aggregate", "config": config}], SALES)
    assert rows == [{"region": "north", "total": 30}, {"region": None, "total": 7}]


def test_the_originals_form_of_an_aggregate_is_taken(on_both):
    config = {"group_by": ["month"], "aggregates": {"x": {"field": "amount", "operation": "max", "alias": "largest"}}}
    assert on_both([{"type": "aggregate", "config": config}], SALES) == [
        {"month": 1, "largest": 20},
        {"month": 2, "largest": 7},
    ]


def test_aggregate_without_aggregates_gives_the_distinct_keys(on_both):
    assert on_both([{"type": "aggregate", "config": {"group_by": ["month"]}}], SALES) == [{"month": 1}, {"month": 2}]


def test_reduce_of_an_empty_frame_is_one_row(on_both):
    rows = on_both(
        [
            {"type": "filter", "config": {"where": "amount > 1000"}},
            {
                "type": "reduce",
                "config": {"aggregates": {"n": "count(*)", "total": "sum(amount)", "top": "max(amount)"}},
            },
        ],
        SALES,
    )
    assert rows == [{"n": 0, "total": None, "top": None}]


def test_first_and_last_follow_the_source_order(on_both):
    config = {"group_by": ["region"], "aggregates": {"first": "first(month)", "last": "last(month)"}}
    many = [{"region": index % 7, "month": index} for index in range(5000)]
    rows = on_both([{"type": "aggregate", "config": config}], many)
    assert [(row["first"], row["last"]) for row in rows] == [
        (key, max(index for index in range(5000) if index % 7 == key)) for key in range(7)
    ]


def test_first_of_unordered_rows_is_refused(errors_of):
    steps = [
        {"type": "union", "config": {"sources": ["other"]}},
        {"type": "aggregate", "config": {"group_by": ["region"], "aggregates": {"x": "first(amount)"}}},
    ]
    assert len(errors_of(steps, SALES, other=SALES)) == 1


def test_a_column_outside_of_an_aggregate_is_refused(errors_of):
    errors = errors_of(
        [{"type": "aggregate", "config": {"group_by": ["region"], "aggregates": {"x": "amount * 2"}}}], SALES
    )
    assert [code for code, _ in errors] == ["IR413"]


def test_two_outputs_of_one_name_are_refused(errors_of):
    errors = errors_of(
        [{"type": "aggregate", "config": {"group_by": ["region"], "aggregates": {"region": "count(*)"}}}], SALES
    )
    assert [code for code, _ in errors] == ["IR403"]


def test_window_aggregates_see_the_whole_partition_also_with_an_order(on_both):
    config = {
        "columns": {"total": "sum(amount)", "share": "amount / sum(amount)"},
        "partition_by": ["region"],
        "order_by": ["amount"],
    }
    rows = on_both([{"type": "window", "config": config}], SALES)
    north = [row for row in rows if row["region"] == "north"]
    assert [(row["amount"], row["total"], row["share"]) for row in north] == [(10, 30, 10 / 30), (20, 30, 20 / 30)]


def test_row_number_rank_and_dense_rank_differ_at_ties(on_both):
    scores = [{"who": who, "score": score} for who, score in [("a", 3), ("b", 5), ("c", 5), ("d", 9)]]
    config = {"columns": {"n": "row_number()", "r": "rank()", "d": "dense_rank()"}, "order_by": ["score"]}
    rows = on_both([{"type": "window", "config": config}], scores)
    assert [(row["who"], row["n"], row["r"], row["d"]) for row in sorted(rows, key=lambda row: row["who"])] == [
        ("a", 1, 1, 1),
        ("b", 2, 2, 2),
        ("c", 3, 2, 2),
        ("d", 4, 4, 3),
    ]


def test_lag_and_lead_follow_the_order_and_are_null_at_the_ends(on_both):
    steps = [{"day": day, "v": day * day} for day in (3, 1, 2)]
    config = {"columns": {"before": "lag(v, 1)", "after": "lead(v, 1)"}, "order_by": ["day"]}
    rows = on_both([{"type": "window", "config": config}], steps)
    assert [(row["day"], row["before"], row["after"]) for row in rows] == [(1, None, 4), (2, 1, 9), (3, 4, None)]


def test_lag_and_lead_give_their_default_only_where_there_is_no_row(on_both):
    sales = [{"g": g, "day": day, "v": v} for g, day, v in
             [("a", 1, 10), ("a", 2, None), ("a", 3, 30), (None, 1, 1), (None, 2, 2), ("b", 1, 5)]]  # fmt: skip
    columns = {"before": "lag(v, 1, 0)", "after": "lead(v, 2, -1)", "exact": "lag(v, 1, 0.5)"}

    def found(steps, config):
        step = {"type": "window", "config": {"columns": columns, **config}}
        rows = on_both([*steps, step], sales)
        by_place = sorted(rows, key=lambda row: (row["g"] is None, row["g"] or "", row["day"]))
        return [(row["before"], row["after"], str(row["exact"])) for row in by_place]

    assert found([], {"partition_by": ["g"], "order_by": ["day"]}) == [
        (0, 30, "0.5"), (10, -1, "10.0"), (None, -1, "None"), (0, -1, "0.5"), (0, -1, "0.5"), (1, -1, "1.0"),
    ]  # fmt: skip
    # without an order of its own the window follows the rows as they come: a, a, a, b, null, null
    in_order = [{"type": "sort", "config": {"by": ["g", "day"]}}]
    assert found(in_order, {}) == [
        (0, 30, "0.5"), (10, 5, "10.0"), (None, 1, "None"), (30, 2, "30.0"), (5, -1, "5.0"), (1, -1, "1.0"),
    ]  # fmt: skip
    assert found(in_order, {"partition_by": ["g"]})[3:] == [(0, -1, "0.5"), (0, -1, "0.5"), (1, -1, "1.0")]


def test_lag_without_order_by_follows_the_source_order(on_both):
    rows = on_both([{"type": "window", "config": {"columns": {"before": "lag(v, 1)"}}}], [{"v": v} for v in (5, 1, 9)])
    assert [(row["v"], row["before"]) for row in rows] == [(1, 5), (5, None), (9, 1)]


def test_window_orders_descending_with_nulls_last(on_both):
    config = {"columns": {"n": "row_number()"}, "order_by": [{"field": "amount", "direction": "desc"}]}
    rows = on_both([{"type": "window", "config": config}], SALES)
    assert {(row["amount"], row["n"]) for row in rows} == {(20, 1), (10, 2), (7, 3), (5, 4), (None, 5)}


def test_pivot_makes_columns_of_declared_values_in_their_order(on_both):
    config = {"index": ["region"], "columns": "month", "values": "amount", "column_values": [2, 1]}
    rows = on_both([{"type": "pivot", "config": config}], SALES)
    assert rows == [
        {"region": "north", "2": None, "1": 30},
        {"region": "south", "2": None, "1": 5},
        {"region": None, "2": 7, "1": None},
    ]


def test_pivot_finds_its_values_by_a_first_pass_in_value_order(on_both):
    many = [{"k": 1, "m": month, "v": 1} for month in (12, 3, None, 1, 3)]
    rows = on_both([{"type": "pivot", "config": {"index": ["k"], "columns": "m", "values": "v"}}], many)
    assert rows == [{"k": 1, "1": 1, "3": 2, "12": 1, "null": 1}]


def test_steps_after_a_pivot_without_declared_values_run_too(on_both):
    rows = on_both(
        [
            {"type": "pivot", "config": {"index": ["region"], "columns": "month", "values": "amount", "fill": 0}},
            {"type": "map", "config": {"columns": {"both": '"1" + "2"'}}},
        ],
        SALES,
    )
    assert [(row["region"], row["both"]) for row in rows] == [("north", 30), ("south", 5), (None, 7)]


@pytest.mark.parametrize(
    ("function", "expected"), [("count", 2), ("min", 10), ("max", 20), ("mean", 15.0), ("first", 10)]
)
def test_pivot_functions(on_both, function, expected):
    config = {"index": ["region"], "columns": "month", "values": "amount", "function": function, "column_values": [1]}
    assert on_both([{"type": "pivot", "config": config}], SALES[:2]) == [{"region": "north", "1": expected}]


def test_pivot_names_columns_by_the_values_text(on_both):
    rows = on_both(
        [{"type": "pivot", "config": {"index": [], "columns": "paid", "function": "count", "values": "region"}}], SALES
    )
    assert rows == [{"false": 1, "true": 2, "null": 1}]


def test_pivot_counts_rows_whose_value_is_not_declared_in_a_warning(tmp_path):
    document = {
        "ir_version": "3.1",
        "goal": "test",
        "data_sources": [{"type": "tabular", "source": "inline", "alias": "main", "config": {"rows": SALES}}],
        "transforms": [
            {
                "type": "pivot",
                "config": {"index": ["region"], "columns": "month", "values": "amount", "column_values": [1]},
            }
        ],
        "delivery_rules": {"file_delivery": {"format": "csv"}},
    }
    for engine in ("polars", "duckdb"):
        result = wf.run(document, engine=engine, out=tmp_path / engine)
        assert [warning.code for warning in result.warnings] == ["IR431"]
        assert "2 rows" in result.warnings[0].message


def test_unpivot_keeps_nulls_and_names_the_columns(on_both):
    rows = on_both(
        [{"type": "unpivot", "config": {"index": ["k"], "columns": ["a", "b"], "name_to": "what", "value_to": "n"}}],
        [{"k": 1, "a": 5, "b": None}],
        schema={"b": "integer"},
    )
    assert rows == [{"k": 1, "what": "a", "n": 5}, {"k": 1, "what": "b", "n": None}]


def test_unpivot_widens_integers_and_numbers_and_refuses_text_beside_them(on_both, errors_of):
    rows = on_both([{"type": "unpivot", "config": {"columns": ["a", "b"]}}], [{"a": 1, "b": 2.5}])
    assert rows == [{"name": "a", "value": 1.0}, {"name": "b", "value": 2.5}]
    assert [
        code for code, _ in errors_of([{"type": "unpivot", "config": {"columns": ["a", "b"]}}], [{"a": 1, "b": "x"}])
    ] == ["IR406"]


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_first_and_last_are_those_of_the_source_however_many_threads_group_it(tmp_path, engine):
    # row i has key i % 50000, so that key k is first seen in row k and last in row 450000 + k
    count, keys = 500_000, 50_000
    numbers = pl.DataFrame({"i": range(count)})
    numbers.with_columns(k=pl.col("i") % keys).write_parquet(tmp_path / "rows.parquet", row_group_size=20_000)
    config = {"group_by": ["k"], "aggregates": {"f": "first(i)", "l": "last(i)", "all": "list(i)"}}
    document = workflow(
        [{"type": "file", "alias": "rows", "location": "rows.parquet"}],
        transforms=[{"type": "aggregate", "config": config}],
    )
    rows = wf.compile(document, engine=engine, base=tmp_path).collect("data")
    assert rows["k"].to_list() == rows["f"].to_list() == list(range(keys))
    assert rows["l"].to_list() == list(range(count - keys, count))
    assert rows["all"][7].to_list() == list(range(7, count, keys))


def test_rows_that_an_aggregates_order_leaves_tied_stay_as_they_came(on_both):
    rows = [{"t": 1, "v": 3}, {"t": 1, "v": 2}, {"t": 0, "v": 9}, {"t": 1, "v": 4}]
    config = {"aggregates": {"all": "list(v order by t)", "f": "first(v order by t desc)"}}
    assert on_both([{"type": "reduce", "config": config}], rows) == [{"all": [9, 3, 2, 4], "f": 3}]


def test_rows_that_an_aggregates_order_leaves_tied_go_by_value_where_they_have_no_order(on_both):
    rows = [{"k": 1, "t": 1, "v": 3}, {"k": 2, "t": 1, "v": 2}, {"k": 3, "t": 0, "v": 9}]
    steps = [
        {"type": "join", "config": {"source": "main", "on": ["k"], "how": "semi"}},
        {"type": "reduce", "config": {"aggregates": {"all": "list(v order by t)"}}},
    ]
    assert on_both(steps, rows) == [{"all": [9, 2, 3]}]


def test_distinct_texts_are_joined_in_their_own_order(on_both):
    rows = [{"t": "b"}, {"t": "a"}, {"t": "b"}, {"t": None}]
    config = {"aggregates": {"all": "string_agg(distinct t, '-')"}}
    assert on_both([{"type": "reduce", "config": config}], rows) == [{"all": "a-b"}]
