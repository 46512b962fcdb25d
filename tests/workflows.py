"""Workflows over rows written in the test, run on every engine and compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
from polars.testing import assert_frame_equal

import weirflow as wf

Rows = Sequence[Mapping[str, Any]]
ENGINES = ("polars", "duckdb")


def inline(alias: str, rows: Rows, schema: Mapping[str, str] | None = None) -> dict[str, Any]:
    """An inline source."""
    config: dict[str, Any] = {"rows": list(rows)}
    if schema is not None:
        config["schema"] = dict(schema)
    return {"type": "tabular", "source": "inline", "alias": alias, "config": config}


def workflow(sources: Sequence[Mapping[str, Any]], **sections: Any) -> dict[str, Any]:
    """A document over these sources."""
    return {"ir_version": "3.1", "goal": "test", "data_sources": list(sources), **sections}


def both_engines(document: Mapping[str, Any], frame: str = "data", **options: Any) -> pl.DataFrame:
    """The rows of a frame, after a check that both engines give the same ones.

    Rows of a frame without an order are compared and given sorted by all columns.
    """
    results = []
    for engine in ENGINES:
        plan = wf.compile(document, engine=engine, **options)
        rows = plan.collect(frame)
        is_known = frame in plan.compiled.frames
        if is_known and plan.compiled.graph[plan.relation(frame)].frame.order is None and rows.width:
            rows = rows.sort(rows.columns, nulls_last=True)
        results.append(rows)
    assert_frame_equal(results[0], results[1], check_exact=True)
    return results[0]


def files_under(folder: Path) -> list[str]:
    """The names of the files in a folder and below it, but for what every run notes of itself in its home."""
    own = {"run.json", "lock"}
    found = [each for each in Path(folder).rglob("*") if each.is_file() and each.name not in own]
    return sorted(each.name for each in found if not each.name.startswith("journal.db"))
