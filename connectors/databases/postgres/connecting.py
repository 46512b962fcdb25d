"""Connections to PostgreSQL: ADBC for rows, psycopg for the catalog, both read-only and with limits of time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlencode

from connectors.attempt import hang_up, stoppable
from connectors.databases.address import Address
from connectors.databases.pools import CONNECT_TIMEOUT_S, lent, pooled
from connectors.databases.postgres.failures import problem_of
from connectors.databases.postgres.pinning import pinned

if TYPE_CHECKING:
    import psycopg

OWN_OPTIONS = ("statement_timeout", "lock_timeout")
"""Options of a credential that are ours: milliseconds, which libpq does not take there."""
STATEMENT_TIMEOUT_MS = 3_600_000
LOCK_TIMEOUT_MS = 30_000
_WATCH_MS = 2_000
"""So often a server looks whether a client is still there while it works for it."""


def uri_of(address: Address) -> str:
    """What libpq is told. Under a policy that checks addresses, these stand beside the names.

    Raises:
        ConnectorProblem: IR502 where the policy forbids one of them, IR560 where a name leads nowhere.
    """
    written = _written(address)
    if address.checking is None:
        return written
    try:
        return pinned(written, address.checking)
    except OSError as error:
        raise problem_of(error, address) from None


def _written(address: Address) -> str:
    if address.url is not None:
        scheme, _, rest = address.url.partition("://")
        place, _, query = rest.partition("?")
        options = {**dict(parse_qsl(query, keep_blank_values=True)), **address.options}
        return f"{scheme.partition('+')[0]}://{place}{_query(options)}"
    user = quote(address.user or "", safe="")
    password = f":{quote(address.password, safe='')}" if address.password else ""
    who = f"{user}{password}@" if user else ""
    host = f"[{address.host}]" if ":" in address.host else quote(address.host, safe="")
    port = f":{address.port}" if address.port else ""
    return f"postgresql://{who}{host}{port}/{quote(address.database, safe='')}{_query(address.options)}"


def _query(options: Any) -> str:
    told = {"connect_timeout": str(CONNECT_TIMEOUT_S), "application_name": "weirflow", **options}
    return "?" + urlencode({key: value for key, value in told.items() if key not in OWN_OPTIONS}, quote_via=quote)


def settings(address: Address, *, timeout_ms: int | None = None) -> str:
    """A statement that makes a transaction read-only, sets its limits of time, and how values become text.

    A limit that the server sets already stays where it is the smaller one.
    """
    limits = {
        "statement_timeout": timeout_ms or _own(address, "statement_timeout", STATEMENT_TIMEOUT_MS),
        "lock_timeout": _own(address, "lock_timeout", LOCK_TIMEOUT_MS),
    }
    fixed = {
        "transaction_read_only": "on", "TimeZone": "UTC", "DateStyle": "ISO, YMD", "IntervalStyle": "postgres",
        "extra_float_digits": "1", "bytea_output": "hex", "cursor_tuple_fraction": "1",
    }  # fmt: skip
    calls = [f"set_config('{name}', '{value}', true)" for name, value in fixed.items()]
    calls += [
        f"set_config('{name}', (select case when setting::bigint between 1 and {limit} then setting else '{limit}' end "
        f"from pg_catalog.pg_settings where name = '{name}'), true)"
        for name, limit in limits.items()
    ]
    return f"select {', '.join('pg_catalog.' + call for call in calls)}"


def _own(address: Address, name: str, default: int) -> int:
    written = address.options.get(name, "")
    return int(written) if written.isdigit() and int(written) > 0 else default


@contextmanager
def catalog_connection(address: Address) -> Iterator[psycopg.Connection[Any]]:
    """A psycopg connection in a read-only transaction that is rolled back.

    Raises:
        ConnectorProblem: it cannot be reached, lets nobody in, or refuses what is asked.
    """
    import psycopg

    def connect() -> psycopg.Connection[Any]:
        return psycopg.connect(uri_of(address))

    def begin(connection: psycopg.Connection[Any]) -> None:
        connection.execute(settings(address))

    try:
        with (lent(pooled("psycopg", address, connect), begin) as connection,
              stoppable(lambda: hang_up(connection.fileno()))):  # fmt: skip
            yield connection
    except psycopg.Error as error:
        raise problem_of(error, address) from None


@contextmanager
def reading_connection(address: Address, *, timeout_ms: int | None = None) -> Iterator[Any]:
    """An ADBC connection in a read-only transaction.

    Raises:
        ConnectorProblem: it cannot be reached, lets nobody in, or stops in the middle of what is read.
    """
    from adbc_driver_postgresql import dbapi

    def connect() -> Any:
        connection = dbapi.connect(uri_of(address))
        # a server on a system that cannot tell whether a client is there, or an older one, has no such setting
        with suppress(dbapi.Error), connection.cursor() as cursor:
            cursor.execute(f"select set_config('client_connection_check_interval', '{_WATCH_MS}', false)")
            cursor.fetchall()
            connection.commit()
        connection.rollback()
        return connection

    def begin(connection: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(settings(address, timeout_ms=timeout_ms))
            cursor.fetchall()

    try:
        with lent(pooled("adbc", address, connect), begin) as connection:
            yield connection
    except (dbapi.Error, OSError, ValueError) as error:  # between two batches Arrow tells what happened
        raise problem_of(error, address) from None
