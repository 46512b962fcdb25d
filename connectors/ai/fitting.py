"""Whether an answer has its shape: values of JSON become values of its types, or it is said what is wrong with them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.ai.json_text import json_text, json_value
from connectors.ai.shape import Field, Shape
from connectors.json_reading import plain_unicode
from ir import types as t

_MOST_SHOWN = 60


class Misfit(Exception):
    """An answer of another shape; `problems` are sentences without a full stop, for people and for models."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def fitted(value: Any, shape: Shape) -> Any:
    """The value in the shape's types: dates and moments as such, decimals exact, texts that spell a number as numbers,
    of an object every field and nothing else.

    Raises:
        Misfit: it does not fit; all that is wrong with it is named.
    """
    problems: list[str] = []
    if not shape.is_list:
        found = _one(value, shape, "", problems)
    elif isinstance(value, list):
        found = [_one(each, shape, f"[{index}]", problems) for index, each in enumerate(value)]
    else:
        found, problems = None, [f"the answer is {_shown(value)} and no list"]
    if problems:
        raise Misfit(problems)
    return found


def _one(value: Any, shape: Shape, at: str, problems: list[str]) -> Any:
    if shape.value is not None:
        return _of_field(value, shape.value, at or "the answer", problems)
    if not isinstance(value, Mapping):
        problems.append(f"{at or 'the answer'} is {_shown(value)} and no object")
        return None
    dot = f"{at}." if at else ""
    return {each.name: _of_field(value.get(each.name), each, f"{dot}{each.name}", problems) for each in shape.fields}


def _of_field(value: Any, field: Field, at: str, problems: list[str]) -> Any:
    if value is None or (value == "" and field.type != t.String()):
        if field.is_required:
            problems.append(f"{at} is missing")
        return None
    if field.choices:
        return _choice(value, field, at, problems)
    found = _typed(value, field.type, at, problems)
    if field.is_required and isinstance(found, str) and not found.strip():
        problems.append(f"{at} is empty")
    return found


def _choice(value: Any, field: Field, at: str, problems: list[str]) -> str | None:
    said = str(value).strip()
    if said in field.choices:
        return said
    alike = [each for each in field.choices if each.strip().casefold() == said.casefold()]
    if len(alike) == 1:
        return alike[0]
    problems.append(f"{at} is {_shown(value)} and none of {', '.join(field.choices)}")
    return None


def _typed(value: Any, kind: t.DataType, at: str, problems: list[str]) -> Any:
    match kind:
        case t.ListOf(item):
            if isinstance(value, list):
                return [None if each is None else _typed(each, item, f"{at}[{index}]", problems)
                        for index, each in enumerate(value)]  # fmt: skip
        case t.Struct(fields):
            if isinstance(value, Mapping):
                return {name: None if value.get(name) is None else _typed(value[name], each, f"{at}.{name}", problems)
                        for name, each in fields}  # fmt: skip
        case _:
            with suppress(ValueError, InvalidOperation, OverflowError, TypeError):
                return _READERS[type(kind)](value, kind)
    problems.append(f"{at} is {_shown(value)} and no {_word(kind)}")
    return None


def _text(value: Any, _: t.DataType) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal | date | time):
        raise TypeError
    return plain_unicode(value) if isinstance(value, str) else str(value)


def _decimal(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise TypeError
    found = Decimal(value.strip() if isinstance(value, str) else str(value))
    if not found.is_finite():
        raise ValueError
    return found


def _integer(value: Any, _: t.DataType) -> int:
    found = _decimal(value)
    if found != found.to_integral_value() or not -(2**63) <= found < 2**63:
        raise ValueError
    return int(found)


def _number(value: Any, _: t.DataType) -> float:
    found = float(_decimal(value))
    if not math.isfinite(found):
        raise OverflowError
    return found


def _exact(value: Any, kind: t.DataType) -> Decimal:
    assert isinstance(kind, t.Decimal)
    written = _decimal(value)
    found = written.quantize(Decimal(1).scaleb(-kind.scale))
    if found != written or len(found.as_tuple().digits) > kind.precision:
        raise ValueError
    return found


def _boolean(value: Any, _: t.DataType) -> bool:
    found = _TRUTHS.get(value.strip().lower()) if isinstance(value, str) else value
    if not isinstance(found, bool):
        raise TypeError
    return found


_TRUTHS = {"true": True, "false": False}


def _date(value: Any, _: t.DataType) -> date:
    if isinstance(value, datetime) or not isinstance(value, date | str):
        raise TypeError
    if isinstance(value, date):
        return value
    day, _sep, rest = value.strip().partition("T")
    if rest.rstrip("Z").replace("00", "").strip(":."):
        raise ValueError
    return date.fromisoformat(day)


def _moment(value: Any, kind: t.DataType) -> datetime:
    assert isinstance(kind, t.Datetime)
    found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value).strip())
    if kind.zoned:
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found


def _time(value: Any, _: t.DataType) -> time:
    found = value if isinstance(value, time) else time.fromisoformat(str(value).strip())
    if found.tzinfo is not None:
        raise ValueError
    return found


def _duration(value: Any, _: t.DataType) -> timedelta:
    if isinstance(value, timedelta):
        return value
    found = _DURATION.fullmatch(str(value).strip().upper())
    if found is None or not any(found.groups()[1:]):
        raise ValueError
    sign, *parts = found.groups()
    weeks, days, hours, minutes, seconds = (float(each or 0) for each in parts)
    length = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    if length > _LONGEST_DURATION:
        raise OverflowError
    return -length if sign else length


_LONGEST_DURATION = timedelta(microseconds=2**63 - 1)
"""That a column can hold, in microseconds."""
_DURATION = re.compile(r"(-)?P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")


def _document(value: Any, _: t.DataType) -> str:
    """A JSON document: a value of any kind, or one that is written as a text already."""
    if isinstance(value, str):
        with suppress(ValueError):
            json_value(value)
            return plain_unicode(value)
    return plain_unicode(json_text(value))


_READERS: Mapping[type[t.DataType], Callable[[Any, t.DataType], Any]] = {
    t.String: _text,
    t.Integer: _integer,
    t.Number: _number,
    t.Decimal: _exact,
    t.Boolean: _boolean,
    t.Date: _date,
    t.Datetime: _moment,
    t.Time: _time,
    t.Duration: _duration,
    t.Json: _document,
}


def _word(kind: t.DataType) -> str:
    return _KINDS.get(str(kind), str(kind))


_KINDS = {"date": "date such as 2026-01-31", "time": "time such as 14:30:00",
          "datetime": "moment such as 2026-01-31T14:30:00", "duration": "duration such as P1DT2H"}  # fmt: skip


def _shown(value: Any) -> str:
    if value is None:
        return "null"
    text = json_text(value)
    return text if len(text) <= _MOST_SHOWN else text[: _MOST_SHOWN - 1] + "…"
