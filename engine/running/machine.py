"""What a run took of the machine."""

from __future__ import annotations

import time
from pathlib import Path


def cpu_seconds() -> float:
    """Spent by this process so far."""
    return time.process_time()


def peak_memory_bytes() -> int:
    """The most memory this process has held at once."""
    status = Path("/proc/self/status")
    if status.exists():
        # Linux' ru_maxrss starts with the memory of the process that started this one
        line = next((line for line in status.read_text().splitlines() if line.startswith("VmHWM:")), "")
        if line:
            return int(line.split()[1]) * 1024
    try:
        import resource
    except ImportError:  # not on Windows
        return 0
    import sys

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
