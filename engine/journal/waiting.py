"""How long somebody waits for others to be done with the journal's file before a transaction that writes.

SQLite waits within one call, in which Python hears no signal: it is let wait for a moment, over and over.
"""

from __future__ import annotations

import sqlite3
import threading
import time

from engine.journal.notes import BUSY_S

MOMENT_S = 0.25
HURRIED_S = 0.5
_hurried = threading.Event()


def hurry() -> None:
    """Let nobody in this process wait for longer than half a second from now on: it is to end."""
    _hurried.set()


def begin(connection: sqlite3.Connection) -> None:
    """Begin a transaction that writes.

    Raises:
        sqlite3.OperationalError: others have held the file for too long.
    """
    begun = time.monotonic()
    connection.execute(f"pragma busy_timeout = {MOMENT_S * 1000:.0f}")
    try:
        while True:
            try:
                connection.execute("begin immediate")
                return
            except sqlite3.OperationalError as error:
                is_busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
                if not is_busy or time.monotonic() - begun >= (HURRIED_S if _hurried.is_set() else BUSY_S):
                    raise
    finally:
        connection.execute(f"pragma busy_timeout = {BUSY_S * 1000:.0f}")
