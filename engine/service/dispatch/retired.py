"""Entries of the queue that nobody has to be handed any more: workers have taken their runs by themselves."""

from __future__ import annotations

import threading
from typing import Any

from dbos import DBOSClient
from sqlalchemy import Engine, bindparam, delete
from sqlalchemy.exc import SQLAlchemyError

MOST_AT_ONCE = 500
MOST = 20_000
"""So many wait for a queue that does not answer. What is forgotten does no harm: its run is not to be had any more."""


class Retired:
    """Gathers entries, and drops them together."""

    def __init__(self, client: DBOSClient) -> None:
        database: Any = client._sys_db
        self._engine: Engine = database.engine  # which knows the schema that the tables are in
        self._entries: list[str] = []
        self._lock = threading.Lock()
        # DBOS can delete entries, but not only those that nobody has claimed: of one that is gone under its hands it
        # tells with a traceback.
        status, self._inputs = database.tables.workflow_status, database.tables.workflow_input
        self._dropping = (
            delete(status)
            .where(status.c.workflow_uuid.in_(bindparam("entries", expanding=True)) & (status.c.status == "ENQUEUED"))
            .returning(status.c.workflow_uuid)
        )

    def add(self, entry: str) -> None:
        with self._lock:
            if len(self._entries) < MOST:
                self._entries.append(entry)

    def drop(self) -> None:
        """Drop what was gathered; what cannot be dropped now is dropped later."""
        while found := self._taken():
            try:
                with self._engine.begin() as connection:
                    dropped = connection.execute(self._dropping, {"entries": found}).scalars().all()
                    if dropped:
                        connection.execute(delete(self._inputs).where(self._inputs.c.workflow_uuid.in_(dropped)))
            except SQLAlchemyError:
                with self._lock:
                    self._entries += found
                return

    def _taken(self) -> list[str]:
        with self._lock:
            found, self._entries = self._entries[:MOST_AT_ONCE], self._entries[MOST_AT_ONCE:]
        return found
