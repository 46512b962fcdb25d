"""Cursor values as the journal keeps them, exact to the last digit, and as people read them."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from connectors.incremental import Start
from ir import types as t

KINDS: dict[type[t.DataType], str] = {
    t.Integer: "integer",
    t.Number: "number",
    t.Decimal: "decimal",
    t.Date: "date",
    t.Datetime: "datetime",
    t.String: "text",
}
"""The types that have an order a cursor can follow. A zoned datetime is an `instant`."""


MARK = 16
"""So many characters has the mark of a row that was read."""
SEEN = "seen"
"""The kind of a cursor that is nothing but what was read; behind another kind: marks of rows stand beside its value."""


def kind_of(type_: t.DataType) -> str | None:
    """The journal's word for a column's type; None for one that no cursor can follow."""
    return "instant" if type_ == t.Datetime(zoned=True) else KINDS.get(type(type_))


def written(kind: str, reached: Start) -> str:
    """A value as the journal keeps it."""
    value = reached.value
    kind, _, more = kind.partition(" ")
    if kind == SEEN or more == SEEN:
        at = None if kind == SEEN else written(kind, Start(value=value))
        return json.dumps({"at": at, "seen": "".join(sorted(reached.seen))})
    match kind:
        case "modified":
            return json.dumps({"at": written("instant", Start(value=value)), "files": sorted(reached.seen)})
        case "number":
            return repr(value)
        case "datetime":
            return str(value.isoformat(timespec="microseconds"))
        case "instant":
            return str(value.astimezone(UTC).isoformat(timespec="microseconds"))
        case _:
            return str(value)


def read(kind: str, text: str) -> Start:
    """What `written` has written.

    Raises:
        ValueError: something else stands there.
    """
    kind, _, more = kind.partition(" ")
    if kind == SEEN or more == SEEN:
        found = json.loads(text)
        marks = found["seen"]
        seen = frozenset(marks[start : start + MARK] for start in range(0, len(marks), MARK))
        last = None if kind == SEEN else read(kind, found["at"]).value
        return Start(value=last, inclusive=kind != SEEN, seen=seen)
    match kind:
        case "integer":
            value: Any = int(text)
        case "number":
            value = float(text)
        case "decimal":
            value = Decimal(text)
        case "date":
            value = date.fromisoformat(text)
        case "datetime" | "instant":
            value = datetime.fromisoformat(text)
        case "modified":
            found = json.loads(text)
            return Start(value=datetime.fromisoformat(found["at"]), seen=frozenset(found["files"]))
        case _:
            value = text
    return Start(value=value)


def shown(value: Any, timezone: str) -> str:
    """A value for people; instants in the workflow's time zone, without empty fractions."""
    if isinstance(value, datetime):
        from zoneinfo import ZoneInfo

        local = value.astimezone(ZoneInfo(timezone)) if value.tzinfo is not None else value
        return local.isoformat(sep=" ", timespec="microseconds" if value.microsecond else "seconds")
    return format(value, "f") if isinstance(value, Decimal) else str(value)
