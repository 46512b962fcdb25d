"""The typed tree an expression is bound to: literals, columns and applied functions, nothing else."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from ir.expressions import Expression
from ir.records import dataclass
from ir.types import DataType

if TYPE_CHECKING:
    from transforms.expressions.signature import Function


@dataclass(frozen=True, slots=True)
class Value:
    """A constant, already of its type: int for integer, float for number, Decimal for decimal …"""

    type: DataType
    value: object


@dataclass(frozen=True, slots=True)
class Field:
    """A column, or a field inside a struct column."""

    type: DataType
    column: str
    path: tuple[str, ...] = ()
    table: str = ""
    """The side of a join that has it, where it is not the first."""

    @property
    def beside(self) -> str:
        """The column's name where the rows of both sides are one table."""
        return f"__{self.table}.{self.column}" if self.table else self.column


@dataclass(frozen=True, slots=True)
class FrameValue:
    """The one value of a column in a frame of one row at most; null where that has no row."""

    type: DataType
    frame: str
    """Its name in the plan's graph."""
    column: str
    path: tuple[str, ...] = ()

    @property
    def beside(self) -> str:
        """The column that holds it beside the rows, for an engine without subqueries."""
        return f"__{self.frame}.{self.column}"


@dataclass(frozen=True, slots=True)
class OrderItem:
    node: Node
    descending: bool
    nulls_first: bool


@dataclass(frozen=True, slots=True)
class Apply:
    """A function on arguments that already have the types it takes."""

    type: DataType
    function: Function
    args: tuple[Node, ...]
    distinct: bool = False
    where: Node | None = None
    order_by: tuple[OrderItem, ...] = ()


Node = Value | Field | FrameValue | Apply


@dataclass(frozen=True, slots=True)
class Bound:
    """An expression that fits its frame: typed, with every name resolved."""

    root: Node
    text: str
    """As people wrote it."""
    columns: frozenset[str]
    is_aggregate: bool
    tree: Expression | None = field(default=None, repr=False)
    """What was parsed; None for conditions, which are not written as text."""
    values: tuple[FrameValue, ...] = ()
    """The values of other frames that stand in it."""

    @property
    def type(self) -> DataType:
        return self.root.type


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below `node`."""
    if not isinstance(node, Apply):
        return ()
    below = node.args + tuple(item.node for item in node.order_by)
    return below if node.where is None else (*below, node.where)


def columns_of(node: Node) -> frozenset[str]:
    """The names of the columns that `node` reads."""
    found: set[str] = set()
    waiting = [node]
    while waiting:
        each = waiting.pop()
        if isinstance(each, Field):
            found.add(each.column)
        waiting.extend(children(each))
    return frozenset(found)


def fields_of(node: Node) -> list[Field]:
    """Every place at which `node` reads a column."""
    below = [found for each in children(node) for found in fields_of(each)]
    return [node, *below] if isinstance(node, Field) else below


def values_of(node: Node) -> tuple[FrameValue, ...]:
    """The values of other frames that `node` reads, each once."""
    found: dict[FrameValue, None] = {}
    waiting = [node]
    while waiting:
        each = waiting.pop(0)
        if isinstance(each, FrameValue):
            found[each] = None
        waiting.extend(children(each))
    return tuple(found)


def is_constant(node: Node) -> bool:
    """Whether an engine computes it from literals alone."""
    return not columns_of(node) and not values_of(node)


def has_kind(node: Node, *kinds: str) -> bool:
    """Whether a function of one of these kinds stands in the tree."""
    if isinstance(node, Apply) and node.function.kind in kinds:
        return True
    return any(has_kind(each, *kinds) for each in children(node))
