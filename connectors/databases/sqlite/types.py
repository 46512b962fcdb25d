"""The types that SQLite's columns are declared with, and how their values become ours.

A declared type is a wish there: any column may hold any value. What is none of the declared type is a misfit.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

import polars as pl

from connectors.databases.column import Column
from connectors.databases.sqlite.canonical import canonical_date, canonical_datetime, canonical_time
from connectors.databases.sqlite.exact_decimals import no_written_decimal, written_decimals
from connectors.databases.sqlite.moments import dates, datetimes, times
from connectors.databases.sqlite.numbers import EXACT_DIGITS, booleans, decimals, integers, numbers
from ir import types as t
from ir.records import dataclass
from transforms import sql

if TYPE_CHECKING:
    from sqlglot import exp

_MOST_DIGITS = 38


@dataclass(frozen=True, slots=True, kw_only=True)
class Native:
    """A declared type: `words` in upper case without what stands in parentheses, `numbers` what does."""

    words: str
    numbers: tuple[int, ...] = ()
    shown: str = "any"

    @classmethod
    def of(cls, declared: str) -> Native:
        numbers = re.search(r"\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)", declared)
        words = " ".join(re.sub(r"\([^)]*\)", " ", declared).upper().split())
        found = tuple(int(each) for each in numbers.groups() if each is not None) if numbers else ()
        return cls(words=words, numbers=found, shown=declared or "any")


def is_told(declared: str) -> bool:
    """Whether a declared type says what its values are."""
    return _maker(Native.of(declared)) is not None


def column(name: str, declared: str, *, not_null: bool = False, is_kept: bool = False) -> Column:
    """The column of a declared type that `is_told`; where the table `is_kept` strict, every value is of its type."""
    native = Native.of(declared)
    make = _maker(native)
    assert make is not None
    return make(_Asked(name, native, not_null, is_kept))


def sampled_column(name: str, declared: str, kinds: frozenset[str], *, not_null: bool = False) -> Column:
    """The column of a type that says nothing, by the storage classes that were seen in it."""
    asked = _Asked(name, Native(words="", shown=declared or "any"), not_null, False)
    if kinds == {"integer"}:
        return _integer(asked)
    if kinds and kinds <= {"integer", "real"}:
        return _loose_number(asked)
    if kinds == {"blob"}:
        return _bytes(asked)
    return _anything(asked)


@dataclass(frozen=True, slots=True)
class _Asked:
    name: str
    native: Native
    not_null: bool
    is_kept: bool

    @property
    def value(self) -> exp.Expression:
        return sql.column(self.name)

    @property
    def kind(self) -> exp.Expression:
        """The storage class of a value."""
        return sql.call("TYPEOF", self.value)

    def is_of(self, *kinds: str) -> exp.Expression:
        from sqlglot import exp

        return exp.In(this=self.kind, expressions=[sql.text(each) for each in kinds])

    def column(self, kind: t.DataType, *, misfit: exp.Expression | None, asked: exp.Expression | None = None,
               taken: Callable[[pl.Expr], pl.Expr] | None = None, exact: bool = True,
               checked: bool = False, sorts_as: exp.Expression | None = None) -> Column:  # fmt: skip
        return Column(
            name=self.name, type=kind, native=self.native.shown, asked=asked, taken=taken, text=self._text(),
            misfit=None if self.is_kept else misfit, exact=exact, not_null=self.not_null,
            checked=checked, sorts_as=sorts_as,
        )  # fmt: skip

    def _text(self) -> exp.Expression:
        """Bytes as their digits: not all of them are a text."""
        from sqlglot import exp

        digits = sql.call("HEX", self.value)
        return exp.Case(ifs=[exp.If(this=self.is_of("blob"), true=digits)], default=_characters(self.value))


def _maker(native: Native) -> Callable[[_Asked], Column] | None:
    words = native.words
    if words in _WORDS:
        return _WORDS[words]
    if words == "TEXT DECIMAL" and native.numbers:
        return _written_decimal
    if words in {"DECIMAL", "NUMERIC", "DEC", "NUMBER"}:
        return _decimal if native.numbers and native.numbers[-1] <= _MOST_DIGITS else _loose_number
    # SQLite's own rules of affinity, less what has their letters by chance
    if "INT" in words and not words.startswith(("INTERVAL", "POINT")):
        return _integer
    if any(each in words for each in ("CHAR", "CLOB", "TEXT")):
        return _string
    if "BLOB" in words:
        return _bytes
    if any(each in words for each in ("REAL", "FLOA", "DOUB")):
        return _number
    return None


def _integer(asked: _Asked) -> Column:
    return asked.column(t.Integer(), misfit=asked.is_of("real", "text", "blob"), taken=integers, checked=True)


def _number(asked: _Asked) -> Column:
    return asked.column(t.Number(), misfit=asked.is_of("text", "blob"), taken=numbers, checked=True)


def _loose_number(asked: _Asked) -> Column:
    """Integers and reals beside each other; an integer that a number would round is a misfit."""
    from sqlglot import exp

    real = exp.Cast(this=asked.value, to=exp.DataType.build("double"))
    back = exp.Cast(this=real.copy(), to=exp.DataType.build("bigint"))
    rounded = exp.And(this=asked.is_of("integer"), expression=exp.NEQ(this=back, expression=asked.value))
    misfit = exp.Or(this=asked.is_of("text", "blob"), expression=exp.Paren(this=rounded))
    return asked.column(t.Number(), misfit=misfit, asked=real, exact=False)


def _string(asked: _Asked) -> Column:
    """Bytes among the texts are taken as a text too: SQLite does not look whether either is UTF-8."""
    return asked.column(t.String(), misfit=None)


def _anything(asked: _Asked) -> Column:
    """Values of any kind, each as its text."""
    return asked.column(t.String(), misfit=None, asked=asked._text(), exact=False, sorts_as=asked._text())


def _bytes(asked: _Asked) -> Column:
    """As hexadecimal digits; a text among them as the bytes of its letters."""
    from sqlglot import exp

    is_there = exp.Not(this=exp.Is(this=asked.value, expression=exp.null()))  # hex(null) is an empty text
    digits = exp.Case(ifs=[exp.If(this=is_there, true=sql.call("LOWER", sql.call("HEX", asked.value)))])
    return asked.column(t.String(), misfit=asked.is_of("integer", "real"), exact=False, asked=digits)


def _boolean(asked: _Asked) -> Column:
    from sqlglot import exp

    other = exp.Not(this=exp.In(this=asked.value, expressions=[sql.integer(0), sql.integer(1)]))
    return asked.column(t.Boolean(), misfit=exp.Or(this=asked.is_of("real", "text", "blob"), expression=other),
                        taken=booleans, exact=False, checked=True)  # fmt: skip


def _decimal(asked: _Asked) -> Column:
    """By its digits: a real fits that is the nearest one to a decimal of that scale."""
    from sqlglot import exp

    numbers = asked.native.numbers
    precision, scale = min(numbers[0], _MOST_DIGITS), (numbers[1] if len(numbers) > 1 else 0)
    written = sql.call("PRINTF", sql.text(f"%!.{scale}f"), asked.value)
    back = exp.Cast(this=written.copy(), to=exp.DataType.build("double"))
    value = exp.Case(ifs=[exp.If(this=asked.is_of("real"), true=written)], default=_characters(asked.value))
    limit = exp.Literal.number(f"1e{precision - scale}")
    is_large = exp.GTE(this=sql.call("ABS", asked.value), expression=limit)
    is_finer = exp.And(this=asked.is_of("real"), expression=exp.NEQ(this=back, expression=asked.value))
    misfit = cast("exp.Expression", exp.or_(
        asked.is_of("text", "blob"), exp.And(this=asked.is_of("integer", "real"), expression=is_large), is_finer,
    ))  # fmt: skip
    kind = t.Decimal(precision, scale)
    if precision > EXACT_DIGITS:
        return asked.column(kind, misfit=misfit, asked=value, exact=False)
    real = exp.Case(ifs=[exp.If(this=asked.is_of("text", "blob"), true=exp.Literal.number("9e999"))],
                    default=exp.Cast(this=asked.value, to=exp.DataType.build("double")))  # fmt: skip
    return asked.column(kind, misfit=misfit, asked=real, taken=decimals(precision, scale), exact=False,
                        checked=True)  # fmt: skip


def _written_decimal(asked: _Asked) -> Column:
    """As texts with all their digits, which would be sorted as texts."""
    from sqlglot import exp

    precision, scale = (*asked.native.numbers, 0)[:2]
    misfit = no_written_decimal(asked.value, asked.is_of("text"), precision, scale)
    real = exp.Cast(this=asked.value, to=exp.DataType.build("double"))
    return asked.column(t.Decimal(precision, scale), misfit=misfit, taken=written_decimals(precision, scale),
                        exact=False, checked=True, sorts_as=real)  # fmt: skip


def _date(asked: _Asked) -> Column:
    misfit = _odd(asked, _is_date(asked.value), _is_midnight(asked.value), _ends_well(asked.value))
    return asked.column(t.Date(), misfit=misfit, taken=dates, exact=False, checked=True,
                        sorts_as=canonical_date(asked.value))  # fmt: skip


def _datetime(asked: _Asked) -> Column:
    """ISO 8601, with or without an offset to UTC, seconds or time of the day, as SQLite's own functions take it."""
    return asked.column(t.Datetime(), misfit=_no_datetime(asked), taken=datetimes, exact=False, checked=True,
                        sorts_as=canonical_datetime(asked.value))  # fmt: skip


def _zoned(asked: _Asked) -> Column:
    """As a datetime; what has no offset is in UTC."""
    return asked.column(t.Datetime(zoned=True), misfit=_no_datetime(asked), exact=False, checked=True,
                        taken=lambda value: datetimes(value).dt.replace_time_zone("UTC"),
                        sorts_as=canonical_datetime(asked.value))  # fmt: skip


def _time(asked: _Asked) -> Column:
    from sqlglot import exp

    shape = exp.Glob(this=asked.value, expression=sql.text("[0-2][0-9]:[0-5][0-9]*"))
    offset = exp.Not(this=exp.Glob(this=asked.value, expression=sql.text("*[Zz+-]*")))
    is_known = exp.Not(this=exp.Is(this=sql.call("TIME", asked.value), expression=exp.null()))
    hour = sql.call("SUBSTR", asked.value, sql.integer(1))  # the column itself would compare as a number
    misfit = _odd(asked, shape, offset, is_known, _is_below_24(hour), _ends_well(asked.value))
    return asked.column(t.Time(), misfit=misfit, taken=times, exact=False, checked=True,
                        sorts_as=canonical_time(asked.value))  # fmt: skip


def _json(asked: _Asked) -> Column:
    from sqlglot import exp

    is_valid = exp.EQ(this=sql.call("JSON_VALID", asked.value), expression=sql.integer(1))
    return asked.column(t.Json(), misfit=_odd(asked, is_valid), exact=False)


def _no_datetime(asked: _Asked) -> exp.Expression:
    from sqlglot import exp

    is_known = exp.Not(this=exp.Is(this=sql.call("DATETIME", asked.value), expression=exp.null()))
    hour = sql.call("SUBSTR", asked.value, sql.integer(12))
    return _odd(asked, _is_date(asked.value), is_known, _is_below_24(hour), _begins_well(asked.value),
                _ends_well(asked.value))  # fmt: skip


def _is_date(value: exp.Expression) -> exp.Expression:
    """Whether it begins with a date of the calendar: SQLite makes March 3 of February 31, before it adds to it."""
    from sqlglot import exp

    day = sql.call("SUBSTR", value, sql.integer(1), sql.integer(10))
    return exp.EQ(this=sql.call("DATE", day, sql.text("+0 days")), expression=day.copy())


def _is_midnight(value: exp.Expression) -> exp.Expression:
    """Whether there is nothing behind the date, or a time of zeros."""
    from sqlglot import exp

    behind = sql.call("RTRIM", sql.call("SUBSTR", value, sql.integer(11)), sql.text("0"))
    return exp.In(this=behind, expressions=[sql.text(each) for each in ("", " 00:00:", "T00:00:", " 00:00:00.",
                                                                        "T00:00:00.")])  # fmt: skip


def _begins_well(value: exp.Expression) -> exp.Expression:
    """Whether there is nothing behind the date, or one space or T and a digit."""
    from sqlglot import exp

    behind = sql.call("SUBSTR", value, sql.integer(11))
    is_bare = exp.EQ(this=behind, expression=sql.text(""))
    return exp.Paren(
        this=exp.Or(this=is_bare, expression=exp.Glob(this=behind.copy(), expression=sql.text("[ T][0-9]*")))
    )


def _ends_well(value: exp.Expression) -> exp.Expression:
    """Whether no space stands at the end, which SQLite would skip."""
    from sqlglot import exp

    return exp.EQ(this=sql.call("RTRIM", value), expression=value)


def _is_below_24(value: exp.Expression) -> exp.Expression:
    from sqlglot import exp

    return exp.LT(this=value, expression=sql.text("24"))


def _odd(asked: _Asked, *conditions: exp.Expression) -> exp.Expression:
    """Whether it is no text for which all the conditions hold; null is none of them."""
    from sqlglot import exp

    fits = exp.and_(asked.is_of("text"), *conditions)
    is_there = exp.Not(this=exp.Is(this=asked.value, expression=exp.null()))
    return exp.And(this=is_there, expression=sql.call("COALESCE", exp.Not(this=exp.Paren(this=fits)), sql.integer(1)))


def _characters(value: exp.Expression) -> exp.Expression:
    from sqlglot import exp

    return exp.Cast(this=value, to=exp.DataType.build("text"))


_WORDS: dict[str, Callable[[_Asked], Column]] = {
    **dict.fromkeys(("BOOLEAN", "BOOL"), _boolean),
    "DATE": _date,
    **dict.fromkeys(("DATETIME", "TIMESTAMP", "DATETIME2", "SMALLDATETIME", "TIMESTAMP WITHOUT TIME ZONE"), _datetime),
    **dict.fromkeys(("TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE", "DATETIMEOFFSET"), _zoned),
    "TIME": _time,
    **dict.fromkeys(("JSON", "TEXT JSON"), _json),
}
