"""Python expressions as a tree: what a recording holds and a script prints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ir.records import dataclass


class Node:
    """A part of an expression; what is no Node inside one is a value."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A name, or any other text of Python that needs no parentheses."""

    text: str


@dataclass(frozen=True, slots=True)
class Attribute(Node):
    target: Node
    name: str


@dataclass(frozen=True, slots=True)
class Call(Node):
    function: Node
    args: tuple[Any, ...] = ()
    named: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Item(Node):
    target: Node
    key: Any


@dataclass(frozen=True, slots=True)
class Binary(Node):
    sign: str
    left: Any
    right: Any


@dataclass(frozen=True, slots=True)
class Unary(Node):
    sign: str
    operand: Any
