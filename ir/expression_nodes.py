"""The tree of a parsed expression: only what the language knows, each part with its span in the text."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Literal as OneOf

from ir.expression_lexer import Span
from ir.records import dataclass
from ir.types import DataType


@dataclass(frozen=True, slots=True)
class Literal:
    """A value as written: 3 is int, 3.0 Decimal, 3e0 float."""

    value: int | Decimal | float | str | bool | None
    span: Span


@dataclass(frozen=True, slots=True)
class TimeLiteral:
    """`date '1998-12-01'`, `timestamp '…'` or `time '…'`."""

    value: datetime.date | datetime.datetime | datetime.time
    span: Span


@dataclass(frozen=True, slots=True)
class Interval:
    """`interval '90' day`: whole months, days and microseconds stay apart, as their lengths differ."""

    months: int
    days: int
    microseconds: int
    span: Span


@dataclass(frozen=True, slots=True)
class Column:
    """A column, or a path that begins with one: `customer.city`, `inputs.month`, `totals.amount`."""

    path: tuple[str, ...]
    span: Span
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Star:
    """The `*` of `count(*)`."""

    span: Span


@dataclass(frozen=True, slots=True)
class SortItem:
    value: Expression
    descending: bool
    nulls_first: bool


@dataclass(frozen=True, slots=True)
class Call:
    name: str
    args: tuple[Expression, ...]
    span: Span
    distinct: bool = False
    where: Expression | None = None
    order_by: tuple[SortItem, ...] = ()


@dataclass(frozen=True, slots=True)
class Over:
    """`call over (partition by … order by … rows between … and …)`, which only a statement takes.

    `frame` counts rows from the current one, None unbounded; without one an order makes it the rows up to the
    current one and its equals, as in standard SQL.
    """

    call: Call
    partition_by: tuple[Expression, ...]
    order_by: tuple[SortItem, ...]
    span: Span
    frame: tuple[int | None, int | None] | None = None


@dataclass(frozen=True, slots=True)
class Cast:
    operand: Expression
    to: DataType
    span: Span
    safe: bool = False
    """True for try_cast."""


@dataclass(frozen=True, slots=True)
class Case:
    branches: tuple[tuple[Expression, Expression], ...]
    otherwise: Expression | None
    span: Span
    operand: Expression | None = None
    """What `case x when 1` compares with; None when the branches are conditions."""


@dataclass(frozen=True, slots=True)
class Between:
    value: Expression
    low: Expression
    high: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class InList:
    value: Expression
    choices: tuple[Expression, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Like:
    value: Expression
    pattern: Expression
    span: Span
    any_case: bool = False
    escape: Expression | None = None


@dataclass(frozen=True, slots=True)
class Is:
    """`x is null`, `x is true`, `x is false`."""

    value: Expression
    what: bool | None
    span: Span


@dataclass(frozen=True, slots=True)
class Unary:
    operator: OneOf["not", "-", "+"]
    value: Expression
    span: Span


BinaryOperator = OneOf["+", "-", "*", "/", "//", "%", "||", "=", "<>", "<", "<=", ">", ">=", "is distinct from"]


@dataclass(frozen=True, slots=True)
class Binary:
    operator: BinaryOperator
    left: Expression
    right: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class Logic:
    """`and` or `or` over two terms or more, flat, so that long chains stay shallow."""

    operator: OneOf["and", "or"]
    terms: tuple[Expression, ...]
    span: Span


Expression = (
    Literal
    | TimeLiteral
    | Interval
    | Column
    | Star
    | Call
    | Over
    | Cast
    | Case
    | Between
    | InList
    | Like
    | Is
    | Unary
    | Binary
    | Logic
)
