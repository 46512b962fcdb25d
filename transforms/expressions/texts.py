"""Functions of text. Characters are Unicode code points, positions count from 1, null gives null unless said."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

import polars as pl

from ir import types as t
from transforms.expressions import sql_parts as sql
from transforms.expressions.casts import BLANKS
from transforms.expressions.letter_case import lower, upper
from transforms.expressions.lists import item_at, split_text
from transforms.expressions.nulls import known
from transforms.expressions.regexes import group_count, polars_regex, problem_of
from transforms.expressions.signature import Function, Lowered
from transforms.expressions.tree import Node, Value

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlglot import exp

    Sql = exp.Expression
    Call = Lowered[pl.Expr]

_WORDS = r"[\p{L}\p{N}]+|[^\p{L}\p{N}]+"
_MAX_WIDTH = 10_000
_MOST = 2**31 - 1
"""The largest place that DuckDB takes in a text."""


def _simple(signature: str, doc: str, polars: Callable[[Call], pl.Expr], duckdb: str,
            aliases: tuple[str, ...] = (), bounds: tuple[int, int] | None = None) -> Function:  # fmt: skip
    return Function(signature=signature, doc=doc, polars=polars, aliases=aliases, bounds=bounds,
                    sql=lambda call: sql.call(duckdb, *(_near(call, index) if isinstance(call.type_of(index),
                                                                                         t.Integer)
                                                        else arg for index,
                                                        arg in enumerate(call.args))))  # fmt: skip


def _trim(name: str, method: str) -> Function:
    def polars(call: Call) -> pl.Expr:
        found: pl.Expr = getattr(call[0].str, method)(call[1] if len(call) > 1 else BLANKS)
        # Polars takes null for blanks
        return found if len(call) == 1 else known(found, call[1])

    where = {"trim": "both ends", "ltrim": "the start", "rtrim": "the end"}[name]
    return Function(
        signature=f"{name}(x: text, characters?: text) -> text", polars=polars,
        doc=f"without blanks (or any of the characters) at {where}",
        sql=lambda call: sql.call(name, call[0], call[1] if len(call) > 1 else sql.text(BLANKS)),
    )  # fmt: skip


def _substring(call: Call) -> pl.Expr:
    """From a start that counts from 1, or from the end when negative."""
    start = call[1]
    offset = pl.when(start > 0).then(start - 1).otherwise(start)
    if len(call) == 2:
        return call[0].str.slice(offset)
    # position 0 stands before the text and uses up one character
    length = pl.max_horizontal(pl.max_horizontal(call[2], pl.lit(0)) - (start == 0).cast(pl.Int64), pl.lit(0))
    return known(call[0].str.slice(offset, length), start, call[2])


def _substring_sql(call: Lowered[Sql]) -> Sql:
    start = _near(call, 1)
    if len(call) == 2:
        return sql.call("substring", call[0], start)
    count = call.apply.args[2]
    if isinstance(count, Value) and isinstance(count.value, int) and count.value >= 0:
        return sql.call("substring", call[0], start, call[2])
    # DuckDB reads backwards for a negative length
    length = sql.call("greatest", _near(call, 2), sql.integer(0))
    if not isinstance(call.apply.args[1], Value):
        # a start so far before the text is brought nearer: as many characters are used up already
        wide, most = sql.cast(call[1].copy(), "HUGEINT"), sql.integer(_MOST)
        used_up = sql.call("least", sql.binary("+", wide, most), sql.integer(0))
        left = sql.call("greatest", sql.binary("+", call[2].copy(), used_up), sql.integer(0))
        length = sql.cast(sql.call("least", left, most.copy()), t.Integer())
    found = sql.call("substring", call[0], start, length)
    return sql.case((sql.binary("is", call[2].copy(), sql.null()), sql.null()), otherwise=found)


def _near(call: Lowered[Sql], index: int) -> Sql:
    """A place or count within 32 bits, beyond which DuckDB refuses it; no text is that long."""
    if isinstance(call.apply.args[index], Value):
        return call[index]
    inside = sql.call("greatest", sql.call("least", call[index], sql.integer(_MOST)), sql.integer(-_MOST))
    return sql.case((sql.binary("is", call[index].copy(), sql.null()), sql.null()), otherwise=inside)


def _replace(call: Call) -> pl.Expr:
    old, new = call.apply.args[1:]
    if isinstance(old, Value) and isinstance(new, Value) and old.value and new.value is not None:
        return call[0].str.replace_all(call[1], call[2], literal=True)
    # Polars takes only a constant to look for and no null to put there: split and join again
    text = pl.when(call[2].is_not_null()).then(call[0])
    found = pl.when(call[1] == "").then(text).otherwise(text.str.split(call[1]).list.join(call[2]))
    return known(found, *call.args)


def _split_part(call: Call) -> pl.Expr:
    index = pl.when(call[2] > 0).then(call[2] - 1).otherwise(call[2])
    found = item_at(split_text(call), index).fill_null("")
    return known(pl.when(call[2] != 0).then(found).otherwise(pl.lit("")), *call.args)


def _repeat(call: Call) -> pl.Expr:
    # only where there is a text to repeat can the times be too many
    times = pl.when(call[0].is_not_null()).then(call[1]).cast(pl.Int32)
    return known(call[0].repeat_by(pl.max_horizontal(times, pl.lit(0))).list.join(""), *call.args)


def _repeat_sql(call: Lowered[Sql]) -> Sql:
    times = sql.case((sql.is_known(call[0].copy()), call[1]))
    return sql.call("repeat", call[0], sql.cast(times, "INTEGER"))


def _pad(name: str) -> Function:
    def polars(call: Call) -> pl.Expr:
        width, fill = call.constant(1), call.constant(2) if len(call) > 2 else " "
        padding = pl.lit(fill * width).str.slice(
            0,
            pl.max_horizontal(
                pl.lit(width, dtype=pl.Int64) - call[0].str.len_chars().cast(pl.Int64), pl.lit(0, dtype=pl.Int64)
            ),
        )
        cut = call[0].str.slice(0, width)
        return padding + cut if name == "lpad" else cut + padding

    return Function(
        signature=f"{name}(x: text, width: constant integer, fill?: constant text) -> text", polars=polars,
        doc="filled up with blanks, or another text, to that many characters; longer text is cut to them",
        sql=lambda call: sql.call(name, call[0], call[1], call[2] if len(call) > 2 else sql.text(" ")),
        check=_check_pad,
    )  # fmt: skip


def _check_pad(function: Function, args: tuple[Node, ...]) -> str | None:
    width = args[1].value if isinstance(args[1], Value) else None
    if not isinstance(width, int) or not 0 <= width <= _MAX_WIDTH:
        return f"{function.name} takes a width from 0 to {_MAX_WIDTH}, not {width}"
    if len(args) > 2 and isinstance(args[2], Value) and not args[2].value:
        return f"{function.name} cannot fill with an empty text"
    return None


def _position(call: Call) -> pl.Expr:
    # find() counts bytes: the characters before the first match tell the place
    before = call[0].str.split(call[1]).list.first().str.len_chars().cast(pl.Int64)
    found = pl.when(call[0].str.contains(call[1], literal=True)).then(before + 1).otherwise(0)
    found = pl.when(call[1] == "").then(1).otherwise(found).cast(pl.Int64)
    return known(found, call[0], call[1])


def _check_pattern(function: Function, args: tuple[Node, ...]) -> str | None:
    pattern = args[1]
    if not isinstance(pattern, Value) or pattern.value is None:
        return f"{function.name} needs a pattern"
    found = problem_of(str(pattern.value))
    if found is None and function.name == "regexp_extract" and len(args) > 2:
        group = args[2].value if isinstance(args[2], Value) else None
        groups = group_count(str(pattern.value))
        if not isinstance(group, int) or not 0 <= group <= groups:
            return f"the pattern has {groups} groups, there is no group {group}"
    return found


def _extract(call: Call) -> pl.Expr:
    pattern = polars_regex(call.constant(1))
    group = call.constant(2) if len(call) > 2 else 0
    return pl.when(call[0].str.contains(pattern)).then(call[0].str.extract(pattern, group).fill_null(""))


def _extract_sql(call: Lowered[Sql]) -> Sql:
    group = call[2] if len(call) > 2 else sql.integer(0)
    return sql.case((sql.call("regexp_matches", call[0], call[1]), sql.call("regexp_extract", call[0], call[1], group)))


def _replaced(call: Call) -> pl.Expr:
    pattern = polars_regex(call.constant(1))
    value = re.sub(r"\\(\d)", r"${\1}", call.constant(2).replace("$", "$$")).replace("\\\\", "\\")
    everywhere = len(call) > 3 and "g" in call.constant(3)
    return call[0].str.replace_all(pattern, value) if everywhere else call[0].str.replace(pattern, value)


def _check_replace(function: Function, args: tuple[Node, ...]) -> str | None:
    flags = args[3].value if len(args) > 3 and isinstance(args[3], Value) else "g"
    if flags not in {"g", ""}:
        return f"{flags!r} is no flag of regexp_replace; 'g' replaces every match, without it the first"
    found = _check_pattern(function, args)
    if found is not None:
        return found
    new = args[2].value if isinstance(args[2], Value) else None
    if new is None:
        return "regexp_replace needs a text to put there, '' to leave the match out"
    assert isinstance(args[1], Value)
    groups = group_count(str(args[1].value))
    wanted = [int(each) for each in re.findall(r"\\(?:\\|(\d))", str(new)) if each]
    missing = next((each for each in wanted if each > groups), None)
    return None if missing is None else f"the pattern has {groups} groups, there is no group {missing}"


def _hash(name: str) -> Function:
    def digest(values: pl.Series) -> pl.Series:
        hashed = [None if each is None else hashlib.new(name, each.encode(), usedforsecurity=False).hexdigest()
                  for each in values]  # fmt: skip
        return pl.Series(values.name, hashed, dtype=pl.String)

    return Function(
        signature=f"{name}(x: text) -> text", doc="the hash of the UTF-8 bytes in hexadecimal",
        polars=lambda call: call[0].map_batches(digest, return_dtype=pl.String, is_elementwise=True),
        sql=lambda call: sql.call(name, call[0]),
    )  # fmt: skip


def _reverse_sql(call: Lowered[Sql]) -> Sql:
    # reverse() keeps together what Unicode's version of the day sees as one letter
    characters = sql.call("list_reverse", sql.call("string_split", call[0], sql.text("")))
    return sql.call("array_to_string", characters, sql.text(""))


def _initcap(call: Call) -> pl.Expr:
    word = pl.element()
    parts = call[0].str.extract_all(_WORDS)
    return parts.list.eval(upper(word.str.slice(0, 1)) + lower(word.str.slice(1))).list.join("")


def _initcap_sql(call: Lowered[Sql]) -> Sql:
    from sqlglot import exp

    word = exp.column("w")
    body = sql.binary("||", sql.call("upper", sql.call("substring", word, sql.integer(1), sql.integer(1))),
                      sql.call("lower", sql.call("substring", word, sql.integer(2))))  # fmt: skip
    words = sql.call("regexp_extract_all", call[0], sql.text(_WORDS))
    capital = sql.call("list_transform", words, exp.Lambda(this=body, expressions=[exp.to_identifier("w")]))
    return sql.call("array_to_string", capital, sql.text(""))


TEXTS = (
    Function(signature="||(x: textual, y: textual) -> text", doc="joined texts; null if either is", hidden=True,
             polars=lambda call: call[0] + call[1], sql=lambda call: sql.binary("||", call[0], call[1])),
    _simple("upper(x: text) -> text", "in capitals", lambda call: upper(call[0]), "upper", ("ucase",)),
    _simple("lower(x: text) -> text", "in small letters", lambda call: lower(call[0]), "lower", ("lcase",)),
    Function(signature="initcap(x: text) -> text", doc="each word's first letter large, the others small",
             polars=_initcap, sql=_initcap_sql),
    _trim("trim", "strip_chars"), _trim("ltrim", "strip_chars_start"), _trim("rtrim", "strip_chars_end"),
    _simple("length(x: text) -> integer", "characters; 0 for an empty text",
            lambda call: call[0].str.len_chars().cast(pl.Int64), "length", ("len", "char_length"), (0, 2**32)),
    Function(signature="substring(x: text, start: integer, count?: integer) -> text", aliases=("substr",),
             doc="from start (1 the first, -1 the last) to the end, or that many characters", polars=_substring,
             sql=_substring_sql),
    _simple("left(x: text, count: integer) -> text",
            "the first characters; a negative count leaves so many out at the end",
            lambda call: call[0].str.head(call[1]), "left"),
    _simple("right(x: text, count: integer) -> text",
            "the last characters; a negative count leaves so many out in front",
            lambda call: call[0].str.tail(call[1]), "right"),
    Function(signature="replace(x: text, old: text, new: text) -> text", polars=_replace,
             doc="every old replaced; an empty old changes nothing",
             sql=lambda call: sql.call("replace", *call.args)),
    Function(signature="concat(x: textual, y: textual...) -> text", doc="joined texts; nulls are left out",
             polars=lambda call: pl.concat_str(call.args, ignore_nulls=True),
             sql=lambda call: sql.call("concat", *call.args)),
    Function(signature="split_part(x: text, separator: text, index: integer) -> text", polars=_split_part,
             doc="the part at index (1 the first, -1 the last); '' where there is none",
             sql=lambda call: sql.call("split_part", call[0], call[1], _near(call, 2))),
    _pad("lpad"), _pad("rpad"),
    Function(signature="position(x: text, part: text) -> integer", aliases=("strpos",), bounds=(0, 2**32),
             doc="where the part begins, 0 where it does not stand; also position(part in x)", polars=_position,
             sql=lambda call: sql.call("strpos", *call.args)),
    Function(signature="reverse(x: text) -> text", sql=_reverse_sql,
             doc="the characters from last to first; an accent that is one by itself then stands in front",
             polars=lambda call: call[0].str.split("").list.reverse().list.join("")),
    Function(signature="repeat(x: text, times: integer) -> text", can_fail=True,
             doc="the text so many times; '' for 0 or fewer, more than 2147483647 is an error",
             polars=_repeat, sql=_repeat_sql),
    _simple("starts_with(x: text, part: text) -> boolean", "case-sensitive",
            lambda call: call[0].str.starts_with(call[1]), "starts_with"),
    _simple("ends_with(x: text, part: text) -> boolean", "case-sensitive",
            lambda call: call[0].str.ends_with(call[1]), "ends_with"),
    _simple("contains(x: text, part: text) -> boolean", "case-sensitive; every text contains ''",
            lambda call: call[0].str.contains(call[1], literal=True), "contains"),
    Function(signature="regexp_matches(x: text, pattern: constant text) -> boolean", check=_check_pattern,
             doc="whether the RE2 pattern stands anywhere in x",
             polars=lambda call: call[0].str.contains(polars_regex(call.constant(1))),
             sql=lambda call: sql.call("regexp_matches", *call.args)),
    Function(signature="regexp_extract(x: text, pattern: constant text, group?: constant integer) -> text",
             doc="the first match, or a group of it ('' if the group took no part); no match gives null",
             check=_check_pattern, polars=_extract, sql=_extract_sql),
    Function(signature="regexp_replace(x: text, pattern: constant text, new: constant text, flags?: constant text)"
                       " -> text",
             doc=r"the first match replaced, with 'g' every one; \1 in new is a group", check=_check_replace,
             polars=_replaced, sql=lambda call: sql.call("regexp_replace", *call.args)),
    _hash("md5"), _hash("sha256"),
)  # fmt: skip
