"""Values of parameters, written into a statement in a form that no text can leave."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any


def bound(statement: str, values: Sequence[Any]) -> str:
    """The statement with each `?` replaced by its value: the driver's protocol has no parameters.

    A text is written as the hexadecimal digits of its bytes, so that nothing in it can be read as SQL, whatever the
    session says of quotes and backslashes.
    """
    if not values:
        return statement
    from sqlglot.dialects.mysql import MySQL
    from sqlglot.tokenizer_core import TokenType

    places = [each for each in MySQL().tokenize(statement) if each.token_type is TokenType.PLACEHOLDER]
    assert len(places) == len(values), "as many values as places"
    parts, end = [], 0
    for place, value in zip(places, values, strict=True):
        parts += [statement[end : place.start], literal(value)]
        end = place.end + 1
    return "".join([*parts, statement[end:]])


def literal(value: Any) -> str:
    """A value as MySQL reads it in any mode."""
    match value:
        case None:
            return "NULL"
        case bool():
            return str(int(value))
        case int() | float() | Decimal():
            return str(value)
        case dt.datetime():
            moment = value.astimezone(dt.UTC).replace(tzinfo=None) if value.tzinfo else value
            return f"'{moment.isoformat(' ')}'"
        case dt.date() | dt.time():
            return f"'{value.isoformat()}'"
    text = str(value)
    return f"_utf8mb4 x'{text.encode().hex()}'" if text else "''"
