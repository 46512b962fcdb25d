"""`python -m benchmarks`: the flights report in four ways, each in a process of its own, as one table."""

from __future__ import annotations

import os
import platform
import tempfile
from importlib.metadata import version
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from benchmarks.measure import ROOT, Cost, cost_of

DATA = ROOT / "examples" / "flights" / "data"
ROUNDS = int(os.environ.get("ROUNDS", "3"))
VARIANTS = {
    "hand-written Polars, same writers": "from benchmarks.polars_job import run; run({data}, {out})",
    "weirflow on Polars": "from benchmarks.weirflow_job import run; run({data}, {out}, engine='polars')",
    "weirflow on DuckDB": "from benchmarks.weirflow_job import run; run({data}, {out}, engine='duckdb')",
    "pandas + openpyxl + reportlab": "from benchmarks.pandas_job import run; run({data}, {out})",
}


def main() -> None:
    """Print the median of several rounds; the rounds take turns, so that a busy moment hits every variant alike."""
    costs: dict[str, list[Cost]] = {name: [] for name in VARIANTS}
    for _ in range(ROUNDS):
        for name, code in VARIANTS.items():
            with tempfile.TemporaryDirectory() as out:
                costs[name].append(
                    cost_of("from pathlib import Path; " + code.format(data=_path(DATA), out=_path(out)))
                )
    print_table(costs)


def _path(path: Path | str) -> str:
    return f"Path({str(path)!r})"


def print_table(costs: dict[str, list[Cost]]) -> None:
    """One row a variant; the ratio is of CPU seconds to the first one's."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("flights report: 336,776 flights, 7 files")
    for heading in ("CPU s", "ratio", "wall s", "peak MB"):
        table.add_column(heading, justify="right")
    reference = median(each.cpu_s for each in next(iter(costs.values())))
    for name, taken in costs.items():
        cpu_s = median(each.cpu_s for each in taken)
        wall_s, peak_mb = median(each.wall_s for each in taken), median(each.peak_mb for each in taken)
        table.add_row(name, f"{cpu_s:.2f}", f"{cpu_s / reference:.2f}", f"{wall_s:.2f}", f"{peak_mb:.0f}")
    console = Console(width=None if os.isatty(1) else 120)
    console.print(table)
    versions = ", ".join(f"{name} {version(name)}" for name in ("polars", "duckdb", "pandas", "openpyxl", "reportlab"))
    console.print(f"medians of {ROUNDS} rounds; {os.cpu_count()} cores, Python {platform.python_version()}, {versions}")


if __name__ == "__main__":
    main()
