"""Decimal128 to a decimal column: by their bits, since decimal.Decimal takes nine microseconds a value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl
from bson import Decimal128

from ir import types as t

_LOW = (1 << 113) - 1
_BIAS = 6176
_BYTES = 16


def decimal_series(values: Sequence[Any], kind: t.Decimal) -> tuple[pl.Series, set[int]]:
    """The values, Decimal128 or integers, with the positions of those that have more digits than the type."""
    import pyarrow as pa

    most = 10**kind.precision
    misfits: set[int] = set()
    present = bytearray((len(values) + 7) // 8)
    cells = bytearray(len(values) * _BYTES)
    for index, value in enumerate(values):
        if value is None:
            continue
        scaled = _scaled(value, kind.scale) if isinstance(value, Decimal128) else int(value) * 10**kind.scale
        if scaled is None:
            continue
        if scaled is _MISFIT or not -most < scaled < most:
            misfits.add(index)
            continue
        present[index >> 3] |= 1 << (index & 7)
        cells[index * _BYTES : (index + 1) * _BYTES] = scaled.to_bytes(_BYTES, "little", signed=True)
    made = pa.Array.from_buffers(
        pa.decimal128(kind.precision, kind.scale), len(values), [pa.py_buffer(present), pa.py_buffer(cells)]
    )
    return pl.Series(made), misfits


_MISFIT = 1 << 200
"""Stands for what no decimal holds: more digits behind the point than the scale, or an infinity."""


def _scaled(value: Decimal128, scale: int) -> int | None:
    """The value times 10^scale; None for NaN."""
    bits = int.from_bytes(value.bid, "little")
    top = bits >> 122 & 0b11111
    if top == 0b11111:
        return None
    if top == 0b11110:
        return _MISFIT
    if top >> 3 == 0b11:
        coefficient, exponent = 0, 0  # more digits than the format allows: they mean zero
    else:
        coefficient, exponent = bits & _LOW, (bits >> 113 & 0x3FFF) - _BIAS + scale
    if exponent >= 0:
        coefficient = coefficient * 10**exponent if coefficient and exponent < 60 else (_MISFIT if coefficient else 0)
    else:
        coefficient, rest = divmod(coefficient, 10 ** min(-exponent, 40))
        if rest:
            return _MISFIT
    return -coefficient if bits >> 127 else coefficient
