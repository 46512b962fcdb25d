"""The type of a column from a sample of its texts: a type is inferred only where it loses nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence

from connectors.files.cells import BOOLEAN, DATE, INTEGER, NUMBER, Cell
from connectors.files.date_format import DateFormat
from ir import types as t

_PLAIN_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_PLAIN_NUMBER = re.compile(r"-?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_SPECIAL = re.compile(r"[+-]?(?i:nan|inf|infinity)")
_EXACT_DIGITS = 17
_ANY_TYPED = re.compile(f"{INTEGER}|{NUMBER}|{BOOLEAN}|{DATE}.*", re.DOTALL)


def infer_cell(texts: Sequence[str], *, date_format: DateFormat | None = None) -> Cell:
    """How the column that holds `texts` (no nulls among them) is read.

    Leading zeros, a plus sign, digits beyond 64 bits, mixed forms, or nothing to go by: string.
    """
    if not texts:
        return Cell(kind=t.String())
    stripped = [each.strip(" \t") for each in texts]
    padded = stripped != list(texts)
    trimmed = [each for each in stripped if each]
    if not trimmed:
        return Cell(kind=t.String())
    first = trimmed[0]
    if date_format is None and not _ANY_TYPED.fullmatch(first):
        return Cell(kind=t.String())
    for guess in _guesses(trimmed, first, padded, date_format):
        if guess.fits_all(trimmed):
            return guess
    return Cell(kind=t.String())


def _guesses(trimmed: Sequence[str], first: str, padded: bool, date_format: DateFormat | None) -> list[Cell]:
    guesses: list[Cell] = []
    if all(map(_PLAIN_INTEGER.fullmatch, trimmed)):
        guesses.append(Cell(kind=t.Integer(), padded=padded))
    elif _is_number(trimmed):
        guesses.append(Cell(kind=t.Number(), padded=padded))
    guesses.append(Cell(kind=t.Boolean(), padded=padded))
    if date_format is not None:
        kind = t.Datetime() if date_format.has_time else t.Date()
        guesses.append(Cell(kind=kind, padded=padded, date_format=date_format))
    else:
        guesses.append(Cell(kind=t.Date(), padded=padded))
    if date_format is None or not date_format.has_time:
        separator = first[10:11] if first[10:11] in {"T", " "} else None
        if separator is not None:
            guesses += [
                Cell(kind=t.Datetime(zoned=zoned), padded=padded, separator=separator, seconds=seconds)
                for zoned in (False, True)
                for seconds in (True, False)
            ]
    return guesses


def _is_number(trimmed: Sequence[str]) -> bool:
    """Numbers, with nan and infinities beside real ones; more digits than a float keeps stay text."""
    plain = [each for each in trimmed if not _SPECIAL.fullmatch(each)]
    if not plain or not all(map(_PLAIN_NUMBER.fullmatch, plain)):
        return False
    return all(_digits(each) <= _EXACT_DIGITS for each in plain if len(each) > _EXACT_DIGITS)


def _digits(text: str) -> int:
    mantissa = re.split("[eE]", text, maxsplit=1)[0]
    return len(mantissa.replace(".", "").lstrip("-0"))
