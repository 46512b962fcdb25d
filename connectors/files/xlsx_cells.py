"""A sheet's columns: native number format, width, and the XML of the cells, made by expressions.

XlsxWriter's own cell calls cost 14 s for 100,000 rows of 12 columns, these expressions a third of a second.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
from xlsxwriter.utility import xl_col_to_name

from connectors.files.coercion import plain_text
from ir import types as t
from ir.column_format import ColumnFormat
from ir.records import dataclass
from transforms.expressions.polars_columns import exact

EXACT = 10**15
"""Excel keeps 15 digits: a larger integer is written as text, exactly."""
LONGEST_TEXT = 32_767
_MICROSECONDS_A_DAY = 86_400_000_000
_EPOCH = 25_569  # 1970-01-01 as Excel counts days
_FIRST_SAFE = 61  # 1900-03-01: before it Excel counts a 29 February 1900 that never was
_LAST_DAY = 2_958_465  # 9999-12-31

_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\ufffe": "_xFFFE_", "\uffff": "_xFFFF_"} | {
    chr(code): f"_x{code:04X}_" for code in range(32) if code not in (9, 10)
}
"""Characters that XML cannot hold are written as Excel does; it reads them back as they were."""
_TABLE = str.maketrans(_ESCAPES)
_SPECIAL = r"[&<>\x00-\x08\x0b-\x1f\x{fffe}\x{ffff}]|_x[0-9A-Fa-f]{4}_"
_SPACED = r"^\s|\s$|\n"
"""Texts whose spaces XML would not keep unasked."""


_OF_TWO_UNITS = r"[\x{10000}-\x{10ffff}]"

Piece = str | pl.Expr | pl.Series
"""A part of a row's XML: the same in every row, or a value a row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of the sheet: where it stands, how it looks, and its cells.

    `looks` are styles for rows in which a boolean is true, the first that is wins; all others have `style_id`.
    """

    name: str
    kind: t.DataType
    how: ColumnFormat
    width: float
    style: Mapping[str, Any]
    timezone: str
    index: int = 0
    style_id: int = 0
    looks: tuple[tuple[pl.Expr, int], ...] = ()

    @property
    def letter(self) -> str:
        return str(xl_col_to_name(self.index))

    @property
    def header_lines(self) -> int:
        """The lines the header takes when it wraps in the column's width."""
        return min(4, -(-len(self.name) // max(1, int(self.width - 3))))

    @property
    def is_native(self) -> bool:
        """Whether its cells are numbers or dates that Excel can calculate with."""
        return self.number(exact(self.name)) is not None

    def too_long(self, rows: pl.DataFrame) -> int:
        """How many texts do not fit into a cell."""
        if not isinstance(self.kind, t.String | t.Json):
            return 0
        return int(rows.select(_is_too_long(exact(self.name)).sum()).item())

    def pieces(self, rows: pl.DataFrame, row: pl.Series) -> list[Piece]:
        """The cells' XML, given the sheet's row numbers as texts: every value is in it, as number or as text."""
        return [f'<c r="{self.letter}', row, '" s="', self._style(), '"', *self._contents(rows)]

    def _style(self) -> Piece:
        if not self.looks:
            return str(self.style_id)
        chosen = pl.coalesce(pl.when(where).then(pl.lit(str(style))) for where, style in self.looks)
        return pl.coalesce(chosen, pl.lit(str(self.style_id)))

    def _contents(self, rows: pl.DataFrame) -> list[Piece]:
        """What stands in the cells, from their opening tag's end on.

        A null among the pieces would take the whole row with it, hence they are looked at before they are joined.
        """
        cell = exact(self.name)
        values = rows[self.name]
        if values.null_count() == values.len():
            return [self._absent()]
        if isinstance(self.kind, t.Boolean) and self.how.style != "text":
            opening, native = ' t="b"><v>', rows.select(cell.cast(pl.Int8).cast(pl.String)).to_series()
        elif (number := self.number(cell)) is not None:
            opening, native = "><v>", rows.select(number.cast(pl.String)).to_series()
        else:
            return self._texts(rows, values.null_count())
        if not native.null_count():
            return [opening, native, "</v></c>"]
        found = [pl.concat_str([pl.lit(opening), pl.lit(native), pl.lit("</v></c>")])]
        if native.null_count() > values.null_count():
            found.append(pl.concat_str([piece if isinstance(piece, pl.Expr) else pl.lit(piece)
                                        for piece in self._texts(rows, 0)]))  # fmt: skip
        return [pl.coalesce(*found, pl.lit(self._absent()))]

    def _texts(self, rows: pl.DataFrame, nulls: int) -> list[Piece]:
        text = rows.select(
            plain_text(exact(self.name), self.kind, timezone=self.timezone, date_format=None)
        ).to_series()
        opening: Piece = ' t="inlineStr"><is><t>'
        if text.str.contains(_SPACED).any():
            kept = ' t="inlineStr"><is><t xml:space="preserve">'
            opening = pl.when(pl.lit(text).str.contains(_SPACED)).then(pl.lit(kept)).otherwise(pl.lit(opening))
        if text.str.contains(_SPECIAL).any() or bool((text.str.len_bytes() > LONGEST_TEXT).any()):
            text = pl.select(_escaped(pl.lit(text))).to_series()
        if not nulls:
            return [opening, text, "</t></is></c>"]
        first = opening if isinstance(opening, pl.Expr) else pl.lit(opening)
        return [pl.coalesce(pl.concat_str([first, pl.lit(text), pl.lit("</t></is></c>")]), pl.lit(self._absent()))]

    def _absent(self) -> str:
        if self.how.null_text is None:
            return "/>"
        return f' t="inlineStr"><is><t xml:space="preserve">{escaped(self.how.null_text)}</t></is></c>'

    def number(self, cell: pl.Expr) -> pl.Expr | None:
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


def rows_xml(rows: pl.DataFrame, columns: Sequence[Column], numbers: pl.Series, *, level: int = 0) -> pl.Series:
    """The XML of each row, given its number in the sheet, which counts from 1."""
    row = numbers.cast(pl.String)
    pieces: list[Piece] = ['<row r="', row, f'" outlineLevel="{level}">' if level else '">']
    for column in columns:
        pieces += column.pieces(rows, row)
    lines = rows.select(pl.concat_str(joined_pieces([*pieces, "</row>"])).alias("xml")).to_series()
    assert not lines.null_count()
    return lines


def joined_pieces(pieces: Sequence[Piece]) -> list[pl.Expr]:
    """The pieces with neighbours that never change made one: each piece costs a copy a row."""
    found: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, str) and found and isinstance(found[-1], str):
            found[-1] += piece
        else:
            found.append(piece)
    return [piece if isinstance(piece, pl.Expr) else pl.lit(piece) for piece in found]


def escaped(text: str) -> str:
    """One text as a cell's XML, see `_escaped`."""
    cut = text if len(text.encode("utf-16-le")) <= 2 * LONGEST_TEXT else text[: LONGEST_TEXT // 2] + "…"
    return re.sub(r"_(x[0-9A-Fa-f]{4}_)", r"_x005F_\1", cut).translate(_TABLE)


def _escaped(text: pl.Expr) -> pl.Expr:
    literal = _cut(text).str.replace_all(r"_(x[0-9A-Fa-f]{4}_)", "_x005F_${1}")
    return literal.str.replace_many(list(_ESCAPES), list(_ESCAPES.values()))


def _cut(text: pl.Expr) -> pl.Expr:
    """A head that fits and a sign that there was more: of plain characters all that fit, else half as many."""
    fitting = pl.when(text.str.contains(_OF_TWO_UNITS)).then(LONGEST_TEXT // 2 - 1).otherwise(LONGEST_TEXT - 1)
    return pl.when(_is_too_long(text)).then(text.str.head(fitting) + "…").otherwise(text)


def _is_too_long(text: pl.Expr) -> pl.Expr:
    """Whether a text does not fit: a cell counts UTF-16 units, of which a character has one or two.

    Few texts have more bytes than a cell has units, so that the characters of others are not counted.
    """
    suspect = pl.when(text.str.len_bytes() > LONGEST_TEXT).then(text)
    units = suspect.str.len_chars() + suspect.str.count_matches(_OF_TWO_UNITS)
    return (units > LONGEST_TEXT).fill_null(value=False)


def _days(serial: pl.Expr) -> pl.Expr:
    return pl.when(serial.is_between(_FIRST_SAFE, _LAST_DAY + 1, closed="left")).then(serial)
