"""One measured query: `python -m benchmarks.child` with a Run as JSON prints what it took as JSON.

The clock starts when both engines and weirflow are imported and have each done a small job, for what they load on first
use, so that all runs start in the same process; the peak memory is the whole process's.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from statistics import median

import yaml

from benchmarks.measure import ROOT

_SMALL_JOB = {
    "ir_version": "3.1",
    "goal": "What each customer spent",
    "data_sources": [{"type": "file", "alias": "orders", "location": "orders.parquet"}],
    "transforms": [{"type": "aggregate", "config": {"group_by": ["customer"], "aggregates": {"sum": "sum(amount)"}}}],
    "delivery_rules": {"file_delivery": {"format": "parquet", "options": {"overwrite": True}}},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A query of a set by its workflow or written by hand, on an engine (weirflow's may be auto)."""

    set: str
    """queries or suite: the package with the workflows and the modules by_hand_polars and by_hand_duckdb."""
    query: str
    program: str
    """weirflow or by_hand."""
    engine: str
    data: str
    format: str | None = None
    """csv or parquet, where a set has its data in both."""
    result: str
    memory_limit: str | None = None
    """What weirflow's `settings.memory_limit` says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a run took; `engine` is what auto chose."""

    cpu_s: float
    wall_s: float
    peak_mb: float
    engine: str


def take(run: Run, *, timeout_s: float | None = None) -> Taken:
    """Run it in a process of its own.

    Raises:
        RuntimeError: when it fails, with what it said.
        subprocess.TimeoutExpired: when it is not done by then; it has been ended.
    """
    command = [sys.executable, "-m", "benchmarks.child", json.dumps(asdict(run))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=timeout_s)
    if done.returncode:
        raise RuntimeError(f"{run}\n{done.stderr}")
    return Taken(**json.loads(done.stdout))


def median_of(taken: Sequence[Taken]) -> Taken:
    """The median of each figure."""
    return Taken(
        cpu_s=median(each.cpu_s for each in taken),
        wall_s=median(each.wall_s for each in taken),
        peak_mb=median(each.peak_mb for each in taken),
        engine=taken[0].engine,
    )


def workflows(name: str) -> Path:
    """The folder with the workflows of a set."""
    return ROOT / "benchmarks" / name / "workflows"


def result_format(name: str, query: str) -> str:
    """csv or parquet: what the query's workflow delivers."""
    document = yaml.safe_load((workflows(name) / f"{query}.yaml").read_text())
    return str(document["delivery_rules"]["file_delivery"]["format"])


def _workflow(run: Run) -> Path:
    """The query's workflow; one with a memory limit is a copy beside the result."""
    path = workflows(run.set) / f"{run.query}.yaml"
    if run.memory_limit is None:
        return path
    limited = Path(run.result).parent / path.name
    limited.parent.mkdir(parents=True, exist_ok=True)
    limited.write_text(f"{path.read_text()}settings: {{memory_limit: {run.memory_limit}}}\n")
    return limited


def machine() -> str:
    """The cores, the Python and the libraries that were measured."""
    versions = ", ".join(f"{name} {version(name)}" for name in ("polars", "duckdb"))
    return f"{os.cpu_count()} cores, Python {platform.python_version()}, {versions}"


def main() -> None:
    taken = measured(Run(**json.loads(sys.argv[1])))
    print(json.dumps(asdict(taken)))


def measured(run: Run) -> Taken:
    """Run it in this process."""
    from engine.running.machine import peak_memory_bytes

    _warm_up()
    wall, cpu = time.perf_counter(), time.process_time()
    engine = perform(run)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return Taken(cpu_s=cpu, wall_s=wall, peak_mb=peak_memory_bytes() / 1e6, engine=engine)


def perform(run: Run) -> str:
    """Run the query, leaving its result at `run.result`; the name of the engine that did it."""
    data, result = Path(run.data), Path(run.result)
    if run.program == "weirflow":
        import weirflow as wf

        inputs = {"data": run.data} | ({"format": run.format} if run.format else {})
        done = wf.run(_workflow(run), engine=run.engine, inputs=inputs, out=result.parent)
        if done.status != "succeeded":
            raise RuntimeError(f"{run.query} {done.status}")
        return done.engine
    by_hand = import_module(f"benchmarks.{run.set}.by_hand_{run.engine}")
    by_hand.run(run.query, data, run.format, result)
    return run.engine


def _warm_up() -> None:
    """Three rows from Parquet to Parquet on both engines."""
    import polars as pl
    import pyarrow.parquet  # noqa: F401

    import weirflow as wf

    with tempfile.TemporaryDirectory() as folder:
        pl.DataFrame({"customer": [1, 2, 2], "amount": [3, 4, 5]}).write_parquet(Path(folder) / "orders.parquet")
        for engine in ("polars", "duckdb"):
            wf.run(_SMALL_JOB, engine=engine, base=folder, out=folder)


if __name__ == "__main__":
    main()
