"""`run.json` in a run's folder: its result and its receipt, for whoever has the folder and not the journal."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from engine.result import RunResult
from ir.redaction import redacted

RUN_FILE = "run.json"


def write_run_file(folder: Path, result: RunResult, receipt: Mapping[str, Any]) -> None:
    """Write the file, whole or not at all. What a full disk keeps from it stands in the journal."""
    told = {name: value for name, value in result.as_json().items()
            if name not in {"seconds", "cpu_seconds", "peak_memory_bytes"}}  # fmt: skip
    beside = folder / f"{RUN_FILE}.part"
    with suppress(OSError):
        beside.write_text(json.dumps(redacted({**told, "receipt": receipt}), indent=2, ensure_ascii=False),
                          encoding="utf-8")  # fmt: skip
        os.replace(beside, folder / RUN_FILE)
