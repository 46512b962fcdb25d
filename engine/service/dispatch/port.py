"""What a service asks of its queue; what a run is and how it stands is the journal's, never the queue's."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Protocol

from sqlalchemy import URL

from engine.service.store.starts import Start
from ir.records import dataclass

DISPATCH_FILE = "dispatch.db"


def dispatch_url(journal: URL) -> URL:
    """Where the queue is: beside a journal in a file, in the same database as one on a server."""
    if journal.drivername != "sqlite":
        return journal
    return journal.set(database=str(Path(str(journal.database)).with_name(DISPATCH_FILE)))


@dataclass(frozen=True, slots=True)
class Entry:
    """What stands in the queue for one attempt at a run; there is never a second one for the same attempt."""

    run_id: str
    attempt: int
    """So many workers had taken the run when it was handed to the queue."""

    @classmethod
    def of(cls, start: Start) -> Entry:
        return cls(start.run_id, start.attempt)

    @classmethod
    def read(cls, text: str) -> Entry:
        run_id, _, attempt = text.rpartition(":")
        return cls(run_id, int(attempt))

    def __str__(self) -> str:
        return f"{self.run_id}:{self.attempt}"


class Dispatcher(Protocol):
    """Says which run to go on with. Each method may be called by any thread."""

    def dispatch(self, start: Start) -> None:
        """Hand the start, which stands in the journal, to one of the workers; a second time changes nothing."""
        ...

    def withdraw(self, entry: Entry) -> None:
        """Let no worker begin the attempt, where none has."""
        ...

    def retire(self, entry: Entry) -> None:
        """A worker has the attempt without having been handed it: nobody needs to be any more. Returns at once."""
        ...

    def work(self, carry_out: Callable[[Entry], None], *, slots: int) -> None:
        """Begin to take runs: `carry_out` is called in threads, at most `slots` at once."""
        ...

    def rest(self, within_s: float) -> None:
        """Take no further runs, and wait so long for those that were taken."""
        ...

    def taken_by(self, workers: Collection[str]) -> list[Entry]:
        """The entries that these workers have taken and not brought to an end."""
        ...

    def waiting(self, starts: Sequence[Start]) -> set[Entry]:
        """Which of the starts' entries wait for a worker."""
        ...

    def forget(self, entries: Sequence[Entry]) -> None:
        """Drop entries, as if they had never been handed over."""
        ...

    def tidy(self) -> None:
        """Drop what is over and of no use."""
        ...

    def close(self) -> None:
        """Let go of all that is open."""
        ...
