"""A sheet's words: number formats, date patterns and names as Excel wants them."""

from __future__ import annotations

import re
from collections.abc import Container

from connectors.files.display import SHOWN_DATE, SHOWN_DATETIME, currency_sign, decimals_of
from ir import types as t
from ir.column_format import ColumnFormat
from ir.locales import punctuation


def number_format(kind: t.DataType, how: ColumnFormat, locale: str) -> str:
    """The column's native number format; Excel itself shows it in the reader's locale."""
    style = how.style or ("currency" if how.currency else "number" if how.decimals is not None else None)
    match kind:
        case t.Date() | t.Datetime():
            shown = SHOWN_DATE if isinstance(kind, t.Date) or style == "date" else SHOWN_DATETIME
            return excel_pattern(how.pattern or shown) or excel_pattern(shown) or "General"
        case t.Time():
            return "hh:mm:ss"
        case t.Duration():
            return "[h]:mm:ss"
        case t.Integer() | t.Number() | t.Decimal() if style in {"number", "currency", "percent"}:
            return _styled_number(decimals_of(kind, how), style, (how.currency or "").upper(), locale)
        case t.Integer():
            return "0"
        case t.Decimal(_, scale):
            return "0." + "0" * scale if scale else "0"
        case t.Number():
            return "General"
        case t.Boolean():
            return '"TRUE";"TRUE";"FALSE"'  # Excel shows booleans so by itself, LibreOffice would show 1 and 0
    return "@"


def _styled_number(decimals: int, style: str | None, currency: str, locale: str) -> str:
    fraction = "." + "0" * decimals if decimals else ""
    marks = punctuation(locale)
    if style == "percent":
        before, after = (each.replace(" ", "\u00a0") for each in marks.percent.split("n"))
        return f"{before}0{fraction}{after}"
    symbol, place = currency_sign(currency, marks)
    symbol = symbol.replace('"', "")  # it would end the literal, and make a format that Excel refuses to open
    if style != "currency" or not symbol:
        return f"#,##0{fraction}"
    if marks.currency_after:
        space = "\u00a0" if " " in place else ""
        return f'#,##0{fraction}{space}"{symbol}"'
    shown = '"' + symbol + ("\u00a0" if " " in place else "") + '"'
    negative = (shown if " " in marks.negative else f'"{symbol}"') + "-" if marks.negative else f"-{shown}"
    return f"{shown}#,##0{fraction};{negative}#,##0{fraction}"


_TOKENS = {"Y": "yyyy", "y": "yy", "m": "mm", "d": "dd", "e": "d", "b": "mmm", "B": "mmmm", "a": "ddd", "A": "dddd",
           "H": "hh", "M": "mm", "S": "ss", "F": "yyyy\\-mm\\-dd", "T": "hh:mm:ss", "R": "hh:mm",
           "-d": "d", "-m": "m", "-H": "h", "%": '"%"'}  # fmt: skip


def excel_pattern(pattern: str) -> str | None:
    """A strftime pattern as Excel's; None where Excel has no word for a part of it."""
    parts = re.split(r"%(-?.)", pattern)
    if any(token not in _TOKENS for token in parts[1::2]):
        return None
    literals = [re.sub(r'[^ :.,/\-"]+', lambda found: f'"{found[0]}"', text.replace('"', "")) for text in parts[::2]]
    literals = [text.replace("-", "\\-") for text in literals]
    tokens = [_TOKENS[token] for token in parts[1::2]] + [""]
    return "".join(literal + token for literal, token in zip(literals, tokens, strict=True))


_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]")
"""What Excel forbids, and the marks that would turn the direction of what follows on the row of tabs."""


def sheet_name(text: str) -> str:
    """The text as a sheet's name: Excel forbids some characters, its own word History, and more than 31 units."""
    name = _cut(" ".join(_NOT_IN_NAMES.sub(" ", text).split()).strip("' "), 31).strip("' ")
    return "Sheet1" if not name else f"{name} 1" if name.casefold() == "history" else name


def free_sheet_name(text: str, taken: Container[str]) -> str:
    """The text as a sheet's name, with (2), (3) … where one differs from those taken by its case at most."""
    name = first = sheet_name(text)
    number = 2
    while name.casefold() in taken:
        tail = f" ({number})"
        name = _cut(first, 31 - len(tail)).rstrip("' ") + tail
        number += 1
    return name


def _cut(text: str, units: int) -> str:
    """The longest head of so many UTF-16 units, which is how Excel counts."""
    while len(text.encode("utf-16-le")) > 2 * units:
        text = text[:-1]
    return text
