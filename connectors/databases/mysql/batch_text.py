"""Rows as the server reads them: lines for LOAD DATA, or literals where it takes no lines.

Of what the server would round, cut or read otherwise without a word, the column is asked here, before it is sent.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from connectors.databases.mysql.target_types import BYTES, second_digits, size_of, words_of
from connectors.databases.nested_values import as_json, is_nested
from ir import types as t
from ir.records import dataclass
from transforms.expressions.polars_columns import exact

_EXACT_INTEGER = 2**53
_SPECIAL = r"[\\\t\n]"
_LITERAL_BYTES = 2_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """How one column is sent: its value as a number or text, and the values that the server's would not equal."""

    value: pl.Expr
    is_text: bool
    is_hex: bool = False
    """Whether the text is the hexadecimal digits of the bytes that are meant."""
    misfits: tuple[tuple[pl.Expr, str], ...] = ()


def sent(name: str, kind: t.DataType, native: str) -> Sent:
    """How a column of ours is sent to one of the type `native`."""
    value, word = exact(name), native.lower().partition("(")[0].split()[0]
    match kind:
        case t.Boolean():
            return Sent(value=value.cast(pl.Int8), is_text=False)
        case t.Integer():
            return Sent(value=value, is_text=False, misfits=_of_integer(value, word, native))
        case t.Decimal():
            whole = word not in {"decimal", "double", "float"}
            return Sent(value=value, is_text=False, misfits=((value % 1 != 0, "too exact"),) if whole else ())
        case t.Number():
            return Sent(value=value, is_text=False)
        case t.Date():
            return Sent(value=value.cast(pl.String), is_text=True)
        case t.Datetime(zoned):
            instant = value.dt.convert_time_zone("UTC").dt.replace_time_zone(None) if zoned else value
            return Sent(value=instant.dt.strftime("%Y-%m-%d %H:%M:%S%.6f"), is_text=True,
                        misfits=_too_exact(instant.dt.timestamp("us"), native))  # fmt: skip
        case t.Time():
            return Sent(value=value.dt.strftime("%H:%M:%S%.6f"), is_text=True,
                        misfits=_too_exact(value.cast(pl.Int64) // 1000, native))  # fmt: skip
        case t.Duration():
            return Sent(value=_length(value), is_text=True, misfits=_too_exact(value.dt.total_microseconds(), native))
        case t.Null():
            return Sent(value=value.cast(pl.String), is_text=True)
    if is_nested(kind):
        return Sent(value=as_json(value, kind), is_text=True)
    if word in BYTES:
        return Sent(value=value, is_text=True, is_hex=True, misfits=_of_bytes(value, word, native))
    return Sent(value=value, is_text=True, misfits=_of_text(value, word, native))


def _of_integer(value: pl.Expr, word: str, native: str) -> tuple[tuple[pl.Expr, str], ...]:
    if word == "year":  # 26 would be read as 2026
        return (((value != 0) & ~value.is_between(1901, 2155), "out of range"),)
    if word == "bit":
        return (
            (((value < 0) | (value >= 2 ** min(size_of(native), 62)), "out of range"),) if size_of(native) < 63 else ()
        )
    if word in {"double", "float"}:
        return ((value.abs() > _EXACT_INTEGER, "too large to be exact"),)
    return ()


def _of_bytes(value: pl.Expr, word: str, native: str) -> tuple[tuple[pl.Expr, str], ...]:
    digits = (~value.str.contains(r"^(?:[0-9A-Fa-f]{2})*$"), "no text of hexadecimal digits")
    if word != "binary":
        return (digits,)
    # fewer bytes would be filled up with zeros
    return (digits, (value.str.len_bytes() != 2 * size_of(native), "not of as many bytes as there must be"))


def _of_text(value: pl.Expr, word: str, native: str) -> tuple[tuple[pl.Expr, str], ...]:
    if word in {"enum", "set"}:  # a number would be read as the place of a word
        numbers = value.str.contains(r"^\s*\d+\s*$") & ~value.is_in(words_of(native))
        return ((numbers, "none of its words"),)
    if word == "char":
        return ((value.str.ends_with(" "), "with spaces at its end, which are lost,"),)
    return ()


def _too_exact(microseconds: pl.Expr, native: str) -> tuple[tuple[pl.Expr, str], ...]:
    digits = second_digits(native)
    return ((microseconds % 10 ** (6 - digits) != 0, "too exact"),) if digits < 6 else ()


def _length(value: pl.Expr) -> pl.Expr:
    """A duration as MySQL has its times: -838:59:59.000000."""
    total = value.dt.total_microseconds()
    left = total.abs()
    parts = [left // 3_600_000_000, left // 60_000_000 % 60, left // 1_000_000 % 60]
    numbers = [each.cast(pl.String).str.zfill(2) for each in parts]
    fraction = (left % 1_000_000).cast(pl.String).str.zfill(6)
    sign = pl.when(total < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    return sign + numbers[0] + ":" + numbers[1] + ":" + numbers[2] + "." + fraction


def lines(rows: pl.DataFrame) -> bytes:
    """Rows of numbers and texts for LOAD DATA: fields behind tabs, null as \\N, and backslashes where they must be."""
    texts = [name for name, kind in rows.schema.items() if kind == pl.String]
    if texts:
        special = rows.select(exact(name).str.contains(_SPECIAL).any() for name in texts).row(0)
        escaped = [_escaped(name) for name, found in zip(texts, special, strict=True) if found]
        rows = rows.with_columns(escaped)
    return rows.write_csv(include_header=False, separator="\t", quote_style="never", null_value="\\N").encode()


def _escaped(name: str) -> pl.Expr:
    value = exact(name)
    for letter, written in ("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"):
        value = value.str.replace_all(letter, written, literal=True)
    return value


def literals(rows: pl.DataFrame, *, hexadecimal: frozenset[str], max_bytes: int) -> Iterator[tuple[int, str]]:
    """Rows as lists of literals, each with the number of rows before it; every text is written as its bytes' digits."""
    fields = [_literal(name, kind, is_hex=name in hexadecimal) for name, kind in rows.schema.items()]
    texts = rows.select(("(" + pl.concat_str(fields, separator=",") + ")").alias("row"))
    ends = texts.select((exact("row").str.len_bytes() + 1).cum_sum()).to_series()
    start, limit = 0, min(_LITERAL_BYTES, max_bytes // 2)
    while start < texts.height:
        before = ends[start - 1] if start else 0
        end = max(int((ends <= before + limit).sum()), start + 1)
        yield start, ",".join(texts.to_series()[start:end])
        start = end


def _literal(name: str, kind: pl.DataType, *, is_hex: bool) -> pl.Expr:
    value = exact(name)
    if kind != pl.String:
        return value.cast(pl.String).fill_null("null")
    digits = value if is_hex else value.cast(pl.Binary).bin.encode("hex")
    return (pl.lit("x'" if is_hex else "_utf8mb4 x'") + digits + "'").fill_null("null")
