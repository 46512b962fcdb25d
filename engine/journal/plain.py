"""A run's notes in the journal's file, without SQLAlchemy, which takes longer to load than a small run takes."""

from __future__ import annotations

import errno
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from engine.journal.fence import check_fence_by
from engine.journal.notes import BUSY_S, VERSION, Execute, version_in
from engine.journal.turns import turn_of
from engine.journal.waiting import begin
from ir.records import dataclass


@dataclass(slots=True)
class _Shared:
    """The connection of a process to the file, which all its runs share."""

    connection: sqlite3.Connection
    is_unhurried: bool
    """Whether the file keeps a log of its own (WAL mode), so that a commit need not wait for the disk."""
    file: os.stat_result
    users: int = 0


_lock = threading.Lock()
_connections: dict[tuple[int, Path], _Shared] = {}
"""By process, since connections are not inherited, and by place."""


class FileNotes:
    """Of one tenant. Several runs may write at once: they take turns."""

    def __init__(self, file: Path, shared: _Shared, *, tenant: str) -> None:
        self.tenant = tenant
        self._file = file
        self._shared: _Shared | None = shared

    @classmethod
    def opened(cls, file: Path, *, tenant: str) -> FileNotes | None:
        """None where there is no such file, or one that is not of this version or cannot be used."""
        key = (os.getpid(), file)
        with _lock:
            shared = _connections.get(key)
            if shared is None:
                with suppress(sqlite3.Error):
                    shared = _opened(file)
                if shared is None:
                    return None
                _connections[key] = shared
            shared.users += 1
        return cls(file, shared, tenant=tenant)

    @contextmanager
    def noting(self, *, may_be_lost: bool = False) -> Iterator[Execute]:
        """See Notes."""
        shared = self._shared
        assert shared is not None
        connection = shared.connection
        try:
            with turn_of(self._file):
                if may_be_lost and shared.is_unhurried:
                    connection.execute("pragma synchronous = normal")
                try:
                    begin(connection)
                    if not os.path.samestat(os.stat(self._file), shared.file):
                        raise OSError(errno.ENOENT, "it was replaced while a run wrote into it")
                    check_fence_by(connection.execute)
                    yield connection.execute
                    commit(connection)
                finally:
                    if connection.in_transaction:
                        connection.execute("rollback")
                    if may_be_lost and shared.is_unhurried:
                        connection.execute("pragma synchronous = full")
        except (sqlite3.Error, OSError) as error:
            from engine.journal.place import journal_url, unusable

            raise unusable(journal_url(), error) from None

    def close(self) -> None:
        """The last one of a process closes the file."""
        shared, self._shared = self._shared, None
        if shared is None:
            return
        with _lock:
            shared.users -= 1
            if not shared.users:
                _connections.pop((os.getpid(), self._file), None)
                shared.connection.close()


def commit(connection: sqlite3.Connection) -> None:
    """End the transaction that is open."""
    connection.execute("commit")


def _opened(file: Path) -> _Shared | None:
    if not file.exists():
        return None
    connection = sqlite3.connect(file, timeout=BUSY_S, check_same_thread=False, isolation_level=None)
    try:
        mode = connection.execute("pragma journal_mode").fetchone()[0]
        connection.execute("pragma synchronous = full")
        if version_in(connection) == VERSION:
            return _Shared(connection, is_unhurried=mode == "wal", file=os.stat(file))
    except BaseException:
        connection.close()
        raise
    connection.close()
    return None
