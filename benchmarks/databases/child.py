"""One measured job: `python -m benchmarks.databases.child` with a Job as JSON prints what it took as JSON.

The clock starts when weirflow, the drivers and their first small job are paid for.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.databases.places import Place, settled_cpu_seconds
from benchmarks.measure import ROOT


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """`does` is read, insert or upsert; `path` the Parquet file that is written, or read."""

    place: Place
    does: str
    program: str
    table: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Seconds of the clock, of the program's processors and of its server's, and the program's peak memory."""

    wall_s: float
    cpu_s: float
    server_cpu_s: float
    peak_mb: float

    @property
    def all_cpu_s(self) -> float:
        return self.cpu_s + self.server_cpu_s


def take(job: Job, home: Path) -> Taken:
    """Do it in a process of its own.

    Raises:
        RuntimeError: when it fails, with what it said.
    """
    command = [sys.executable, "-m", "benchmarks.databases.child", json.dumps(asdict(job))]
    environment = {**os.environ, "WEIRFLOW_BENCH": job.place.url, "WEIRFLOW_HOME": str(home)}
    before = settled_cpu_seconds(job.place.pid)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        raise RuntimeError(f"{job.program} {job.does} {job.place.kind}\n{done.stderr[-2000:]}")
    found = json.loads(done.stdout.splitlines()[-1])
    return Taken(**found, server_cpu_s=settled_cpu_seconds(job.place.pid) - before)


def main() -> None:
    described = json.loads(sys.argv[1])
    job = Job(**{**described, "place": Place(**described["place"])})
    from benchmarks.databases import reading, writing
    from engine.running.machine import peak_memory_bytes

    _warm_up()
    wall, cpu = time.perf_counter(), _cpu()
    if job.does == "read":
        reading.PROGRAMS[job.place.kind][job.program](job.place, job.table, Path(job.path))
    else:
        writing.PROGRAMS[job.place.kind][job.program](job.place, job.does, job.table, Path(job.path))
    print(json.dumps({"wall_s": time.perf_counter() - wall, "cpu_s": _cpu() - cpu,
                      "peak_mb": peak_memory_bytes() / 1e6}))  # fmt: skip


def _cpu() -> float:
    """Of this process and of those that it started and that have ended, as the one that runs connectorx has."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _warm_up() -> None:
    """One row from a file of SQLite to Parquet."""
    import weirflow as wf

    with tempfile.TemporaryDirectory() as folder:
        connection = sqlite3.connect(Path(folder) / "small.db")
        connection.executescript("create table t (a integer); insert into t values (1)")
        connection.close()
        source = {"type": "database", "location": "small.db",
                  "database_config": {"connection": {"plugin_key": "sqlite"}, "table": "t"}}  # fmt: skip
        wf.run(
            {"ir_version": "3.1", "goal": "warm up", "data_sources": [source],
             "delivery_rules": {"file_delivery": {"format": "parquet"}}},
            base=folder, out=folder,
        )  # fmt: skip


if __name__ == "__main__":
    main()
