"""Text cells to typed values in Polars: what does not fit raises, with the text in the message."""

from __future__ import annotations

import polars as pl

from connectors.files.cells import Cell
from connectors.files.date_format import DateFormat
from ir import types as t
from transforms.dtypes import polars_dtype


def scan_dtype(cell: Cell) -> pl.DataType:
    """What the scan itself reads: integer, number and boolean; everything else is read as text first.

    Polars' own reader is as strict as our grammar for those three. Its dates are not (it takes 31/12/2024),
    and its decimals round half to even.
    """
    if isinstance(cell.kind, t.Integer | t.Number | t.Boolean) and not cell.padded:
        return polars_dtype(cell.kind)
    return pl.String()


def typed(column: pl.Expr, cell: Cell, dtype: pl.DataType) -> pl.Expr:
    """The column's value from what the scan read as `dtype`."""
    if dtype == pl.Float64():
        return column.fill_nan(None)
    if dtype != pl.String() or cell.pattern is None:
        return column
    text = column
    if cell.padded:
        text = column.str.strip_chars(" \t").replace("", None)
    value = _converted(checked(text, cell), cell, strict=True)
    return value.fill_nan(None) if isinstance(cell.kind, t.Number) else value


def lenient(text: pl.Expr, cell: Cell) -> tuple[pl.Expr, pl.Expr]:
    """The column's value from its text, null where the text does not fit, and whether it does not."""
    if cell.pattern is None:
        return text, pl.lit(value=False)
    if cell.padded:
        text = text.str.strip_chars(" \t").replace("", None)
    elif isinstance(cell.kind, t.Integer | t.Number):
        text = text.str.strip_chars_start(" \t")
    fitting = pl.when(text.str.contains(f"^(?:{cell.pattern})$")).then(text)
    value = _converted(fitting, cell, strict=False)
    misfit = text.is_not_null() & value.is_null()
    return (value.fill_nan(None) if isinstance(cell.kind, t.Number) else value), misfit


def takes_two_steps(cell: Cell) -> bool:
    """Whether `checked`, then `moment` read the column faster than `typed`: plain datetimes, seconds and all.

    A million of them cost 0.27 s instead of 0.58 s: most have no fraction, and Polars has a fast way for those; but
    the two readings must share the check, which Polars does for a column and not for an expression.
    """
    match cell.kind:
        case t.Datetime(zoned=False):
            return cell.date_format is None and cell.separator is not None and cell.seconds and not cell.padded
    return False


def moment(text: pl.Expr, cell: Cell) -> pl.Expr:
    """The datetimes of a column of `checked` texts."""
    form = f"%Y-%m-%d{cell.separator}%H:%M:%S"
    is_short = text.str.len_bytes() == len("2026-01-31T23:59:59")
    plain = pl.when(is_short).then(text).str.to_datetime(form, time_unit="us")
    return plain.fill_null(pl.when(~is_short).then(text).str.to_datetime(form + "%.f", time_unit="us"))


def checked(text: pl.Expr, cell: Cell) -> pl.Expr:
    """A text that does not fit is changed so that the strict conversion after it fails and shows it."""
    wrong = pl.concat_str(pl.lit(f"not {cell.kind}: "), text)
    return pl.when(text.str.contains(f"^(?:{cell.pattern})$")).then(text).otherwise(wrong)


def _converted(text: pl.Expr, cell: Cell, *, strict: bool) -> pl.Expr:
    match cell.kind:
        case t.Number():
            return text.str.to_lowercase().cast(pl.Float64(), strict=strict)
        case t.Boolean():
            words = {"true": True, "false": False}
            lower = text.str.to_lowercase()
            if strict:
                return lower.replace_strict(words, return_dtype=pl.Boolean())
            return lower.replace_strict(words, default=None, return_dtype=pl.Boolean())
        case t.Date():
            if cell.date_format is not None:
                return _in_century(text.str.to_date(cell.date_format.polars, strict=strict), cell.date_format)
            return text.str.to_date("%Y-%m-%d", strict=strict)
        case t.Datetime(zoned):
            zone = "UTC" if zoned else None
            if cell.date_format is not None:
                moment = text.str.to_datetime(cell.date_format.polars, time_unit="us", time_zone=zone, strict=strict)
                return _in_century(moment, cell.date_format)
            if cell.separator is None:
                text = text.str.replace(" ", "T", literal=True)
            if not cell.seconds:
                text = text.str.replace("^(.{16})([Z+-].*)?$", "${1}:00${2}")
            form = f"%Y-%m-%d{cell.separator or 'T'}%H:%M:%S%.f"
            return text.str.to_datetime(form + ("%#z" if zoned else ""), time_unit="us", time_zone=zone, strict=strict)
        case t.Time():
            full = pl.when(text.str.len_bytes() == 5).then(pl.concat_str(text, pl.lit(":00"))).otherwise(text)
            return full.str.to_time("%H:%M:%S%.f", strict=strict).cast(pl.Time())
        case t.Duration():
            return _duration(text)
    return text.cast(polars_dtype(cell.kind), strict=strict)


def _in_century(moment: pl.Expr, form: DateFormat) -> pl.Expr:
    """POSIX has 69 mean 1969; Polars alone reads 2069."""
    if "%y" not in form.text:
        return moment
    return pl.when(moment.dt.year() == 2069).then(moment.dt.offset_by("-100y")).otherwise(moment)


def _duration(text: pl.Expr) -> pl.Expr:
    parts = text.str.strip_prefix("-").str.split_exact(":", 2)
    seconds = parts.struct.field("field_2").cast(pl.Decimal(12, 6))
    micros = (
        parts.struct.field("field_0").cast(pl.Int64()) * 3_600_000_000
        + parts.struct.field("field_1").cast(pl.Int64()) * 60_000_000
        + (seconds.cast(pl.Decimal(20, 6)) * 1_000_000).cast(pl.Int64())
    )
    return pl.when(text.str.starts_with("-")).then(-micros).otherwise(micros).cast(pl.Duration("us"))
