"""Random frames of every type: nulls, no rows, duplicate keys, odd texts, edges of numbers, changes of clocks."""

from __future__ import annotations

import datetime
import math
from decimal import Decimal
from typing import Any

import polars as pl
from hypothesis import strategies as st

from ir import types as t
from transforms.dtypes import polars_dtype

SCHEMA = t.Schema(
    {
        "nr": t.Integer(),
        "i": t.Integer(),
        "j": t.Integer(),
        "x": t.Number(),
        "a.b": t.Number(),
        "d": t.Decimal(12, 2),
        "e": t.Decimal(9, 4),
        "huge": t.Decimal(38, 4),
        "s": t.String(),
        'odd "name': t.String(),
        "b": t.Boolean(),
        "select": t.Boolean(),
        "day": t.Date(),
        "dag å": t.Date(),
        "ts": t.Datetime(),
        "tz": t.Datetime(zoned=True),
        "clock": t.Time(),
        "words": t.ListOf(t.String()),
        "ints": t.ListOf(t.Integer()),
        "who": t.Struct((("city", t.String()), ("n", t.Integer()))),
        "😀": t.Integer(),
        "g": t.String(),
    }
)
"""`nr` numbers the rows, `g` has few values."""

_WORDS = ["", " ", "a", "A", "b", "ab", "abc", "é", "e\u0301", "😀", "👩‍👩‍👧", "ẞ", "ß", "İ", "ſ", "Σς", "ǅ", "Z",
          "a%b", "a_b",
          "12", "-7 ", "x\ny", "1.5", "'", "\\", "2024-02-29", "1.255", "1e-5", "2024-02-29T12:30", "2024-3-1",
          "true",
          "12:30", "\u00a0a\u2003", "0x1F", "1_000", "inf", "nan", "2024-03-31 02:30:00+05:30", "a,b,,c", "\ufffd",
          "\U0010ffff", '{"a": {"b": [1, "x", null]}}', "\tq\r\n", "½", "١٢"]  # fmt: skip
texts = st.one_of(st.sampled_from(_WORDS), st.text(alphabet="abAB12 ,éÉ😀-.\u0301", max_size=6))
small_integers = st.integers(-20, 20)
wild_integers = st.one_of(
    small_integers, st.sampled_from([0, 2**63 - 1, -(2**63), 10**10, 2**31, -(2**31) - 1, -(2**53) - 1, 10**18])
)
small_numbers = st.one_of(
    st.sampled_from([0.0, 1.0, -1.0, 0.5, 2.5, -2.5, 0.1, -0.0, 1e-7, 0.125, 1234.565]),
    st.floats(-1e4, 1e4, allow_nan=False, width=32),
)
wild_numbers = st.one_of(
    small_numbers,
    st.sampled_from([math.inf, -math.inf, 1e300, -1e300, 5e-324, 1e10, 9007199254740993.0, 1e19, 123456.789, 1e-5]),
)
days = st.one_of(
    st.dates(datetime.date(1900, 1, 1), datetime.date(2100, 12, 31)),
    st.sampled_from([datetime.date(2024, 2, 29), datetime.date(2024, 12, 30), datetime.date(1970, 1, 1),
                     datetime.date(2024, 3, 31), datetime.date(2024, 10, 27), datetime.date(2021, 1, 3)]),
)  # fmt: skip
wild_days = st.one_of(days, st.sampled_from([datetime.date(1, 1, 1), datetime.date(9999, 12, 31),
                                             datetime.date(1582, 10, 10)]))  # fmt: skip
moments = st.one_of(
    # Polars knows no summer time after 2099
    st.datetimes(datetime.datetime(1900, 1, 1), datetime.datetime(2099, 12, 31)),
    st.sampled_from([
        datetime.datetime(2024, 3, 31, 1, 30), datetime.datetime(2024, 3, 31, 2, 30), datetime.datetime(2024, 10,
                                                                                                        27, 2, 30),
        datetime.datetime(2024, 10, 27, 0, 30), datetime.datetime(2024, 10, 27, 1, 30),
        datetime.datetime(1969, 12, 31, 23, 59, 59, 999999), datetime.datetime(2024, 12, 31, 23, 59, 59),
        datetime.datetime(2024, 2, 29),
    ]),
)  # fmt: skip
times = st.one_of(
    st.times(), st.sampled_from([datetime.time(), datetime.time(23, 59, 59, 999999), datetime.time(2, 30)])
)


def values(kind: t.DataType, *, wild: bool = False) -> st.SearchStrategy[Any]:
    """Values of a type, null among them; `wild` ones reach the edges."""
    return st.one_of(st.none(), _known(kind, wild))


def _known(kind: t.DataType, wild: bool) -> st.SearchStrategy[Any]:
    match kind:
        case t.Integer():
            return wild_integers if wild else small_integers
        case t.Number():
            return wild_numbers if wild else small_numbers
        case t.Decimal(precision, scale):
            nines = (9,) * (precision if wild else scale + 3)
            most, least = (Decimal((sign, nines, -scale)) for sign in (0, 1))
            edges = st.sampled_from([most, least, Decimal(0), Decimal(1).scaleb(-scale), Decimal("0.5")])
            tame = st.integers(-99999, 99999).map(lambda digits: Decimal(digits).scaleb(-min(scale, 3)))
            return st.one_of(tame, edges)
        case t.String():
            return texts
        case t.Json():
            return st.sampled_from(['{"a": 1}', "[1, null]", '"x"', "null", "{}", '{"a": {"b": [1, "é"]}}'])
        case t.Boolean():
            return st.booleans()
        case t.Date():
            return wild_days if wild else days
        case t.Datetime(zoned):
            return moments.map(lambda at: at.replace(tzinfo=datetime.UTC)) if zoned else moments
        case t.Time():
            return times
        case t.Duration():
            return st.timedeltas(datetime.timedelta(days=-400), datetime.timedelta(days=400))
        case t.ListOf(item):
            return st.lists(values(item, wild=wild), max_size=4)
        case t.Struct(fields):
            return st.fixed_dictionaries({name: values(each, wild=wild) for name, each in fields})
    raise AssertionError(f"no values for {kind}")


@st.composite
def frames(draw: st.DrawFn, schema: t.Schema = SCHEMA, most: int = 6, *, tame: bool = False) -> pl.DataFrame:
    """A frame of `schema`; one in four is wild, unless it is to be tame."""
    rows = draw(st.integers(0, most))
    wild = not tame and draw(st.integers(0, 3)) == 3
    made: list[pl.Series] = []
    for name, kind in schema.items():
        if name == "nr":
            found: list[Any] = list(range(rows))
        elif name == "g":
            found = draw(st.lists(st.sampled_from(["p", "q", None]), min_size=rows, max_size=rows))
        else:
            found = draw(st.lists(values(kind, wild=wild), min_size=rows, max_size=rows))
        made.append(pl.Series(found, dtype=polars_dtype(kind)).rename(name))
    return pl.DataFrame(made)
