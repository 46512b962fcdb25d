"""Which rows may lie past a value of a column that SQLite does not compare as we do: dates are texts of several forms
there, decimals are floats. More rows than that may pass; the reader leaves them out."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from connectors.databases.parameters import bound
from transforms import sql
from transforms.expressions import sql_parts

if TYPE_CHECKING:
    from sqlglot import exp


def may_be_past(name: str, value: Any) -> exp.Expression:
    """Whether the column's value is that one or may be greater; written so that an index of the column is of use."""
    match value:
        case datetime():
            # the day in UTC may be the one after that of a text with an offset
            limit: Any = (value.date() - timedelta(days=1)).isoformat() if value.date() > date.min else ""
        case date():
            limit = value.isoformat()
        case Decimal():
            limit = math.nextafter(float(value), -math.inf)
        case _:
            limit = value
    return sql_parts.binary(">=", sql.column(name), bound(limit))
