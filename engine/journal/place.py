"""Where the journal is: a SQLite file in the home, or a database that WEIRFLOW_JOURNAL names."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, NullPool, QueuePool, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, OperationalError

from connectors.home import home
from connectors.problem import ConnectorProblem
from connectors.secrets.secret import Secret
from engine.journal.notes import BUSY_S, FILE, VARIABLE
from engine.journal.waiting import begin


def journal_url() -> URL:
    """The journal's URL.

    Raises:
        ConnectorProblem: IR596 where WEIRFLOW_JOURNAL is none that can be used; it is not quoted. Also where the driver
            is missing that a journal on PostgreSQL takes.
    """
    written = os.environ.get(VARIABLE)
    if not written:
        return URL.create("sqlite", database=str(home() / FILE))
    Secret(f"env:{VARIABLE}", written)  # hides its password
    try:
        url = make_url(written)
    except ArgumentError:
        raise ConnectorProblem("IR596", f"{VARIABLE} is no URL", hint=_FORMS) from None
    if url.drivername.partition("+")[0] in {"postgresql", "postgres"}:
        if find_spec("psycopg") is None:
            raise ConnectorProblem("IR596", "a journal on PostgreSQL needs the package psycopg, which is not installed",
                                   hint="pip install 'weirflow[postgres]'")  # fmt: skip
        return url.set(drivername="postgresql+psycopg")
    if url.drivername == "sqlite" and url.database:
        return url.set(database=str(Path(url.database).expanduser().absolute()))
    raise ConnectorProblem("IR596", f"{VARIABLE} names no database that a journal can be kept in", hint=_FORMS)


_FORMS = "write sqlite:////path/to/journal.db or postgresql://user:password@host/database"


def writing_engine(url: URL) -> Engine:
    """An engine that makes the file where there is none, and whose transactions write from their start.

    Connections stay open between them, as many as threads have used at once, up to eight: whoever closes the last one
    of a SQLite file in WAL mode writes all of the log into the file, three times the cost of the transaction.
    """
    if url.drivername != "sqlite":
        return create_engine(url, poolclass=QueuePool, pool_size=KEPT, max_overflow=-1, pool_pre_ping=True,
                             connect_args=impatient(url))  # fmt: skip
    path = Path(str(url.database))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)  # it holds documents, the addresses of webhooks, and hashes of keys
    engine = create_engine(url, poolclass=QueuePool, pool_size=KEPT, max_overflow=-1,
                           connect_args={"timeout": BUSY_S, "check_same_thread": False})  # fmt: skip
    event.listen(engine, "connect", _prepared)
    event.listen(engine, "begin", _begun)
    return engine


def impatient(url: URL) -> dict[str, Any]:
    """Words for the driver by which a server that is silent, since something on the way to it has failed, is given up
    after a while; what the URL says stands."""
    words = {"connect_timeout": 10, "tcp_user_timeout": 20_000, "keepalives_idle": 10, "keepalives_interval": 5,
             "keepalives_count": 3}  # fmt: skip
    return {name: value for name, value in words.items() if name not in url.query}


KEPT = 8
LOOKS = "looks"
"""An option of a connection to a SQLite file that begins no transaction, so that it takes no lock."""


def _begun(connection: Connection) -> None:
    if connection.get_execution_options().get(LOOKS):
        return
    driver: Any = connection.connection.driver_connection
    try:
        begin(driver)
    except sqlite3.Error as error:
        raise OperationalError("begin immediate", None, error) from None


def reading_engine(url: URL) -> Engine | None:
    """An engine that only reads; None where there is no journal yet. No file is made or changed."""
    if url.drivername != "sqlite":
        return create_engine(url, poolclass=NullPool)
    path = Path(str(url.database))
    if not path.exists():
        return None
    # Whoever opens a file in WAL mode makes two files beside it. Where these are not there nobody writes, and the
    # file may be read as one that stays as it is.
    mode = "mode=ro" if path.with_name(f"{path.name}-wal").exists() else "mode=ro&immutable=1"

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(f"{path.as_uri()}?{mode}", uri=True, timeout=BUSY_S)

    return create_engine("sqlite://", creator=connect, poolclass=NullPool)


def _prepared(connection: sqlite3.Connection, record: Any) -> None:
    connection.isolation_level = None  # "begin immediate" is ours, not the driver's "begin"
    _write_ahead(connection)
    connection.execute("pragma synchronous = full")


def _write_ahead(connection: sqlite3.Connection) -> None:
    """WAL mode, in which readers and a writer do not wait for each other; the file keeps it.

    SQLite does not wait for whoever has the file open while it changes the mode.
    """
    deadline = time.monotonic() + BUSY_S
    while connection.execute("pragma journal_mode").fetchone()[0] != "wal":
        with suppress(sqlite3.OperationalError):
            connection.execute("pragma journal_mode = wal").fetchone()
            return  # also from a file system that cannot: locks still hold
        if time.monotonic() > deadline:
            return
        time.sleep(0.01)


def has_journal() -> bool:
    """Whether there may be a journal to read; a file that is not there is not made for a look.

    Raises:
        ConnectorProblem: IR596 where WEIRFLOW_JOURNAL cannot be used.
    """
    url = journal_url()
    return url.drivername != "sqlite" or Path(str(url.database)).exists()


def unusable(url: URL, error: Exception) -> ConnectorProblem:
    """What to say of a journal that does not work; nothing of its URL but the place."""
    place = str(url.database) if url.drivername == "sqlite" else f"{url.database} on {url.host}"
    if isinstance(error, OSError):
        reason = (error.strerror or type(error).__name__).lower()
    else:
        origin = getattr(error, "orig", None)
        reason = " ".join(str(origin or error).split())[:300]
    hint = f"see {VARIABLE}" if url.drivername != "sqlite" else "see WEIRFLOW_HOME"
    return ConnectorProblem("IR596", f"the journal {place} cannot be used: {reason}", hint=hint)
