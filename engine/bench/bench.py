"""Measuring a workflow: data made for each size, then every engine in fresh processes."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.api import Workflow
from engine.api import compile as compile_workflow
from engine.bench.child import Job, Taken
from engine.bench.measurement import BenchResult, Measurement, StepTime
from engine.bench.workflow import measured_workflow
from engine.plan import Plan
from ir.diagnostics import Diagnostic, WorkflowError
from ir.writing import to_json

if TYPE_CHECKING:
    from engine.bench.made_sources import Sample

ENGINES = ("polars", "duckdb")
_ROOT = Path(__file__).parents[2]


def bench(
    workflow: Workflow,
    *,
    rows: Sequence[int] = (10_000, 1_000_000),
    engines: str | Sequence[str] = "all",
    runs: int = 3,
    steps: bool = True,
    as_written: bool = False,
    inputs: Mapping[str, object] | None = None,
    now: datetime | None = None,
    base: Path | str | None = None,
    progress: Callable[[str], None] = lambda text: None,
) -> BenchResult:
    """Measure a workflow over made data of each size on each engine, `runs` times in a fresh process each.

    The data has the schema of the sources and looks like a sample of them; its joined keys find partners. Deliveries
    are written as Parquet, or with `as_written` in their own formats, into a folder that is removed again.

    Raises:
        WorkflowError: the workflow does not compile, or a run over the made data fails (IR341).
    """
    # with what it draws rows, 15 ms that only a bench needs
    from engine.bench.made_sources import samples_of

    wanted = ENGINES if engines == "all" else (engines,) if isinstance(engines, str) else tuple(engines)
    plan = compile_workflow(workflow, inputs=inputs, now=now, base=base)
    samples = samples_of(plan)
    found: list[Measurement] = []
    for size in rows:
        with tempfile.TemporaryDirectory(prefix="weirflow-bench-") as folder:
            progress(f"making {size:,} rows")
            file, source_rows = _prepared(plan, samples, size, Path(folder), as_written=as_written)
            for engine in wanted:
                taken: list[Taken] = []
                for run in range(runs):
                    progress(f"{size:,} rows on {engine}, run {run + 1} of {runs}")
                    job = Job(workflow=str(file), folder=str(Path(folder) / "out"), engine=engine,
                              inputs={key: _plain(value) for key, value in (inputs or {}).items()},
                              now=now.isoformat() if now else None, steps=steps and run == runs - 1)  # fmt: skip
                    taken.append(_measured(job))
                found.append(_measurement(engine, size, source_rows, taken))
    return BenchResult(workflow=plan.name, measurements=tuple(found))


def _plain(value: object) -> object:
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _prepared(plan: Plan, samples: dict[str, Sample], rows: int, folder: Path, *, as_written: bool) -> tuple[Path, int]:
    """The workflow's file over made sources, and how many rows they have together."""
    from engine.bench.made_sources import make_sources

    sources = folder / "sources"
    sources.mkdir()
    made = make_sources(plan, samples, rows, sources)
    file = folder / "workflow.json"
    file.write_text(to_json(measured_workflow(plan, made, as_written=as_written)), encoding="utf-8")
    largest = max((each.count for each in samples.values()), default=0)
    return file, sum(max(round(rows * each.count / largest), 1) if largest else rows for each in samples.values())


def _measured(job: Job) -> Taken:
    import subprocess

    command = [sys.executable, "-m", "engine.bench.child", json.dumps(asdict(job))]
    # where weirflow runs from its own folder it is found by the child too
    path = os.pathsep.join([str(_ROOT), *([os.environ["PYTHONPATH"]] if os.environ.get("PYTHONPATH") else [])])
    environment = {**os.environ, "PYTHONPATH": path, "WEIRFLOW_HOME": str(Path(job.folder) / "home")}
    done = subprocess.run(command, cwd=Path(job.workflow).parent, env=environment, capture_output=True, text=True,
                          check=False)  # fmt: skip
    if done.returncode:
        said = [line for line in done.stderr.strip().splitlines() if line.strip()]
        raise WorkflowError([Diagnostic(
            code="IR341", message=f"the run over made data failed on {job.engine}: {_reason(said)}",
            hint="made data follows a sample of the sources: what the workflow checks may not hold in it",
        )])  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return Taken(**found)


def _reason(said: list[str]) -> str:
    """The finding itself where the child raised a WorkflowError, else its last line."""
    finding = next((line for line in said if "error[IR" in line), None)
    return (finding or (said[-1] if said else "no word was said")).rpartition("WorkflowError: ")[2]


def _measurement(engine: str, rows: int, source_rows: int, taken: list[Taken]) -> Measurement:
    return Measurement(
        engine=engine, chosen=taken[0].engine, rows=rows, source_rows=source_rows,
        seconds=tuple(each.wall_s for each in taken), cpu_seconds=tuple(each.cpu_s for each in taken),
        compile_seconds=tuple(each.compile_s for each in taken),
        peak_memory_bytes=max(each.peak_bytes for each in taken),
        steps=tuple(StepTime(name=name, kind=kind, cpu_seconds=seconds) for name, kind, seconds in taken[-1].steps),
    )  # fmt: skip
