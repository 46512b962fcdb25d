"""Values as people see them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from connectors.files.display import display_cell, is_right_aligned
from connectors.files.fitting import fitted_formats
from connectors.files.report import Part
from ir import types as t
from ir.column_format import ColumnFormat
from ir.locales import punctuation
from transforms.dtypes import polars_dtype


def shown(kind: t.DataType, value: Any, *, locale: str = "en", timezone: str = "UTC", **how: Any) -> str | None:
    cell = display_cell(pl.col("x"), kind, ColumnFormat(**how), locale=locale, timezone=timezone)
    rows = pl.DataFrame({"x": [value, None]}, schema={"x": polars_dtype(kind)}, strict=False)
    text, null = rows.select(cell.alias("x"))["x"].to_list()
    assert null is None
    return text  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("value", "how", "text"),
    [
        (1234567, {"style": "number"}, "1,234,567"),
        (-1000, {"style": "number"}, "-1,000"),
        (999, {"style": "number"}, "999"),
        (0, {"style": "number", "decimals": 2}, "0.00"),
        (2013, {}, "2013"),
        (1, {"style": "percent"}, "100.0%"),
        (1500, {"style": "currency", "currency": "JPY"}, "¥1,500"),
        (1500, {"style": "currency", "currency": "SEK"}, "SEK\u00a01,500.00"),
        (1500, {"style": "text"}, "1500"),
    ],
)
def test_integers(value: int, how: dict[str, Any], text: str) -> None:
    assert shown(t.Integer(), value, **how) == text


@pytest.mark.parametrize(
    ("value", "how", "text"),
    [
        (1234.5, {"style": "number"}, "1,234.50"),
        (0.125, {"style": "number", "decimals": 2}, "0.13"),
        (-0.125, {"style": "number", "decimals": 2}, "-0.13"),
        (-0.001, {"style": "number", "decimals": 2}, "0.00"),
        (0.5, {"style": "number", "decimals": 0}, "1"),
        (0.1234, {"style": "percent"}, "12.3%"),
        (-5.0, {"style": "currency", "currency": "USD"}, "-$5.00"),
        (1e40, {"style": "number"}, "1e+40"),
        (float("inf"), {"style": "number"}, "inf"),
        (3.0, {}, "3"),
        (3.25, {}, "3.25"),
    ],
)
def test_numbers(value: float, how: dict[str, Any], text: str) -> None:
    assert shown(t.Number(), value, **how) == text


@pytest.mark.parametrize(
    ("value", "how", "text"),
    [
        ("1234.50", {}, "1234.50"),
        ("1234.50", {"style": "number"}, "1,234.50"),
        ("1234.565", {"style": "number", "decimals": 2}, "1,234.57"),
        ("0.075", {"style": "percent"}, "7.5%"),
        ("99999999999999999.125", {"style": "number"}, "99,999,999,999,999,999.125"),
    ],
)
def test_decimals_never_pass_a_float(value: str, how: dict[str, Any], text: str) -> None:
    scale = len(value.partition(".")[2])
    assert shown(t.Decimal(30, scale), Decimal(value), **how) == text


def test_dates_and_times() -> None:
    moment = datetime(2024, 7, 1, 22, 5)
    assert shown(t.Date(), date(2024, 7, 1)) == "2024-07-01"
    assert shown(t.Date(), date(2024, 7, 1), pattern="%d.%m.%Y") == "01.07.2024"
    assert shown(t.Datetime(), moment) == "2024-07-01 22:05:00"
    assert shown(t.Datetime(), moment, style="date") == "2024-07-01"
    assert shown(t.Datetime(zoned=True), moment.replace(tzinfo=UTC), timezone="Europe/Berlin") == "2024-07-02 00:05:00"
    assert shown(t.Time(), time(9, 30)) == "09:30:00"
    assert shown(t.Duration(), timedelta(hours=30)) == "P1DT6H"


def test_booleans_and_lists() -> None:
    assert shown(t.Boolean(), True) == "true"
    assert shown(t.Boolean(), False, style="boolean") == "no"
    assert shown(t.ListOf(t.String()), ["a", "b"]) == "a, b"


def test_a_style_that_does_not_fit_the_type_shows_the_plain_value() -> None:
    assert shown(t.String(), "abc", style="currency") == "abc"
    assert shown(t.Date(), date(2024, 1, 1), style="percent") == "2024-01-01"


@pytest.mark.parametrize(
    ("locale", "text"),
    [("en-GB", "€1,234.50"), ("de_DE.UTF-8", "1.234,50\u00a0€"), ("fr", "1\u202f234,50\u00a0€"),
     ("de-CH", "€\u00a01’234.50"),
     ("tlh", "€1,234.50")],
)  # fmt: skip
def test_a_locale_writes_numbers_its_way(locale: str, text: str) -> None:
    assert shown(t.Number(), 1234.5, locale=locale, style="currency", currency="EUR") == text


@pytest.mark.parametrize(
    ("locale", "currency", "text"),
    [
        ("nl-NL", "EUR", "€\u00a0-1.234,50"), ("de-CH", "CHF", "CHF-1’234.50"), ("tr", "TRY", "-₺1.234,50"),
        ("id", "IDR", "-IDR\u00a01.234,50"), ("pt-BR", "BRL", "-R$\u00a01.234,50"),
        ("sv", "SEK", "-1\u00a0234,50\u00a0SEK"), ("bn", "BDT", "-1,234.50\u00a0BDT"),
        ("de-AT", "EUR", "-€\u00a01.234,50"), ("en-ZA", "ZAR", "-ZAR\u00a01\u00a0234,50"),
    ],
)  # fmt: skip
def test_a_currency_and_its_minus_stand_where_the_locale_puts_them(locale: str, currency: str, text: str) -> None:
    assert shown(t.Number(), -1234.5, locale=locale, style="currency", currency=currency) == text


@pytest.mark.parametrize(
    ("locale", "text"), [("tr", "-%12,5"), ("eu", "-%\u00a012,5"), ("da", "-12,5\u00a0%"), ("it", "-12,5%")]
)
def test_a_percent_sign_stands_where_the_locale_puts_it(locale: str, text: str) -> None:
    assert shown(t.Number(), -0.125, locale=locale, style="percent") == text


def test_punctuation_falls_back_from_region_to_language_to_english() -> None:
    assert punctuation("pt-BR").currency_after is False
    assert punctuation("pt-PT").point == ","
    assert punctuation("xx").group == ","


def test_numbers_stand_right_unless_told_otherwise() -> None:
    assert is_right_aligned(t.Number(), ColumnFormat())
    assert not is_right_aligned(t.Number(), ColumnFormat(align="left"))
    assert not is_right_aligned(t.Integer(), ColumnFormat(style="text"))
    assert is_right_aligned(t.String(), ColumnFormat(align="right"))


def test_number_columns_without_a_format_get_the_decimals_their_values_need() -> None:
    columns = t.Schema({"large": t.Number(), "small": t.Number(), "whole": t.Number(), "year": t.Integer()})
    sample = pl.DataFrame({"large": [1234.5678, 2.0], "small": [0.00123, 0.0], "whole": [2.0, None], "year": [2013, 1]})
    fitted = fitted_formats(Part(columns=columns), sample)
    assert [fitted[name].decimals for name in columns] == [2, 5, None, None]


def test_numbers_without_a_format_have_the_point_of_their_locale() -> None:
    assert shown(t.Decimal(8, 3), Decimal("1.500"), locale="de-DE") == "1,500"
    assert shown(t.Number(), 1.25, locale="de-DE") == "1,25"
    assert shown(t.Number(), 3.0, locale="de-DE") == "3"
    assert shown(t.Decimal(8, 3), Decimal("1.500"), locale="en") == "1.500"
