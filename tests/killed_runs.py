"""Runs in a process of their own that are killed at a point which the test names."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from tests.long_runs import UNMEASURED
from tests.warm_processes import ran

_PROGRAM = """\
import importlib, os, sys
from pathlib import Path
import weirflow as wf

module, _, name = sys.argv[2].partition(":")
owner, _, method = name.rpartition(".")
place = importlib.import_module(module)
for each in owner.split(".") if owner else ():
    place = getattr(place, each)
before, calls = getattr(place, method), 0

def patched(*arguments, **named):
    global calls
    calls += 1
    if sys.argv[3] == "before" and calls == int(sys.argv[4]):
        os.kill(os.getpid(), 9)
    found = before(*arguments, **named)
    if sys.argv[3] == "after" and calls == int(sys.argv[4]):
        os.kill(os.getpid(), 9)
    return found

setattr(place, method, patched)
for each in [*sys.modules.values()] if not owner else ():
    if each is not place and vars(each).get(method) is before:  # a process that is warm has imported others before
        setattr(each, method, patched)
if sys.argv[5]:
    wf.resume(sys.argv[5])
else:
    wf.run(Path(sys.argv[1]), engine=sys.argv[6])
"""


def killed_run(file: Path, point: str, *, when: str = "before", call: int = 1, engine: str = "polars",
               resumes: str = "") -> None:  # fmt: skip
    """Run the workflow, or go on with a run, until `point` (module:name) is called for the nth time, and no further.

    `when` is before or after what is called has done its work.
    """
    places = {name: os.environ[name] for name in ("WEIRFLOW_HOME", "WEIRFLOW_JOURNAL") if name in os.environ}
    done = ran([str(file), point, when, str(call), resumes, engine], program=_PROGRAM, env={**UNMEASURED, **places},
               timeout=120)  # fmt: skip
    assert done.returncode == -signal.SIGKILL, f"{point} was not reached: {done.stderr[-2000:]}"
