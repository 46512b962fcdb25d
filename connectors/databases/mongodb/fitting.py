"""Values of many documents as one column: whole columns at a time where all values have the column's own type."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import polars as pl
from bson import Decimal128, Int64, ObjectId

from connectors.databases.mongodb.decimals import decimal_series
from connectors.databases.mongodb.values import fitted, json_text, widened
from ir import types as t
from transforms.dtypes import polars_dtype

Misfits = set[int]
"""The positions of the values that do not fit; they are null in the series."""

_NONE: type = type(None)
_WHOLE: frozenset[type] = frozenset({int, Int64})


def fitted_column(values: Sequence[Any], kind: t.DataType) -> tuple[pl.Series, Misfits]:
    """The values as a series of the type."""
    seen = set(map(type, values))
    seen.discard(_NONE)
    fast = _fast(seen, kind)
    if fast is not None:
        return fast(values)
    return _one_by_one(values, kind)


def text_column(values: Sequence[Any]) -> tuple[pl.Series, Misfits]:
    """The values of a column of mixed types, each as its text."""
    return pl.Series([widened(each) for each in values], dtype=pl.String()), set()


def _fast(seen: set[type], kind: t.DataType) -> Callable[[Sequence[Any]], tuple[pl.Series, Misfits]] | None:
    """How values of these Python types become the type, None where each has to be looked at."""
    dtype = polars_dtype(kind)
    if not seen:
        return lambda values: (pl.Series(dtype=dtype).extend_constant(None, len(values)), set())
    match kind:
        case t.Integer() if seen <= _WHOLE:
            return lambda values: (pl.Series(values, dtype=dtype), set())
        case t.Boolean() if seen == {bool}:
            return lambda values: (pl.Series(values, dtype=dtype), set())
        case t.String() if seen == {str}:
            return lambda values: (pl.Series(values, dtype=dtype), set())
        case t.String() if seen == {ObjectId}:
            return _ids
        case t.Number() if seen == {float}:
            return lambda values: (pl.Series(values, dtype=dtype).fill_nan(None), set())
        case t.Number() if seen <= _WHOLE | {float}:
            return lambda values: (pl.Series(values, dtype=dtype, strict=False).fill_nan(None), set())
        case t.Datetime(zoned=True) if seen == {datetime}:
            return lambda values: (pl.Series(values, dtype=pl.Datetime("us")).dt.replace_time_zone("UTC"), set())
        case t.Datetime(zoned=False) if seen == {datetime}:
            return lambda values: (pl.Series(values, dtype=dtype), set())
        case t.Decimal() if seen <= _WHOLE | {Decimal128}:
            return lambda values: decimal_series(values, kind)
        case t.Json() if seen <= {dict, list}:
            return lambda values: (
                pl.Series([None if each is None else json_text(each) for each in values], dtype=dtype), set()
            )  # fmt: skip
        case t.Struct() if seen == {dict}:
            return lambda values: _structs(values, kind)
        case t.ListOf(item) if seen == {list}:
            return lambda values: _lists(values, item)
    return None


def _ids(values: Sequence[Any]) -> tuple[pl.Series, Misfits]:
    raw = pl.Series([None if each is None else each.binary for each in values], dtype=pl.Binary())
    return raw.bin.encode("hex"), set()


def _structs(values: Sequence[Any], kind: t.Struct) -> tuple[pl.Series, Misfits]:
    names = {name for name, _ in kind.fields}
    misfits: Misfits = set()
    if set().union(*(each for each in values if each is not None)) - names:
        misfits = {index for index, each in enumerate(values) if each is not None and each.keys() - names}
    members = []
    for name, each in kind.fields:
        inside, wrong = fitted_column([None if value is None else value.get(name) for value in values], each)
        misfits |= wrong
        members.append(inside.alias(name))
    present = pl.Series([each is not None for each in values])
    if misfits:
        present = present & ~pl.int_range(len(values), eager=True).is_in(list(misfits))
    frame = pl.DataFrame(members)
    return frame.select(pl.when(present).then(pl.struct(pl.all()))).to_series(), misfits


def _lists(values: Sequence[Any], item: t.DataType) -> tuple[pl.Series, Misfits]:
    import pyarrow as pa

    lengths = [0 if each is None else len(each) for each in values]
    flat, wrong = fitted_column([member for each in values if each is not None for member in each], item)
    ends = pl.Series(lengths, dtype=pl.Int64()).cum_sum()
    misfits: Misfits = set()
    if wrong:
        places = pl.Series(sorted(wrong), dtype=pl.Int64())
        misfits = set(ends.search_sorted(places, side="right").to_list())
    starts = pl.concat([pl.Series([0], dtype=pl.Int64()), ends])
    absent = [index in misfits or each is None for index, each in enumerate(values)]
    made = pa.LargeListArray.from_arrays(starts.to_arrow(), flat.to_arrow(), mask=pa.array(absent))
    return pl.Series(made).cast(pl.List(polars_dtype(item))), misfits


def _one_by_one(values: Sequence[Any], kind: t.DataType) -> tuple[pl.Series, Misfits]:
    made: list[Any] = []
    misfits: Misfits = set()
    for index, value in enumerate(values):
        try:
            made.append(fitted(value, kind))
        except ValueError:
            misfits.add(index)
            made.append(None)
    return pl.Series(made, dtype=polars_dtype(kind), strict=True), misfits
