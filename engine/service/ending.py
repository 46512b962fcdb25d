"""The end of a process that is to stop: it comes, whatever does not end by itself."""

from __future__ import annotations

import os
import sys
import threading
import traceback
from typing import TextIO

ENDED_LATE = 1
_FRAMES = 4


def end_within(seconds: float, *, told: TextIO = sys.stderr) -> None:
    """Let the process end after so long at the latest, and tell what it waited for.

    A thread that hangs in a store or a library would keep it for ever otherwise. Nothing is lost by it: what the
    process held goes on with another one, as after a power cut.
    """
    timer = threading.Timer(seconds, _end, args=(seconds, told))
    timer.daemon = True
    timer.start()


def _end(seconds: float, told: TextIO) -> None:
    try:
        print(f"the service did not end within {seconds:.0f} seconds and is ended; it waited for:", file=told)
        frames = sys._current_frames()
        for each in threading.enumerate():
            if each.daemon or each.ident not in frames:
                continue
            last = traceback.extract_stack(frames[each.ident])[-_FRAMES:]
            print(
                f"  {each.name}: {' > '.join(f'{one.name} ({one.filename}:{one.lineno})' for one in last)}", file=told
            )
        told.flush()
    finally:
        os._exit(ENDED_LATE)
