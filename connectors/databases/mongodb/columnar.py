"""Whole columns out of the bytes of documents, where their values are of the column's own type."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import bson
import numpy as np
import polars as pl
import pyarrow as pa
from bson.codec_options import CodecOptions, DatetimeConversion

from connectors.databases.mongodb.fitting import Misfits, fitted_column
from connectors.databases.mongodb.places import (
    BOOL,
    DATE,
    DECIMAL,
    DOUBLE,
    INT,
    LONG,
    NULL,
    OBJECT,
    OBJECT_ID,
    STRING,
    UNDEFINED,
    Places,
    Unwalkable,
    document_starts,
    lengths,
    numbers,
    places,
)
from ir import types as t
from transforms.dtypes import polars_dtype

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from connectors.databases.mongodb.places import Octets, Whole

_NOTHING = frozenset({0, NULL, UNDEFINED})
_HEX = np.frombuffer("".join(f"{each:02x}" for each in range(256)).encode(), dtype=np.uint8).reshape(256, 2)
_FIRST_MS, _LAST_MS = -62_135_596_800_000, 253_402_300_799_999
"""The years 1 to 9999."""
_MOST = 2**63 - 1
_OPTIONS = CodecOptions[dict[str, Any]](datetime_conversion=DatetimeConversion.DATETIME_AUTO)


def columns_of(raw: bytes, kinds: Mapping[str, t.DataType]) -> dict[str, tuple[pl.Series, Misfits]] | None:
    """Each key as a series of its type with the positions of what does not fit; None where only a decoder helps."""
    try:
        octets = np.frombuffer(raw, dtype=np.uint8)
        starts = document_starts(raw)
        batch = _Batch(raw, octets)
        return batch.columns(starts, kinds)
    except (Unwalkable, IndexError, ValueError, pa.ArrowInvalid):
        return None


class _Batch:
    def __init__(self, raw: bytes, octets: Octets) -> None:
        self._raw = raw
        self._octets = octets

    def columns(self, starts: Whole, kinds: Mapping[str, t.DataType]) -> dict[str, tuple[pl.Series, Misfits]]:
        found = places(self._raw, self._octets, starts)
        none = Places(np.zeros(len(starts), dtype=np.uint8), np.zeros(len(starts), dtype=np.int64))
        return {name: self._column(found.get(name, none), kind) for name, kind in kinds.items()}

    def _column(self, where: Places, kind: t.DataType) -> tuple[pl.Series, Misfits]:
        seen = set(np.unique(where.types).tolist()) - _NOTHING
        made = self._whole(where, kind, seen)
        return (made, set()) if made is not None else fitted_column(self._values(where), kind)

    def _whole(self, where: Places, kind: t.DataType, seen: set[int]) -> pl.Series | None:
        """The column where all its values are of its own type; None where each has to be looked at."""
        if not seen:
            return pl.Series(dtype=polars_dtype(kind)).extend_constant(None, len(where.types))
        match kind:
            case t.Integer() if seen <= {INT, LONG}:
                return self._numbers(where, pa.int64())
            case t.Number() if seen <= {INT, LONG, DOUBLE}:
                return self._numbers(where, pa.float64()).fill_nan(None)
            case t.Boolean() if seen == {BOOL}:
                return _series(self._octets[where.starts] != 0, where.types, pa.bool_())
            case t.Datetime(zoned) if seen == {DATE}:
                return self._moments(where, zoned=zoned)
            case t.String() if seen == {STRING}:
                return self._texts(where)
            case t.String() if seen == {OBJECT_ID}:
                return self._ids(where)
            case t.Decimal() if seen == {DECIMAL}:
                return self._decimals(where, kind)
            case t.Struct() if seen == {OBJECT}:
                return self._structs(where, kind)
        return None

    def _numbers(self, where: Places, kind: pa.DataType) -> pl.Series:
        found = np.zeros(len(where.types), dtype=kind.to_pandas_dtype())
        for stored, code in ((INT, "<i4"), (LONG, "<i8"), (DOUBLE, "<f8")):
            is_stored = where.types == stored
            if is_stored.any():
                found[is_stored] = numbers(self._octets, where.starts[is_stored], code)
        return _series(found, where.types, kind)

    def _moments(self, where: Places, *, zoned: bool) -> pl.Series | None:
        found = np.zeros(len(where.types), dtype=np.int64)
        is_stored = where.types == DATE
        moments = numbers(self._octets, where.starts[is_stored], "<i8")
        if len(moments) and (moments.min() < _FIRST_MS or moments.max() > _LAST_MS):
            return None
        found[is_stored] = moments * 1000
        return _series(found, where.types, pa.timestamp("us", "UTC" if zoned else None))

    def _texts(self, where: Places) -> pl.Series:
        is_stored = where.types == STRING
        starts = where.starts[is_stored] + 4
        sizes = np.zeros(len(where.types), dtype=np.int64)
        sizes[is_stored] = numbers(self._octets, where.starts[is_stored], "<i4").astype(np.int64) - 1
        ends = np.concatenate([[0], np.cumsum(sizes)])
        own = sizes[is_stored]
        gathered = self._octets[np.repeat(starts - ends[:-1][is_stored], own) + np.arange(ends[-1])]
        return _text_series(gathered, ends, where.types)

    def _ids(self, where: Places) -> pl.Series:
        is_stored = where.types == OBJECT_ID
        digits = _HEX[self._octets[where.starts[is_stored][:, None] + np.arange(12)]]
        sizes = np.where(is_stored, 24, 0)
        return _text_series(
            np.ascontiguousarray(digits).reshape(-1), np.concatenate([[0], np.cumsum(sizes)]), where.types
        )

    def _decimals(self, where: Places, kind: t.Decimal) -> pl.Series | None:
        """Those of at most 18 digits; None where one has more, or is none."""
        is_stored = where.types == DECIMAL
        low = numbers(self._octets, where.starts[is_stored], "<u8")
        high = numbers(self._octets, where.starts[is_stored] + 8, "<u8")
        shift = (high >> np.uint64(49) & np.uint64(0x3FFF)).astype(np.int64) - 6176 + kind.scale
        rest = high & np.uint64((1 << 49) - 1)
        if (high >> np.uint64(61) & np.uint64(3) == 3).any() or rest.any() or (low > np.uint64(_MOST)).any():
            return None
        whole = low.astype(np.int64)
        shift[whole == 0] = 0
        if len(shift) and (shift.max() > 18 or shift.min() < -18):
            return None
        power = 10 ** np.abs(shift)
        is_up = shift >= 0
        if (whole[is_up] > _MOST // power[is_up]).any() or (whole[~is_up] % power[~is_up]).any():
            return None
        whole = np.where(is_up, whole * np.where(is_up, power, 1), whole // power)
        if kind.precision < 19 and (whole >= 10**kind.precision).any():
            return None
        whole = np.where(high >> np.uint64(63) == 1, -whole, whole)
        halves = np.zeros((len(where.types), 2), dtype=np.int64)
        halves[is_stored, 0] = whole
        halves[is_stored, 1] = whole >> 63
        return _series(halves, where.types, pa.decimal128(kind.precision, kind.scale))

    def _structs(self, where: Places, kind: t.Struct) -> pl.Series | None:
        is_stored = where.types == OBJECT
        inner = places(self._raw, self._octets, where.starts[is_stored])
        fields = dict(kind.fields)
        if inner.keys() - fields.keys():
            return None
        rows = np.flatnonzero(is_stored)
        members = []
        for name, each in fields.items():
            spread = Places(np.zeros(len(where.types), dtype=np.uint8), np.zeros(len(where.types), dtype=np.int64))
            if name in inner:
                spread.types[rows], spread.starts[rows] = inner[name].types, inner[name].starts
            series, misfits = self._column(spread, each)
            if misfits:
                return None
            members.append(series.alias(name))
        frame = pl.DataFrame([*members, pl.Series("weirflow: there", is_stored)])
        names = [pl.col(member.name) for member in members]
        return frame.select(pl.when("weirflow: there").then(pl.struct(names))).to_series()

    def _values(self, where: Places) -> list[Any]:
        """The values as Python has them, each decoded out of a document of its own."""
        found: list[Any] = [None] * len(where.types)
        is_there = where.types != 0
        rows = np.flatnonzero(is_there)
        types, starts = where.types[rows], where.starts[rows]
        ends = starts + lengths(self._octets, types, starts)
        parts: list[bytes] = []
        for kind, start, end in zip(types.tolist(), starts.tolist(), ends.tolist(), strict=True):
            parts += [(end - start + 8).to_bytes(4, "little"), bytes((kind, 118, 0)), self._raw[start:end], b"\0"]
        for row, document in zip(rows.tolist(), _decoded(parts), strict=True):
            found[row] = document["v"]
        return found


def _decoded(parts: Iterable[bytes]) -> Sequence[dict[str, Any]]:
    return bson.decode_all(b"".join(parts), _OPTIONS)


def _validity(types: Octets) -> tuple[pa.Buffer | None, int]:
    is_there = ~np.isin(types, list(_NOTHING))
    missing = int(len(types) - is_there.sum())
    return (pa.py_buffer(np.packbits(is_there, bitorder="little")), missing) if missing else (None, 0)


def _series(values: NDArray[Any], types: Octets, kind: pa.DataType) -> pl.Series:
    validity, missing = _validity(types)
    packed = np.packbits(values, bitorder="little") if kind == pa.bool_() else np.ascontiguousarray(values)
    return pl.Series(pa.Array.from_buffers(kind, len(types), [validity, pa.py_buffer(packed)], missing))


def _text_series(gathered: Octets, ends: Whole, types: Octets) -> pl.Series:
    validity, missing = _validity(types)
    buffers = [validity, pa.py_buffer(np.ascontiguousarray(ends)), pa.py_buffer(np.ascontiguousarray(gathered))]
    made = pa.Array.from_buffers(pa.large_string(), len(types), buffers, missing)
    made.validate(full=True)  # that the texts are UTF-8
    return pl.Series(made)
