"""Whether a query gives the same rows in every way it is written."""

from __future__ import annotations

from pathlib import Path

import polars as pl
from polars.testing import assert_frame_equal

from benchmarks.child import Run, perform, result_format

UNORDERED = frozenset({"dedupe", "filter_map", "join", "window"})
PROGRAMS = ("by_hand", "weirflow")


def compare(query: str, data: Path, form: str, out: Path) -> pl.DataFrame:
    """The rows of the query, written by hand for Polars, after a check that both engines and weirflow give them too.

    Sums of floating-point numbers depend on the order of the rows in their last digits, so numbers are compared to
    nine digits.

    Raises:
        AssertionError: when one has other columns, types or rows, or another order where the query makes one.
    """
    expected: pl.DataFrame | None = None
    for program in PROGRAMS:
        for engine in ("polars", "duckdb"):
            result = out / f"{program}-{engine}" / f"result.{result_format('queries', query)}"
            result.parent.mkdir(exist_ok=True)
            perform(
                Run(
                    set="queries", query=query, program=program, engine=engine, data=str(data), format=form,
                    result=str(result),
                )
            )  # fmt: skip
            rows = _rows(result)
            if query in UNORDERED:
                rows = rows.sort(rows.columns)
            if expected is None:
                expected = rows
            assert_frame_equal(expected, rows, rel_tol=1e-9)
    assert expected is not None
    return expected


def _rows(result: Path) -> pl.DataFrame:
    if result.suffix == ".csv":
        return pl.read_csv(result, try_parse_dates=True)
    rows = pl.read_parquet(result)
    # each engine has its own type for counts and sums of integers: unsigned 32 bits, or 128
    return rows.with_columns(pl.selectors.integer().cast(pl.Int64), pl.selectors.decimal().cast(pl.Int64))
