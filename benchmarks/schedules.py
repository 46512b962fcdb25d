"""`python -m benchmarks.schedules`: what the ticking loop of a service costs with 5,000 schedules, and with 50.

The clock is set by hand, so that a day needs no day. The queue takes runs without carrying them out: this is the cost
of the schedules alone, the disk's included. A tick without anything due is what a service does twice a second; the hour
is the worst case, in which every schedule has the same minute.
"""

from __future__ import annotations

import argparse
import logging
import os
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.child import machine

BEGIN = datetime(2026, 1, 30, 6, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What one job took, and the runs that it asked for."""

    cpu_s: float
    wall_s: float
    runs: int = 0


def measured(job: Callable[[], int]) -> Measured:
    cpu, wall = time.process_time(), time.perf_counter()
    runs = job()
    return Measured(cpu_s=time.process_time() - cpu, wall_s=time.perf_counter() - wall, runs=runs)


def schedule_of(number: int) -> str:
    """Every schedule at the full hour; every tenth reckons in a zone whose clock changes."""
    zone = ", timezone: Europe/Berlin" if number % 10 == 0 else ""
    return f'{{type: cron, cron_expression: "0 * * * *", catchup: last{zone}}}'


def figures(count: int, folder: Path) -> dict[str, Measured]:
    """The costs with so many schedules, on an empty journal in the folder."""
    os.environ["WEIRFLOW_HOME"] = str(folder / "home")
    from tests.engine.service.ticking import Ticking

    service = Ticking(folder, now=BEGIN.isoformat())
    rows = "data_sources: [{type: tabular, source: inline, alias: rows, config: {rows: [{a: 1}]}}]\n"

    def store() -> int:
        for number in range(count):
            path = folder / f"w{number}.yaml"
            path.write_text(
                f'ir_version: "3.1"\nname: w{number}\ngoal: To be run.\n{rows}schedule: {schedule_of(number)}\n'
            )
            service.put_file(path)
        return 0

    def idle() -> int:
        for _ in range(100):
            service.later(milliseconds=500)
        return 0

    def hour() -> int:
        service.now = service.now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        return len(service.ticker.tick())

    def downtime() -> int:
        service.now += timedelta(days=7)
        return len(service.ticker.tick())

    def end_all() -> None:
        from engine.journal.tables import starts

        with service.journal.writing() as connection:
            connection.execute(starts.update().values(status="done"))

    found = {"stored": measured(store), "100 ticks, nothing due": measured(idle), "the full hour": measured(hour)}
    found["100 ticks, all running"] = measured(idle)
    end_all()
    found["after a week's downtime"] = measured(downtime)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schedules", type=int, nargs="+", default=[50, 5000])
    asked = parser.parse_args()
    logging.disable()  # what was missed is told of each schedule
    table = Table(title=f"schedules; {machine()}")
    for name in ("schedules", "what", "runs", "CPU s", "wall s", "CPU ms each"):
        table.add_column(name, justify="left" if name == "what" else "right")
    for count in asked.schedules:
        with tempfile.TemporaryDirectory() as folder:
            for what, each in figures(count, Path(folder)).items():
                units = 100 if what.startswith("100") else count
                table.add_row(f"{count:,}", what, f"{each.runs:,}", f"{each.cpu_s:.2f}", f"{each.wall_s:.2f}",
                              f"{each.cpu_s / units * 1000:.2f}")  # fmt: skip
    Console().print(table)
    Console().print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB, one process")


if __name__ == "__main__":
    main()
