"""Documents added, changed and deleted."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from connectors.databases.mongodb.query import EXTENDED, read_query
from connectors.plugins.items import ItemAnswer, PartlyDone
from connectors.problem import ConnectorProblem

if TYPE_CHECKING:
    from pymongo.collection import Collection

Document = dict[str, Any]
_DUPLICATE = 11000


def insert(collection: Collection[Document], params: Mapping[str, Any], key: str | None) -> dict[str, Any]:
    """Adds documents. Those without an _id get one that follows from the call's key, so that a second attempt finds
    what the first one left.

    Raises:
        ConnectorProblem: IR636 where a document breaks a unique index; those before it and behind it are there.
    """
    from pymongo.errors import BulkWriteError

    documents = documents_of(params)
    made = {}
    for index, each in enumerate(documents):
        if "_id" not in each and key is not None:
            each["_id"] = _id_of(key, index)
            made[each["_id"]] = index
    try:
        # ordered=False: one that is there already does not keep the others away
        collection.insert_many(documents, ordered=False)
    except BulkWriteError as error:
        failed = list((error.details or {}).get("writeErrors", ()))
        others = [each for each in failed if each.get("code") != _DUPLICATE or not _is_ours(each, made)]
        if others:
            raise _apart(others, collection.name, documents) from None
    return {"inserted": len(documents), "ids": [str(each["_id"]) for each in documents]}


def update(collection: Collection[Document], params: Mapping[str, Any], _key: str | None) -> dict[str, Any]:
    """Changes the documents that a filter finds."""
    changes = changes_of(params)
    found = read_query(params["filter"]).filter
    answer = collection.update_many(dict(found), changes)
    return {"matched": answer.matched_count, "updated": answer.modified_count}


def upsert(collection: Collection[Document], params: Mapping[str, Any], _key: str | None) -> dict[str, Any]:
    """Changes the documents that have the same keys, and adds those that nobody has.

    Raises:
        ConnectorProblem: IR633 for a document without a value in a key.
    """
    from pymongo import UpdateOne
    from pymongo.errors import BulkWriteError

    operations = []
    for index, each in enumerate(documents_of(params)):
        keys = {name: each.pop(name, None) for name in params["key_fields"]}
        missing = next((name for name, value in keys.items() if value is None), None)
        if missing is not None:
            raise ConnectorProblem("IR633", f'document {index + 1} has no value in the key "{missing}"; nothing is '
                                   "written", key=("config", "documents", index))  # fmt: skip
        operations.append(UpdateOne(keys, {"$set": each} if each else {"$setOnInsert": keys}, upsert=True))
    try:
        answer = collection.bulk_write(operations)
    except BulkWriteError as error:
        raise _refused(list((error.details or {}).get("writeErrors", ())), collection.name,
                       len(operations)) from None  # fmt: skip
    return {"inserted": answer.upserted_count, "updated": answer.modified_count,
            "unchanged": answer.matched_count - answer.modified_count}  # fmt: skip


def delete(collection: Collection[Document], params: Mapping[str, Any], _key: str | None) -> dict[str, Any]:
    """Deletes the documents that a filter finds."""
    return {"deleted": collection.delete_many(dict(read_query(params["filter"]).filter)).deleted_count}


WRITES = {"insert": insert, "update": update, "upsert": upsert, "delete": delete}


def documents_of(params: Mapping[str, Any]) -> list[Document]:
    """The documents of a call, as BSON has them.

    Raises:
        ConnectorProblem: IR631 for a name that no key can have.
    """
    written = params.get("documents") or [params["document"]]
    return [_sent(each, ("config", "documents", index)) for index, each in enumerate(written)]


def changes_of(params: Mapping[str, Any]) -> Document:
    """What becomes of a document that is found.

    Raises:
        ConnectorProblem: IR693 where nothing is to become of it.
    """
    unset = dict.fromkeys(params.get("unset") or (), "")
    changes = {"$set": _sent(params.get("set") or {}, ("config", "set")), "$unset": unset,
               "$inc": dict(params.get("increment") or {})}  # fmt: skip
    found = {name: each for name, each in changes.items() if each}
    if not found:
        raise ConnectorProblem("IR693", "nothing is to be changed", key=("config",),
                               hint="write set, unset or increment")  # fmt: skip
    return found


def _sent(value: Any, at: tuple[str | int, ...]) -> Any:
    """A value as BSON has it; an object of one key of the extended JSON, such as $date, is the value that it means."""
    if isinstance(value, Mapping):
        if len(value) == 1 and next(iter(value)) in EXTENDED:
            return read_query({"value": value}).filter["value"]
        for name in value:
            if not name or name.startswith("$") or "\0" in name:
                raise ConnectorProblem("IR631", f'no key of a document can be called "{name}"', key=at)
        return {name: _sent(each, (*at, name)) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_sent(each, (*at, index)) for index, each in enumerate(value)]
    from connectors.databases.mongodb.query import sent

    return sent(value)


def _id_of(key: str, index: int) -> Any:
    from bson import ObjectId

    return ObjectId(hashlib.sha256(f"{key}\0{index}".encode()).digest()[:12])


def _is_ours(error: Mapping[str, Any], made: Mapping[Any, int]) -> bool:
    """Whether a document is there already since this very call has added it."""
    return error.get("op", {}).get("_id") in made and set(error.get("keyPattern", {"_id": 1})) == {"_id"}


def _apart(errors: Sequence[Mapping[str, Any]], name: str, documents: Sequence[Document]) -> PartlyDone:
    """What became of each document, where some are not added."""
    problems = {each.get("index"): _refused([each], name, len(documents)) for each in errors}
    items = [ItemAnswer(output=str(each["_id"]), problem=problems.get(index)) for index, each in enumerate(documents)]
    return PartlyDone("MongoDB", items, together=lambda ids: {"inserted": len(ids), "ids": ids})


def _refused(errors: Sequence[Mapping[str, Any]], name: str, count: int) -> ConnectorProblem:
    first = errors[0] if errors else {}
    said = str(first.get("errmsg", "")).split("\n")[0]
    where = f"document {int(first.get('index', 0)) + 1} of {count}"
    if first.get("code") == _DUPLICATE:
        keys = ", ".join(_names(first.get("keyPattern", {}))) or "a unique index"
        return ConnectorProblem("IR636", f"{where} has values in {keys} that {name} has already",
                                key=("config", "documents"), notes=_more(errors),
                                hint="upsert_documents changes the one that is there")  # fmt: skip
    return ConnectorProblem("IR639", f"{where} is not written to {name}: {said[:200]}", key=("config", "documents"),
                            notes=_more(errors))  # fmt: skip


def _more(errors: Sequence[Any]) -> list[str]:
    return [f"and {len(errors) - 1} more documents"] if len(errors) > 1 else []


def _names(pattern: Iterable[str]) -> list[str]:
    return [f'"{each}"' for each in pattern]
