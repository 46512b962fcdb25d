"""What is sent for a row, by operation and strategy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.databases.writing import TableWrite

Document = dict[str, Any]


def filter_of(write: TableWrite, document: Mapping[str, Any]) -> Document:
    """The document's own key."""
    return {name: document[name] for name in write.keys}


def update_of(write: TableWrite, document: Mapping[str, Any]) -> Document:
    """What becomes of the one that is found, and of the one that is not."""
    rest = {name: document[name] for name in write.values}
    if write.strategy == "skip" and write.action != "update":
        return {"$setOnInsert": rest}
    if write.strategy != "merge":
        return {"$set": rest}
    nulls = {name: None for name, value in rest.items() if value is None}
    update: Document = {"$set": {name: value for name, value in rest.items() if value is not None}}
    if nulls and write.action != "update":
        update["$setOnInsert"] = nulls
    return update


def is_upsert(write: TableWrite) -> bool:
    return write.action in {"insert", "upsert"}


def model_of(write: TableWrite, document: Mapping[str, Any]) -> Any:
    """The operation of a bulk write. All documents with the key are meant, as in a table without a unique key."""
    from pymongo import DeleteMany, InsertOne, UpdateMany

    if write.action == "insert" and write.strategy == "error":
        return InsertOne(dict(document))
    if write.action == "delete":
        return DeleteMany(filter_of(write, document))
    return UpdateMany(filter_of(write, document), update_of(write, document), upsert=is_upsert(write))


def shown(write: TableWrite) -> str:
    """The operation of a row, as MongoDB's shell writes it; values stand as their columns' names."""
    named: dict[str, Any] = {name: f"<{name}>" for name in write.columns}
    if write.action == "insert" and write.strategy == "error":
        return f"{{insertOne: {{document: {_written(named)}}}}}"
    if write.action == "delete":
        return f"{{deleteMany: {{filter: {_written(filter_of(write, named))}}}}}"
    update = {key: each for key, each in update_of(write, named).items() if each}
    found = f"filter: {_written(filter_of(write, named))}, update: {_written(update)}"
    return f"{{updateMany: {{{found}{', upsert: true' if is_upsert(write) else ''}}}}}"


def _written(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {_written(each)}" for name, each in value.items()) + "}"
    return str(value)
