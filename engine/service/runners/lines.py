"""The pipes of a process of runs."""

from __future__ import annotations

import os
import threading
from dataclasses import field
from typing import TextIO

from ir.records import dataclass


@dataclass(slots=True)
class Lines:
    """The two ends of the process' pipes; what a library prints or reads is none of them."""

    commands: TextIO
    answers: TextIO
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def taken(cls) -> Lines:
        commands, answers = os.fdopen(os.dup(0), encoding="utf-8"), os.fdopen(os.dup(1), "w", encoding="utf-8")
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)
        return cls(commands, answers)

    def say(self, line: str) -> None:
        with self._lock:
            print(line, file=self.answers, flush=True)
