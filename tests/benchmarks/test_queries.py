"""The measured queries: a fast one that gives other rows would prove nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.child import workflows
from benchmarks.queries.by_hand_duckdb import QUERIES as DUCKDB_QUERIES
from benchmarks.queries.by_hand_polars import QUERIES
from benchmarks.queries.comparison import compare
from benchmarks.queries.data import make_data


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_data(tmp_path_factory.mktemp("queries"), 2_000)


def test_every_query_is_a_workflow_and_written_by_hand_for_both_engines() -> None:
    assert sorted(QUERIES) == sorted(DUCKDB_QUERIES) == sorted(each.stem for each in workflows("queries").iterdir())


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize("query", QUERIES)
def test_a_query_gives_the_same_rows_in_every_way_it_is_written(
    query: str, form: str, data: Path, tmp_path: Path
) -> None:
    assert compare(query, data, form, tmp_path).height > 0
