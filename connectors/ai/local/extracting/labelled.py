"""Places in a text where a label stands, and what stands behind, beside and below it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice

from connectors.ai.local.extracting.labels import NOT_AFTER, NOT_BEFORE
from connectors.ai.local.extracting.page import Cell, Page, folded
from ir.records import dataclass

_WEAKEST = 0.5
_NEAR = 60
_FAR = 400
"""Characters before and behind a label that are looked at."""
_NO = r"(?:\s?(?:no|nr|num|number|nummer|numero|n°|nº|№|#|id)\.?(?![^\W\d_]))?"
_MOST = 500
"""Of a label that stands there more often the first ones are looked at: no document has so many, and a hostile text
must not keep a core busy."""
_SEPARATOR = re.compile(r"^[\s.)*]*(?:\((?:[^()]{1,25})\)\s*)?[:：=#\-–]*\s*")
_PERCENT = re.compile(r"^[@(\s]*(?:\d{1,2}(?:[.,]\d{1,2})?\s?%|%\s?\d{1,2})\)?\s*[:=]?\s*")
_ONLY_CURRENCY = re.compile(r"^\s*[(\[]?(?:[A-Z]{3}|[€$£¥])[)\]]?\s*[:：]?\s*$")
"""What stands behind a label in place of the value, which is in the next cell: Total EUR."""
_SENTENCE = re.compile(r"^\s*(?:is|was|are|ist|betragt|est|es|e|di|von|of|to|am|on|the|der|die)\s+")


@dataclass(frozen=True, slots=True)
class Place:
    """Text in which a label's value may stand, and how likely it is to be that of the label."""

    text: str
    weight: float
    where: str
    """behind, beside or below the label"""
    has_colon: bool
    line: int
    cell: Cell


def places(page: Page, labels: Sequence[str], *, role: str | None) -> Iterator[Place]:
    """Where values of these labels may stand, in no order."""
    if not labels:
        return
    ranks = {label: 1 - (1 - _WEAKEST) * index / max(1, len(labels) - 1) for index, label in enumerate(labels)}
    # A pattern of the few labels that are there at all is ten times as fast as one of them all.
    there = tuple(label for label in labels if label.split(" ", 1)[0] in page.folded)
    if not there:
        return
    pattern = _pattern(there)
    found = ((cell, small, match) for cell in page.cells() for small in (folded(cell.text),)
             for match in pattern.finditer(small))  # fmt: skip
    for cell, small, match in islice(found, _MOST):
        if not _means_another(small, match, role):
            yield from _around(page, cell, match, ranks[" ".join(match["label"].split())], role)


@lru_cache(maxsize=256)
def _pattern(labels: tuple[str, ...]) -> re.Pattern[str]:
    written = "|".join(_bounded(each) for each in sorted(labels, key=len, reverse=True))
    return re.compile(f"(?P<label>{written})")


def _bounded(label: str) -> str:
    # Words of Chinese and Japanese stand in a row without blanks.
    before = r"(?<![^\W_])" if label[0].isalnum() and label[0] < "\u0500" else ""
    after = r"(?![^\W_])" if label[-1].isalnum() and label[-1] < "\u0500" else ""
    return before + re.escape(label).replace(r"\ ", r"\s+") + after


def _before(text: str, match: re.Match[str]) -> str:
    return text[max(0, match.start() - _NEAR) : match.start()]


def _behind(text: str, match: re.Match[str]) -> str:
    return text[match.end() : match.end() + _FAR]


def _means_another(text: str, match: re.Match[str], role: str | None) -> bool:
    before, after = _before(text, match).rstrip(" -("), _behind(text, match).lstrip(" -.(")
    return any(_ends(before, each) for each in NOT_BEFORE.get(role or "", ())) or any(
        _begins(after, each) for each in NOT_AFTER.get(role or "", ())
    )


def _ends(text: str, word: str) -> bool:
    return text.endswith(word.rstrip("-")) and not text[: -len(word.rstrip("-"))][-1:].isalnum()


def _begins(text: str, word: str) -> bool:
    return text.startswith(word) and not text[len(word) : len(word) + 1].isalpha()


def _around(page: Page, cell: Cell, match: re.Match[str], rank: float, role: str | None) -> Iterator[Place]:
    before, after = _before(cell.text, match), _behind(cell.text, match)
    number = re.match(_NO, folded(after))
    after = after[number.end() :] if number else after
    is_first = not before.strip(" *•-–·|>\"'(")
    gap = _SEPARATOR.match(after)
    separator = gap[0] if gap else ""
    has_colon = any(each in separator for each in ":：=#")
    after = _ONLY_CURRENCY.sub("", after)
    rest = _PERCENT.sub("", after[len(separator) :]) if role in ("tax", "discount") else after[len(separator) :]
    sentence = _SENTENCE.match(rest)
    if sentence and not has_colon:
        rest = rest[sentence.end() :]
    start = 1.0 if is_first else 0.85 if has_colon else 0.6
    if rest.strip():
        yield Place(rest.strip(), rank * start * (1.0 if has_colon else 0.9), "behind", has_colon, cell.line, cell)
    if rest.strip() and not has_colon:
        return  # the label of another value, such as "Total" of "Total weight"
    if not rest.strip():
        beside = page.after(cell)
        while beside is not None and not beside.text.strip(" :："):
            beside = page.after(beside)
        if beside is not None:
            yield Place(beside.text.lstrip(" :："), rank * start * 0.97, "beside", has_colon, cell.line, beside)
            further = page.after(beside)
            if further is not None:
                yield Place(further.text, rank * start * 0.7, "beside", has_colon, cell.line, further)
        below = page.below(cell)
        if below is not None:
            table = page.is_heading_of_table(cell)
            weight = 0.55 if table else 0.9 if beside is None or len(page.lines[cell.line]) > 1 else 0.7
            yield Place(below.text, rank * start * weight, "below", has_colon, below.line, below)
