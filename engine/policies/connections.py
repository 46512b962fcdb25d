"""What shares a rate limit: the same text for the same server and account, without a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from connectors.files.relation import FileRelation
from connectors.storage.destination import Destination
from connectors.storage.place import Place
from ir.model.file_source import FileSource
from ir.model.source import Source
from ir.model.sources import DatabaseSource

if TYPE_CHECKING:
    from connectors.databases.address import Address


def connection_of(source: object) -> str | None:
    """The connection of a source; None for local files and rows of the workflow's own."""
    address: Address | None = getattr(source, "address", None)
    if address is not None:
        return of_database(address)
    if isinstance(source, FileRelation):
        places = (each.stored.place for each in source.sources if each.stored.path is None)
        first = next(places, None)
        return of_place(first) if first is not None else None
    return None


def of_database(address: Address) -> str:
    """A database and its credentials."""
    return f"database:{address.identity}"


def of_place(place: Place) -> str:
    """A store's bucket or host, and whose it is."""
    host = urlsplit(place.url).netloc.rpartition("@")[2].lower()
    return f"{place.scheme}:{host}:{place.account.ref or ''}"


def is_at_hand(destination: Destination) -> bool:
    """Whether a file goes to this machine."""
    scheme, mark, _ = (destination.path or "").partition("://")
    return destination.plugin_key in {None, "local"} and (not mark or scheme in _AT_HAND)


def opened_as(source: Source) -> str | None:
    """The connection of a source as far as the document tells it, before it is opened; None for rows at hand."""
    if isinstance(source, DatabaseSource):
        config = source.database_config
        reference = config.connection.credentials_ref if config and config.connection else None
        return f"{source.kind}:{reference or source.credentials_ref or source.location or ''}"
    location = source.location if isinstance(source, FileSource) else None
    scheme, mark, rest = (location or "").partition("://")
    if not mark or scheme in _AT_HAND:
        return None
    return f"{scheme}:{rest.partition('/')[0].rpartition('@')[2]}:{source.credentials_ref or ''}"


_AT_HAND = frozenset({"file", "local", "memory"})
