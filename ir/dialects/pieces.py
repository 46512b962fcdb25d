"""Parts of a document on their way into other words: each knows where it was written, wherever it ends up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any

from ir.diagnostics import Pointer
from ir.document import Origin
from ir.records import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """A value as it was written at `at`, with all that is inside it."""

    value: Any
    at: Pointer


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """A new value that stands for what was written at `at`; pieces and plain values may be inside it."""

    value: Any
    at: Pointer


Piece = Written | Made


class Step(Enum):
    """Steps of a pattern beside keys."""

    EACH = "every element of a list"
    NESTED = "the same in each of the groups below, however deep"


EACH, NESTED = Step.EACH, Step.NESTED
Pattern = Sequence[str | Step]
Rule = Callable[[Piece], Piece | None]
"""What stands in a piece's place: itself, another piece, or nothing."""


def members(piece: Piece) -> dict[str, Piece]:
    """The values of a mapping that are not absent; empty for anything else."""
    if not isinstance(piece.value, Mapping):
        return {}
    return {key: inside(piece, key, each) for key, each in piece.value.items() if _is_present(each)}


def elements(piece: Piece | None) -> list[Piece]:
    """The elements of a list; empty for anything else."""
    if piece is None or not isinstance(piece.value, list):
        return []
    return [inside(piece, index, each) for index, each in enumerate(piece.value)]


def inside(piece: Piece, part: str | int, value: Any) -> Piece:
    """`value`, which stands at `part` of the piece, as a piece."""
    if isinstance(value, Written | Made):
        return value
    return Written(value, (*piece.at, part)) if isinstance(piece, Written) else Made(value, piece.at)


def _is_present(value: Any) -> bool:
    return (value.value if isinstance(value, Written | Made) else value) is not None


def member(piece: Piece, key: str) -> Piece | None:
    """The value under `key`, if there is one."""
    return members(piece).get(key)


def word(piece: Piece | None) -> str | None:
    """The text that the piece is, or None."""
    return piece.value if piece is not None and isinstance(piece.value, str) else None


def plain(piece: Any) -> Any:
    """The value without a memory of where it comes from."""
    return settle(piece)[0]


def replaced(piece: Piece, pattern: Pattern, rule: Rule) -> Piece | None:
    """The piece with what stands at `pattern` in it replaced as `rule` says; itself where nothing is."""
    if not pattern:
        return rule(piece)
    head, rest = pattern[0], pattern[1:]
    if head is NESTED:
        below = replaced(piece, rest, rule)
        return None if below is None else replaced(below, ["groups", EACH, *pattern], rule)
    if head is EACH:
        before = elements(piece)
        after = [replaced(each, rest, rule) for each in before]
        if all(one is other for one, other in zip(before, after, strict=True)):
            return piece
        return Made([each for each in after if each is not None], piece.at)
    found = member(piece, str(head))
    if found is None:
        return piece
    new = replaced(found, rest, rule)
    return piece if new is found else with_member(piece, str(head), new)


def with_member(piece: Piece, key: str, value: Piece | None) -> Piece:
    """The mapping with another value under `key`, or without the key."""
    return Made({**members(piece), key: value} if value is not None else without(members(piece), key), piece.at)


def renamed(piece: Piece, old: str, new: str, value: Piece | None = None) -> Piece:
    """The mapping with the key `old` called `new`, at the same place among the others."""
    parts = members(piece)
    value = value or parts[old]
    kept = {key: each for key, each in parts.items() if key != new}
    return Made({new if key == old else key: value if key == old else each for key, each in kept.items()}, piece.at)


def without(mapping: Mapping[str, Piece], *keys: str) -> dict[str, Piece]:
    """The mapping without some keys."""
    return {key: each for key, each in mapping.items() if key not in keys}


def settle(tree: Any, at: Pointer = ()) -> tuple[Any, dict[Pointer, Origin]]:
    """The plain value of a tree of pieces that will stand at `at`, and where each of its parts was written."""
    origins: dict[Pointer, Origin] = {}
    return _settled(tree, at, origins), origins


def _settled(tree: Any, at: Pointer, origins: dict[Pointer, Origin]) -> Any:
    if isinstance(tree, Written):
        origins[at] = Origin(tree.at, exact=True)
        return tree.value
    if isinstance(tree, Made):
        origins[at] = Origin(tree.at, exact=False)
        tree = tree.value
    if isinstance(tree, Mapping):
        return {key: _settled(each, (*at, key), origins) for key, each in tree.items()}
    if isinstance(tree, list):
        return [_settled(each, (*at, index), origins) for index, each in enumerate(tree)]
    return tree
