"""How a value is shown to people: `format`'s styles as text, in the report's locale and time zone."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from connectors.files.coercion import plain_text
from connectors.files.report import PLAIN, Part, Report
from ir import types as t
from ir.column_format import ColumnFormat
from ir.locales import SPACE, Punctuation, punctuation
from transforms.expressions.polars_columns import exact

SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "CNY": "¥", "INR": "₹", "KRW": "₩", "TRY": "₺",
           "UAH": "₴", "BRL": "R$", "VND": "₫", "ILS": "₪", "NGN": "₦", "PHP": "₱", "BTC": "₿"}  # fmt: skip
WHOLE_CURRENCIES = {"JPY", "KRW", "VND", "CLP", "ISK", "HUF", "XAF", "XOF", "XPF", "UGX", "PYG", "RWF", "KMF"}
SHOWN_DATE = "%Y-%m-%d"
SHOWN_DATETIME = "%Y-%m-%d %H:%M:%S"


def display_columns(part: Part, report: Report, formats: Mapping[str, ColumnFormat] | None = None) -> list[pl.Expr]:
    """Every column of the part as the text to show, under its own name; null only where a null has no `null_text`."""
    shown = []
    for name, kind in part.columns.items():
        how = (formats or part.formats).get(name, PLAIN)
        text = display_cell(exact(name), kind, how, locale=report.locale, timezone=report.timezone)
        shown.append((text if how.null_text is None else text.fill_null(how.null_text)).alias(name))
    return shown


def display_cell(cell: pl.Expr, kind: t.DataType, how: ColumnFormat, *, locale: str, timezone: str) -> pl.Expr:
    """The text of one cell; a style that does not fit the type shows the value as CSV would write it."""
    marks = punctuation(locale)
    style = how.style or _implied_style(how)
    match kind, style:
        case ((t.Integer() | t.Number() | t.Decimal() | t.Boolean()), "number" | "currency" | "percent"):
            return _number(cell, kind, how, style, marks)
        case t.Date(), "date" | "datetime":
            return cell.dt.to_string(how.pattern or SHOWN_DATE)
        case t.Datetime(zoned), None | "date" | "datetime":
            local = cell.dt.convert_time_zone(timezone) if zoned else cell
            return local.dt.to_string(how.pattern or (SHOWN_DATE if style == "date" else SHOWN_DATETIME))
        case t.Date(), None if how.pattern:
            return cell.dt.to_string(how.pattern)
        case ((t.Number() | t.Decimal()), None):
            text = cell.cast(pl.String)
            text = text.str.strip_suffix(".0") if kind == t.Number() else text
            return text if marks.point == "." else text.str.replace(".", marks.point, literal=True)
        case t.Boolean(), "boolean":
            return pl.when(cell).then(pl.lit("yes")).when(~cell).then(pl.lit("no"))
        case t.ListOf(item), _ if not isinstance(item, t.ListOf | t.Struct | t.File):
            words = plain_text(pl.element(), item, timezone=timezone, date_format=None)
            return cell.list.eval(words).list.join(", ", ignore_nulls=True)
        case _:
            return plain_text(cell, kind, timezone=timezone, date_format=None)


def _implied_style(how: ColumnFormat) -> str | None:
    if how.currency:
        return "currency"
    return "number" if how.decimals is not None else None


def decimals_of(kind: t.DataType, how: ColumnFormat) -> int:
    """The digits behind the point that a number style shows."""
    if how.decimals is not None:
        return how.decimals
    if how.style == "percent":
        return 1
    if how.style == "currency" or how.currency:
        return 0 if (how.currency or "").upper() in WHOLE_CURRENCIES else 2
    match kind:
        case t.Integer() | t.Boolean():
            return 0
        case t.Decimal(_, scale):
            return scale
    return 2


def _number(cell: pl.Expr, kind: t.DataType, how: ColumnFormat, style: str | None, marks: Punctuation) -> pl.Expr:
    decimals = decimals_of(kind, how)
    text = _grouped(_fixed(cell, kind, decimals, percent=style == "percent"), decimals, marks)
    match style:
        case "percent":
            return _beside(text, "%", marks.percent.replace("%", "¤"))
        case "currency":
            return _with_currency(text, (how.currency or "").upper(), marks)
    return text


def _fixed(cell: pl.Expr, kind: t.DataType, decimals: int, *, percent: bool) -> pl.Expr:
    """The number with exactly `decimals` digits, rounded half away from zero; one too large for that in full."""
    if isinstance(kind, t.Integer | t.Boolean) and not percent and decimals == 0:
        return cell.cast(pl.Int64).cast(pl.String)
    number = cell.cast(pl.Float64) if isinstance(kind, t.Integer | t.Boolean) else cell
    if isinstance(kind, t.Decimal):
        room = pl.Decimal(38, max(decimals + 2, kind.scale))
        scaled = (number.cast(room) * 100) if percent else number
        rounded = scaled.round(decimals, mode="half_away_from_zero")
    else:
        rounded = (number * 100 if percent else number).round(decimals, mode="half_away_from_zero")
    exact = rounded.cast(pl.Decimal(38, decimals), strict=False).cast(pl.String)
    return pl.coalesce(exact, rounded.cast(pl.String))


def _grouped(text: pl.Expr, decimals: int, marks: Punctuation) -> pl.Expr:
    """Thousands marked and the locale's point. The regex has no look-ahead, so the digits are grouped from behind."""
    sign = pl.when(text.str.starts_with("-")).then(pl.lit("-")).otherwise(pl.lit(""))
    digits = text.str.strip_prefix("-")
    whole = digits.str.head(-(decimals + 1)) if decimals else digits
    groups = whole.str.reverse().str.replace_all(r"(\d{3})", "${1}" + marks.group).str.reverse()
    grouped = groups.str.strip_prefix(marks.group)
    fraction = pl.lit(marks.point) + digits.str.tail(decimals) if decimals else pl.lit("")
    plain = digits.str.contains(r"[a-z]", literal=False)
    return pl.when(plain).then(text).otherwise(sign + grouped + fraction)


def currency_sign(code: str, marks: Punctuation) -> tuple[str, str]:
    """The sign of a currency, and where it stands: letters keep off the number."""
    symbol = SYMBOLS.get(code, code)
    place: str = marks.currency
    if symbol[-1:].isalpha():
        place = place.replace("¤n", "¤ n")
    return symbol, place.replace("n¤", "n ¤") if symbol[:1].isalpha() else place


def _with_currency(text: pl.Expr, code: str, marks: Punctuation) -> pl.Expr:
    symbol, place = currency_sign(code, marks)
    return _beside(text, symbol, place, negative=marks.negative) if symbol else text


def _beside(text: pl.Expr, sign: str, place: str, *, negative: str = "") -> pl.Expr:
    """The number n with the sign for ¤, its minus before both where it does not stand inside."""
    before, after = (each.replace("¤", sign).replace(" ", SPACE) for each in place.split("n"))
    if not before:
        return text + after
    if negative:
        inside = sign + (SPACE if " " in negative else "")
        return pl.when(text.str.starts_with("-")).then(pl.lit(inside) + text).otherwise(pl.lit(before) + text)
    minus = pl.when(text.str.starts_with("-")).then(pl.lit("-")).otherwise(pl.lit(""))
    return minus + before + text.str.strip_prefix("-") + after


def is_right_aligned(kind: t.DataType, how: ColumnFormat) -> bool:
    """Numbers stand right unless shown as text; an `align` wins."""
    if how.align:
        return how.align == "right"
    return isinstance(kind, t.NUMERIC) and how.style not in {"text", "link"}
