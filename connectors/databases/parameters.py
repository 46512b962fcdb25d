"""Values that a statement binds: they stand in its tree as places, and never in its text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from connectors.databases.database import Statement

if TYPE_CHECKING:
    from sqlglot import exp

_VALUE = "bound"
_MARK = "\x01{}\x02"
_STYLES = {"postgres": "${}", "mysql": "?", "sqlite": "?{}"}
"""How a statement names its values, counted from 1."""


def bound(value: Any) -> exp.Placeholder:
    """The place of a value that is given to the driver beside the statement."""
    from sqlglot import exp

    place = exp.Placeholder()
    place.meta[_VALUE] = value
    return place


def statement_of(tree: exp.Expression, dialect: str, *, pretty: bool = False) -> Statement:
    """The statement as it is sent: its text, and the values in the order in which their places stand in it."""
    from sqlglot import exp

    tree = tree.copy()
    values: list[Any] = []
    for place in list(tree.find_all(exp.Placeholder)):
        if _VALUE in place.meta:
            place.replace(exp.Var(this=_MARK.format(len(values))))
            values.append(place.meta[_VALUE])
    text = tree.sql(dialect, pretty=pretty, comments=False)
    if not values:
        return Statement(sql=text)
    order: list[int] = []

    def named(found: re.Match[str]) -> str:
        order.append(int(found[1]))
        return _STYLES[dialect].format(len(order))

    text = re.sub(_MARK.format(r"(\d+)"), named, text)
    return Statement(sql=text, parameters=tuple(values[each] for each in order))
