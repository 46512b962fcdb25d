"""A SQLite file opened to be read."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from connectors.attempt import stoppable
from connectors.databases.address import Address
from connectors.problem import ConnectorProblem

LOCK_TIMEOUT_MS = 30_000


@contextmanager
def opened(address: Address) -> Iterator[sqlite3.Connection]:
    """A connection that reads only.

    Raises:
        ConnectorProblem: what SQLite said, also of statements in the block.
    """
    url = location(address)
    try:
        with (closing(sqlite3.connect(url, uri=True, timeout=LOCK_TIMEOUT_MS / 1000)) as connection,
              stoppable(connection.interrupt)):  # fmt: skip
            yield connection
    except sqlite3.Error as error:
        raise problem_of(error, address) from error


def location(address: Address) -> str:
    """The file as the URI under which it can be read and not written.

    Raises:
        ConnectorProblem: IR505, there is no such file.
    """
    path = address.path
    assert path is not None
    if not path.exists():
        raise ConnectorProblem("IR505", f"{path} does not exist", key=("location",))
    if path.is_dir():
        raise ConnectorProblem("IR505", f"{path} is a folder", key=("location",), hint="name the database's file in it")
    return f"{path.absolute().as_uri()}?mode=ro"


def problem_of(error: Exception, address: Address) -> ConnectorProblem:
    said = str(error).removesuffix(".")
    text = said.lower()
    if "not a database" in text or "unable to open" in text or "malformed" in text:
        return ConnectorProblem("IR560", f"{address.shown} cannot be read as a SQLite file", key=("location",),
                                notes=[said])  # fmt: skip
    if "locked" in text or "busy" in text:
        return ConnectorProblem("IR567", f"{address.shown} is locked by another program for too long",
                                key=("database_config",), hint="try again later",
                                reason="temporary_failure")  # fmt: skip
    return ConnectorProblem("IR565", f"SQLite refuses the statement: {said}", key=("database_config",))
