"""auto chooses by shape and size, and says why."""

from __future__ import annotations

import polars as pl
import pytest

import weirflow as wf
from engine.api import plan_shape
from engine.choice import COUNT_DISTINCT, PlanShape, choose_engine

GB = 1_000_000_000


def shape(*kinds: str, size: int, memory: int = 16 * GB, limit: bool = False, text: bool = True) -> PlanShape:
    return PlanShape(kinds=frozenset(kinds), source_bytes=size, memory_bytes=memory, has_memory_limit=limit,
                     is_text=text)  # fmt: skip


def orders(tmp_path, form: str, **parts: object) -> wf.Plan:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    pl.DataFrame({"a": [1], "b": [2]}).write_parquet(tmp_path / "x.parquet")
    document = {
        "ir_version": "3.1",
        "goal": "Orders",
        "data_sources": [{"type": "file", "alias": "x", "location": f"x.{form}"}],
        "delivery_rules": {"file_delivery": {"format": "csv"}},
    }
    return wf.compile(document | parts, base=tmp_path)


def shape_of(plan: wf.Plan) -> PlanShape:
    return plan_shape(plan.compiled.graph, memory_limit=None, is_pivot_open=bool(plan.compiled.first_passes))


@pytest.mark.parametrize(
    ("plan", "engine", "reason"),
    [
        (shape("sort", "join", size=10_000), "polars", "small"),
        (shape("filter", "aggregate", size=GB), "polars", "scanning"),
        (shape("sort", "join", size=60_000_000), "polars", "small"),
        (shape("sort", "join", size=70_000_000, text=False), "duckdb", "sort"),
        (shape("sort", "join", size=70_000_000), "polars", "sorting about 70 MB of text"),
        (shape("sort", size=300_000_000), "duckdb", "sort"),
        (shape("deduplicate", size=15_000_000), "polars", "small"),
        (shape("deduplicate", "sort", size=17_000_000), "duckdb", "deduplicate"),
        (shape("window", size=17_000_000), "duckdb", "window"),
        (shape("sort", size=GB), "duckdb", "sort"),
        (shape("join", "aggregate", size=GB), "polars", "joining"),
        (shape("join", size=5 * GB), "duckdb", "a quarter of the memory"),
        (shape("pivot", size=200_000_000), "polars", "scanning"),
        (shape("pivot", size=300_000_000), "duckdb", "pivot"),
        (shape("pivot", size=30_000_000, text=False), "polars", "small"),
        (shape("pivot", size=50_000_000, text=False), "duckdb", "pivot"),
        (shape("window", size=GB), "duckdb", "window"),
        (shape("aggregate", size=5 * GB), "duckdb", "a quarter of the memory"),
        (shape("filter", "aggregate", size=GB, text=False), "duckdb", "aggregate"),
        (shape("filter", "aggregate", size=400_000_000, text=False), "polars", "grouping"),
        (shape("join", "aggregate", size=GB, text=False), "polars", "joining"),
        (shape("aggregate", COUNT_DISTINCT, size=GB, text=False), "polars", "grouping"),
        (shape("filter", "map", size=GB, text=False), "polars", "scanning"),
        (shape("map", size=10, limit=True), "duckdb", "memory limit"),
    ],
)
def test_the_choice_follows_the_shape(plan, engine, reason):
    chosen, why = choose_engine(plan)
    assert chosen == engine
    assert reason in why


def test_the_same_shape_gives_the_same_choice():
    assert choose_engine(shape("map", size=5)) == choose_engine(shape("map", size=5))


@pytest.mark.parametrize(("limit", "kinds"), [(100, set()), (1_000_000, {"sort"}), (None, {"sort"})])
def test_the_first_rows_of_a_sort_are_no_full_sort(limit, kinds, tmp_path):
    (tmp_path / "x.csv").write_text("a\n1\n")
    document = {
        "ir_version": "3.1",
        "goal": "The largest",
        "data_sources": [{"type": "file", "alias": "x", "location": "x.csv"}],
        "transforms": [{"type": "sort", "config": {"by": ["a"]} | ({"limit": limit} if limit else {})}],
        "delivery_rules": {"file_delivery": {"format": "csv"}},
    }
    assert plan_shape(wf.compile(document, base=tmp_path).compiled.graph, memory_limit=None).kinds == kinds


@pytest.mark.parametrize(("form", "is_text"), [("csv", True), ("parquet", False)])
def test_the_shape_tells_text_from_stored_columns(form, is_text, tmp_path):
    assert shape_of(orders(tmp_path, form)).is_text == is_text


@pytest.mark.parametrize(
    ("counted", "kinds"),
    [("count(a)", {"aggregate"}), ("1.0 * count(distinct a)", {"aggregate", COUNT_DISTINCT})],
)
def test_distinct_counts_are_told_from_others(counted, kinds, tmp_path):
    aggregate = {"type": "aggregate", "config": {"group_by": ["b"], "aggregates": {"count": counted}}}
    assert shape_of(orders(tmp_path, "csv", transforms=[aggregate])).kinds == kinds


@pytest.mark.parametrize("known", [{}, {"column_values": ["1"]}])
def test_a_pivot_counts_before_its_columns_are_known(known, tmp_path):
    pivot = {"type": "pivot", "config": {"index": ["a"], "columns": "b", "values": "a", "function": "sum"} | known}
    assert shape_of(orders(tmp_path, "csv", transforms=[pivot])).kinds == {"pivot"}
