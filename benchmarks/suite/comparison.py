"""Whether a question has the same answer on both engines and in the statement written by hand."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import polars.selectors as cs
from polars.testing import assert_frame_equal

from benchmarks.child import Run, perform, workflows

QUERIES = sorted(each.stem for each in workflows("suite").glob("*.yaml"))
PROGRAMS = (("by_hand", "duckdb"), ("weirflow", "duckdb"), ("weirflow", "polars"))


def compare(query: str, data: Path, out: Path) -> pl.DataFrame:
    """The answer, after a check that both engines give the rows, order and types of the statement written by hand.

    Sums of floating-point numbers depend on the order of the rows in their last digits, so numbers are compared to
    nine digits.

    Raises:
        AssertionError: when one has other columns, types, rows or another order.
    """
    expected, on_duckdb, on_polars = (
        _answer(query, program, engine, data, out / f"{program}-{engine}") for program, engine in PROGRAMS
    )
    assert_frame_equal(on_duckdb, on_polars, rel_tol=1e-9)
    assert_frame_equal(_with_our_integers(expected), on_duckdb, rel_tol=1e-9)
    return on_duckdb


def _answer(query: str, program: str, engine: str, data: Path, out: Path) -> pl.DataFrame:
    out.mkdir(exist_ok=True)
    result = out / "result.parquet"
    perform(Run(set="suite", query=query, program=program, engine=engine, data=str(data), result=str(result)))
    return pl.read_parquet(result)


def _with_our_integers(rows: pl.DataFrame) -> pl.DataFrame:
    """DuckDB's sum of integers has 128 bits, some of its functions give 32; weirflow's integers have 64."""
    huge = [name for name, each in rows.schema.items() if isinstance(each, pl.Decimal) and each.scale == 0]
    return rows.with_columns(cs.integer().cast(pl.Int64), pl.col(huge).cast(pl.Int64))
