"""Whole runs that call a service once a row, beside the same calls by the bare HTTP client.

    python -m benchmarks.whole_calls [--rows 2000] [--at-once 8] [--rounds 3] [--journal sqlite|postgres]

The server is a process of its own. The run compiles its workflow, reads its rows, makes the calls (each written down in
the journal before and after where it changes something), and delivers a CSV file with an answer in every row. Runs and
the bare client take turns, so that a busy machine slows both.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import statistics
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.plugin_calls import MANIFEST, bare, measured, serve

WAYS = {
    "bare client": None,
    "reads": ("read", {}),
    "writes that may be repeated": ("write", {"is_idempotent": True}),
    "writes": ("write", {}),
}
"""The kind of the action, and what else its manifest says."""


def manifest(kind: str, more: dict[str, Any]) -> dict[str, Any]:
    action = {**MANIFEST["actions"]["send"], "kind": kind, **more,  # type: ignore[index]
              "output_schema": {"type": "object", "properties": {"id": {"type": "string"}}}}  # fmt: skip
    return {**MANIFEST, "actions": {"send": action}}


def whole_run(folder: Path, kind: str, more: dict[str, Any], rows: int, at_once: int) -> None:
    """The calls as a run of a workflow."""
    import weirflow as wf

    (folder / "plugins").mkdir(exist_ok=True)
    (folder / "plugins" / "bench.json").write_text(json.dumps(manifest(kind, more)))
    (folder / "rows.csv").write_text("number\n" + "".join(f"{number}\n" for number in range(rows)))
    (folder / "calls.json").write_text(json.dumps({
        "ir_version": "3.1", "name": "calls", "goal": "Call a service for each row",
        "data_sources": [{"type": "file", "alias": "orders", "location": "rows.csv"}],
        "plugin_operations": [{
            "id": "send", "plugin_key": "bench", "operation_type": "send", "output_variable": "answer",
            "config": {"channel": "c", "text": "order {{number}}"},
            "execution_constraints": {"concurrency": {"max_concurrent_operations": at_once}},
        }],
        "delivery_rules": {"file_delivery": {"format": "csv", "filename_template": "out.csv",
                                             "options": {"overwrite": True}}},
    }))  # fmt: skip
    result = wf.run(folder / "calls.json", out=folder / "out")
    assert result.status == "succeeded", result
    assert [each.outcome["calls"] for each in result.steps if each.name == "send"] == [rows], result


@contextmanager
def journal(kind: str) -> Iterator[None]:
    """A journal of its own for the runs."""
    if kind == "sqlite":
        yield
        return
    from tests.servers.fixtures import database_of
    from tests.servers.postgres import Postgres
    from tests.servers.session import close_session, open_session, shared

    alive = open_session()
    try:
        with database_of("postgresql", Postgres(), shared("postgres")) as found:
            os.environ["WEIRFLOW_JOURNAL"] = found.url
            yield
    finally:
        if alive is not None:
            close_session(alive)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=2_000)
    parser.add_argument("--at-once", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--journal", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--only", choices=[name for name in WAYS if name != "bare client"], action="append")
    asked = parser.parse_args()
    port: multiprocessing.Queue[int] = multiprocessing.Queue()
    server = multiprocessing.Process(target=serve, args=(port,), daemon=True)
    server.start()
    url = f"http://127.0.0.1:{port.get(timeout=60)}"
    found: dict[str, list[tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory() as folder, journal(asked.journal):
        os.environ |= {"WEIRFLOW_HOME": f"{folder}/home",
                       "WEIRFLOW_BENCH": json.dumps({"token": "t0ken-12345", "api_base": url})}  # fmt: skip
        ways: dict[str, Callable[[], object]] = {
            "bare client": lambda: asyncio.run(bare(url, asked.rows, asked.at_once))
        }
        for name, how in WAYS.items():
            if how is not None and (not asked.only or name in asked.only):
                ways[name] = lambda how=how: whole_run(Path(folder), *how, asked.rows, asked.at_once)  # type: ignore[misc]
                whole_run(Path(folder), *how, 10, asked.at_once)  # what a process loads on first use
        for _ in range(asked.rounds):
            for name, way in ways.items():
                found.setdefault(name, []).append(measured(way, asked.rows))
    server.terminate()
    print(f"{asked.rows:,} rows, {asked.at_once} calls at once, journal: {asked.journal}, medians of {asked.rounds}")
    for name, rounds in found.items():
        rate, cpu_ms = (statistics.median(each[part] for each in rounds) for part in (0, 1))
        ratios = [each[0] / client[0] for each, client in zip(rounds, found["bare client"], strict=True)]
        said = ", ".join(f"{each:.2f}" for each in ratios)
        print(f"  {name:<28} {rate:7,.0f} calls/s {cpu_ms:6.3f} ms of CPU a call, "
              f"{statistics.median(ratios):.2f} of the bare client ({said})")  # fmt: skip


if __name__ == "__main__":
    main()
