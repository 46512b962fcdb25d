"""The connection to a MongoDB server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from connectors.attempt import stoppable
from connectors.databases.address import Address
from connectors.problem import ConnectorProblem

if TYPE_CHECKING:
    from pymongo import MongoClient
    from pymongo.database import Database

QUERY_SECONDS = 3600
"""So long the server may work on one query."""
_PATIENCE_MS = 10_000
_SILENCE_MS = 600_000
"""So long a server may be silent before its connection counts as broken: it first sorts what a query asks for."""
_DEFAULTS = {
    "appname": "weirflow",
    "serverSelectionTimeoutMS": _PATIENCE_MS,
    "connectTimeoutMS": _PATIENCE_MS,
    "socketTimeoutMS": _SILENCE_MS,
    "uuidRepresentation": "standard",
}


@contextmanager
def database_of(
    address: Address, collection: str | None = None, *, key: tuple[str | int, ...] = ("database_config", "table")
) -> Iterator[Database[dict[str, Any]]]:
    """The database that the address names, connected; what pymongo raises in the block is told in plain words, about
    the `collection` where it is one's; `key` is the place of what was asked.

    Raises:
        ConnectorProblem: IR580 where it cannot be reached, or the credential names no database.
    """
    from connectors.databases.mongodb.problems import told  # imports pymongo, which few workflows need

    with told(address, collection, key=key), connected(address) as client:
        yield client[address.database]


@contextmanager
def connected(address: Address) -> Iterator[MongoClient[dict[str, Any]]]:
    """A client of the address's server.

    Raises:
        ConnectorProblem: IR580 where the credential names no database, IR502 where the policy forbids an address that
            a name leads to; what pymongo raises goes through.
    """
    from pymongo.errors import PyMongoError

    if not address.database:
        raise ConnectorProblem("IR580", f"the credential names no database of {address.host}", key=("credentials_ref",),
                               hint="write it behind the host: mongodb://user:password@host/database")  # fmt: skip
    refusals: list[ConnectorProblem] = []
    client = _client(address, refusals)
    try:
        with stoppable(client.close):
            yield client
    except PyMongoError:
        if refusals:  # pymongo only knows that there was no connection
            raise refusals[-1] from None
        raise
    finally:
        client.close()


def _client(address: Address, refusals: list[ConnectorProblem]) -> MongoClient[dict[str, Any]]:
    from pymongo import MongoClient

    given = {each.lower() for each in address.options}
    options: dict[str, Any] = {name: value for name, value in _DEFAULTS.items() if name.lower() not in given}
    if address.checking is not None:
        from connectors.databases.mongodb.pinning import pool_of

        options["_pool_class"] = pool_of(address.checking, refusals)
    with _strict():
        if address.url is not None:
            return MongoClient(address.url, **options)
        if address.user is not None:
            options |= {"username": address.user, "password": address.password, "authSource": "admin"}
        return MongoClient(address.host, address.port, **options | dict(address.options))


@contextmanager
def _strict() -> Iterator[None]:
    """What pymongo warns of, an option that it does not know, is an error."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        try:
            yield
        except (UserWarning, TypeError, ValueError) as error:
            from pymongo.errors import ConfigurationError

            raise ConfigurationError("an option") from error
