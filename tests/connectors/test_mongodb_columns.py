"""Columns made out of the bytes of whole batches are those that documents give one by one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import bson
import pytest
from bson import Binary, Code, Decimal128, Int64, MaxKey, ObjectId, Regex, Timestamp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_series_equal

from connectors.databases.mongodb.columnar import columns_of
from connectors.databases.mongodb.fitting import fitted_column
from connectors.databases.mongodb.request import documents_of
from connectors.databases.mongodb.sampled import sampled_types
from ir.types import DataType, parse_type

DIGITS = st.decimals(places=3, min_value=-(10**17), max_value=10**17) | st.just(Decimal("NaN"))
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**31), 2**31 - 1), st.integers(-(2**63), 2**63 - 1).map(Int64),
    st.floats(), st.text(max_size=20), st.datetimes(datetime(1, 1, 1), datetime(9999, 1, 1)),
    st.binary(min_size=12, max_size=12).map(ObjectId), DIGITS.map(lambda value: Decimal128(str(value))),
    st.binary(max_size=5), st.uuids().map(Binary.from_uuid), st.just(Timestamp(1, 2)), st.just(Code("f")),
    st.just(MaxKey()), st.sampled_from(["1E+3", "-0", "1E-40", "9" * 34, "-Infinity"]).map(Decimal128),
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.sampled_from("ab"), inside, max_size=2),
    max_leaves=6,
)
KEYS = ["a", "b", "ab", "é"]
LOOSE = st.lists(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=4), min_size=1, max_size=12)
KINDS = [st.integers(-(2**31), 2**31 - 1), st.floats(), st.text(max_size=14), st.booleans(),
         st.datetimes(datetime(1, 1, 1), datetime(9999, 1, 1)), DIGITS.map(lambda value: Decimal128(str(value))),
         st.binary(min_size=12, max_size=12).map(ObjectId)]  # fmt: skip
ALIKE = st.one_of(*(
    st.lists(st.dictionaries(st.sampled_from(KEYS), kind | st.none(), max_size=4), min_size=1, max_size=12)
    for kind in (*KINDS, *(st.fixed_dictionaries({"x": each | st.none()}, optional={"y": each}) for each in KINDS))
))  # fmt: skip
TYPES = ["string", "integer", "number", "boolean", "decimal(38,3)", "decimal(9,1)", "datetime with time zone",
         "datetime", "date", "json", "list(string)", "struct(a: integer, b: string)"]  # fmt: skip


def check(documents: list[dict[str, Any]], kinds: Mapping[str, DataType]) -> None:
    raw = b"".join(map(bson.encode, documents))
    found = columns_of(raw, kinds)
    decoded = documents_of(raw)
    assert found is not None
    for name, kind in kinds.items():
        expected, misfits = fitted_column([each.get(name) for each in decoded], kind)  # type: ignore[union-attr]
        series, others = found[name]
        assert others == misfits
        assert_series_equal(series, expected, check_names=False)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(LOOSE | ALIKE)
def test_sampled_columns_are_the_same(documents: list[dict[str, Any]]) -> None:
    check(documents, sampled_types(documents))


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(LOOSE | ALIKE, st.lists(st.sampled_from(TYPES), min_size=4, max_size=4))
def test_declared_columns_are_the_same(documents: list[dict[str, Any]], types: list[str]) -> None:
    check(documents, {name: parse_type(text) for name, text in zip(KEYS, types, strict=True)})


def test_a_key_that_stands_twice_has_its_last_value() -> None:
    twice = bson.encode({"a": 1, "b": 2}).replace(b"b\0", b"a\0")
    found = columns_of(twice, {"a": parse_type("integer")})

    assert found is not None
    assert found["a"][0].to_list() == [2]


@pytest.mark.parametrize(
    "raw",
    [
        bson.encode({"a": "B?"}).replace(b"B?", b"B\xff"),
        bson.encode({"a": Regex("x")}),
        bson.encode({"a": 1})[:-3],
        b"\0\0\0\0",
    ],
)
def test_what_cannot_be_walked_is_left_to_the_decoder(raw: bytes) -> None:
    assert columns_of(raw, {"a": parse_type("string")}) is None


def test_documents_with_many_layouts_are_left_to_the_decoder() -> None:
    documents = [{f"k{number}": 1} for number in range(2100)]

    assert columns_of(b"".join(map(bson.encode, documents)), {"k1": parse_type("integer")}) is None
