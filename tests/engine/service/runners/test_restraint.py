"""A process of runs is bound to the service that started it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

CHILD = """
import os, sys, time
from engine.service.runners.restraint import die_with
die_with(int(sys.argv[1]))
print(os.getpid(), flush=True)
time.sleep(300)
"""
PARENT = f"""
import os, subprocess, sys
subprocess.Popen([sys.executable, "-c", {CHILD!r}, str(os.getpid())], start_new_session=True).wait()
"""
ROOT = str(Path(__file__).parents[4])


def test_it_dies_with_a_service_that_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True,
                          env={**os.environ, "PYTHONPATH": ROOT}) as parent:  # fmt: skip
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        until = time.monotonic() + 60
        while _lives(child):
            assert time.monotonic() < until, "the child goes on"
            time.sleep(0.01)


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
