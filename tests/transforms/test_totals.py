"""totals of an aggregate: rows over the groups of fewer keys, computed from the input's rows."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import weirflow as wf
from tests.workflows import ENGINES, both_engines, inline, workflow

SALES = [
    {"region": "north", "product": "pen", "amount": 10},
    {"region": "north", "product": "pen", "amount": 20},
    {"region": "north", "product": "ink", "amount": 60},
    {"region": "south", "product": "pen", "amount": 6},
    {"region": None, "product": "pen", "amount": 4},
]


def _document(totals: str, rows: Any = SALES, **config: Any) -> dict[str, Any]:
    step = {"group_by": ["region", "product"], "aggregates": {"n": "count(*)", "total": "sum(amount)"},
            "totals": totals, **config}  # fmt: skip
    kinds = {"region": "string", "product": "string", "amount": "integer"}
    return workflow([inline("main", rows, kinds)], transforms=[{"type": "aggregate", "config": step}])


def test_rollup_adds_a_row_for_each_value_of_the_first_key_and_one_over_all_behind_what_they_sum():
    assert both_engines(_document("rollup")).rows() == [
        ("north", "ink", 1, 60),
        ("north", "pen", 2, 30),
        ("north", None, 3, 90),
        ("south", "pen", 1, 6),
        ("south", None, 1, 6),
        (None, "pen", 1, 4),
        (None, None, 1, 4),
        (None, None, 5, 100),
    ]


def test_grand_adds_one_row_over_all():
    assert both_engines(_document("grand")).rows() == [
        ("north", "ink", 1, 60),
        ("north", "pen", 2, 30),
        ("south", "pen", 1, 6),
        (None, "pen", 1, 4),
        (None, None, 5, 100),
    ]


def test_totals_are_computed_from_the_rows_and_not_from_the_groups():
    found = both_engines(_document("rollup", aggregates={"a": "avg(amount)", "kinds": "count(distinct product)"}))
    assert found.filter(pl.col("region") == "north").rows() == [
        ("north", "ink", 60.0, 1),
        ("north", "pen", 15.0, 1),
        ("north", None, 30.0, 2),
    ]
    assert found.rows()[-1] == (None, None, 20.0, 2)


def test_the_total_over_no_rows_is_a_row():
    for totals in ("grand", "rollup"):
        assert both_engines(_document(totals, rows=[])).rows() == [(None, None, 0, None)]


def test_having_looks_at_rows_of_totals_as_well():
    assert both_engines(_document("rollup", having="total > 50")).rows() == [
        ("north", "ink", 1, 60),
        ("north", None, 3, 90),
        (None, None, 5, 100),
    ]


def test_a_key_may_be_computed_and_an_aggregate_may_read_a_column_of_its_name():
    config = {"group_by": [{"region": "coalesce(region, 'nowhere')"}], "aggregates": {"named": "count(region)"}}
    assert both_engines(_document("grand", **config)).rows() == [
        ("north", 3),
        ("nowhere", 0),
        ("south", 1),
        (None, 4),
    ]


def test_rows_of_totals_keep_their_place_in_the_next_sort():
    document = _document("rollup")
    document["transforms"].append({"type": "sort", "config": {"by": ["product"]}})
    assert both_engines(document).select("region", "product").rows()[-4:] == [
        ("north", None),
        ("south", None),
        (None, None),
        (None, None),
    ]
    document["transforms"].append({"type": "limit", "config": {"rows": 1}})
    assert both_engines(document).rows() == [("north", "ink", 1, 60)]


def test_first_of_an_ordered_frame_is_the_first_row_of_each_level():
    found = both_engines(_document("rollup", aggregates={"first": "first(amount)"}))
    assert found.rows()[-1] == (None, None, 10)
    assert found.rows()[2] == ("north", None, 10)


@pytest.mark.parametrize("config", [{"group_by": []}, {"aggregates": {}}])
def test_totals_need_keys_and_aggregates(config):
    [found] = wf.validate(_document("grand", **config))
    assert (found.code, found.message) == ("IR206", "totals: grand needs group_by and aggregates")


@settings(max_examples=25, deadline=None)
@given(st.lists(st.fixed_dictionaries({
    "region": st.sampled_from(["a", "b", None]),
    "product": st.sampled_from(["x", "y", None]),
    "amount": st.one_of(st.none(), st.integers(-5, 5)),
}), max_size=12))  # fmt: skip
def test_a_total_is_what_an_aggregate_of_fewer_keys_gives(rows):
    results = [wf.compile(_document("rollup", rows), engine=engine).collect("data") for engine in ENGINES]
    assert results[0].equals(results[1])
    wanted: list[tuple[Any, ...]] = []
    for keys in (["region", "product"], ["region"], []):
        found = both_engines(_document("none", rows, group_by=keys))
        gone = [pl.lit(None, dtype=pl.String()).alias(name) for name in ("region", "product") if name not in keys]
        wanted += found.with_columns(gone).select("region", "product", "n", "total").rows()
    assert sorted(results[0].rows(), key=str) == sorted(wanted, key=str)
