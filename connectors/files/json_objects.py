"""Rows as JSON objects whose values are spelled exactly: decimals with their digits, json columns as values."""

from __future__ import annotations

import json

import polars as pl

from connectors.files.coercion import json_value, plain_text
from ir import types as t
from transforms.expressions.polars_columns import exact


def is_spelled(name: str, kind: t.DataType, batch: pl.DataFrame) -> bool:
    """Whether the column's JSON must be spelled by hand since `write_ndjson` would quote or lose it."""
    match kind:
        case t.Decimal() | t.Json():
            return True
        case t.Number():
            return bool(batch[name].is_infinite().any())
    return False


def json_objects(batch: pl.DataFrame, columns: t.Schema, *, timezone: str) -> list[str]:
    """Each row as an object: runs of ordinary columns are encoded together, the others' texts put between them."""
    if not columns:
        return ["{}"] * batch.height
    pieces: list[pl.Expr] = []
    run: list[pl.Expr] = []

    def close_run() -> None:
        if run:
            pieces.append(pl.struct(run).struct.json_encode().str.slice(1).str.head(-1))
            run.clear()

    for name, kind in columns.items():
        if is_spelled(name, kind, batch):
            close_run()
            label = pl.lit(f"{json.dumps(name, ensure_ascii=False)}:")
            pieces.append(label + _spelled(name, kind, timezone=timezone))
        else:
            run.append(json_value(exact(name), kind, timezone=timezone).alias(name))
    close_run()
    return batch.select(pl.lit("{") + pl.concat_str(pieces, separator=",") + "}").to_series().to_list()


def _spelled(name: str, kind: t.DataType, *, timezone: str) -> pl.Expr:
    cell = exact(name)
    if isinstance(kind, t.Number):
        infinite = pl.when(cell > 0).then(pl.lit('"Infinity"')).otherwise(pl.lit('"-Infinity"'))
        text = pl.when(cell.is_infinite()).then(infinite).otherwise(cell.cast(pl.String))
    elif isinstance(kind, t.Json):
        text = cell.map_elements(_json_text, return_dtype=pl.String, skip_nulls=True)
    else:
        text = plain_text(cell, kind, timezone=timezone, date_format=None)
    return text.fill_null("null")


def _json_text(text: str) -> str:
    """The document on one line; text that is none after all becomes a JSON text, so that the file stays whole."""
    try:
        json.loads(text, parse_constant=_no_constant)
    except ValueError:
        return json.dumps(text, ensure_ascii=False)
    # Line breaks inside a JSON text are escaped, so a bare one only ever stands between values.
    return text.replace("\r", " ").replace("\n", " ")


def _no_constant(word: str) -> None:
    raise ValueError(f"{word} is no JSON")
