"""Events into the journal: those that come while the disk is busy are stored together, in the next transaction."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from contextlib import suppress

from engine.journal.group_commit import GroupCommit
from engine.journal.journal import Journal
from engine.service.store.inbox import Event, Stored, store_events
from engine.service.webhooks.refusing import Turned

MOST_AT_ONCE = 512
MOST_WAITING = 5_000
MOST_BYTES_WAITING = 64_000_000
_BUSY = {"retry-after": "1"}

_Waiting = tuple[Event, "asyncio.Future[Stored]", asyncio.AbstractEventLoop]


class Committer:
    """A thread that stores events. Whoever waits for one goes on once it is on the disk."""

    def __init__(self, journal: Journal, arrived: threading.Event) -> None:
        self._journal = journal
        self._arrived = arrived
        self._group = GroupCommit(self._commit, name="inbox", most_at_once=MOST_AT_ONCE,
                                  size=lambda waiting: len(waiting[0].body))  # fmt: skip

    def start(self) -> None:
        self._group.start()

    def stop(self, within_s: float) -> None:
        """Store what waits, and end."""
        self._group.stop(within_s)

    async def store(self, event: Event) -> Stored:
        """Store an event; when this returns, it stands in the journal.

        Raises:
            Turned: 429 where more wait for the disk than it can take.
            ConnectorProblem: the journal cannot be used.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Stored] = loop.create_future()
        if len(self._group) >= MOST_WAITING or self._group.bytes + len(event.body) > MOST_BYTES_WAITING:
            raise Turned(429, "more events come than can be stored", headers=_BUSY)
        self._group.put((event, future, loop))
        return await future

    def _commit(self, taken: Sequence[_Waiting]) -> None:
        try:
            results: list[Stored | Exception] = [*store_events(self._journal, [each[0] for each in taken])]
        except Exception as error:  # told to every sender, each of which sends its event again
            results = [error] * len(taken)
        else:
            self._arrived.set()
        for loop in {each[2] for each in taken}:
            ours = [(each[1], result) for each, result in zip(taken, results, strict=True) if each[2] is loop]
            with suppress(RuntimeError):  # the loop has ended with its senders; the events stand nevertheless
                loop.call_soon_threadsafe(_tell, ours)


def _tell(results: list[tuple[asyncio.Future[Stored], Stored | Exception]]) -> None:
    for future, result in results:
        if future.done():  # its sender has gone; the event stands nevertheless
            continue
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)
