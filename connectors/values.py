"""JSON values to typed ones: what a document, a JSON file or an API answer holds under a column's type."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Context, Decimal, InvalidOperation
from typing import Any

from connectors.files.cells import Cell
from ir import types as t

_WIDE = Context(prec=80)
Fields = tuple[tuple[str, t.DataType], ...]
"""The names and types of a struct."""
TypedValue = str | int | float | Decimal | bool | date | datetime | time | timedelta | list[Any] | dict[str, Any] | None


def infer_value_type(values: Iterable[Any]) -> t.DataType:
    """The narrowest type of all values; text stays text, whatever it looks like. Nothing but nulls: string.

    Raises:
        ValueError: saying which two types the values have.
    """
    kind: t.DataType = t.Null()
    for value in values:
        kind = joined(kind, _type_of(value), _refused)
    return settled(kind, is_record=bool)


def _type_of(value: Any) -> t.DataType:
    match value:
        case None:
            return t.Null()
        case bool():
            return t.Boolean()
        case int():
            return _whole(value)
        case float() | Decimal():
            return t.Number()
        case str():
            return t.String()
        case datetime():
            return t.Datetime(zoned=value.tzinfo is not None)
        case date():
            return t.Date()
        case time():
            return t.Time()
        case timedelta():
            return t.Duration()
        case Mapping():
            return t.Struct(tuple((str(key), _type_of(each)) for key, each in value.items()))
        case list() | tuple():
            item: t.DataType = t.Null()
            for each in value:
                item = joined(item, _type_of(each), _refused)
            return t.ListOf(item)
    raise ValueError(f"{type(value).__name__} values")


def _whole(value: int) -> t.DataType:
    """Integer for 64 bits, else the decimal that keeps every digit as long as there is one."""
    if -(2**63) <= value < 2**63:
        return t.Integer()
    if abs(value) < 10**38:
        return t.Decimal(38, 0)
    raise ValueError(f"an integer of {len(str(abs(value)))} digits, which no number holds exactly")


def joined(
    left: t.DataType, right: t.DataType, otherwise: Callable[[t.DataType, t.DataType], t.DataType]
) -> t.DataType:
    """The narrowest type that holds values of both; where there is none, what `otherwise` says of the two."""
    if left == right or isinstance(right, t.Null):
        return left
    match left, right:
        case t.Null(), _:
            return right
        case (t.Integer() | t.Decimal(), t.Number()) | (t.Number(), t.Integer() | t.Decimal()):
            return t.Number()
        case (t.Integer(), t.Decimal()) | (t.Decimal(), t.Integer()):
            return left if isinstance(left, t.Decimal) else right
        case t.ListOf(one), t.ListOf(other):
            return t.ListOf(joined(one, other, otherwise))
        case t.Struct(_), t.Struct(_):
            fields = dict(left.fields)
            for name, kind in right.fields:
                fields[name] = joined(fields.get(name, t.Null()), kind, otherwise)
            return t.Struct(tuple(fields.items()))
    return otherwise(left, right)


def _refused(left: t.DataType, right: t.DataType) -> t.DataType:
    raise ValueError(f"both {left} and {right} values")


def settled(kind: t.DataType, *, is_record: Callable[[Fields], bool]) -> t.DataType:
    """The type as a column can have it: nothing but nulls is string, an object that is no record JSON text.

    An empty object has no fields to name and is never one.
    """
    match kind:
        case t.Null():
            return t.String()
        case t.ListOf(item):
            return t.ListOf(settled(item, is_record=is_record))
        case t.Struct(fields):
            if not fields or not is_record(fields):
                return t.Json()
            return t.Struct(tuple((name, settled(each, is_record=is_record)) for name, each in fields))
    return kind


def convert(value: Any, kind: t.DataType) -> TypedValue:
    """`value` as the Python value of a column of type `kind`; NaN is null.

    Raises:
        ValueError: saying what was seen and what was expected.
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    match kind:
        case t.Json():
            return value if _is_document(value) else json.dumps(plain(value), ensure_ascii=False)
        case t.String():
            return _text(value)
        case t.ListOf(item):
            if isinstance(value, list | tuple):
                return [convert(each, item) for each in value]
        case t.Struct(fields):
            if isinstance(value, Mapping) and not (set(value) - {name for name, _ in fields}):
                return {name: convert(value.get(name), each) for name, each in fields}
        case t.File():
            if isinstance(value, Mapping):
                return {name: value.get(name) for name in ("name", "mime", "size", "ref")}
        case t.Null():
            return None
        case _:
            return _scalar(value, kind)
    raise _misfit(value, kind)


def _is_document(value: Any) -> bool:
    """Whether a text is an object or a list of JSON already; any other text is a JSON string itself."""
    if not isinstance(value, str) or value.strip()[:1] not in {"{", "["}:
        return False
    try:
        json.loads(value)
    except (ValueError, RecursionError):
        return False
    return True


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        return _digits(value)
    if isinstance(value, date | time):
        return value.isoformat()
    raise _misfit(value, t.String())


def _digits(value: int | float | Decimal) -> str:
    """A number's text: as it was written where the document kept its digits."""
    written = getattr(value, "text", None)
    return written if isinstance(written, str) else str(value)


def _scalar(value: Any, kind: t.DataType) -> TypedValue:
    if isinstance(value, bool):
        if isinstance(kind, t.Boolean):
            return value
        raise _misfit(value, kind)
    if isinstance(value, date | time | timedelta):
        return _temporal(value, kind)
    text = (
        value.strip() if isinstance(value, str) else _digits(value) if isinstance(value, int | float | Decimal) else ""
    )
    if not text:
        if isinstance(value, str):
            return None  # an empty text is null in every column that is not text
        raise _misfit(value, kind)
    if isinstance(kind, t.Number):
        try:
            number = float(text)
        except ValueError:
            raise _misfit(value, kind) from None
        return None if math.isnan(number) else number
    if isinstance(value, str) and not Cell(kind=kind).fits(text):
        raise _misfit(value, kind)
    match kind:
        case t.Integer():
            return _integer(value, text)
        case t.Decimal(precision, scale):
            return _decimal(value, text, precision, scale)
    if not isinstance(value, str):
        raise _misfit(value, kind)
    match kind:
        case t.Boolean():
            return text.lower() == "true"
        case t.Date():
            return date.fromisoformat(text)
        case t.Datetime(zoned):
            instant = datetime.fromisoformat(text)
            return instant.astimezone(UTC) if zoned else instant
        case t.Time():
            return time.fromisoformat(text)
        case t.Duration():
            hours, minutes, seconds = text.lstrip("-").split(":")
            length = timedelta(hours=int(hours), minutes=int(minutes)) + timedelta(
                microseconds=int(Decimal(seconds) * 1_000_000)
            )
            return -length if text.startswith("-") else length
    raise _misfit(value, kind)


def _integer(value: Any, text: str) -> int:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise _misfit(value, t.Integer()) from None
    if not number.is_finite() or number != number.to_integral_value() or not -(2**63) <= number < 2**63:
        raise _misfit(value, t.Integer())
    return int(number)


def _decimal(value: Any, text: str, precision: int, scale: int) -> Decimal:
    try:
        number = Decimal(text)
        exact = number.quantize(Decimal(1).scaleb(-scale), context=_WIDE)
    except InvalidOperation:
        raise _misfit(value, t.Decimal(precision, scale)) from None
    if exact != number or (len(exact.as_tuple().digits) > precision and exact != 0):
        raise _misfit(value, t.Decimal(precision, scale))
    return exact


def _temporal(value: date | time | timedelta, kind: t.DataType) -> TypedValue:
    match kind, value:
        case t.Datetime(zoned), datetime():
            if zoned:
                return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
            if value.tzinfo is None:
                return value
        case t.Datetime(zoned=False), date():
            return datetime(value.year, value.month, value.day)
        case t.Date(), date() if not isinstance(value, datetime):
            return value
        case (t.Time(), time()) | (t.Duration(), timedelta()):
            return value
    raise _misfit(value, kind)


def text_of(value: Any) -> str | None:
    """The value as a text: a text itself, everything else as JSON writes it; null stays null."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Mapping | list | tuple):
        return json.dumps(plain(value), ensure_ascii=False)
    return str(value) if isinstance(value, timedelta) else _text(value)


def plain(value: Any) -> Any:
    """A value of the document as json.dumps writes it."""
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, float):
        return float(value)
    if isinstance(value, Decimal | date | time | timedelta):
        return str(value)
    return value


def _misfit(value: Any, kind: t.DataType) -> ValueError:
    shown = json.dumps(plain(value), ensure_ascii=False, default=str)
    return ValueError(f"{shown[:80]} does not fit {kind}")
