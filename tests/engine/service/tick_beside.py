"""`python -m tests.engine.service.tick_beside FOLDER PROCESSES`: processes that tick over one journal at the same time.

Each goes through some minutes as fast as it can, and prints the keys of the runs that it asked for.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests.engine.service.ticking import Ticking

START = "2026-01-31T06:30:00+00:00"
MINUTES = 8


def main(folder: Path, processes: int) -> None:
    reading, writing = os.pipe()
    children = []
    for _ in range(processes):
        child = os.fork()  # before anything was opened; what is imported is imported once
        if not child:
            os.close(writing)
            tick(Ticking(folder, now=START), reading)
            sys.stdout.flush()
            os._exit(0)
        children.append(child)
    os.close(writing)  # and all begin
    statuses = [os.waitstatus_to_exitcode(os.waitpid(each, 0)[1]) for each in children]
    sys.exit(max(statuses))


def tick(service: Ticking, go: int) -> None:
    os.read(go, 1)
    for _ in range(MINUTES):
        keys = [str(start.idempotency_key) for start in service.later(minutes=1)]
        os.write(1, "".join(f"{each}\n" for each in keys).encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
