"""CPU seconds, wall seconds and peak memory of one job in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a process took, its imports and its start included."""

    cpu_s: float
    wall_s: float
    peak_mb: float


def cost_of(code: str) -> Cost:
    """The cost of a fresh Python that runs `code`.

    Raises:
        RuntimeError: when it fails, with what it said.
    """
    began = time.perf_counter()
    command = [sys.executable, "-c", code]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    said = process.stderr.read()
    # wait4 tells the usage of this one child; getrusage(RUSAGE_CHILDREN) would keep the largest memory of all so far.
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{code}\nended with {process.returncode}\n{said}")
    kilobyte = 1 if sys.platform == "darwin" else 1024
    return Cost(cpu_s=usage.ru_utime + usage.ru_stime, wall_s=time.perf_counter() - began,
                peak_mb=usage.ru_maxrss * kilobyte / 1e6)  # fmt: skip
