"""One measured run in a process of its own: a Job as JSON on the command line, what it took as JSON on stdout.

The clock starts when both engines, weirflow and what they load on first use are imported, so that all runs start alike;
the peak memory is the whole process's.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ir.records import dataclass

if TYPE_CHECKING:
    from engine.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A workflow over made sources, on an engine; with `steps` every step is timed too, after the run."""

    workflow: str
    folder: str
    engine: str
    inputs: dict[str, Any]
    now: str | None
    steps: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a run took. `steps` (name, kind, CPU seconds of its own)."""

    engine: str
    compile_s: float
    wall_s: float
    cpu_s: float
    peak_bytes: int
    steps: list[tuple[str, str, float]] = field(default_factory=list)


def main() -> None:
    print(json.dumps(asdict(measured(Job(**json.loads(sys.argv[1]))))))


def measured(job: Job) -> Taken:
    """Run the job in this process."""
    from engine.api import compile as compile_workflow
    from engine.running.machine import peak_memory_bytes

    _import_all()
    now = datetime.fromisoformat(job.now) if job.now else None
    started = time.perf_counter()
    plan = compile_workflow(job.workflow, inputs=job.inputs, engine=job.engine, now=now)
    compile_s = time.perf_counter() - started
    wall, cpu = time.perf_counter(), time.process_time()
    result = plan.run(out=Path(job.folder))
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    failed = [each.error for each in result.deliveries if each.error]
    if failed:
        raise RuntimeError(failed[0])
    peak = peak_memory_bytes()
    return Taken(engine=plan.engine, compile_s=compile_s, wall_s=wall, cpu_s=cpu, peak_bytes=peak,
                 steps=_prefixes(plan, Path(job.folder)) if job.steps else [])  # fmt: skip


def _prefixes(plan: Plan, folder: Path) -> list[tuple[str, str, float]]:
    """The CPU seconds of each step: those to compute it and all before it, rows thrown away, less those of all before.

    Engines run a plan as one query and leave out what nobody reads; alone every step is computed with all its columns.
    """
    from engine.backends import open_backend
    from engine.running.reading import resolved

    plan = resolved(plan, folder)
    graph = plan.compiled.graph
    own: dict[str, float] = {}
    for name in graph.needed([frame.name for each in plan.compiled.outputs for frame in each.frames]):
        if not graph[name].hidden:
            started = time.process_time()
            with open_backend(plan, folder / "steps" / name, [name]) as backend:
                backend.stream([(name, lambda batch: False)])
            before = sum(own.get(each, 0.0) for each in graph.needed([name]))
            own[name] = max(time.process_time() - started - before, 0.0)
    return [(name, graph[name].kind, seconds) for name, seconds in own.items()]


def _import_all() -> None:
    import duckdb  # noqa: F401
    import polars  # noqa: F401
    import pyarrow.parquet  # noqa: F401
    import sqlglot.dialects.duckdb  # noqa: F401

    from engine.api import validate

    validate({"ir_version": "3.1", "goal": "load what compiling loads", "data_sources": []})


if __name__ == "__main__":
    main()
