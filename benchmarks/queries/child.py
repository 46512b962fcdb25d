"""One measured query: `python -m benchmarks.queries.child` with a Run as JSON prints what it took as JSON.

The clock starts when both engines, weirflow and what they load on first use are imported, so that all runs start in the
same process; the peak memory is the whole process's.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

WORKFLOWS = Path(__file__).parent / "workflows"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A query by its workflow or written by hand, on an engine (weirflow's may be auto)."""

    query: str
    program: str
    """weirflow or by_hand."""
    engine: str
    data: str
    format: str
    result: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a run took; `engine` is what auto chose."""

    cpu_s: float
    wall_s: float
    peak_mb: float
    engine: str


def main() -> None:
    taken = measured(Run(**json.loads(sys.argv[1])))
    print(json.dumps(asdict(taken)))


def measured(run: Run) -> Taken:
    """Run it in this process."""
    from engine.run import peak_memory_bytes

    _import_all()
    wall, cpu = time.perf_counter(), time.process_time()
    engine = perform(run)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return Taken(cpu_s=cpu, wall_s=wall, peak_mb=peak_memory_bytes() / 1e6, engine=engine)


def perform(run: Run) -> str:
    """Run the query, leaving its result at `run.result`; the name of the engine that did it."""
    data, result = Path(run.data), Path(run.result)
    if run.program == "weirflow":
        import weirflow as wf

        inputs = {"data": run.data, "format": run.format}
        done = wf.run(WORKFLOWS / f"{run.query}.yaml", engine=run.engine, inputs=inputs, out=result.parent)
        if done.status != "succeeded":
            raise RuntimeError(f"{run.query} {done.status}")
        return done.engine
    if run.engine == "polars":
        from benchmarks.queries import by_hand_polars

        by_hand_polars.run(run.query, data, run.format, result)
    else:
        from benchmarks.queries import by_hand_duckdb

        by_hand_duckdb.run(run.query, data, run.format, result)
    return run.engine


def _import_all() -> None:
    import duckdb  # noqa: F401
    import polars  # noqa: F401
    import pyarrow.parquet  # noqa: F401
    import sqlglot.dialects.duckdb  # noqa: F401

    import weirflow as wf

    wf.validate({"ir_version": "3.1", "goal": "load what compiling loads", "data_sources": []})


if __name__ == "__main__":
    main()
