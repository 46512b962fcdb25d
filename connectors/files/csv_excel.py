"""The CSV that Excel opens by a double click: its marks, its dates, and no text that it would take for a formula."""

from __future__ import annotations

import polars as pl

from connectors.files.coercion import csv_cell
from connectors.files.display import display_columns
from connectors.files.report import Report
from connectors.files.writing import WriteOptions
from ir import types as t
from ir.locales import punctuation
from transforms.expressions.polars_columns import exact

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
FORMULA = r"^([=+\-@\t\r\n\x{FF1D}\x{FF0B}\x{FF0D}\x{FF20}])"
"""How a text begins that a spreadsheet may compute; the last four are = + - @ as East Asian keyboards write them."""
_COUNTED = (*t.NUMERIC, t.Boolean, t.Date, t.Datetime, t.Time)


def excel_separator(report: Report, options: WriteOptions) -> str:
    """What separates the fields: a semicolon where the comma is the decimal mark."""
    return options.delimiter or (";" if has_decimal_comma(report) else ",")


def has_decimal_comma(report: Report) -> bool:
    return punctuation(report.locale).point == ","


def excel_columns(report: Report, options: WriteOptions) -> list[pl.Expr]:
    """The columns as `write_csv` can take them; numbers stay numbers."""
    if options.formatted:
        texts = display_columns(report.tables[0], report)
        return [text if isinstance(kind, _COUNTED) else harmless(text)
                for text, (_, kind) in zip(texts, report.columns.items(), strict=True)]  # fmt: skip
    return [_cell(name, kind, report, options).alias(name) for name, kind in report.columns.items()]


def _cell(name: str, kind: t.DataType, report: Report, options: WriteOptions) -> pl.Expr:
    cell = exact(name)
    match kind:
        case t.Datetime(zoned):
            local = cell.dt.convert_time_zone(report.timezone) if zoned else cell
            text = local.dt.to_string("%Y-%m-%d %H:%M:%S%.f")
            return text.str.replace(".", ",", literal=True) if has_decimal_comma(report) else text
        case t.Number() | t.Decimal() if has_decimal_comma(report):
            return cell.cast(pl.String).str.replace(".", ",", literal=True)
        case _:
            flat = csv_cell(cell, kind, timezone=report.timezone, date_format=options.date_format)
            return flat if isinstance(kind, _COUNTED) else harmless(flat.cast(pl.String))


def harmless(text: pl.Expr) -> pl.Expr:
    """An apostrophe before what would be a formula: Excel then shows the text, and computes nothing."""
    return text.str.replace(FORMULA, "'$1")
