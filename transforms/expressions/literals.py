"""Values of the document as values of a column's type: exactly, or not at all."""

from __future__ import annotations

import datetime
import re
from decimal import Context, Decimal
from zoneinfo import ZoneInfo

from ir import types as t

_EXACT = Context(prec=200)
_INTEGER = re.compile(r"[+-]?\d+")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?inf(?:inity)?", re.IGNORECASE)
_DECIMAL = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)")
INTEGER_RANGE = (-(2**63), 2**63 - 1)


def convert_literal(value: object, to: t.DataType, *, timezone: str = "UTC") -> object:
    """`value` as a constant of type `to`: int, float, Decimal, str, bool, date, datetime, time, list or dict.

    Floats that remember their digits (`Digits.text`) convert by them. A datetime without an offset under a zoned
    type is local in `timezone`; zoned results are in UTC.

    Raises:
        ValueError: what was seen and what the type takes.
    """
    if value is None or isinstance(to, t.Null):
        return None
    match to:
        case t.String() | t.Json():
            return _text(value)
        case t.Boolean():
            return _boolean(value)
        case t.Integer():
            return _integer(value)
        case t.Number():
            return _number(value)
        case t.Decimal():
            return _decimal(value, to)
        case t.Date():
            return _date(value)
        case t.Datetime(zoned):
            return _datetime(value, zoned, timezone)
        case t.Time():
            if isinstance(value, datetime.time):
                return value
            if isinstance(value, str):
                return _iso(datetime.time, value, "a time such as 14:30:00")
        case t.ListOf(item):
            if isinstance(value, list | tuple):
                return [convert_literal(each, item, timezone=timezone) for each in value]
        case t.Struct(fields):
            if isinstance(value, dict) and set(value) <= {name for name, _ in fields}:
                return {name: convert_literal(value.get(name), kind, timezone=timezone) for name, kind in fields}
        case t.Duration():
            if isinstance(value, datetime.timedelta):
                return value
    raise ValueError(f"{shown(value)} is no {to}")


def literal_type(value: object) -> t.DataType:
    """The type a document's value has by itself; a number written with a point is decimal by its digits."""
    match value:
        case None:
            return t.Null()
        case bool():
            return t.Boolean()
        case int():
            return t.Integer() if INTEGER_RANGE[0] <= value <= INTEGER_RANGE[1] else decimal_type(Decimal(value))
        case Decimal():
            return decimal_type(value)
        case float():
            return t.Number()
        case datetime.datetime():
            return t.Datetime(zoned=value.tzinfo is not None)
        case datetime.date():
            return t.Date()
        case datetime.time():
            return t.Time()
        case datetime.timedelta():
            return t.Duration()
        case list() | tuple():
            return t.ListOf(next((literal_type(each) for each in value if each is not None), t.Null()))
    return t.String()


def decimal_type(value: Decimal) -> t.Decimal:
    """The narrowest decimal that holds exactly these digits.

    Raises:
        ValueError: more than 38 digits.
    """
    _, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    scale = max(0, -exponent)
    precision = max(len(digits) + max(0, exponent), scale, 1)
    if precision > 38:
        raise ValueError(f"{value:f} has {precision} digits; a decimal has at most 38")
    return t.Decimal(precision, scale)


def shown(value: object) -> str:
    """The value for a message, cut where it is long."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = getattr(value, "text", None) or (repr(value) if isinstance(value, str) else str(value))
    return text if len(text) <= 60 else text[:57] + "..."


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, int | float):
        return str(getattr(value, "text", None) or value)
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    raise ValueError(f"{shown(value)} is no text")


def _boolean(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in {"true", "false"}:
        return value.strip().lower() == "true"
    raise ValueError(f"{shown(value)} is neither true nor false")


def _exact(value: object, pattern: re.Pattern[str]) -> Decimal | None:
    """The digits of a number or of a text that is one; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | Decimal):
        return Decimal(value)
    if isinstance(value, float):
        digits = getattr(value, "text", None) or repr(value)
        found = Decimal(digits.replace("_", "")) if _NUMBER.fullmatch(digits) else None
        return found if found is None or found.is_finite() else None
    if isinstance(value, str) and pattern.fullmatch(value.strip()):
        return Decimal(value.strip())
    return None


def _integer(value: object) -> int:
    found = _exact(value, _INTEGER)
    if found is None or found.adjusted() > 40 or found != found.to_integral_value(context=_EXACT):
        raise ValueError(f"{shown(value)} is no integer")
    number = int(found)
    if not INTEGER_RANGE[0] <= number <= INTEGER_RANGE[1]:
        raise ValueError(f"{shown(value)} does not fit an integer of 64 bits")
    return number


def _number(value: object) -> float:
    if not isinstance(value, bool):
        if isinstance(value, int | float | Decimal):
            return float(value)
        if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
            return float(value)
    raise ValueError(f"{shown(value)} is no number")


def _decimal(value: object, to: t.Decimal) -> Decimal:
    found = _exact(value, _DECIMAL)
    if found is None:
        raise ValueError(f"{shown(value)} is no {to}")
    if found.adjusted() >= to.precision - to.scale and found != 0:
        raise ValueError(f"{shown(value)} does not fit {to}: it has more than {to.precision - to.scale} digits "
                         "before the point")  # fmt: skip
    fitted = found.quantize(Decimal(1).scaleb(-to.scale), context=_EXACT)
    if fitted != found:
        raise ValueError(f"{shown(value)} does not fit {to}: it has more than {to.scale} digits behind the point")
    return fitted


def _iso(kind: type[datetime.date] | type[datetime.time], text: str, example: str) -> datetime.date | datetime.time:
    try:
        return kind.fromisoformat(text.strip())
    except ValueError as error:
        raise ValueError(f"{shown(text)} is not {example}") from error


def _date(value: object) -> datetime.date:
    if isinstance(value, datetime.datetime):
        raise ValueError(f"{value.isoformat(sep=' ')} has a time of day; a date is needed")
    if isinstance(value, datetime.date):
        return value
    if isinstance(value, str):
        found = _iso(datetime.date, value, "a date such as 2026-01-31")
        assert isinstance(found, datetime.date)
        return found
    raise ValueError(f"{shown(value)} is not a date such as 2026-01-31")


def _datetime(value: object, zoned: bool, timezone: str) -> datetime.datetime:
    if isinstance(value, str):
        try:
            value = datetime.datetime.fromisoformat(value.strip())
        except ValueError as error:
            raise ValueError(f"{shown(value)} is not a datetime such as 2026-01-31 14:30:00") from error
    elif isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        value = datetime.datetime.combine(value, datetime.time())
    if not isinstance(value, datetime.datetime):
        raise ValueError(f"{shown(value)} is not a datetime such as 2026-01-31 14:30:00")
    if zoned:
        return (value if value.tzinfo else in_zone(value, timezone)).astimezone(datetime.UTC)
    if value.tzinfo:
        raise ValueError(f"{shown(value.isoformat())} has an offset, the column has no time zone")
    return value


def in_zone(value: datetime.datetime, timezone: str) -> datetime.datetime:
    """A wall clock's time in a zone: shown twice it is the later, skipped it is read with the offset before."""
    first, second = (value.replace(tzinfo=ZoneInfo(timezone), fold=fold) for fold in (0, 1))
    before, after = first.utcoffset(), second.utcoffset()
    return second if before and after and after < before else first
