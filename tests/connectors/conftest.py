"""Reading with both engines at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import polars as pl
import pytest

from connectors.files.reading import open_files
from connectors.files.relation import FileRelation
from connectors.policy import Policy


@pytest.fixture
def open_source(tmp_path: Path) -> Callable[..., FileRelation]:
    """Open a location of the test's folder with config keys as keywords; `schema` as in the document."""

    def open_(location: str, **config: Any) -> FileRelation:
        if "schema" in config:
            config["columns_schema"] = config.pop("schema")
        return open_files(location=location, config=SimpleNamespace(**config), base=tmp_path, policy=Policy.open(),
                          name="rows")  # fmt: skip

    return open_


@pytest.fixture
def rows_on_both(tmp_path: Path) -> Callable[[FileRelation], pl.DataFrame]:
    """The relation's rows, after checking that Polars and DuckDB give the same values and types in the same order."""

    def collect(relation: FileRelation) -> pl.DataFrame:
        scratch = tmp_path / "scratch"
        polars = relation.to_polars(scratch).collect()
        if relation.to_sql(scratch) is None:
            return polars
        duck = run_on_duckdb(relation, scratch)
        assert duck.schema == polars.schema
        assert duck.equals(polars) or duck.rows() == polars.rows()
        return polars

    return collect


def run_on_duckdb(relation: FileRelation, scratch: Path) -> pl.DataFrame:
    query = relation.to_sql(scratch)
    assert query is not None
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        return connection.sql(query.sql("duckdb")).pl()


@pytest.fixture
def errors_on_both(tmp_path: Path) -> Callable[[FileRelation], list[Exception]]:
    """What each engine raises for the relation; None of them may pass."""

    def collect(relation: FileRelation) -> list[Exception]:
        scratch = tmp_path / "scratch"
        with pytest.raises(Exception) as polars:  # noqa: PT011
            relation.to_polars(scratch).collect()
        with pytest.raises(Exception) as duck:  # noqa: PT011
            run_on_duckdb(relation, scratch)
        return [polars.value, duck.value]

    return collect
