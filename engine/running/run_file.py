"""`run.json` in a run's folder: its result and its receipt, for whoever has the folder and not the journal.

A run that was killed has none.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from engine.result import RunResult
from engine.run_folder import RUN_FILE, write_whole
from engine.running.receipt import facts_of_deliveries
from ir.diagnostics import Diagnostic, WorkflowError
from ir.redaction import redacted


def write_run_file(folder: Path, result: RunResult, receipt: Mapping[str, Any], *,
                   problems: Sequence[Diagnostic] = ()) -> None:  # fmt: skip
    """Write the file, whole or not at all. What a full disk keeps from it stands in the journal."""
    told = {name: value for name, value in result.as_json().items()
            if name not in {"seconds", "cpu_seconds", "peak_memory_bytes"}}  # fmt: skip
    if problems:
        told["diagnostics"] = [each.as_json() for each in problems]
    is_replay = result.plan is not None and result.plan.compiled.replaying is not None
    if result.status in {"failed", "cancelled"} and not is_replay:
        told["resume"] = f"weirflow resume {result.run_id}"
    lines = [f"  {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}"
             for name, value in redacted({**told, "receipt": receipt}).items()]  # fmt: skip
    with suppress(OSError):  # a line each: with `indent` Python writes the text by itself, four times as slowly
        write_whole(folder / RUN_FILE, "{\n" + ",\n".join(lines) + "\n}\n")


@contextmanager
def written_when_stopped(folder: Path | None, so_far: Callable[[BaseException], RunResult]) -> Iterator[None]:
    """Write the file also where something stops the run before its end: `so_far` tells what it had done by then.

    Nothing is written without a folder, and of a run that no journal knows.
    """
    try:
        yield
    except BaseException as stopped:
        is_known = not isinstance(stopped, WorkflowError) or stopped.run_id is not None
        if folder is not None and is_known and (result := so_far(stopped)).attempts:
            problems = stopped.diagnostics if isinstance(stopped, WorkflowError) else ()
            write_run_file(folder, result, {"made": facts_of_deliveries(result.deliveries)}, problems=problems)
        raise
