"""One attempt at something outside, which may take so long and can be stopped from another thread.

What waits for the other side says how that wait is ended: see `stoppable`. So a limit of time ends a hanging statement,
request or dialogue itself, and does not only look at the clock when it is over.
"""

from __future__ import annotations

import heapq
import itertools
import os
import socket
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar, copy_context
from typing import TypeVar

from connectors.problem import ConnectorProblem

T = TypeVar("T")
Stop = Callable[[], object]


class Attempt:
    """The time that is left counts only within `running`: what is done between two waits is the run's own time."""

    def __init__(self, seconds: float | None = None, *, is_tried_again: bool = False) -> None:
        self.seconds = seconds
        self.is_tried_again = is_tried_again
        """Whether another attempt follows a failure that passes, so that a library need not try so often itself."""
        self.is_stopped = False
        """Whether it was told to end, because its time is over or the run is told to stop."""
        self._left_s = seconds
        self._stops: dict[int, Stop] = {}
        self._guard = threading.Lock()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Wait for the other side in the block.

        Raises:
            ConnectorProblem: with reason timeout, where the time was over before the block's end.
        """
        token = _current.set(self)
        started = time.monotonic()
        alarm = None if self._left_s is None else _ALARMS.set(started + self._left_s, self.stop)
        try:
            yield
        except Exception as error:
            if self.is_stopped and self._is_over(started):
                raise self._too_late(error) from error
            raise
        finally:
            _current.reset(token)
            if alarm is not None:
                _ALARMS.unset(alarm)
            if self._left_s is not None:
                self._left_s -= time.monotonic() - started

    def each(self, items: Generator[T, None, None] | Iterator[T]) -> Iterator[T]:
        """The items, each waited for within the attempt's time."""
        try:
            while True:
                with self.running():
                    try:
                        item = next(items)
                    except StopIteration:
                        return
                yield item
        finally:
            if isinstance(items, Generator):
                items.close()

    def apart(self, call: Callable[[], T]) -> T:
        """What the call gives, made in a thread of its own: for a library whose waits nothing ends from outside. The
        thread is left behind when the attempt is stopped, and its socket to the library's own limits of time."""
        done = threading.Event()
        found: list[T] = []
        failed: list[BaseException] = []

        def make() -> None:
            try:
                found.append(call())
            except BaseException as error:  # for the thread that waits
                failed.append(error)
            done.set()

        with self.stopping_by(done.set):
            context = copy_context()
            threading.Thread(target=context.run, args=(make,), daemon=True, name="weirflow-apart").start()
            while not done.wait(_AWAKE_S):  # in short waits: a signal that another thread takes does not wake this one
                pass
        if failed:
            raise failed[0]
        if not found:
            raise TimeoutError("the attempt was stopped")
        return found[0]

    def stop(self) -> None:
        """End what is waited for, now and from now on."""
        with self._guard:
            self.is_stopped = True
            stops = list(self._stops.values())
        for each in stops:
            with suppress(Exception):
                each()

    @contextmanager
    def stopping_by(self, stop: Stop) -> Iterator[None]:
        with self._guard:
            is_stopped = self.is_stopped
            self._stops[id(stop)] = stop
        try:
            if is_stopped:
                raise TimeoutError("the attempt was stopped before it asked")
            yield
        finally:
            with self._guard:
                self._stops.pop(id(stop), None)

    def _is_over(self, started: float) -> bool:
        return self._left_s is not None and time.monotonic() - started >= self._left_s

    def _too_late(self, error: Exception) -> ConnectorProblem:
        met = error if isinstance(error, ConnectorProblem) else ConnectorProblem("IR567", "", sent=True)
        return ConnectorProblem(
            met.code, f"no answer came within {self.seconds:g} s, the time that an attempt may take", key=met.key,
            hint="allow more time in execution_constraints, or ask for less at once", reason="timeout", sent=met.sent,
        )  # fmt: skip


_current: ContextVar[Attempt | None] = ContextVar("attempt", default=None)


@contextmanager
def stoppable(stop: Stop) -> Iterator[None]:
    """In the block something outside is waited for, which `stop` ends from another thread."""
    attempt = _current.get()
    if attempt is None:
        yield
        return
    with attempt.stopping_by(stop):
        yield


def is_tried_again() -> bool:
    """Whether another attempt follows where this one fails."""
    attempt = _current.get()
    return attempt is not None and attempt.is_tried_again


def was_stopped() -> bool:
    """Whether the attempt that goes on here was told to end, so that its connection may be broken."""
    attempt = _current.get()
    return attempt is not None and attempt.is_stopped


def at(moment_s: float, call: Stop) -> Callable[[], None]:
    """Have something called at a moment of the monotonic clock, in another thread; what to call so that it is not."""
    number = _ALARMS.set(moment_s, call)
    return lambda: _ALARMS.unset(number)


def hang_up(descriptor: int) -> None:
    """End whatever waits at a socket, also in another thread."""
    other = socket.socket(fileno=os.dup(descriptor))
    try:
        other.shutdown(socket.SHUT_RDWR)
    finally:
        other.close()


class _Alarms:
    """Calls at their time, by one thread that is there as long as any is due."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int]] = []
        self._calls: dict[int, Stop] = {}
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def set(self, moment_s: float, call: Stop) -> int:
        with self._changed:
            number = next(self._numbers)
            self._calls[number] = call
            heapq.heappush(self._due, (moment_s, number))
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._watch, daemon=True, name="weirflow-alarms")
                self._thread.start()
            elif self._due[0][1] == number:
                self._changed.notify()
            return number

    def unset(self, number: int) -> None:
        with self._changed:
            self._calls.pop(number, None)

    def _watch(self) -> None:
        while True:
            with self._changed:
                while self._due and self._due[0][1] not in self._calls:
                    heapq.heappop(self._due)
                if not self._due:
                    self._changed.wait(_IDLE_S)
                    if not self._due:
                        self._thread = None
                        return
                left_s = self._due[0][0] - time.monotonic()
                if left_s > 0:
                    self._changed.wait(left_s)
                    continue
                call = self._calls.pop(heapq.heappop(self._due)[1], None)
            if call is not None:
                call()


_AWAKE_S = 0.1
_IDLE_S = 5.0
_ALARMS = _Alarms()
