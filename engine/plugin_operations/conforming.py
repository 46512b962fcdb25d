"""Arguments brought into the form that an action's parameters ask for, where nothing of them is lost by that."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from ir.value_text import text_of


def conforming(arguments: Mapping[str, Any], schema: Mapping[str, Any], *, timezone: str = "UTC") -> dict[str, Any]:
    """Numbers and booleans as texts where a text is asked for; optional parameters without a value left out.

    A date where an instant is asked for is its first one, and a datetime without an offset one of the `timezone`.
    """
    found: dict[str, Any] = _conforming(dict(arguments), schema, timezone)
    return found


def types_of(schema: Any) -> frozenset[str]:
    """The JSON types that a schema allows; none where it does not say."""
    if not isinstance(schema, Mapping):
        return frozenset()
    said = schema.get("type")
    if isinstance(said, str):
        return frozenset({said})
    if isinstance(said, list):
        return frozenset(said)
    inside = [types_of(each) for key in ("anyOf", "oneOf") for each in schema.get(key) or ()]
    return frozenset().union(*inside) if inside and all(inside) else frozenset()


def _conforming(value: Any, schema: Any, timezone: str) -> Any:
    match value:
        case dict() if isinstance(schema, Mapping):
            parts, needed = schema.get("properties") or {}, schema.get("required") or ()
            return {name: _conforming(each, parts.get(name), timezone) for name, each in value.items()
                    if each is not None or name in needed or "null" in types_of(parts.get(name))
                    or name not in parts}  # fmt: skip
        case list() if isinstance(schema, Mapping):
            return [_conforming(each, schema.get("items"), timezone) for each in value]
        case bool() | int() | float() if (asked := types_of(schema)) and asked <= {"string", "null"}:
            return text_of(value)
        case str() if isinstance(schema, Mapping) and schema.get("format") == "date-time":
            return _instant(value, timezone)
    return value


def _instant(text: str, timezone: str) -> str:
    """The text with the offset that it lacks; what is no date stays as it is, and is refused."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    if moment.tzinfo is not None:
        return text
    return text_of(moment.replace(tzinfo=ZoneInfo(timezone)))
