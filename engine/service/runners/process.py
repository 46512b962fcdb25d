"""One process of runs, as the worker sees it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import nullcontext, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from connectors.problem import ConnectorProblem
from connectors.storage.port import bound_here
from engine.service.compiling.task import Planned, Task
from engine.service.runners.protocol import (
    MOST_ANSWER,
    READY,
    Job,
    Outcome,
    Told,
    cancelling,
    compiling,
    heard,
    whole,
)
from engine.service.runners.scratch import Scratch
from engine.service.sandbox.enclosure import Enclosure
from engine.service.sandbox.entering import NOT_LOCKED, entrance, written
from engine.service.settings import ServiceSettings
from ir.records import dataclass


@dataclass(frozen=True, slots=True)
class NeverBegun(Exception):
    """The process was gone before it had the job: another one may take it."""

    returncode: int


@dataclass(frozen=True, slots=True)
class Gone(Exception):
    """The process ended before its run did."""

    returncode: int

    @property
    def said(self) -> str:
        if self.returncode == NOT_LOCKED:
            return "its process could not be locked in: the log of the service says why"
        if self.returncode >= 0:
            return f"its process ended with the exit code {self.returncode}"
        with suppress(ValueError):
            return f"its process was ended by {signal.Signals(-self.returncode).name}"
        return f"its process was ended by the signal {-self.returncode}"


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose runs a process carries out, where it is not everybody's."""

    workflow: str
    folder: Path


class Runner:
    """A child process with its pipes, and a temporary folder that goes with it. It carries out one run at a time."""

    def __init__(self, settings: ServiceSettings, environment: Mapping[str, str], *, scratch: Scratch,
                 enclosure: Enclosure | None, owner: Owner | None = None) -> None:  # fmt: skip
        self.owner = owner
        self._scratch = scratch
        self._enclosure = enclosure
        self._stamp = enclosure.stamp() if enclosure is not None else ()
        # -P: nothing of the current folder is taken for a module; runs may write there
        program = ("-P", "-m", "engine.service.runners.enclosed", str(os.getpid()))
        environment = {**environment, "TMPDIR": str(scratch.path)}
        with bound_here() if enclosure is not None else nullcontext() as port:
            ports = () if port is None else (port.fileno(),)
            command = [sys.executable, *program] if enclosure is None else entrance(*program, *map(str, ports))
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                             env=environment, start_new_session=True, pass_fds=ports)  # fmt: skip
        self._writing = threading.Lock()
        self._killing = threading.Lock()
        self.runs = 0
        with suppress(OSError):
            self._write((written(enclosure.as_json()) if enclosure is not None else "") + settings.as_json())

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    @property
    def is_up_to_date(self) -> bool:
        """Whether the files and folders that it was locked in with are still those that stand there."""
        return self._enclosure is None or self._enclosure.stamp() == self._stamp

    def carry_out(self, job: Job, *, told: Callable[[Told], None]) -> Outcome:
        """Have the attempt carried out; blocks until it has ended.

        Raises:
            NeverBegun, Gone: the process is no more.
        """
        self.runs += 1
        try:
            self._write(job.line())
        except OSError:
            raise NeverBegun(self.kill()) from None
        has_begun = False
        while (message := self._next()) is not None:
            if "begun" in message:
                has_begun = True
            elif "told" in message:
                told(Told(**message["told"]))
            elif "outcome" in message:
                return Outcome(**message["outcome"])
        returncode = self.kill()  # with what it has started
        raise Gone(returncode) if has_begun else NeverBegun(returncode)

    def compile(self, task: Task, *, begun: Callable[[], None]) -> Planned:
        """Have a document compiled; blocks until that has ended. A process that was just started begins later.

        Raises:
            NeverBegun, Gone: the process is no more.
            ConnectorProblem: what it needs is away.
        """
        self.runs += 1
        try:
            self._write(compiling(asdict(task)))
        except OSError:
            raise NeverBegun(self.kill()) from None
        message = self._next(whole)
        if message is not None and "begun" in message:
            begun()
            message = self._next(whole)
        found = message.get("compiled") if message is not None else None
        if not isinstance(found, dict):
            raise Gone(self.kill())
        if "problem" in found:
            raise ConnectorProblem(**found["problem"])
        return Planned.read(found)

    def cancel(self, reason: str) -> None:
        with suppress(OSError):
            self._write(cancelling(reason))

    def kill(self) -> int:
        """End it and all that it has started; how it ended, which may be earlier and by itself."""
        with self._killing:
            if self._process.returncode is None:
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(self.pid, signal.SIGKILL)
                self._process.wait()
            self._scratch.remove()
        with suppress(OSError, ValueError), self._writing:
            if self._process.stdin is not None:
                self._process.stdin.close()
        return self._process.wait()

    def _write(self, line: str) -> None:
        pipe = self._process.stdin
        assert pipe is not None
        with self._writing:
            try:
                pipe.write(line + "\n")
                pipe.flush()
            except ValueError:
                raise BrokenPipeError from None

    def _next(self, read: Callable[[str], dict[str, Any]] = heard) -> dict[str, Any] | None:
        pipe = self._process.stdout
        assert pipe is not None
        while True:
            line = pipe.readline(MOST_ANSWER)
            if line.rstrip("\n") != READY:
                break
        with suppress(ValueError):
            return read(line) if line.endswith("\n") else None
        return None  # whoever says so is no process of ours any more
