"""Events into the journal: those that come while the disk is busy are stored together, in the next transaction."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress

from engine.journal.journal import Journal
from engine.service.store.inbox import Event, Stored, store_events
from engine.service.webhooks.refusing import Turned

MOST_AT_ONCE = 512
MOST_BYTES_AT_ONCE = 16_000_000
MOST_WAITING = 5_000
MOST_BYTES_WAITING = 64_000_000
GATHER_S = 0.004
MANY = 4
"""After a transaction with so many events the next one waits a moment for further ones: each transaction costs as much
as storing a hundred events."""
_BUSY = {"retry-after": "1"}

_Waiting = tuple[Event, "asyncio.Future[Stored]", asyncio.AbstractEventLoop]


class Committer:
    """A thread that stores events. Whoever waits for one goes on once it is on the disk."""

    def __init__(self, journal: Journal, arrived: threading.Event) -> None:
        self._journal = journal
        self._arrived = arrived
        self._waiting: deque[_Waiting] = deque()
        self._bytes = 0
        self._lock = threading.Lock()
        self._told = threading.Event()
        self._is_stopping = False
        self._thread = threading.Thread(target=self._work, name="inbox", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, within_s: float) -> None:
        """Store what waits, and end."""
        self._is_stopping = True
        self._told.set()
        self._thread.join(within_s)

    async def store(self, event: Event) -> Stored:
        """Store an event; when this returns, it stands in the journal.

        Raises:
            Turned: 429 where more wait for the disk than it can take.
            ConnectorProblem: the journal cannot be used.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Stored] = loop.create_future()
        with self._lock:
            if len(self._waiting) >= MOST_WAITING or self._bytes + len(event.body) > MOST_BYTES_WAITING:
                raise Turned(429, "more events come than can be stored", headers=_BUSY)
            self._waiting.append((event, future, loop))
            self._bytes += len(event.body)
        self._told.set()
        return await future

    def _work(self) -> None:
        while True:
            self._told.wait()
            self._told.clear()
            while taken := self._taken():
                self._commit(taken)
                if len(taken) >= MANY:
                    time.sleep(GATHER_S)
            if self._is_stopping:
                return

    def _taken(self) -> list[_Waiting]:
        found: list[_Waiting] = []
        size = 0
        with self._lock:
            while self._waiting and len(found) < MOST_AT_ONCE and size < MOST_BYTES_AT_ONCE:
                found.append(self._waiting.popleft())
                size += len(found[-1][0].body)
            self._bytes -= size
        return found

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
