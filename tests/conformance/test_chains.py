"""Random chains of operations over random frames: both engines give the same rows, types and order of columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import weirflow as wf
from engine.duckdb_session import DuckDBSession
from ir import types as t
from tests.conformance.chains import HOSTILE, SCHEMA, STEPS, Columns, facts_of
from tests.conformance.engines import (
    ZONE,
    Refusal,
    checked,
    compiled,
    compiles,
    difference,
    duckdb_session,
    may_stand_either_way,
    outcomes,
    told_rows,
)
from tests.conformance.frames import frames

BATCH = 20


def document(steps: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    sources = [{"type": "file", "alias": name, "location": f"{name}.parquet"} for name in ("main", "other")]
    return {"ir_version": "3.1", "goal": "test", "settings": {"timezone": ZONE}, "data_sources": sources,
            "transforms": list(steps)}  # fmt: skip


@st.composite
def named_frames(draw: st.DrawFn) -> dict[str, pl.DataFrame]:
    """Both sources, with some of their columns, partly under hostile names."""
    made = {}
    for source in ("main", "other"):
        kept = draw(st.lists(st.sampled_from(list(SCHEMA)), min_size=3, max_size=len(SCHEMA), unique=True))
        renamed: dict[str, str] = {}
        for name in kept:
            if draw(st.integers(0, 4)) == 4:
                other = draw(st.sampled_from(HOSTILE[1:]))
                if other.strip() and other.lower() not in {each.lower() for each in [*kept, *renamed.values()]}:
                    renamed[name] = other
        schema = t.Schema({renamed.get(name, name): SCHEMA[name] for name in SCHEMA if name in kept})
        made[source] = draw(frames(schema, most=8))
    return made


def chain(
    draw: st.DrawFn, base: Path, number: int, sources: wf.Plan, facts: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Up to five steps that compile, each over the columns of the one before, some beside the row of `facts`."""
    steps: list[dict[str, Any]] = []
    schema, other = sources.schema("main"), sources.schema("other")
    known = sources.schema("facts") if facts else t.Schema()
    for _ in range(draw(st.integers(1, 5))):
        kind = draw(st.sampled_from(list(STEPS)))
        config = STEPS[kind](Columns(draw, schema, other, known))
        if config is None:
            continue
        step = {"type": kind, "config": config, "input_source": steps[-1]["output_variable"] if steps else "main",
                "output_variable": f"c{number}_{len(steps)}"}  # fmt: skip
        plan_or_problems = compiles(document([*facts, *steps, step]), base)
        if isinstance(plan_or_problems, wf.Plan):
            schema = plan_or_problems.schema(step["output_variable"])
            steps.append(step)
    return steps


def disagreements(chains: Sequence[Sequence[dict[str, Any]]], base: Path, facts: Sequence[dict[str, Any]]) -> list[str]:
    plan = compiled(document([*facts, *(step for each in chains for step in each)]), base)
    with duckdb_session(plan, [str(each[-1]["output_variable"]) for each in chains]) as session:
        return [told for each in chains if (told := _disagreement(plan, each, session))]


def _disagreement(plan: wf.Plan, steps: Sequence[dict[str, Any]], session: DuckDBSession) -> str | None:
    """At the first step where the engines part."""
    last = str(steps[-1]["output_variable"])
    if difference(plan, last, outcomes(plan, last, session), close=close_columns(plan, last)) is None:
        return None
    for index, step in enumerate(steps):
        name = str(step["output_variable"])
        found = outcomes(plan, name)
        told = difference(plan, name, found, close=close_columns(plan, name))
        if told is not None:
            before, _ = outcomes(plan, str(step["input_source"]))
            # what no later step needs is not computed, on one engine or the other
            if isinstance(before, Refusal) or may_stand_either_way(plan, str(step["input_source"]), before):
                return None
            of = f"{list(steps[:index])}\nof {told_rows(before)}"
            return f"{step['type']}: {step['config']}\n{told}\nafter {of}"
    return None


def close_columns(plan: wf.Plan, frame: str) -> list[str]:
    """Numbers may differ in the last digits, where they are sums in another order."""
    return [name for name, kind in plan.schema(frame).items() if isinstance(kind, t.Number)]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("chains")


@checked(BATCH, share=200)
@given(rows=named_frames(), data=st.data())
def test_both_engines_agree_on_random_chains(base: Path, rows: dict[str, pl.DataFrame], data: st.DataObject) -> None:
    for name, frame in rows.items():
        frame.write_parquet(base / f"{name}.parquet")
    other = compiled(document([]), base).schema("other")
    facts = [facts_of(other)] if data.draw(st.booleans()) else []
    sources = compiled(document(facts), base)
    chains = [each for number in range(BATCH) if (each := chain(data.draw, base, number, sources, facts))]
    found = disagreements(chains, base, facts) if chains else []
    assert not found, "\n\n".join(found)
