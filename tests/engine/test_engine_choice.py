"""auto chooses by shape and size, and says why."""

from __future__ import annotations

import pytest

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
        (shape("deduplicate", size=15_000_000), "polars", "small"),
        (shape("deduplicate", "sort", size=17_000_000), "duckdb", "deduplicate"),
        (shape("window", size=17_000_000), "duckdb", "window"),
        (shape("sort", size=GB), "duckdb", "sort"),
        (shape("join", "aggregate", size=GB), "duckdb", "join"),
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
