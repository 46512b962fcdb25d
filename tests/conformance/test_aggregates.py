"""Random aggregates and windows over every function of the table: both engines give the same values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ir import types as t
from tests.conformance.aggregate_texts import aggregates, window_calls
from tests.conformance.engines import Refusal, checked, compiled, difference, halves, outcomes
from tests.conformance.frames import frames
from tests.conformance.test_expressions import document

BATCH = 20

Step = Callable[[Sequence[str]], dict[str, Any]]


def named(texts: Sequence[str]) -> dict[str, str]:
    return {f"r{index}": text for index, text in enumerate(texts)}


def grouped(keys: list[str]) -> Step:
    """The aggregates of each group, or of all rows without keys."""
    kind = "aggregate" if keys else "reduce"
    extra = {"group_by": keys} if keys else {}
    return lambda texts: {"type": kind, "config": {**extra, "aggregates": named(texts)}}


def windowed(config: dict[str, Any]) -> Step:
    return lambda texts: {"type": "window", "config": {**config, "columns": named(texts)}}


def disagreements(texts: Sequence[str], step: Step, base: Path, *, close: bool = False) -> list[str]:
    """As of expressions: all at once, or in ever smaller parts."""
    made = step(texts)
    plan = compiled(document([{**made, "input_source": "main", "output_variable": "found"}]), base)
    found = outcomes(plan, "found")
    kinds = plan.schema("found")
    near = [name for name, text in named(texts).items()
            if close or ("sum(" in text and isinstance(kinds[name], t.Number))]  # fmt: skip
    told = difference(plan, "found", found, close=near)
    if told is None and not any(isinstance(each, Refusal) for each in found):
        return []
    if len(texts) > 1:
        return [each for part in halves(texts) for each in disagreements(part, step, base, close=close)]
    if told is None or any(isinstance(each, Refusal) for each in found):
        # a step of integer arithmetic below an aggregate may pass the 64 bits on an engine that sums in 128
        return []
    return [f"{texts[0]}\n{made}\n{told}"]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("aggregates")


keys = st.sampled_from([[], ["g"], ["b"], ["g", "b"], ["i"], ["x"], ["day"], ["d"]])
_key = st.fixed_dictionaries({
    "field": st.sampled_from(["i", "x", "s", "day", "b", "d", "tz", "clock"]),
    "direction": st.sampled_from(["asc", "desc"]),
    "nulls": st.sampled_from(["first", "last"]),
})  # fmt: skip
windows = st.fixed_dictionaries({
    "partition_by": st.sampled_from([[], ["g"], ["g", "b"]]),
    "order_by": st.lists(_key, min_size=1, max_size=2, unique_by=lambda key: key["field"]),
})  # fmt: skip


@checked(BATCH, share=200)
@given(rows=frames(), texts=st.lists(aggregates(), min_size=BATCH, max_size=BATCH), by=keys)
def test_both_engines_aggregate_to_the_same_values(
    base: Path, rows: pl.DataFrame, texts: list[str], by: list[str]
) -> None:
    rows.write_parquet(base / "main.parquet")
    found = disagreements(texts, grouped(by), base)
    assert not found, "\n\n".join(found)


@checked(BATCH, share=100)
@given(rows=frames(tame=True), texts=st.lists(aggregates(inexact=True), min_size=BATCH, max_size=BATCH), by=keys)
def test_both_engines_agree_on_statistics_to_nine_digits(
    base: Path, rows: pl.DataFrame, texts: list[str], by: list[str]
) -> None:
    rows.write_parquet(base / "main.parquet")
    found = disagreements(texts, grouped(by), base, close=True)
    assert not found, "\n\n".join(found)


@checked(BATCH, share=200)
@given(rows=frames(), texts=st.lists(window_calls(), min_size=BATCH, max_size=BATCH), config=windows)
def test_both_engines_spread_windows_alike(
    base: Path, rows: pl.DataFrame, texts: list[str], config: dict[str, Any]
) -> None:
    rows.write_parquet(base / "main.parquet")
    found = disagreements(texts, windowed(config), base)
    assert not found, "\n\n".join(found)
