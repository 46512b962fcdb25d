"""Which way the parts of a text run: the Unicode bidirectional algorithm (UAX 9) without explicit controls.

Data has its embeddings, overrides and isolates taken out before (see `characters`), which leaves the rules for weak
and neutral characters, brackets among them.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from itertools import pairwise

RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff]")
_NEUTRAL = frozenset({"B", "S", "WS", "ON"})
_PAIRS = {"(": ")", "[": "]", "{": "}", "⟨": "⟩", "«": "»", "〈": "〉", "《": "》", "「": "」", "『": "』", "【": "】"}
_IGNORED = frozenset({"BN", "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})


@cache
def _kind(character: str) -> str:
    return unicodedata.bidirectional(character) or "L"


def levels(text: str) -> list[int]:
    """The embedding level of each character: even runs left to right, odd right to left."""
    if not RIGHT_TO_LEFT.search(text):
        return [0] * len(text)
    all_kinds = [_kind(character) for character in text]
    base = _base(text)
    places = [place for place, kind in enumerate(all_kinds) if kind not in _IGNORED]
    kinds = [all_kinds[place] for place in places]
    direction = "R" if base else "L"
    _resolve_weak(kinds, direction)
    _resolve_brackets(kinds, [text[place] for place in places], direction)
    _resolve_neutral(kinds, direction)
    found = [base] * len(text)
    for place, kind in zip(places, kinds, strict=True):
        found[place] = base + (kind != "L" if base == 0 else kind != "R")
        if base == 0 and kind in ("EN", "AN"):
            found[place] = 2
    for place, kind in enumerate(all_kinds):
        if kind in _IGNORED and place:
            found[place] = found[place - 1]
    for place in range(len(text) - 1, -1, -1):
        if all_kinds[place] not in ("WS", "S", "B") and all_kinds[place] not in _IGNORED:
            break
        found[place] = base
    return found


def _base(text: str) -> int:
    """The level of the text as a whole: its first letter's."""
    return next((int(kind != "L") for each in text if (kind := _kind(each)) in ("L", "R", "AL")), 0)


def runs_right_to_left(text: str) -> bool:
    return RIGHT_TO_LEFT.search(text) is not None and bool(_base(text))


def in_direction_of(text: str, lines: list[str]) -> list[str]:
    """The lines of a text, those marked that would run right to left no more without the text before."""
    if not runs_right_to_left(text):
        return lines
    return [line if _base(line) else f"\u200f{line}" for line in lines]


def _resolve_weak(kinds: list[str], direction: str) -> None:
    """Rules W1 to W7: marks, numbers, their separators and signs."""
    before, strong = direction, direction
    for place, kind in enumerate(kinds):
        if kind == "NSM":
            kinds[place] = kind = before
        if kind == "EN" and strong == "AL":
            kinds[place] = "AN"
        if kind in ("L", "R", "AL"):
            strong = kind
        before = kind
    kinds[:] = ["R" if kind == "AL" else kind for kind in kinds]
    for place in range(1, len(kinds) - 1):
        left, kind, right = kinds[place - 1 : place + 2]
        if left == right and ((left == "EN" and kind in ("ES", "CS")) or (left == "AN" and kind == "CS")):
            kinds[place] = left
    place = 0
    while place < len(kinds):
        end = place
        while end < len(kinds) and kinds[end] == "ET":
            end += 1
        if end > place:
            beside = (place > 0 and kinds[place - 1] == "EN") or (end < len(kinds) and kinds[end] == "EN")
            kinds[place:end] = ["EN" if beside else "ON"] * (end - place)
        place = max(end, place + 1)
    strong = direction
    for place, kind in enumerate(kinds):
        if kind in ("ES", "CS"):
            kinds[place] = "ON"
        elif kind in ("L", "R"):
            strong = kind
        elif kind == "EN" and strong == "L":
            kinds[place] = "L"


def _side(kind: str) -> str | None:
    """The direction that a resolved character counts as for neutrals beside it."""
    return "L" if kind == "L" else "R" if kind in ("R", "EN", "AN") else None


def _resolve_brackets(kinds: list[str], text: list[str], direction: str) -> None:
    """Rule N0: both brackets of a pair run the way of what is inside, if that is the text's or what stands before."""
    opened: list[tuple[str, int]] = []
    pairs: list[tuple[int, int]] = []
    for place, character in enumerate(text):
        if kinds[place] != "ON":
            continue
        if character in _PAIRS and unicodedata.mirrored(character) and character != "«":
            if len(opened) == 63:
                break
            opened.append((_PAIRS[character], place))
        elif any(closing == character for closing, _ in opened):
            while opened[-1][0] != character:
                opened.pop()
            pairs.append((opened.pop()[1], place))
    for start, end in sorted(pairs):
        inside = {_side(kind) for kind in kinds[start + 1 : end]} - {None}
        if not inside:
            continue
        chosen = direction
        if direction not in inside:
            before = next((side for kind in reversed(kinds[:start]) if (side := _side(kind))), direction)
            chosen = before if before != direction else direction
        kinds[start] = kinds[end] = chosen


def _resolve_neutral(kinds: list[str], direction: str) -> None:
    """Rules N1 and N2: neutrals between two of one direction take it, others the text's."""
    place = 0
    while place < len(kinds):
        end = place
        while end < len(kinds) and kinds[end] in _NEUTRAL:
            end += 1
        if end > place:
            left = _side(kinds[place - 1]) if place else direction
            right = _side(kinds[end]) if end < len(kinds) else direction
            kinds[place:end] = [left if left == right and left else direction] * (end - place)
        place = max(end, place + 1)


def runs(text: str) -> list[tuple[int, int, int]]:
    """The parts of one level in the order they are read: start, end, level."""
    if not text:
        return []
    found = levels(text)
    edges = [0, *(place for place in range(1, len(text)) if found[place] != found[place - 1]), len(text)]
    return [(start, end, found[start]) for start, end in pairwise(edges)]


def visual_order(of_levels: list[int]) -> list[int]:
    """The places of parts with these levels from left to right (rule L2)."""
    order = list(range(len(of_levels)))
    for level in range(max(of_levels, default=0), 0, -1):
        place = 0
        while place < len(order):
            end = place
            while end < len(order) and of_levels[order[end]] >= level:
                end += 1
            if end > place:
                order[place:end] = order[place:end][::-1]
            place = max(end, place + 1)
    return order
