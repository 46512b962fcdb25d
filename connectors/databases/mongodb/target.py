"""MongoDB as a place to write to: collections as a sample of their documents and their indexes have them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from connectors.databases.address import Address
from connectors.databases.database import TableName
from connectors.databases.mongodb.client import database_of
from connectors.databases.mongodb.operations import shown
from connectors.databases.writing import LEDGER, Kind, TableWrite, TargetColumn, TargetTable
from ir import types as t

if TYPE_CHECKING:
    from pymongo.collection import Collection

    from connectors.databases.mongodb.writer import MongoWriter

_SAMPLE = 200
_NUMBERS: tuple[Kind, ...] = (t.Integer, t.Number, t.Decimal)
_MOMENTS: tuple[Kind, ...] = (t.Date, t.Datetime)
_NONE = (t.Time, t.Duration)
"""Types of ours that BSON has none for."""


class MongoDB:
    """Collections of MongoDB."""

    dialect = ""

    def describe_target(self, address: Address, table: TableName) -> TargetTable | None:
        """The collection; its columns are the keys whose sampled values are of one kind, others take anything."""
        with database_of(address, table.shown, key=("table",)) as database:
            if not database.list_collection_names(filter={"name": table.shown}):
                return None
            collection = database[table.shown]
            sample = list(collection.find({}).sort("_id", -1).limit(_SAMPLE))
            return TargetTable(columns=tuple(_columns(sample)), unique=tuple(_unique(collection)), any_column=True)

    def can_name(self, name: str) -> bool:
        return "\0" not in name

    def native_type(self, kind: t.DataType, *, is_key: bool) -> str | None:
        if isinstance(kind, _NONE) or (is_key and isinstance(kind, t.ListOf | t.Struct | t.Json | t.File)):
            return None
        return _NATIVE.get(type(kind), "object")

    def statements(self, write: TableWrite, target: TargetTable | None) -> list[str]:
        found = []
        name = f'"{write.table.shown}"'
        if target is None:
            found.append(f"db.createCollection({name})")
            if write.keys:
                keys = ", ".join(f"{each}: 1" for each in write.keys)
                found.append(f"db.getCollection({name}).createIndex({{{keys}}}, {{unique: true}})")
        found.append(f"db.getCollection({name}).bulkWrite([{shown(write)}, …])")
        if write.ledger:
            found.append(
                f'db.getCollection("{LEDGER}").insertOne({{_id: {{run_id: <run_id>, delivery: <delivery>}}, …}})'
            )
        return found

    def open_table(self, address: Address, write: TableWrite, target: TargetTable | None) -> MongoWriter:
        from connectors.databases.mongodb.writer import MongoWriter

        return MongoWriter(address, write, target)


_NATIVE: dict[Kind, str] = {
    t.String: "string",
    t.Integer: "long",
    t.Number: "double",
    t.Decimal: "decimal",
    t.Boolean: "bool",
    t.Date: "date",
    t.Datetime: "date",
    t.ListOf: "array",
    t.Null: "null",
}


def _columns(sample: Sequence[Mapping[str, Any]]) -> list[TargetColumn]:
    seen: dict[str, set[str]] = {}
    for document in sample:
        for name, value in document.items():
            if value is not None:
                seen.setdefault(name, set()).add(_native(value))
    found = []
    for name, kinds in seen.items():
        if len(kinds) == 1 and (column := _column(name, next(iter(kinds)))) is not None:
            found.append(column)
    return found


def _native(value: Any) -> str:
    """The BSON type of a value, with all numbers as one."""
    from datetime import datetime

    from bson import Binary, Code, Decimal128, ObjectId

    match value:
        case Code():
            return ""
        case bool():
            return "bool"
        case int() | float() | Decimal128():
            return "number"
        case str():
            return "string"
        case datetime():
            return "date"
        case ObjectId():
            return "objectId"
        case Binary() if value.subtype == 4:
            return "uuid"
    return "uuid" if type(value).__name__ == "UUID" else ""


def _column(name: str, native: str) -> TargetColumn | None:
    match native:
        case "number":
            return TargetColumn(name=name, native="a number", type=t.Number(), also=_NUMBERS)
        case "bool":
            return TargetColumn(name=name, native="bool", type=t.Boolean())
        case "date":
            return TargetColumn(name=name, native="date", type=t.Datetime(zoned=True), also=_MOMENTS)
        case "string" | "objectId" | "uuid":
            return TargetColumn(name=name, native=native, type=t.String())
    return None


def _unique(collection: Collection[dict[str, Any]]) -> list[frozenset[str]]:
    """The keys that an index keeps apart in all documents: none with a condition, of a path, or of hashes."""
    found = [frozenset({"_id"})]
    for index in collection.list_indexes():
        is_whole = not index.get("sparse") and "partialFilterExpression" not in index and "collation" not in index
        if index.get("unique") and is_whole and all("." not in name for name in index["key"]):
            found.append(frozenset(index["key"]))
    return found


TARGET = MongoDB()
