"""What a benchmark found, for people, for tools, and in the layout of pytest-benchmark."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from typing import Any

from ir.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTime:
    """A step's own CPU seconds: those of all up to it less those of all before it.

    Engines fuse steps, so that this tells where the time goes, not what a step would cost elsewhere.
    """

    name: str
    kind: str
    cpu_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """A workflow on an engine over so many rows; of several runs the times of each."""

    engine: str
    chosen: str
    """What auto chose; else the engine itself."""
    rows: int
    source_rows: int
    """Of all sources together."""
    seconds: tuple[float, ...]
    cpu_seconds: tuple[float, ...]
    compile_seconds: tuple[float, ...]
    peak_memory_bytes: int
    steps: tuple[StepTime, ...] = ()

    @property
    def rows_per_second(self) -> float:
        return self.source_rows / min(self.seconds) if min(self.seconds) else 0.0

    @property
    def slowest(self) -> StepTime | None:
        """The step with the largest share."""
        return max(self.steps, key=lambda each: each.cpu_seconds, default=None)

    def as_json(self) -> dict[str, Any]:
        slowest = self.slowest
        return {
            "engine": self.engine, "chosen_engine": self.chosen, "rows": self.rows, "source_rows": self.source_rows,
            "seconds": [round(each, 6) for each in self.seconds],
            "cpu_seconds": [round(each, 6) for each in self.cpu_seconds],
            "compile_seconds": [round(each, 6) for each in self.compile_seconds],
            "peak_memory_bytes": self.peak_memory_bytes, "rows_per_second": round(self.rows_per_second),
            "slow_step": slowest.name if slowest else None,
            "steps": [
                {"name": each.name, "kind": each.kind, "cpu_seconds": round(each.cpu_seconds, 6)} for each in self.steps
            ],
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchResult:
    """The measurements of a workflow, sizes first, engines within."""

    workflow: str
    measurements: tuple[Measurement, ...]

    def as_json(self) -> dict[str, Any]:
        """The result as `weirflow bench --format json` prints it."""
        return {"workflow": self.workflow, "measurements": [each.as_json() for each in self.measurements]}

    def as_pytest_benchmark(self) -> dict[str, Any]:
        """The result as a file of pytest-benchmark, which `pytest-benchmark compare` reads."""
        from importlib.metadata import version

        return {
            "machine_info": {
                "node": "", "processor": platform.processor(), "machine": platform.machine(),
                "python_compiler": platform.python_compiler(), "python_implementation": "CPython",
                "python_implementation_version": platform.python_version(), "python_version": platform.python_version(),
                "python_build": list(platform.python_build()), "release": platform.release(),
                "system": platform.system(), "cpu": {},
            },
            "commit_info": {"id": "unversioned", "time": None, "author_time": None, "dirty": False,
                            "project": self.workflow, "branch": "(unknown)"},
            "benchmarks": [self._benchmark(each) for each in self.measurements],
            "datetime": datetime.now(UTC).isoformat(),
            "version": "5.3.1",
            "weirflow": version("weirflow"),
        }  # fmt: skip

    def _benchmark(self, each: Measurement) -> dict[str, Any]:
        name = f"{self.workflow}[{each.engine}-{each.rows}]"
        found = each.as_json()
        return {
            "group": f"{self.workflow} {each.rows} rows", "name": name, "fullname": f"weirflow bench::{name}",
            "params": {"engine": each.engine, "rows": each.rows}, "param": f"{each.engine}-{each.rows}",
            "extra_info": {key: found[key] for key in ("chosen_engine", "source_rows", "cpu_seconds", "compile_seconds",
                                                       "peak_memory_bytes", "slow_step")},
            "options": {"disable_gc": False, "timer": "perf_counter", "min_rounds": len(each.seconds),
                        "max_time": 0.0, "min_time": 0.0, "warmup": False},
            "stats": _statistics(list(each.seconds)),
        }  # fmt: skip


def _statistics(seconds: list[float]) -> dict[str, Any]:
    import statistics

    mean, count = statistics.fmean(seconds), len(seconds)
    deviation = statistics.stdev(seconds) if count > 1 else 0.0
    first, _, third = statistics.quantiles(seconds, n=4, method="inclusive") if count > 1 else (seconds[0],) * 3
    spread = third - first
    low, high = first - 1.5 * spread, third + 1.5 * spread
    by_quartile = sum(not low <= each <= high for each in seconds)
    by_deviation = sum(abs(each - mean) > deviation for each in seconds)
    return {
        "min": min(seconds), "max": max(seconds), "mean": mean, "stddev": deviation, "rounds": count,
        "median": statistics.median(seconds), "iqr": spread, "q1": first, "q3": third,
        "iqr_outliers": by_quartile, "stddev_outliers": by_deviation, "outliers": f"{by_deviation};{by_quartile}",
        "ld15iqr": min((each for each in seconds if each >= low), default=min(seconds)),
        "hd15iqr": max((each for each in seconds if each <= high), default=max(seconds)),
        "ops": 1 / mean if mean else 0.0, "total": sum(seconds), "data": seconds, "iterations": 1,
    }  # fmt: skip
