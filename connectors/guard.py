"""What a run puts before each call of a source: rates, limits of time, and the way to be stopped."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from connectors.attempt import Attempt

T = TypeVar("T")


class Guard(Protocol):
    """A run's hold on the calls of one source."""

    def attempt(self) -> AbstractContextManager[Attempt]:
        """Wait until a call may be made; it has its time in the block.

        Raises:
            Exception: the run was told to stop.
        """
        ...


Guards = list[Guard]
"""Those of the runs that read the source just now; the last one's hold."""


def guarded(guards: Sequence[Guard], call: Callable[[], T]) -> T:
    """What one call gives; it is made apart, since nothing ends the waits of the libraries of stores."""
    if not guards:
        return call()
    with guards[-1].attempt() as attempt, attempt.running():
        return attempt.apart(call)


def each_guarded(guards: Sequence[Guard], read: Callable[[], Generator[T, None, None] | Iterator[T]]) -> Iterator[T]:
    """What one call gives, item by item."""
    if not guards:
        yield from read()
        return
    with guards[-1].attempt() as attempt:
        yield from attempt.each(read())
