"""`python -m benchmarks.large`: peak memory and CPU seconds over 20 and 100 million rows; about 6 GB of disk."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.child import Run, machine, result_format, take
from benchmarks.large.cases import Case, Outcome, cases
from benchmarks.measure import ROOT
from benchmarks.queries.data import make_orders


def main() -> int:
    options = _options()
    wanted = [case for case in cases(options.rows, options.most_rows) if case.query in (options.only or [case.query])]
    console = Console(width=None if os.isatty(1) else 140)
    outcomes = list(_outcomes(wanted, options))
    report = {"machine": machine(), "outcomes": [asdict(each) | {"verdict": each.verdict} for each in outcomes]}
    path = options.json or ROOT / "out" / "large.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, indent=1))
    console.print(bounds_table(outcomes))
    console.print(f"one run each; {machine()}; {path}")
    return int(any(each.verdict != "kept" for each in outcomes if each.asked == "auto"))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.large", description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000_000, help="orders as CSV; 20 million are 1.2 GB")
    parser.add_argument("--most-rows", type=int, default=100_000_000, help="orders as Parquet; 100 million are 2.4 GB")
    parser.add_argument("--only", type=lambda text: text.split(","), help="some of the queries")
    parser.add_argument("--timeout", type=float, default=900, help="seconds after which a run is ended")
    parser.add_argument("--json", type=Path, help="where the figures go; default out/large.json")
    parser.add_argument("--keep", action="store_true", help="leave the data for another time")
    default = Path(tempfile.gettempdir()) / "weirflow-benchmarks-large"
    parser.add_argument("--data", type=Path, default=default, help=f"where the data is made; default {default}")
    return parser.parse_args()


def _outcomes(wanted: Sequence[Case], options: argparse.Namespace) -> Iterator[Outcome]:
    """Each case on each engine it is asked of, one at a time; only one table of orders is there at once."""
    for (rows, form), each in groupby(wanted, key=lambda case: (case.rows, case.format)):
        folder = make_orders(options.data, rows, form)
        for case in each:
            for asked in case.engines:
                print(case.query, asked, file=sys.stderr)
                yield outcome(case, asked, folder, timeout_s=options.timeout)
        if not options.keep:
            shutil.rmtree(folder)


def outcome(case: Case, asked: str, folder: Path, *, timeout_s: float) -> Outcome:
    """Run a case in a process of its own; its result and what it spills go beside the data."""
    with tempfile.TemporaryDirectory(dir=folder) as out:
        result = Path(out) / f"result.{result_format(case.set, case.query)}"
        run = Run(
            set=case.set, query=case.query, program="weirflow", engine=asked, data=str(folder), format=case.format,
            result=str(result), memory_limit=case.memory_limit,
        )  # fmt: skip
        try:
            return Outcome(case=case, asked=asked, taken=take(run, timeout_s=timeout_s))
        except subprocess.TimeoutExpired:
            return Outcome(case=case, asked=asked, failure=f"not done after {timeout_s:.0f} s")
        except RuntimeError as error:
            return Outcome(case=case, asked=asked, failure=str(error).strip().splitlines()[-1])


def bounds_table(outcomes: Sequence[Outcome]) -> Table:
    """One row a case and engine."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("query", "rows", "data", "asked", "engine", "memory_limit"):
        table.add_column(heading)
    for heading in ("CPU s", "peak MB", "bound MB"):
        table.add_column(heading, justify="right")
    table.add_column("")
    for each in outcomes:
        case, taken = each.case, each.taken
        figures = (taken.engine, f"{taken.cpu_s:.1f}", f"{taken.peak_mb:.0f}") if taken else ("", "", "")
        bound = "" if case.max_mb is None else str(case.max_mb)
        table.add_row(case.query, f"{case.rows:,}", case.format, each.asked, figures[0], case.memory_limit or "",
                      figures[1], figures[2], bound, each.verdict)  # fmt: skip
    return table


if __name__ == "__main__":
    sys.exit(main())
