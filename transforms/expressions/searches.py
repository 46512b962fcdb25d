"""Text searches that filters use: whatever the case, by one Unicode rule on every engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from transforms.expressions import sql_parts as sql
from transforms.expressions.regexes import escaped
from transforms.expressions.signature import Function, Lowered

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlglot import exp


def _any_case(name: str, doc: str, pattern: Callable[[str], str]) -> Function:
    def regex(call: Lowered[pl.Expr] | Lowered[exp.Expression]) -> str:
        return f"(?is){pattern(escaped(call.constant(1)))}"

    return Function(
        signature=f"{name} any case(x: text, part: constant text) -> boolean", doc=doc, hidden=True,
        polars=lambda call: call[0].str.contains(regex(call)),
        sql=lambda call: sql.call("regexp_matches", call[0], sql.text(regex(call))),
    )  # fmt: skip


def _in_any_case(call: Lowered[pl.Expr] | Lowered[exp.Expression]) -> str:
    choices = [escaped(call.constant(index)) for index in range(1, len(call))]
    return f"(?is)^(?:{'|'.join(choices)})$"


SEARCHES = (
    _any_case("contains", "contains, whatever the case", lambda part: part),
    _any_case("starts_with", "starts_with, whatever the case", lambda part: "^" + part),
    _any_case("ends_with", "ends_with, whatever the case", lambda part: part + "$"),
    Function(
        signature="in any case(x: text, choices: constant text...) -> boolean", hidden=True,
        doc="in, whatever the case",
        polars=lambda call: call[0].str.contains(_in_any_case(call)),
        sql=lambda call: sql.call("regexp_matches", call[0], sql.text(_in_any_case(call))),
    ),
    Function(
        signature="contains any of(x: text, parts: constant text...) -> boolean", doc="any part is in x", hidden=True,
        polars=lambda call: call[0].str.contains_any([call.constant(index) for index in range(1, len(call))]),
        sql=lambda call: sql.any_of([sql.call("contains", call[0].copy(), part) for part in call.args[1:]]),
    ),
    Function(
        signature="contains any case of(x: text, parts: constant text...) -> boolean", hidden=True,
        doc="any part is in x, whatever the case",
        polars=lambda call: call[0].str.contains(_any_part(call)),
        sql=lambda call: sql.call("regexp_matches", call[0], sql.text(_any_part(call))),
    ),
)  # fmt: skip


def _any_part(call: Lowered[pl.Expr] | Lowered[exp.Expression]) -> str:
    return f"(?is){'|'.join(escaped(call.constant(index)) for index in range(1, len(call)))}"
