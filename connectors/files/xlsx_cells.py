"""A sheet's columns: native number format, width, and the XML of the cells, made by expressions.

XlsxWriter's own cell calls cost 14 s for 100,000 rows of 12 columns, these expressions half a second.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl
from xlsxwriter.utility import xl_col_to_name

from connectors.files.coercion import plain_text
from connectors.files.display import display_cell, is_right_aligned
from connectors.files.report import Report
from connectors.files.xlsx_formats import number_format
from ir import types as t
from ir.column_format import ColumnFormat
from transforms.expressions.polars_columns import exact

EXACT = 10**15
"""Excel keeps 15 digits: a larger integer is written as text, exactly."""
LONGEST_TEXT = 32_767
RULE = "#DDE4EC"
_MICROSECONDS_A_DAY = 86_400_000_000
_EPOCH = 25_569  # 1970-01-01 as Excel counts days
_FIRST_SAFE = 61  # 1900-03-01: before it Excel counts a 29 February 1900 that never was
_LAST_DAY = 2_958_465  # 9999-12-31

_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\ufffe": "_xFFFE_", "\uffff": "_xFFFF_"} | {
    chr(code): f"_x{code:04X}_" for code in range(32) if code not in (9, 10)
}
"""Characters that XML cannot hold are written as Excel does; it reads them back as they were."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of the sheet: how it looks, and its cells."""

    name: str
    kind: t.DataType
    how: ColumnFormat
    width: float
    style: Mapping[str, Any]
    timezone: str

    @property
    def header_lines(self) -> int:
        """The lines the header takes when it wraps in the column's width."""
        return min(4, -(-len(self.name) // max(1, int(self.width - 3))))

    def too_long(self, rows: pl.DataFrame) -> int:
        """How many texts do not fit into a cell."""
        if not isinstance(self.kind, t.String | t.Json):
            return 0
        return int((rows[self.name].str.len_bytes() > LONGEST_TEXT).sum())

    def xml(self, index: int, *, style: int, row: pl.Expr) -> pl.Expr:
        """The cell's XML, given the sheet's row number as text; without a value for a null."""
        cell = exact(self.name)
        head = [pl.lit(f'<c r="{xl_col_to_name(index)}'), row]
        text = plain_text(cell, self.kind, timezone=self.timezone, date_format=None)
        opening = f'" s="{style}" t="inlineStr"><is><t xml:space="preserve">'
        shown = _element(head, opening, _escaped(text), "</t></is></c>")
        if isinstance(self.kind, t.Boolean) and self.how.style != "text":
            native = _element(head, f'" s="{style}" t="b"><v>', cell.cast(pl.Int8).cast(pl.String), "</v></c>")
        elif (number := self._number(cell)) is not None:
            native = _element(head, f'" s="{style}"><v>', number.cast(pl.String), "</v></c>")
            native = pl.coalesce(native, shown)
        else:
            native = shown
        if self.how.null_text is not None:
            absent = _element(head, f'" s="{style}" t="inlineStr"><is><t>', _escaped(pl.lit(self.how.null_text)),
                              "</t></is></c>")  # fmt: skip
            native = pl.coalesce(native, absent)
        return pl.coalesce(native, pl.concat_str([*head, pl.lit(f'" s="{style}"/>')]))

    def _number(self, cell: pl.Expr) -> pl.Expr | None:
        """The value as a number that Excel keeps, null where it could not; None for a column of texts."""
        if self.how.style in {"text", "link"}:
            return None
        match self.kind:
            case t.Integer():
                return pl.when(cell.is_between(-EXACT + 1, EXACT - 1)).then(cell)
            case t.Number():
                return pl.when(cell.is_finite()).then(cell)
            case t.Decimal():
                return pl.when(cell.abs() < EXACT).then(cell)
            case t.Date():
                return _days(cell.cast(pl.Int32) + _EPOCH)
            case t.Datetime(zoned):
                local = cell.dt.convert_time_zone(self.timezone).dt.replace_time_zone(None) if zoned else cell
                return _days(local.dt.epoch("us") / _MICROSECONDS_A_DAY + _EPOCH)
            case t.Time():
                return cell.cast(pl.Int64) / (_MICROSECONDS_A_DAY * 1000)
            case t.Duration():
                days = cell.dt.total_microseconds() / _MICROSECONDS_A_DAY
                return pl.when(days >= 0).then(days)
        return None


def _element(head: list[pl.Expr], opening: str, value: pl.Expr, closing: str) -> pl.Expr:
    return pl.concat_str([*head, pl.lit(opening), value, pl.lit(closing)])


def _escaped(text: pl.Expr) -> pl.Expr:
    cut = pl.when(text.str.len_bytes() > LONGEST_TEXT).then(_cut(text)).otherwise(text)
    literal = cut.str.replace_all(r"_(x[0-9A-Fa-f]{4}_)", "_x005F_${1}")
    return literal.str.replace_many(list(_ESCAPES), list(_ESCAPES.values()))


def _cut(text: pl.Expr) -> pl.Expr:
    """The longest head that fits; a cell counts UTF-16 units, of which a character has one or two."""
    short = text.str.len_chars() <= LONGEST_TEXT // 2
    return pl.when(short).then(text).otherwise(text.str.head(LONGEST_TEXT // 2) + "…")


def _days(serial: pl.Expr) -> pl.Expr:
    return pl.when(serial.is_between(_FIRST_SAFE, _LAST_DAY + 1, closed="left")).then(serial)


def sheet_columns(report: Report, formats: Mapping[str, ColumnFormat], sample: pl.DataFrame) -> list[Column]:
    """The report's columns, as wide as their name and the sample's values need."""
    columns = []
    for name, kind in report.columns.items():
        how = formats[name]
        texts = sample.head(1000).select(
            display_cell(exact(name), kind, how, locale=report.locale, timezone=report.timezone).alias(name)
        )
        lines = texts.to_series().str.split("\n").explode()
        longest = max(lines.drop_nulls().str.len_chars().to_list(), default=0)
        words = max(len(word) for word in name.replace("_", " _").split(" "))
        title = len(name) + 4 if len(name) <= 14 else words + 4
        width = how.width or min(60, max(8, longest + 2, title))
        style: dict[str, Any] = {"num_format": number_format(kind, how, report.locale)}
        style["align"] = how.align or ("right" if is_right_aligned(kind, how) else "left")
        style |= {"valign": "top", "bottom": 1, "bottom_color": RULE}
        if style["align"] == "left":
            style["indent"] = 1  # text keeps its distance from a number at its left
        if longest > 58 or bool(texts.to_series().str.contains("\n", literal=True).any()):
            style["text_wrap"] = True
        columns.append(Column(name=name, kind=kind, how=how, width=float(width), style=style, timezone=report.timezone))
    return columns
