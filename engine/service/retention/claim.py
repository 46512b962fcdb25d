"""One process at a time removes what is old."""

from __future__ import annotations

from sqlalchemy import Connection, text

_LOCK = 0x77656B70
"""The number of the advisory lock in PostgreSQL."""


def claimed(connection: Connection) -> bool:
    """Whether this transaction is the one that removes; into a SQLite file only one writes anyway."""
    if connection.dialect.name != "postgresql":
        return True
    return bool(connection.execute(text("select pg_try_advisory_xact_lock(:lock)"), {"lock": _LOCK}).scalar())
