"""Rows of a table in a text as objects: the columns are found by their headings."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from connectors.ai.local.extracting.fields import fits
from connectors.ai.local.extracting.labels import LABELS
from connectors.ai.local.extracting.page import Cell, Page, folded
from connectors.ai.local.extracting.reading import Habits, readings
from connectors.ai.local.extracting.roles import Role, role_of
from connectors.ai.shape import Field

_CLOSING = (each for name in ("total", "net", "tax", "shipping", "discount") for each in LABELS[name] if len(each) > 2)
_END = re.compile(rf"^(?:{'|'.join(map(re.escape, _CLOSING))})(?![^\W_])")
_CARRIED = re.compile(
    r"(?:carried|brought) (?:forward|over)|ubertrag|report|a reporter|suma (?:y sigue|anterior)|riporto|transport"
)
"""A sum on the way, at the foot and the head of pages."""
_PAGE = re.compile(
    r"(?:page|seite|pagina|sida|side|sivu|strona|strana|oldal|sayfa|стр\.?|p\.)\s*\d+(?:\s*(?:of|/|von|de|sur|di|van|av|z|из)"
    r"\s*\d+)?"
)
_UNIT = re.compile(r"\s*[(/].*|\s+(?:in\s)?[a-z€$£%]{1,4}")
_MOST_EMPTY = 1
_LONGEST_UNIT = 60


def find_rows(fields: Sequence[Field], page: Page, habits: Habits) -> list[dict[str, Any]]:
    """The rows of the table whose headings name most of the fields; none where there is no such table."""
    roles = {each.name: role_of(each, is_line=True) for each in fields}
    start, columns = 0, dict[str, Cell]()
    for line in page.lines:
        found = _columns(line, roles)
        if len(found) > len(columns):
            start, columns = line[0].line, found
    if len(columns) < min(2, len(fields)) or not columns:
        return []
    head = page.lines[start]
    rows: list[dict[str, Any]] = []
    is_open, empty, begun = True, 0, ""
    for line in page.lines[start + 1 :]:
        if _same(line, head):  # on the next page
            is_open, empty = True, 0
            continue
        if not any(each.text for each in line):
            empty += 1
            continue
        first = folded(next(each.text for each in line if each.text))
        if not is_open or _CARRIED.match(first) or any(_PAGE.fullmatch(folded(each.text)) for each in line):
            continue
        if _END.match(first) or (empty > _MOST_EMPTY and rows):
            is_open = False
            continue
        row = _row(line, head, columns, fields, roles, habits)
        filled = [name for name, value in row.items() if value is not None]
        is_text = len(line) == 1 and len(filled) == 1 and roles[filled[0]].form == "text" and not empty
        if len(filled) >= min(2, len(columns)):
            text = next((name for name in filled if roles[name].form == "text"), None)
            if begun and text is not None:
                row[text] = f"{begun} {row[text]}"
            rows.append(row)
            begun = ""
        elif is_text and not rows:
            begun = f"{begun} {row[filled[0]]}".strip()  # numbers stand in the last line of the first row
        elif is_text:
            rows[-1][filled[0]] = f"{rows[-1][filled[0]] or ''} {row[filled[0]]}".strip()
        elif rows and empty:
            is_open = False
        empty = 0
    return rows


def _same(line: Sequence[Cell], head: Sequence[Cell]) -> bool:
    return len(line) == len(head) and all(one.text == other.text for one, other in zip(line, head, strict=True))


def _columns(line: Sequence[Cell], roles: Mapping[str, Role]) -> dict[str, Cell]:
    """Which cells of a line are headings of which fields; each cell for one field, the surest first."""
    wanted = []
    for name, role in roles.items():
        for cell in line:
            small = folded(cell.text).strip(" :.*")
            rank = next((index for index, each in enumerate(role.labels) if _heads(small, each)), None)
            if rank is not None:
                exact = 0 if small == role.labels[rank].strip(" .") else 1
                wanted.append((exact, rank, name, cell))
    found: dict[str, Cell] = {}
    for _, _, name, cell in sorted(wanted, key=lambda each: each[:2]):
        if name not in found and cell not in found.values():
            found[name] = cell
    return found


def _heads(heading: str, label: str) -> bool:
    """Whether a heading is a label, or one with its unit: Amount (EUR), Price in €, Qty/h."""
    if not heading.startswith(label.strip(" .")):
        return False
    rest = heading.removeprefix(label.strip(" ."))
    return not rest or (len(label) > 2 and len(rest) < _LONGEST_UNIT and _UNIT.fullmatch(rest) is not None)


def _row(line: Sequence[Cell], head: Sequence[Cell], columns: Mapping[str, Cell], fields: Sequence[Field],
         roles: Mapping[str, Role], habits: Habits) -> dict[str, Any]:  # fmt: skip
    row: dict[str, Any] = {}
    for each in fields:
        row[each.name] = None
        if each.name not in columns:
            continue
        cell = _under(columns[each.name], line, head)
        if cell is not None:
            form = roles[each.name].form
            found = readings(cell.text, "text" if form == "name" else form, habits, choices=each.choices)
            row[each.name] = next((one.value for one in found if fits(one.value, each)), None)
    return row


def _under(heading: Cell, line: Sequence[Cell], head: Sequence[Cell]) -> Cell | None:
    """The cell of a row that stands under a heading: by its number where both have as many, else by its place."""
    if len(line) == len(head):
        return line[heading.index]
    near = [each for each in line if each.overlap(heading) >= 0]
    return max(near, key=lambda each: each.overlap(heading)) if near else None
