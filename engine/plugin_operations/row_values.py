"""Rows of a frame as the values that calls are made of."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from ir import types as t
from ir.types import Schema
from transforms.expressions.polars_columns import exact

Reading = Callable[[Any], Any]


def row_values(batch: pl.DataFrame, columns: Sequence[str], schema: Schema, *, timezone: str
               ) -> Iterator[dict[str, Any]]:  # fmt: skip
    """Each row's values in these columns: JSON texts as what they hold, instants in the workflow's time zone."""
    if not columns:
        yield from ({} for _ in range(batch.height))
        return
    readings = {name: reading for name in columns if (reading := _reading(schema[name], timezone)) is not None}
    for row in batch.select(exact(name) for name in columns).iter_rows(named=True):
        for name, reading in readings.items():
            row[name] = reading(row[name])
        yield row


def _reading(kind: t.DataType, timezone: str) -> Reading | None:
    """How a value of the type is read; None where it is taken as Polars has it."""
    match kind:
        case t.Json():
            return _document
        case t.Datetime(zoned=True):
            zone = ZoneInfo(timezone)

            def local(value: datetime | None) -> datetime | None:
                return None if value is None else value.astimezone(zone)

            return local
        case t.ListOf(item):
            each = _reading(item, timezone)
            if each is None:
                return None
            return lambda values: None if values is None else [each(value) for value in values]
        case t.Struct(fields):
            inside = {name: found for name, each in fields if (found := _reading(each, timezone)) is not None}
            if not inside:
                return None
            return lambda value: None if value is None else {
                name: inside[name](part) if name in inside else part for name, part in value.items()
            }  # fmt: skip
    return None


def _document(text: str | None) -> Any:
    """What the JSON text holds; text that is none after all stays text."""
    if text is None:
        return None
    try:
        return json.loads(text, parse_float=Decimal)
    except ValueError:
        return text
