"""The large runs, over few rows: what is measured has to be right before it is large."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from benchmarks.child import Run, Taken, perform, result_format
from benchmarks.large.__main__ import outcome
from benchmarks.large.cases import Case, Outcome, cases
from benchmarks.queries.data import make_orders


def _taken(peak_mb: float) -> Taken:
    return Taken(cpu_s=1, wall_s=1, peak_mb=peak_mb, engine="polars")


@pytest.mark.parametrize("case", cases(2_000, 3_000), ids=lambda case: case.query)
def test_a_large_case_gives_the_same_rows_on_both_engines(case: Case, tmp_path: Path) -> None:
    folder = make_orders(tmp_path, case.rows, case.format)
    found = []
    for engine in ("polars", "duckdb"):
        result = tmp_path / engine / f"result.{result_format(case.set, case.query)}"
        perform(
            Run(
                set=case.set, query=case.query, program="weirflow", engine=engine, data=str(folder),
                format=case.format, result=str(result), memory_limit=case.memory_limit,
            )
        )  # fmt: skip
        rows = pl.read_csv(result) if result.suffix == ".csv" else pl.read_parquet(result)
        found.append(rows.sort(rows.columns))
    assert found[0].height > 0
    assert_frame_equal(*found, rel_tol=1e-9)


def test_a_case_that_does_not_finish_in_time_is_an_outcome(tmp_path: Path) -> None:
    [case, *_] = cases(100, 100)
    folder = make_orders(tmp_path, 100, "csv")
    assert outcome(case, "auto", folder, timeout_s=0.01).verdict == "not done after 0 s"


def test_a_bound_is_broken_by_memory_above_it() -> None:
    case = Case(set="large", query="filter_group", format="parquet", rows=1, max_mb=1500)
    assert Outcome(case=case, asked="auto", taken=_taken(1500)).verdict == "kept"
    assert Outcome(case=case, asked="auto", taken=_taken(1501)).verdict == "over 1500 MB"


def test_orders_of_one_form_are_made_alone_and_once(tmp_path: Path) -> None:
    folder = make_orders(tmp_path, 50, "parquet")
    assert sorted(each.name for each in folder.iterdir()) == ["complete", "customers.parquet", "orders.parquet"]
    made = (folder / "orders.parquet").stat().st_mtime_ns
    assert (make_orders(tmp_path, 50, "parquet") / "orders.parquet").stat().st_mtime_ns == made
