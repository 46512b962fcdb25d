"""`python -m tests.engine.service.tick_beside FOLDER READY GO`: one of several processes that tick at once.

Says that it is ready by the file READY, waits for the file GO, and goes through some minutes as fast as it can; it
prints the keys of the runs that it asked for.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from tests.engine.service.ticking import Ticking

START = "2026-01-31T06:30:00+00:00"
MINUTES = 8


def main(folder: Path, ready: Path, go: Path) -> None:
    service = Ticking(folder, now=START)
    ready.touch()
    until = time.monotonic() + 60
    while not go.exists() and time.monotonic() < until:
        time.sleep(0.005)
    for _ in range(MINUTES):
        for start in service.later(minutes=1):
            print(start.idempotency_key)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
