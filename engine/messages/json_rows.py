"""Rows as JSON: their texts for telling one from another, their values for services."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import polars as pl

from connectors.files.coercion import json_text, json_value
from connectors.files.json_objects import json_objects
from ir.types import Schema
from transforms.expressions.polars_columns import exact


def json_lines(batch: pl.DataFrame, columns: Schema, *, timezone: str = "UTC") -> list[str]:
    """Each row as one JSON object, its values as JSON files have them."""
    cells = [json_value(exact(name), kind, timezone=timezone).alias(name) for name, kind in columns.items()]
    if not cells:
        return ["{}"] * batch.height
    return batch.select(json_text(pl.struct(cells)).alias("row")).to_series().to_list()


def json_rows(batch: pl.DataFrame, columns: Schema, *, timezone: str) -> list[dict[str, Any]]:
    """Each row as the values that a JSON file has of it, numbers with a point as decimals: no digit is lost."""
    lines = json_objects(batch, columns, timezone=timezone)
    return [json.loads(each, parse_float=Decimal) for each in lines]
