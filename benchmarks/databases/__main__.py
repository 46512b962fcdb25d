"""`python -m benchmarks.databases`: reading from and writing to PostgreSQL, MariaDB and SQLite, beside it by hand."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.child import machine
from benchmarks.databases import reading, writing
from benchmarks.databases.child import Job, Taken, take
from benchmarks.databases.data import definition, make_orders
from benchmarks.databases.places import KINDS, Place, places
from benchmarks.measure import ROOT

Outcome = tuple[str, str, str, Taken | str]
"""What was done, the kind of database, the program, and what it took or why it failed."""


def main() -> int:
    options = _options()
    console = Console(width=None if os.isatty(1) else 140)
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as name, places(tuple(options.only), Path(name)) as found:
        folder = Path(name)
        folder.chmod(0o755)
        outcomes = list(_outcomes(found, folder, options))
    console.print(_table(outcomes))
    console.print(f"{options.rows:,} rows, best of {options.rounds}; {machine()}; load {before:.1f} before, "
                  f"{os.getloadavg()[0]:.1f} after")  # fmt: skip
    path = options.json or ROOT / "out" / "databases.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    told = [[*each[:3], asdict(each[3]) if isinstance(each[3], Taken) else each[3]] for each in outcomes]
    path.write_text(json.dumps({"machine": machine(), "rows": options.rows, "outcomes": told}, indent=1))
    return int(any(isinstance(each[3], str) for each in outcomes))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.databases", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="orders that are read and written")
    parser.add_argument(
        "--most-rows", type=int, default=10_000_000, help="orders read from PostgreSQL; 0 leaves it out"
    )
    parser.add_argument("--rounds", type=int, default=2, help="how often each is done; the best counts")
    parser.add_argument("--only", type=lambda text: text.split(","), default=list(KINDS), help="some of the databases")
    parser.add_argument("--does", type=lambda text: text.split(","), default=["read", *writing.OPERATIONS])
    parser.add_argument("--json", type=Path, help="where the figures go; default out/databases.json")
    return parser.parse_args()


def _outcomes(found: dict[str, Place], folder: Path, options: argparse.Namespace) -> Iterator[Outcome]:
    source = make_orders(folder, options.rows)
    for kind, place in found.items():
        place.execute(definition(kind, "orders"))
        _fill(place, "orders", source)
        if "read" in options.does:
            for program in reading.PROGRAMS[kind]:
                job = Job(place=place, does="read", program=program, table="orders", path=str(folder / "read.parquet"))
                yield "read", kind, program, _best(job, folder, options.rounds)
        for does in (each for each in writing.OPERATIONS if each in options.does):
            for program in writing.PROGRAMS[kind]:
                job = Job(place=place, does=does, program=program, table="written", path=str(source))
                yield does, kind, program, _best(job, folder, options.rounds)
    if "postgres" in found and options.most_rows and "read" in options.does:
        place = found["postgres"]
        place.execute(definition("postgres", "many_orders"))
        _fill(place, "many_orders", make_orders(folder, options.most_rows))
        for program in ("weirflow", "adbc"):
            job = Job(place=place, does="read", program=program, table="many_orders", path=str(folder / "many.parquet"))
            yield f"read {options.most_rows:,}", "postgres", program, _best(job, folder, 1)


def _fill(place: Place, table: str, source: Path) -> None:
    by_hand = next(each for name, each in writing.PROGRAMS[place.kind].items() if name != "weirflow")
    by_hand(place, "insert", table, source)
    if place.kind == "postgres":
        place.execute(f"analyze {table}")


def _best(job: Job, folder: Path, rounds: int) -> Taken | str:
    """The round that took the least of the processors."""
    taken = []
    for _ in range(rounds):
        if job.does in writing.OPERATIONS:
            writing.prepare(job.place, job.does, "orders", job.table)
        try:
            taken.append(take(job, folder / "home"))
        except RuntimeError as error:
            return str(error).strip().splitlines()[-1]
    best = min(taken, key=lambda each: each.all_cpu_s)
    print(job.does, job.place.kind, job.program, f"{best.all_cpu_s:.1f} CPU s, {best.peak_mb:.0f} MB", file=sys.stderr)
    return best


def _table(outcomes: list[Outcome]) -> Table:
    """One row a job; ratios are weirflow's to the best by hand, of all processors and of the clock."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("does", "database", "program"):
        table.add_column(heading)
    for heading in ("seconds", "CPU s", "server CPU s", "peak MB", "CPU ratio", "time ratio"):
        table.add_column(heading, justify="right")
    for does, kind, program, taken in outcomes:
        if isinstance(taken, str):
            table.add_row(does, kind, program, taken)
            continue
        rivals = [each for what, where, who, each in outcomes
                  if (what, where) == (does, kind) and who != "weirflow" and isinstance(each, Taken)]  # fmt: skip
        ratios = ("", "")
        if program == "weirflow" and rivals:
            ratios = (f"{taken.all_cpu_s / min(each.all_cpu_s for each in rivals):.2f}",
                      f"{taken.wall_s / min(each.wall_s for each in rivals):.2f}")  # fmt: skip
        table.add_row(does, kind, program, f"{taken.wall_s:.1f}", f"{taken.cpu_s:.1f}", f"{taken.server_cpu_s:.1f}",
                      f"{taken.peak_mb:.0f}", *ratios)  # fmt: skip
    return table


if __name__ == "__main__":
    sys.exit(main())
