"""Answers that are remembered, so that nothing is asked and paid twice: a file of SQLite."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from connectors.json_reading import plain_unicode

_COMMIT_S = 0.5
_PER_QUESTION = 500
_DAY_S = 86_400.0


class Memory:
    """What models have said, by the digest of all that it depends on; written together, half a second at most later.

    One that `forgets` knows only what was answered since it was opened, and still remembers that for others. Several
    processes may use one file. A file that cannot be used is done without: it only saves calls.
    """

    def __init__(self, path: Path | None, *, days: int = 90, forgets: bool = False,
                 now_s: Callable[[], float] = time.time) -> None:  # fmt: skip
        self._path = path
        self._days = days
        self._forgets = forgets
        self._now_s = now_s
        self._recent: dict[str, str] = {}
        """What was answered since the last commit."""
        self._own: set[str] = set()
        """What was answered since it was opened."""
        self._committed_at = now_s()
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def known(self, keys: Sequence[str]) -> Mapping[str, str]:
        """The answers to those of the keys that were answered before."""
        with self._lock:
            keys = [each for each in keys if each in self._own] if self._forgets else keys
            found = {each: self._recent[each] for each in keys if each in self._recent}
            with suppress(sqlite3.Error, OSError):
                found |= dict(self._read([each for each in keys if each not in found]))
            return found

    def remember(self, key: str, said: str) -> None:
        with self._lock:
            self._recent[key] = plain_unicode(said)
            if self._forgets:
                self._own.add(key)
            if self._now_s() - self._committed_at >= _COMMIT_S:
                self._commit()

    def keep(self) -> None:
        """Bring what is new to the disk."""
        with self._lock:
            self._commit()

    def close(self) -> None:
        with self._lock:
            self._commit()
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _read(self, keys: Iterable[str]) -> Iterator[tuple[str, str]]:
        if self._path is None or (self._connection is None and not self._path.exists()):
            return
        connection = self._opened()
        since = self._now_s() - self._days * _DAY_S
        for some in _batches(list(keys)):
            marks = ",".join("?" * len(some))
            yield from connection.execute(f"select key, said from answers where at >= ? and key in ({marks})",
                                          (since, *some))  # fmt: skip

    def _commit(self) -> None:
        self._committed_at = self._now_s()
        if not self._recent or self._path is None:
            return
        at = self._now_s()
        with suppress(sqlite3.Error, OSError):
            connection = self._opened()
            with connection:
                connection.executemany("insert or replace into answers (key, said, at) values (?, ?, ?)",
                                       [(key, said, at) for key, said in self._recent.items()])  # fmt: skip
            self._recent.clear()

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            assert self._path is not None
            self._path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self._path, timeout=10, check_same_thread=False)
            try:
                self._path.chmod(0o600)  # it holds what is said about rows
                connection.execute("pragma journal_mode = wal")
                connection.execute("pragma synchronous = normal")
                with connection:
                    connection.execute("create table if not exists answers (key text primary key, said text, at real) "
                                       "without rowid")  # fmt: skip
                    connection.execute("delete from answers where at < ?", (self._now_s() - self._days * _DAY_S,))
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection


def _batches(keys: list[str]) -> Iterator[list[str]]:
    return (keys[at : at + _PER_QUESTION] for at in range(0, len(keys), _PER_QUESTION))
