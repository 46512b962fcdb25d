"""Runs of the command line in children that may be killed."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.moments import Moment
from tests.servers.session import REPOSITORY, UNMEASURED

PATIENCE_S = 120.0
LIVE = Moment("none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a child ended: its exit code, negative for a signal; what it said; what it counted if it lived."""

    code: int
    seconds: float
    out: str
    err: str
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def was_killed(self) -> bool:
        return self.code == -signal.SIGKILL


class Children:
    """Forks children of a process that has everything imported."""

    def __init__(self) -> None:
        env = {name: value for name, value in UNMEASURED.items() if not name.startswith("WEIRFLOW_")}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.zygote"], cwd=REPOSITORY, env=env, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, bufsize=1,
        )  # fmt: skip

    def run(self, arguments: Sequence[str], *, name: str, folder: Path, env: Mapping[str, str], moment: Moment = LIVE,
            limits: Mapping[str, int] | None = None,
            begun: Callable[[int], None] = lambda pid: None) -> Ended:  # fmt: skip
        """`weirflow ARGUMENTS` in `folder`, killed at the moment; `begun` is told the pid. What it says lies in files
        called `name` there."""
        requests = self._process.stdin
        assert requests is not None
        job = {"arguments": list(arguments), "name": name, "folder": str(folder), "cwd": str(folder), "env": dict(env),
               "moment": moment.as_json(), "limits": dict(limits or {})}  # fmt: skip
        print(json.dumps(job), file=requests, flush=True)
        pid = int(self._answer(PATIENCE_S))
        started = time.perf_counter()
        begun(pid)
        if moment.kind == "delay" and not self._has_answer(moment.seconds):
            _kill(pid)
        if not self._has_answer(PATIENCE_S):
            _kill(pid)
            self._answer(PATIENCE_S)
            raise TimeoutError(f"weirflow {' '.join(arguments)} did not end in {PATIENCE_S:.0f} s: {folder}")
        code = int(self._answer(PATIENCE_S))
        counts = folder / f"{name}.counts"
        return Ended(
            code=code, seconds=time.perf_counter() - started, out=_said(folder / f"{name}.out"),
            err=_said(folder / f"{name}.err"), counts=json.loads(counts.read_text()) if counts.exists() else {},
        )  # fmt: skip

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(PATIENCE_S)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _has_answer(self, seconds: float) -> bool:
        assert self._process.stdout is not None
        return bool(select.select([self._process.stdout], [], [], seconds)[0])

    def _answer(self, seconds: float) -> str:
        if not self._has_answer(seconds):
            raise TimeoutError("the process that forks the runs does not answer")
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the process that forks the runs has ended")
        return line


def _said(file: Path) -> str:
    """Nothing of a child that was killed before it had a place for it."""
    return file.read_text() if file.exists() else ""


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


@contextmanager
def children() -> Iterator[Children]:
    found = Children()
    try:
        yield found
    finally:
        found.close()
