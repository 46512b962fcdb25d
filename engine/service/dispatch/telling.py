"""What DBOS says in the log of the service: a database that is away is one line with a code, not a traceback."""

from __future__ import annotations

import logging
import re
import sqlite3
import time
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError

from connectors.problem import ConnectorProblem

AGAIN_S = 30.0
"""The same is said once in so long."""
_OF_DATABASES = re.compile(r"\((?:sqlite3|psycopg)(?:\.\w+)*\.\w+\)\s*([^\n]*)")


class PlainLines(logging.Filter):
    """Of the logger `dbos`."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._said: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        reason = _reason(record)
        if reason is None:
            return True
        now = self._clock()
        if now - self._said.get(reason, now - AGAIN_S) < AGAIN_S:
            return False
        self._said = {each: at for each, at in self._said.items() if now - at < AGAIN_S} | {reason: now}
        record.msg, record.args = f"{reason}; it is tried again", ()
        record.exc_info = record.exc_text = record.stack_info = None
        return True


def _reason(record: logging.LogRecord) -> str | None:
    """What is wrong with the database, with a code; None where that is not what the record is about."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, ConnectorProblem):
        return f"{error.message} [{error.code}]"
    is_of_database = isinstance(error, (SQLAlchemyError, sqlite3.Error))
    text = str(error) if is_of_database else record.getMessage()
    found = _OF_DATABASES.search(text)
    if found is None and not is_of_database:
        return None
    said = found[1] if found else text.partition("\n")[0]
    return f"the queue cannot be used: {said.strip()[:300]} [IR596]"
