"""The documents of a collection that are new: past where the last run ended, by a key that grows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from connectors.databases.mongodb.relation import Key, MongoRelation
from connectors.databases.newer import Begun
from connectors.incremental import Start
from connectors.problem import ConnectorProblem
from ir import types as t


def new_documents(
    relation: MongoRelation, name: str, key: Key, sample: Sequence[Mapping[str, Any]], begun: Begun
) -> MongoRelation:
    """The relation of the new documents alone; one without the key is past nothing.

    Raises:
        ConnectorProblem: IR597 for a key whose values the server does not order as we do.
    """
    from bson import ObjectId

    stored = {type(value) for each in sample if (value := each.get(name)) is not None}
    is_foreign = isinstance(key.type, t.String) and not stored <= {str, ObjectId}
    if is_foreign or key.is_mixed or isinstance(key.type, t.Date):
        shown = ", ".join(sorted(each.__name__ for each in stored)) or str(key.type)
        raise ConnectorProblem(
            "IR597", f"{name} is stored as {shown}, which no cursor can follow",
            key=("config", "incremental", "cursor"), hint="a cursor is a number, a datetime, a text or an ObjectId",
        )  # fmt: skip
    start, watch = begun(key.type)
    return replace(relation, since=_condition(name, start) if start is not None else None, watch=watch, watched=key)


def _condition(name: str, start: Start) -> Mapping[str, Any]:
    """What new documents meet. The server compares values of one type only: a text may stand for an ObjectId."""
    operator = "$gte" if start.inclusive else "$gt"
    conditions = [{name: {operator: each}} for each in _stored(start.value)]
    return conditions[0] if len(conditions) == 1 else {"$or": conditions}


def _stored(value: Any) -> list[Any]:
    from bson import Decimal128, ObjectId

    match value:
        case Decimal():
            return [Decimal128(value)]
        case datetime():
            return [value.replace(tzinfo=UTC) if value.tzinfo is None else value]
        case str() if ObjectId.is_valid(value):
            return [value, ObjectId(value)]
    return [value]
