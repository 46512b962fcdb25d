"""Rows put into a sheet: where those below go, and what the references in formulas become."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html import unescape

from ir.records import dataclass

_REFERENCE = re.compile(
    r'(?P<text>"(?:[^"]|"")*"|\[(?:[^\[\]]|\[[^\]]*\])*\])'
    r"|(?P<sheet>(?:'(?:[^']|'')+'|[^\W\d][\w.]*)!)?"
    r"(?:(?P<first>\$?[A-Z]{1,3}\$?[0-9]{1,7})(?::(?P<last>\$?[A-Z]{1,3}\$?[0-9]{1,7}))?"
    r"|(?P<top>\$?[0-9]{1,7}):(?P<bottom>\$?[0-9]{1,7}))(?![\w(.!\[])"
)
_BEFORE = re.compile(r"[\w.$\]]")
_ROW = re.compile(r"(\$?)([0-9]+)$")


@dataclass(frozen=True, slots=True)
class Shift:
    """`inserted`: behind each of these rows so many new ones, which belong to the area that ends there."""

    inserted: tuple[tuple[int, int], ...] = ()

    def moved(self, row: int) -> int:
        """Where the row is now."""
        return row + sum(count for behind, count in self.inserted if behind < row)

    def stretched(self, row: int) -> int:
        """Where an area ends now that ended in the row."""
        return row + sum(count for behind, count in self.inserted if behind <= row)

    def areas(self, text: str) -> str:
        """An attribute of areas, such as `A1:B8 D4`; a cell that became many is all of them."""
        return " ".join(self._area(each) for each in text.split(" "))

    def merged(self, text: str) -> str:
        """Merged cells, which stay as many as they are."""
        return ":".join(_at(each, self.moved) for each in text.split(":"))

    def _area(self, text: str) -> str:
        first, _, last = text.partition(":")
        first_at, last_at = _at(first, self.moved), _at(last or first, self.stretched)
        return first_at if not last and last_at == first_at else f"{first_at}:{last_at}"


def grown_reference(formula: str, shifts: Mapping[str, Shift]) -> str:
    """The reference of a name or a chart: a cell that became many is all of them."""
    return _REFERENCE.sub(lambda found: _replaced(found, formula, "", shifts, 0, grows=True), formula)


def shifted_formula(formula: str, own: str, shifts: Mapping[str, Shift], *, down: int = 0) -> str:
    """The formula of a cell of the sheet `own`, copied `down` so many rows; sheets are named in small letters."""
    return _REFERENCE.sub(lambda found: _replaced(found, formula, own, shifts, down), formula)


def _replaced(found: re.Match[str], formula: str, own: str, shifts: Mapping[str, Shift], down: int, *,
              grows: bool = False) -> str:  # fmt: skip
    before = formula[found.start() - 1 : found.start()] if found.start() else ""
    if found["text"] is not None or _BEFORE.match(before):
        return found[0]
    prefix = found["sheet"] or ""
    sheet = unescape(prefix[:-1]).strip("'").replace("''", "'").casefold() if prefix else own
    shift = shifts.get(sheet, Shift())
    if found["top"] is not None:
        return f"{prefix}{_at(found['top'], shift.moved, down)}:{_at(found['bottom'], shift.stretched, down)}"
    last = found["last"] or found["first"]
    first_at, last_at = _at(found["first"], shift.moved, down), _at(last, shift.stretched, down)
    is_one = found["last"] is None and not (grows and first_at != last_at)
    return prefix + (first_at if is_one else f"{first_at}:{last_at}")


def _at(reference: str, place: Callable[[int], int], down: int = 0) -> str:
    found = _ROW.search(reference)
    if found is None:
        return reference
    row = place(int(found[2])) + (0 if found[1] else down)
    return f"{reference[: found.start()]}{found[1]}{row}"
