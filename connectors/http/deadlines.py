"""The time that requests may take: one timer watches all that are on their way with equally much of it."""

from __future__ import annotations

import asyncio
from types import TracebackType


class Deadlines:
    """Those of one loop. A request that has had its time is cancelled where it waits, as by asyncio.timeout."""

    def __init__(self) -> None:
        self._lines: dict[float, _Line] = {}

    def within(self, seconds: float) -> Deadline:
        """A block that may take so long; it is entered at once.

        Raises:
            TimeoutError: at the end of the block, where its time was over before.
        """
        line = self._lines.get(seconds)
        if line is None:
            # of lines that nobody is in none is kept: what large files may take is as manifold as they are
            self._lines = {each: found for each, found in self._lines.items() if found.waiting}
            line = self._lines[seconds] = _Line(seconds)
        return Deadline(line)

    def close(self) -> None:
        """Watch nothing any more."""
        for each in self._lines.values():
            each.close()
        self._lines.clear()


class Deadline:
    """One block, for `with`."""

    __slots__ = ("_cancelling", "_is_over", "_line", "_task", "until")

    def __init__(self, line: _Line) -> None:
        self._line = line
        self._is_over = False

    def __enter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._task, self._cancelling = task, task.cancelling()
        self.until = self._line.joined(self)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._line.waiting.pop(self, None)
        if self._is_over and self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def end(self) -> None:
        """Its time is over."""
        self._is_over = True
        self._task.cancel()


class _Line:
    """Blocks in the order in which they began, which is that of their ends."""

    __slots__ = ("_loop", "_seconds", "_timer", "waiting")

    def __init__(self, seconds: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._seconds = seconds
        self._timer: asyncio.TimerHandle | None = None
        self.waiting: dict[Deadline, None] = {}

    def joined(self, each: Deadline) -> float:
        until = self._loop.time() + self._seconds
        self.waiting[each] = None
        if self._timer is None:
            self._timer = self._loop.call_at(until, self._look)
        return until

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        now = self._loop.time()
        while (first := next(iter(self.waiting), None)) is not None and first.until <= now:
            del self.waiting[first]
            first.end()
        self._timer = None if first is None else self._loop.call_at(first.until, self._look)
