"""`python -m benchmarks.many_runs`: a thousand small workflows at once in one process, against their plain queries.

Each reads ten rows, filters and sums them, and delivers a CSV file; with weirflow it is compiled, checked, written down
in the journal and delivered whole or not at all. The plain queries run in a loop and write the same files, once as
`write_csv` leaves them and once as safely: beside the target, synced, renamed.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.measure import Cost, cost_of

REGIONS = ("north", "south", "west")
VARIANTS = {
    "plain Polars, a loop": "by_hand({runs}, {out})",
    "plain Polars, a loop, files synced and renamed": "by_hand({runs}, {out}, is_safe=True)",
    "weirflow, one after the other": "with_weirflow({runs}, {out}, threads=1)",
    "weirflow, 16 at once": "with_weirflow({runs}, {out}, threads=16)",
    "weirflow, all at once": "with_weirflow({runs}, {out}, threads={runs})",
}


def rows_of(number: int) -> list[dict[str, Any]]:
    """The ten rows of a workflow."""
    return [{"id": each, "region": REGIONS[each % 3], "amount": number + each / 4} for each in range(10)]


def document_of(number: int) -> dict[str, Any]:
    """One small workflow."""
    return {
        "ir_version": "3.1", "name": f"sums-{number}", "goal": "The sums of each region",
        "data_sources": [{"type": "tabular", "source": "inline", "alias": "sales",
                          "config": {"rows": rows_of(number)}}],
        "transforms": [
            {"type": "filter", "config": {"where": "id > 0"}},
            {"type": "aggregate", "config": {"group_by": ["region"], "aggregates": {"total": "sum(amount)"}}},
            {"type": "sort", "config": {"by": ["region"]}},
        ],
        "delivery_rules": {"file_delivery": {"format": "csv", "filename_template": f"{number}.csv"}},
    }  # fmt: skip


def with_weirflow(runs: int, out: str, *, threads: int) -> None:
    """Run all of them, and check that all of them succeeded."""
    import weirflow as wf

    def run(number: int) -> str:
        return wf.run(document_of(number), out=out, engine="polars").status

    with ThreadPoolExecutor(threads) as pool:
        found = list(pool.map(run, range(runs)))
    assert found == ["succeeded"] * runs


def by_hand(runs: int, out: str, *, is_safe: bool = False) -> None:
    """The same rows into the same files with nothing but Polars."""
    import polars as pl

    for number in range(runs):
        sums = (
            pl.LazyFrame(rows_of(number)).filter(pl.col("id") > 0)
            .group_by("region").agg(total=pl.col("amount").sum()).sort("region").collect()
        )  # fmt: skip
        target = Path(out) / f"{number}.csv"
        if not is_safe:
            sums.write_csv(target)
            continue
        with target.with_suffix(".part").open("wb") as file:
            sums.write_csv(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(target.with_suffix(".part"), target)


def measured(code: str, runs: int) -> Cost:
    """What it takes, less what the imports take."""
    with tempfile.TemporaryDirectory() as folder:
        home, out = Path(folder) / "home", Path(folder) / "out"
        out.mkdir()
        start = f"import os; os.environ['WEIRFLOW_HOME'] = {str(home)!r}; from benchmarks.many_runs import *; "
        called = code.format(runs=runs, out=repr(str(out)))
        warm = code.format(runs=0, out=repr(str(out))).replace("threads=0", "threads=1")
        idle, all_of_it = cost_of(start + warm), cost_of(start + called)
        made = len(list(out.glob("*.csv")))
        assert made == runs, f"{made} of {runs} files are there"
    return Cost(cpu_s=all_of_it.cpu_s - idle.cpu_s, wall_s=all_of_it.wall_s - idle.wall_s, peak_mb=all_of_it.peak_mb)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.many_runs", description=__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    options = parser.parse_args()
    print(f"{'':48} {'CPU s':>7} {'wall s':>7} {'runs/s':>7} {'CPU ms a run':>13} {'peak MB':>8}")
    for name, code in VARIANTS.items():
        cost = measured(code, options.runs)
        print(f"{name:48} {cost.cpu_s:7.2f} {cost.wall_s:7.2f} {options.runs / cost.wall_s:7.0f} "
              f"{cost.cpu_s / options.runs * 1000:13.2f} {cost.peak_mb:8.0f}", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
