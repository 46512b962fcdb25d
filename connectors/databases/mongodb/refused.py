"""Why a collection was not written, in the words that every kind of database uses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pymongo import errors

from connectors.databases.address import Address
from connectors.databases.mongodb.operations import filter_of
from connectors.databases.mongodb.problems import first_words, problem_of, reason_of
from connectors.databases.refusals import denied, failed, key_exists, violated
from connectors.databases.writing import TableWrite
from connectors.problem import ConnectorProblem

_DUPLICATE, _INVALID, _FORBIDDEN = 11000, 121, 13
_TOO_LATE = frozenset({251, 290})


def explained(error: Exception, write: TableWrite, address: Address) -> ConnectorProblem:
    """What pymongo or BSON says, as a refusal."""
    match error:
        case errors.BulkWriteError(details=details) if details.get("writeErrors"):
            return _of_row(details["writeErrors"][0], write)
        case errors.DuplicateKeyError(details=details):
            return _of_row(details or {}, write)
        case errors.OperationFailure(code=code) if code == _FORBIDDEN:
            return denied(write, "write to")
        case errors.OperationFailure(code=code) if code in _TOO_LATE:
            return failed(write, "the transaction took longer than the server lets one live (a minute by default)",
                          hint="write fewer rows at a time, or raise transactionLifetimeLimitSeconds",
                          reason="timeout")  # fmt: skip
        case errors.DocumentTooLarge():
            return failed(write, "a row makes a document of more than 16 MB")
        case OverflowError():
            return failed(write, "an integer has more than 64 bits")
        case errors.ServerSelectionTimeoutError() | errors.ConfigurationError():
            return problem_of(error, address, write.table.shown, key=("table",))
        case errors.AutoReconnect():
            return failed(write, f"the connection to {address.shown} broke", hint="run again when the server answers",
                          reason=reason_of(error))  # fmt: skip
        case errors.PyMongoError():
            found = problem_of(error, address, write.table.shown, key=("table",))
            return found if found.code == "IR580" else failed(write, first_words(error))
    return failed(write, "a value is none that BSON has")


def _of_row(details: Mapping[str, Any], write: TableWrite) -> ConnectorProblem:
    """What is wrong with the first row that the server refused."""
    code, key = details.get("code"), _key(details.get("op"), write)
    said = " ".join(str(details.get("errmsg", "")).split())[:300]
    if code == _DUPLICATE:
        fields = tuple(details.get("keyPattern") or ())
        values = dict(details.get("keyValue") or {})
        if fields and set(fields) == set(write.keys) and write.action == "insert":
            return key_exists(write, {name: values[name] for name in write.keys})
        return violated(write, "unique", column=", ".join(fields) or None, said=said, key=key)
    if code == _INVALID:
        return violated(write, "check", said=said, key=key)
    return failed(write, said or "the server gives no reason")


def _key(operation: Any, write: TableWrite) -> Mapping[str, Any] | None:
    """The key of the row that an operation was made of."""
    if not write.keys or not isinstance(operation, Mapping):
        return None
    document = operation.get("q") or operation
    return filter_of(write, document) if all(name in document for name in write.keys) else None
