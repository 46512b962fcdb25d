"""What stops MongoDB, in plain words: pymongo's own carry the topology of the servers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pymongo import errors

from connectors.databases.address import Address
from connectors.problem import ConnectorProblem
from ir.reasons import RetryReason

_BAD_LOGIN = frozenset({11, 18, 8000, 334})
_FORBIDDEN = 13
_OUT_OF_TIME = frozenset({50, 262})
_REASONS = (
    (r"refused", "the connection is refused"),
    (r"getaddrinfo|Name or service|nodename nor|DNS query name does not exist|NXDOMAIN|resolution lifetime",
     "the host's name leads nowhere"),
    (r"certificate|SSL|TLS", "the encrypted connection fails"),
    (r"replica set name|does not match", "it belongs to another replica set than the URL says"),
    (r"unreachable|No route", "the network does not lead there"),
    (r"timed out|timeout", "it does not answer in time"),
)  # fmt: skip


@contextmanager
def told(address: Address, collection: str | None = None, *, key: tuple[str | int, ...] = ()) -> Iterator[None]:
    """Turn what pymongo raises into a ConnectorProblem.

    Raises:
        ConnectorProblem: IR580 where the server cannot be reached or does not let us in, IR583 for what it refuses.
    """
    try:
        yield
    except errors.PyMongoError as error:
        raise problem_of(error, address, collection, key=key) from None  # the cause's text names hosts and options


def problem_of(error: errors.PyMongoError, address: Address, collection: str | None = None, *,
               key: tuple[str | int, ...] = ()) -> ConnectorProblem:  # fmt: skip
    """The error in plain words."""
    shown = address.shown
    match error:
        case errors.ServerSelectionTimeoutError():
            return _unreachable(f"no MongoDB server answers for {shown}: {_reason(str(error))}",
                                "check host and port, and that the server may be reached from here",
                                reason="network_error")  # fmt: skip
        case errors.OperationFailure(code=code) if code in _BAD_LOGIN:
            return _unreachable(f"{shown} does not accept the user and password",
                                "a URL says with ?authSource=admin which database knows the user; special characters "
                                "of a password are written %40 and so on")  # fmt: skip
        case errors.OperationFailure(code=code) if code == _FORBIDDEN:
            what = f"the collection {collection} of {shown}" if collection else shown
            return ConnectorProblem("IR583", f"the user may not do this with {what}: {first_words(error)}",
                                    key=(*key[:-1], "table"),
                                    hint="the role read lets a user read, readWrite write too")  # fmt: skip
        case errors.OperationFailure(code=code) if code in _OUT_OF_TIME:
            return ConnectorProblem("IR583", f"{_of(collection, shown)} takes longer than a query may", key=key,
                                    hint="an index for the filter makes it fast; limit makes it short",
                                    reason="timeout")  # fmt: skip
        case errors.ConfigurationError() | errors.InvalidURI():
            return _unreachable(f"the credential of {shown} does not lead to a server: {_configuration(error)}",
                                "write mongodb://user:password@host:27017/database")  # fmt: skip
        case errors.AutoReconnect() | errors.ConnectionFailure():
            return ConnectorProblem("IR583", f"the connection to {shown} broke: {_reason(str(error))}", key=key,
                                    hint="run it again; nothing half-read is used",
                                    reason=reason_of(error))  # fmt: skip
    return ConnectorProblem("IR583", f"{_of(collection, shown)} is refused: {first_words(error)}", key=key)


def _of(collection: str | None, shown: str) -> str:
    return f"reading {collection} of {shown}" if collection else f"the command to {shown}"


def reason_of(error: errors.PyMongoError) -> RetryReason:
    """The kind of failure that a lost connection is."""
    match error:
        case errors.NetworkTimeout():
            return "timeout"
        case errors.NotPrimaryError():
            return "temporary_failure"
    return "network_error"


def _unreachable(message: str, hint: str, *, reason: RetryReason | None = None) -> ConnectorProblem:
    return ConnectorProblem("IR580", message, key=("credentials_ref",), hint=hint, reason=reason)


def _reason(text: str) -> str:
    return next((words for pattern, words in _REASONS if re.search(pattern, text, re.IGNORECASE)), "it gives no reason")


def _configuration(error: errors.PyMongoError) -> str:
    """Which option is wrong; never its value, which may be the password."""
    text = str(error)
    if "DNS" in text or "SRV" in text or "resolution" in text:
        return "its host has no SRV record"
    if "dnspython" in text:
        return "mongodb+srv:// needs the package dnspython"
    return "an option of it is not MongoDB's"


def first_words(error: errors.PyMongoError) -> str:
    """The server's own words, without pymongo's reply in full."""
    details: Any = getattr(error, "details", None) or {}
    words = str(details.get("errmsg") or str(error).partition(", full error")[0])
    return " ".join(words.split())[:300]
