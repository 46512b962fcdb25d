"""The limits of runs: one thread looks how much memory and time each process of runs takes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import field
from pathlib import Path

from engine.service.runners.process import Runner
from engine.service.settings import ServiceSettings
from ir.records import dataclass

EVERY_S = 0.05
GRACE_S = 10.0
"""How long a run may take to bring what is under way to its end, such as a message, when it was told to stop."""
_OF_PROCESS = ("RssAnon:", "RssShmem:", "VmSwap:")
"""What a process holds by itself: the pages of a file that it reads can be taken back at any time."""


@dataclass(slots=True, kw_only=True)
class Watched:
    """A run under way. `why` is what ended it, `is_cancelled` whether that was somebody's wish."""

    run_id: str
    runner: Runner
    started: float
    why: str | None = None
    is_cancelled: bool = False
    has_begun: bool = False
    is_given_up: bool = False
    """Whether this worker carries the run no further, and nothing of its end is to be written."""
    kill_at: float | None = None

    def begin(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Count its time from now on."""
        self.started, self.has_begun = clock(), True

    def stop(self, why: str, *, within_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Tell the run to stop, and have it killed where it does not in time."""
        if self.why is None:
            self.why, self.kill_at = why, clock() + within_s
            self.runner.cancel(why)


@dataclass(slots=True)
class Watchdog:
    """Looks after the runs of a pool, as long as it has any."""

    settings: ServiceSettings
    clock: Callable[[], float] = time.monotonic
    memory: Callable[[int], int] = field(default=lambda pid: held_bytes(pid))
    grace_s: float | None = None
    """As GRACE_S, which is what None stands for."""
    what: str = "the run"
    _watched: dict[str, Watched] = field(default_factory=dict)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _thread: threading.Thread | None = None

    def add(self, run_id: str, runner: Runner) -> Watched:
        found = Watched(run_id=run_id, runner=runner, started=self.clock())
        with self._changed:
            self._watched[run_id] = found
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
                self._thread.start()
            self._changed.notify()
        return found

    def remove(self, watched: Watched) -> None:
        with self._changed:
            if self._watched.get(watched.run_id) is watched:
                del self._watched[watched.run_id]
            self._changed.notify()

    def find(self, run_id: str) -> Watched | None:
        with self._changed:
            return self._watched.get(run_id)

    def every(self) -> list[Watched]:
        with self._changed:
            return list(self._watched.values())

    def wait_until_idle(self, within_s: float) -> bool:
        """Whether all runs came to their ends within the time."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._watched, timeout=within_s)

    def _watch(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._watched))
            for each in self.every():
                self.look(each)
            time.sleep(EVERY_S)

    def look(self, each: Watched) -> None:
        """End a run that takes more than it may."""
        now, most_s, most = self.clock(), self.settings.max_seconds, self.settings.max_memory_bytes
        if each.kill_at is not None and now >= each.kill_at:
            each.runner.kill()
        elif most is not None and each.why is None and (taken := self.memory(each.runner.pid)) > most:
            each.why = f"{self.what} took {mib(taken)} of memory, and may take {mib(most)}"
            each.runner.kill()
        elif most_s is not None and now - each.started > most_s:
            within_s = GRACE_S if self.grace_s is None else self.grace_s
            each.stop(f"{self.what} took longer than the {most_s:g} s that it may", within_s=within_s, clock=self.clock)


def held_bytes(pid: int) -> int:
    """The memory that a process and those that it has started hold; 0 where the system does not say."""
    total = 0
    waiting = [pid]
    while waiting:
        process = Path(f"/proc/{waiting.pop()}")
        try:
            status = (process / "status").read_text()
            for task in (process / "task").iterdir():
                waiting += map(int, (task / "children").read_text().split())
        except (OSError, ValueError):
            continue
        total += sum(int(line.split()[1]) for line in status.splitlines() if line.startswith(_OF_PROCESS)) * 1024
    return total


def mib(size: int) -> str:
    return f"{size / 1024**2:,.0f} MiB"
