"""A column as a database has it, and how its values become ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import polars as pl

from ir.records import dataclass
from ir.types import DataType

if TYPE_CHECKING:
    from sqlglot import exp


class Misfit(Exception):
    """Raised by what takes a driver's values: one of them is none of the column's type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table or query.

    `asked` is the expression that stands for it in the statement (a cast where the driver would not give the value
    as it is), `taken` makes the driver's values those of `type`.
    """

    name: str
    type: DataType
    native: str
    """What the database calls its type, such as numeric(12,2)."""
    asked: exp.Expression | None = None
    """None where the column itself is asked for."""
    taken: Callable[[pl.Expr], pl.Expr] | None = None
    """None where the driver's values only need the cast to our type."""
    misfit: exp.Expression | None = None
    """A condition that is true where the value is none of `type`'s, such as an infinite date; null or false else."""
    checked: bool = False
    """Whether `taken` raises Misfit at every misfit, so that a statement that asks for the column need not look for
    them."""
    text: exp.Expression | None = None
    """The value as text, for the dead letters of such rows; None where a cast to text gives it."""
    sorts_as: exp.Expression | None = None
    """What is compared and sorted in its place, where one value can be written in several ways; None for itself."""
    exact: bool = True
    """Whether the database compares, orders and groups its values as docs/semantics.md says, so that work on it may be
    done there."""
    collation: str | None = None
    """How the database compares its texts; None where that does not matter or is not known."""
    not_null: bool = False
