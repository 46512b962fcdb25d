"""Values as Python text: scalars, moments, decimals, and the dtypes and columns of Polars."""

from __future__ import annotations

import datetime
import math
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

import polars as pl


class NotPrintable(Exception):
    """A value that a script cannot hold; the message says what it is."""


def value_text(value: Any) -> str:
    """The Python expression that gives the value back; names come from `pl` and the modules of `IMPORTS`."""
    match value:
        case None | bool() | int() | Enum():
            return repr(value)
        case float():
            return repr(float(value)) if math.isfinite(value) else f'float("{value}")'
        case str():
            return _text(value)
        case bytes():
            return repr(value)
        case datetime.datetime():
            return _moment(value)
        case datetime.date():
            return f"date({value.year}, {value.month}, {value.day})"
        case datetime.time():
            parts = [value.hour, value.minute, value.second, value.microsecond]
            while len(parts) > 2 and not parts[-1]:
                parts.pop()
            return f"time({', '.join(map(str, parts))})"
        case datetime.timedelta():
            return _duration(value)
        case Decimal():
            return f'Decimal("{value}")'
        case Path():
            return _text(str(value))
        case pl.Series():
            return f"pl.Series({_many(value.to_list())}, dtype={value_text(value.dtype)})"
        case list() | tuple() | set() | dict():
            return _many(value)
        case type() if issubclass(value, pl.DataType):
            return f"pl.{value.__name__}"
        case pl.DataType():
            return _dtype(value)
    raise NotPrintable(f"a {type(value).__name__}")


def _many(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{value_text(key)}: {value_text(each)}" for key, each in value.items()) + "}"
    inside = ", ".join(value_text(each) for each in value)
    return f"[{inside}]" if not isinstance(value, set) else f"{{{inside}}}"


def _text(text: str) -> str:
    shown = repr(text)
    if "\\" in text and '"' not in text and text.isprintable() and not text.endswith("\\"):
        return f'r"{text}"'
    if shown[0] == "'" and '"' not in text:
        return '"' + shown[1:-1].replace("\\'", "'") + '"'
    return shown


def _moment(value: datetime.datetime) -> str:
    parts = [value.year, value.month, value.day, value.hour, value.minute, value.second, value.microsecond]
    while len(parts) > 3 and not parts[-1]:
        parts.pop()
    arguments = ", ".join(map(str, parts))
    if value.tzinfo is None:
        return f"datetime({arguments})"
    if value.tzinfo is datetime.UTC or str(value.tzinfo) == "UTC":
        return f"datetime({arguments}, tzinfo=UTC)"
    return f'datetime({arguments}, tzinfo=ZoneInfo("{value.tzinfo}"))'


def _duration(value: datetime.timedelta) -> str:
    parts = {"days": value.days, "seconds": value.seconds, "microseconds": value.microseconds}
    return f"timedelta({', '.join(f'{name}={number}' for name, number in parts.items() if number) or '0'})"


def _dtype(dtype: pl.DataType) -> str:
    match dtype:
        case pl.Decimal():
            return f"pl.Decimal({dtype.precision}, {dtype.scale})"
        case pl.Datetime():
            zone = f', time_zone="{dtype.time_zone}"' if dtype.time_zone else ""
            return f'pl.Datetime("{dtype.time_unit}"{zone})'
        case pl.Duration():
            return f'pl.Duration("{dtype.time_unit}")'
        case pl.List():
            return f"pl.List({value_text(dtype.inner)})"
        case pl.Struct():
            fields = ", ".join(f"{_text(each.name)}: {value_text(each.dtype)}" for each in dtype.fields)
            return f"pl.Struct({{{fields}}})"
        case pl.Array():
            return f"pl.Array({value_text(dtype.inner)}, {dtype.size})"
    return f"pl.{type(dtype).__name__}"


IMPORTS = {
    "date": "datetime", "datetime": "datetime", "time": "datetime", "timedelta": "datetime", "UTC": "datetime",
    "Decimal": "decimal", "Path": "pathlib", "ZoneInfo": "zoneinfo",
}  # fmt: skip
"""Names that a value's text may hold, by the module they come from."""
