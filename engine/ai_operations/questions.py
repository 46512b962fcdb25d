"""Rows as questions: what of each is sent, file by file where a row has several."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from connectors.ai.answering import Item
from engine.messages.json_rows import json_rows
from ir.types import Schema
from transforms.expressions.polars_columns import all_exact

if TYPE_CHECKING:
    from engine.ai_operations.effect import AiEffect
    from engine.spool import Rows

AT_ONCE = 1000
"""So many rows are asked about together; what was answered is remembered one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Some rows, and what is asked about each; None of a row that says nothing."""

    first: int
    rows: pl.DataFrame
    items: list[Item | None]


def questions(effect: AiEffect, rows: Rows, *, timezone: str) -> Iterator[Asked]:
    """The rows in their order, some at a time."""
    first = 0
    for batch in rows.batches():
        for at in range(0, batch.height, AT_ONCE):
            some = batch.slice(at, AT_ONCE)
            yield Asked(first=first + at, rows=some, items=_items(effect, some, timezone=timezone))
        first += batch.height


def sent_rows(effect: AiEffect, rows: Rows, *, timezone: str) -> Iterator[dict[str, Any]]:
    """What is sent of each row, of a question about all of them."""
    for batch in rows.batches():
        yield from map(_finite, _sent(effect, batch, timezone=timezone))


def _items(effect: AiEffect, rows: pl.DataFrame, *, timezone: str) -> list[Item | None]:
    sent = _sent(effect, rows, timezone=timezone)
    return [Item(values=_finite(each)) if any(_says(one) for one in each.values()) else None for each in sent]


def _sent(effect: AiEffect, rows: pl.DataFrame, *, timezone: str) -> list[dict[str, Any]]:
    """The columns that are sent, in the order in which the operation names them."""
    columns = Schema((name, effect.rows.schema[name]) for name in effect.sent)
    return json_rows(rows.select(all_exact(columns.names)), columns, timezone=timezone)


def _says(value: Any) -> bool:
    return value is not None and (not isinstance(value, str) or bool(value.strip()))


def _finite(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with the words for numbers that JSON has none for."""
    return {name: str(each) if isinstance(each, float) and not math.isfinite(each) else each
            for name, each in row.items()}  # fmt: skip
