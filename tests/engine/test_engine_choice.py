"""auto chooses by shape and size, and says why."""

from __future__ import annotations

import pytest

import weirflow as wf
from engine.api import plan_shape
from engine.choice import PlanShape, choose_engine

GB = 1_000_000_000


def shape(*kinds: str, size: int, memory: int = 16 * GB, limit: bool = False) -> PlanShape:
    return PlanShape(kinds=frozenset(kinds), source_bytes=size, memory_bytes=memory, has_memory_limit=limit)


@pytest.mark.parametrize(
    ("plan", "engine", "reason"),
    [
        (shape("sort", "join", size=10_000), "polars", "small"),
        (shape("filter", "aggregate", size=GB), "polars", "scanning"),
        (shape("sort", "join", size=60_000_000), "polars", "small"),
        (shape("sort", "join", size=70_000_000), "duckdb", "sort"),
        (shape("deduplicate", size=15_000_000), "polars", "small"),
        (shape("deduplicate", "sort", size=17_000_000), "duckdb", "deduplicate"),
        (shape("window", size=17_000_000), "duckdb", "window"),
        (shape("sort", size=GB), "duckdb", "sort"),
        (shape("join", "aggregate", size=GB), "polars", "joining"),
        (shape("join", size=5 * GB), "duckdb", "a quarter of the memory"),
        (shape("pivot", size=200_000_000), "polars", "scanning"),
        (shape("pivot", size=300_000_000), "duckdb", "pivot"),
        (shape("window", size=GB), "duckdb", "window"),
        (shape("aggregate", size=5 * GB), "duckdb", "a quarter of the memory"),
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
