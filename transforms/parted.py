"""An expression around aggregates in two steps: the aggregates of each group, then what is computed of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ir.records import dataclass
from transforms.expressions import Bound
from transforms.expressions.tree import Apply, Field, FrameValue, Node, columns_of, values_of


@dataclass(frozen=True, slots=True)
class Parted:
    """`parts` {column: aggregate}; `around` computes `name` of those columns, and is None where they are it."""

    name: str
    parts: tuple[tuple[str, Bound], ...]
    around: Bound | None = None


def aggregates_of(node: Node) -> Iterator[Apply]:
    """The calls of aggregate functions in the expression."""
    if not isinstance(node, Apply):
        return
    if node.function.kind == "aggregate":
        yield node
        return
    for each in node.args:
        yield from aggregates_of(each)


def parted(name: str, bound: Bound) -> Parted:
    """The expression as it is, or in two steps where it reads other frames outside of its aggregates."""
    return in_parts(name, bound) if _reads_outside(bound.root) else Parted(name, ((name, bound),))


def in_parts(name: str, bound: Bound) -> Parted:
    """The expression in two steps, with a name of its own for each aggregate."""
    parts: dict[str, Apply] = {}

    def around(node: Node) -> Node:
        if not isinstance(node, Apply):
            return node
        if node.function.kind == "aggregate":
            column = f"__{name}.{len(parts)}"
            parts[column] = node
            return Field(node.type, column)
        return replace(node, args=tuple(around(each) for each in node.args))

    root = around(bound.root)
    return Parted(name, tuple((column, _bound(part)) for column, part in parts.items()), _bound(root))


def _reads_outside(node: Node) -> bool:
    """Whether a value of another frame is read outside of the aggregates."""
    if not isinstance(node, Apply):
        return isinstance(node, FrameValue)
    return node.function.kind != "aggregate" and any(_reads_outside(each) for each in node.args)


def _bound(root: Node) -> Bound:
    return Bound(root, "", columns_of(root), False, None, values_of(root))
