"""Random filters over every operator: both engines keep the same rows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import weirflow as wf
from ir.diagnostics import Diagnostic
from tests.conformance.conditions import groups
from tests.conformance.engines import Refusal, checked, compiled, compiles, difference, halves, outcomes
from tests.conformance.frames import frames
from tests.conformance.test_expressions import document

BATCH = 40


def filtered(filters: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The numbers of the rows that each filter keeps, one below the other."""
    # a union takes two
    filters = filters if len(filters) > 1 else [*filters, *filters]
    steps: list[dict[str, Any]] = []
    for index, group in enumerate(filters):
        steps.append({"type": "filter", "input_source": "main", "output_variable": f"kept{index}", "config": group})
        steps.append({"type": "map", "input_source": f"kept{index}", "output_variable": f"rows{index}",
                      "config": {"select": ["nr"]}})  # fmt: skip
    names = [f"rows{index}" for index in range(len(filters))]
    return document([*steps, {"type": "union", "input_source": names[0], "output_variable": "found",
                              "config": {"sources": names[1:], "source_column": "filter"}}])  # fmt: skip


def sensible(filters: Sequence[dict[str, Any]], base: Path) -> list[dict[str, Any]]:
    """Those that compile; the rest is refused at its place."""
    kept = list(filters)
    while kept:
        found = compiles(filtered(kept), base)
        if isinstance(found, wf.Plan):
            break
        wrong = {_which(each) for each in found}
        kept = [each for index, each in enumerate(kept) if index not in wrong]
    return kept


def _which(found: Diagnostic) -> int:
    """The index of the filter that a diagnostic is about."""
    assert found.pointer[:1] == ("transforms",), found
    return int(found.pointer[1]) // 2


def disagreements(filters: Sequence[dict[str, Any]], base: Path) -> list[str]:
    plan = compiled(filtered(filters), base)
    found = outcomes(plan, "found")
    told = difference(plan, "found", found)
    refused = any(isinstance(each, Refusal) for each in found)
    if told is None and not refused:
        return []
    if len(filters) > 1:
        return [each for part in halves(filters) for each in disagreements(part, base)]
    if refused:
        return [f"{filters[0]}\na filter refuses no value\n{found}"]
    return [f"{filters[0]}\n{told}"]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("filters")


@checked(BATCH, share=400)
@given(rows=frames(), filters=st.lists(groups(), min_size=BATCH, max_size=BATCH))
def test_both_engines_keep_the_same_rows(base: Path, rows: pl.DataFrame, filters: list[dict[str, Any]]) -> None:
    rows.write_parquet(base / "main.parquet")
    kept = sensible(filters, base)
    found = disagreements(kept, base) if kept else []
    assert not found, "\n\n".join(found)
