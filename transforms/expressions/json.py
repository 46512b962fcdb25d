"""Reading values out of JSON texts, by paths that mean the same on every engine."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

from transforms.expressions import sql_parts as sql
from transforms.expressions.signature import Function, Lowered
from transforms.expressions.tree import Node, Value

if TYPE_CHECKING:
    from sqlglot import exp

    Sql = exp.Expression

_STEP = re.compile(r"""\.?([^.\[\]"'$*\\]+)|\[(\d+)\]|\[(?:'([^'"\\]+)'|"([^'"\\]+)")\]""")


def path_steps(path: str) -> list[str | int] | None:
    """The keys and places of a path such as `a.b[0]['a key']`; None where it is none."""
    rest = path.strip().removeprefix("$")
    steps: list[str | int] = []
    while rest:
        found = _STEP.match(rest)
        if found is None:
            return None
        plain, place, single, double = found.groups()
        steps.append(int(place) if place is not None else plain or single or double)
        rest = rest[found.end() :]
    return steps


def _path(call: Lowered[pl.Expr] | Lowered[Sql], key: str) -> str:
    steps = path_steps(call.constant(1)) or []
    return "$" + "".join(f"[{each}]" if isinstance(each, int) else key.format(each) for each in steps)


def _check_path(function: Function, args: tuple[Node, ...]) -> str | None:
    path = args[1].value if isinstance(args[1], Value) else None
    if not isinstance(path, str) or path_steps(path) is None:
        return f"{path!r} is no path of {function.name}; a path reads a.b[0] or a['a key']"
    return None


_AS_DIGITS = 10**16
"""From here on Polars writes a number of JSON with an exponent, and DuckDB as the text has it."""


def _json_get_sql(call: Lowered[Sql]) -> Sql:
    from sqlglot import exp

    path = sql.text(_path(call, '."{}"'))
    found = exp.column("found")
    number = sql.cast(found, "DOUBLE", safe=True)
    large = sql.binary(">=", sql.call("abs", number), sql.integer(_AS_DIGITS))
    is_large = exp.And(
        this=large, expression=sql.binary("=", sql.call("json_type", call[0].copy(), path), sql.text("DOUBLE"))
    )
    # an infinite one is no JSON to Polars; NaN is the largest of all to DuckDB
    spelled = sql.case((sql.call("isfinite", number.copy()), sql.cast(number.copy(), "VARCHAR")))
    alike = sql.case((is_large, spelled), otherwise=found.copy())
    # a list of one, so that what is found is looked for once
    taken = exp.Array(expressions=[sql.call("json_extract_string", call[0], path.copy())])
    body = exp.Lambda(this=alike, expressions=[exp.to_identifier("found")])
    value = sql.call("list_extract", sql.call("list_transform", taken, body), sql.integer(1))
    # DuckDB refuses what is no JSON
    return sql.case((sql.call("json_valid", call[0].copy()), value))


JSON = (
    Function(signature="json_get(x: text, path: constant text) -> text", check=_check_path,
             doc="the value at a path such as a.b[0] as text, null where there is none or x is no JSON",
             polars=lambda call: call[0].str.json_path_match(_path(call, "['{}']")), sql=_json_get_sql),
)  # fmt: skip
