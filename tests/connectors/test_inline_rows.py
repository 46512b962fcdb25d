"""Rows written in the workflow."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import polars as pl
import pytest

from connectors.inline import inline_rows
from connectors.problem import ConnectorProblem


class Digits(float):
    """A float that remembers how it was written, as documents are loaded."""

    text: str

    def __new__(cls, text: str) -> Digits:
        number = super().__new__(cls, text)
        number.text = text
        return number


def test_types_come_from_the_values():
    relation = inline_rows([
        {"i": 1, "n": 1.5, "s": "2024-01-02", "b": True, "l": [1, None], "o": {"x": 1}, "e": None},
        {"i": None, "n": 2, "b": False, "l": [], "o": {"y": "q"}, "later": 3},
    ])  # fmt: skip
    frame = relation.to_polars().collect()
    assert frame.schema == {
        "i": pl.Int64, "n": pl.Float64, "s": pl.String, "b": pl.Boolean, "l": pl.List(pl.Int64),
        "o": pl.Struct({"x": pl.Int64, "y": pl.String}), "e": pl.String, "later": pl.Int64,
    }  # fmt: skip
    assert frame.rows() == [
        (1, 1.5, "2024-01-02", True, [1, None], {"x": 1, "y": None}, None, None),
        (None, 2.0, None, False, [], {"x": None, "y": "q"}, None, 3),
    ]


def test_declared_types_convert_by_the_digits_as_written():
    rows = [{"s": Digits("1.50"), "d": Digits("0.10"), "day": "2024-01-02", "at": "2024-01-02T03:04:05+02:00",
             "t": "03:04", "span": "01:00:00", "j": {"a": [1]}, "n": "1e3", "i": Digits("3.0"),
             "b": "FALSE"}]  # fmt: skip
    schema = {"s": "string", "d": "decimal(10,2)", "day": "date", "at": "timestamptz", "t": "time", "span": "duration",
              "j": "json", "n": "number", "i": "integer", "b": "boolean"}  # fmt: skip
    assert inline_rows(rows, schema).to_polars().collect().rows() == [
        ("1.50", Decimal("0.10"), date(2024, 1, 2), datetime(2024, 1, 2, 1, 4, 5, tzinfo=UTC), time(3, 4),
         timedelta(hours=1), '{"a": [1]}', 1000.0, 3, False)
    ]  # fmt: skip


def test_booleans_and_numbers_under_a_declared_text_become_it():
    rows = [{"a": True}, {"a": 5}, {"a": "x"}, {"a": None}, {"a": ""}]
    assert inline_rows(rows, {"a": "string"}).to_polars().collect()["a"].to_list() == ["true", "5", "x", None, ""]


@pytest.mark.parametrize(
    ("value", "kind"),
    [("x", "integer"), (1.5, "integer"), (2**63, "integer"), (True, "integer"), ("x", "number"),
     (1.255, "decimal(5,2)"),
     (1000, "decimal(5,2)"), ("yes", "boolean"), (1, "boolean"), ("2024-02-30", "date"), (20240102, "date"),
     ("2024-01-02T03:04:05", "timestamptz"), ("25:00", "time"), ([1], "string"), ({"x": 1}, "list(integer)"),
     ({"z": 1}, "struct(x: integer)")],
)  # fmt: skip
def test_a_value_that_does_not_fit_is_told_at_its_place(value, kind):
    with pytest.raises(ConnectorProblem, match="IR531") as raised:
        inline_rows([{"a": None}, {"a": value}], {"a": kind})
    assert raised.value.key == ("config", "rows", 1, "a")


def test_values_of_several_types_ask_for_a_declaration():
    with pytest.raises(ConnectorProblem, match='IR532: column "a" holds both integer and string values'):
        inline_rows([{"a": 1}, {"a": "x"}])


def test_columns_that_differ_only_in_case_are_told():
    with pytest.raises(ConnectorProblem, match='"id" and "ID" differ only in case'):
        inline_rows([{"id": 1}, {"ID": 2}])


def test_a_declared_column_without_values_is_null():
    relation = inline_rows([{"a": 1}], {"b": "date"})
    assert relation.to_polars().collect().rows() == [(1, None)]
    assert relation.to_sql() is None
    assert relation.description == "inline: 1 row"


def test_no_rows_have_the_declared_columns():
    frame = inline_rows([], {"a": "decimal(5,2)"}).to_polars().collect()
    assert frame.schema == {"a": pl.Decimal(5, 2)}


def test_infinities_stay():
    assert inline_rows([{"a": float("inf")}]).to_polars().collect().rows() == [(float("inf"),)]


def test_integers_beyond_64_bits_keep_every_digit():
    relation = inline_rows([{"k": 99999999999999999999}, {"k": 1}])
    assert relation.to_polars().collect()["k"].to_list() == [Decimal("99999999999999999999"), Decimal(1)]


def test_an_integer_of_more_digits_than_any_number_holds_is_refused():
    with pytest.raises(ConnectorProblem, match="an integer of 41 digits"):
        inline_rows([{"k": 10**40}])
