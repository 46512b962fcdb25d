"""Files of ordered frames are the same to the byte: between engines, and from run to run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from unittest.mock import patch

import polars as pl
import pytest
from hypothesis import given

import weirflow as wf
from ir import types as t
from tests.conformance.engines import NOW, ZONE, checked
from tests.conformance.frames import SCHEMA, frames

FORMATS = ("csv", "json", "ndjson")
FLAT = t.Schema({name: kind for name, kind in SCHEMA.items() if not isinstance(kind, t.ListOf | t.Struct)})
EVERY = t.Schema({**dict(SCHEMA.items()), "took": t.Duration(), "times": t.ListOf(t.Datetime(zoned=True)),
                  "nested": t.ListOf(t.Struct((("at", t.Time()), ("x", t.Number()))))})  # fmt: skip


def document(steps: list[dict[str, Any]], formats: tuple[str, ...]) -> dict[str, Any]:
    deliveries = [{"format": each, "filename_template": f"rows.{each}"} for each in formats]
    return {"ir_version": "3.1", "goal": "test", "settings": {"timezone": ZONE},
            "data_sources": [{"type": "file", "alias": "main", "location": "main.parquet"}],
            "transforms": steps, "delivery_rules": {"file_delivery": deliveries}}  # fmt: skip


def written(steps: list[dict[str, Any]], base: Path, formats: tuple[str, ...]) -> dict[str, set[bytes]]:
    """What each file holds, of two runs on each engine."""
    found: dict[str, set[bytes]] = {each: set() for each in formats}
    for place, engine in enumerate(("polars", "duckdb", "polars", "duckdb")):
        out = base / f"out{place}"
        # of the many runs at one moment no two may draw the same name, which in one journal would be refused
        with patch.dict(os.environ, WEIRFLOW_HOME=str(base / f"home{place}")):
            wf.run(document(steps, formats), base=base, out=out, engine=engine, now=NOW)
        for each in formats:
            path = out / f"rows.{each}"
            found[each].add(path.read_bytes())
            path.unlink()
    return found


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


@checked(1, share=15)
@given(rows=frames(EVERY))
def test_a_source_is_written_the_same_on_both_engines(base: Path, rows: pl.DataFrame) -> None:
    rows.write_parquet(base / "main.parquet")
    for each, contents in written([], base, FORMATS).items():
        assert len(contents) == 1, (each, contents)


@checked(1, share=15)
@given(rows=frames(FLAT))
def test_sorted_and_grouped_rows_are_written_the_same(base: Path, rows: pl.DataFrame) -> None:
    rows.write_parquet(base / "main.parquet")
    sort = {"type": "sort", "config": {"by": ["s", {"field": "x", "direction": "desc"}]}}
    group = {
        "type": "aggregate",
        "config": {"group_by": ["x", "d", "tz"], "aggregates": {"n": "count(*)", "m": "max(huge)"}},
    }
    for step in (sort, group):
        for each, contents in written([step], base, FORMATS).items():
            assert len(contents) == 1, (step, each, contents)
