"""`python -m benchmarks.suite --scale 1 --only punctuality`: a row a question; at scale 1 a million parcels."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from benchmarks.child import Run, Taken, median_of, take
from benchmarks.measure import ROOT
from benchmarks.report import print_report, write_report
from benchmarks.suite.comparison import PROGRAMS, QUERIES, compare
from benchmarks.suite.data import make_data

PARCELS = 1_000_000
COMPARED_PARCELS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """The medians of one question: its statement by hand on DuckDB, and its workflow on both engines."""

    query: str
    by_hand: Taken
    on_duckdb: Taken
    on_polars: Taken


def main() -> None:
    options = _options()
    names = options.only or QUERIES
    small = make_data(options.data, COMPARED_PARCELS)
    for query in names:
        with tempfile.TemporaryDirectory() as scratch:
            compare(query, small, Path(scratch))
    measures = list(_measures(names, make_data(options.data, round(options.scale * PARCELS)), options.rounds))
    path = options.json or ROOT / "out" / f"suite-{options.scale:g}.json"
    write_report(path, {"scale": options.scale, "rounds": options.rounds}, measures)
    print_report(path, [cost_table(measures, options.scale)], options.rounds)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.suite", description=__doc__)
    parser.add_argument("--scale", type=float, default=1, help="millions of parcels; every table grows with them")
    parser.add_argument("--only", nargs="+", choices=QUERIES, metavar="QUERY", help=f"some of {', '.join(QUERIES)}")
    parser.add_argument("--rounds", type=int, default=int(os.environ.get("ROUNDS", "3")))
    parser.add_argument("--json", type=Path, help="where the figures go; default out/suite-SCALE.json")
    default = Path(tempfile.gettempdir()) / "weirflow-benchmarks"
    parser.add_argument("--data", type=Path, default=default, help=f"where the data is kept; default {default}")
    return parser.parse_args()


def _measures(names: list[str], data: Path, rounds: int) -> Iterator[Measure]:
    """Each question; its rounds take turns, so that a busy moment hits all programs alike."""
    for query in names:
        taken: dict[tuple[str, str], list[Taken]] = {each: [] for each in PROGRAMS}
        for _ in range(rounds):
            for program, engine in PROGRAMS:
                with tempfile.TemporaryDirectory() as out:
                    result = str(Path(out) / "result.parquet")
                    run = Run(set="suite", query=query, program=program, engine=engine, data=str(data), result=result)
                    taken[program, engine].append(take(run))
        print(query, file=sys.stderr)
        by_hand, on_duckdb, on_polars = (median_of(taken[each]) for each in PROGRAMS)
        yield Measure(query=query, by_hand=by_hand, on_duckdb=on_duckdb, on_polars=on_polars)


def cost_table(measures: list[Measure], scale: float) -> Table:
    """One row a question; the ratios are to the CPU seconds of the statement written by hand."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), title=f"{round(scale * PARCELS):,} parcels")
    table.add_column("question")
    for heading in ("by hand CPU s", "on DuckDB", "ratio", "on Polars", "ratio", "by hand MB", "DuckDB", "Polars"):
        table.add_column(heading, justify="right")
    for each in measures:
        hand, duckdb, polars = each.by_hand, each.on_duckdb, each.on_polars
        table.add_row(
            each.query, f"{hand.cpu_s:.2f}", f"{duckdb.cpu_s:.2f}", f"{duckdb.cpu_s / hand.cpu_s:.2f}",
            f"{polars.cpu_s:.2f}", f"{polars.cpu_s / hand.cpu_s:.2f}", f"{hand.peak_mb:.0f}",
            f"{duckdb.peak_mb:.0f}", f"{polars.peak_mb:.0f}",
        )  # fmt: skip
    return table


if __name__ == "__main__":
    main()
