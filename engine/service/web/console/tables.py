"""A delivered file as a table to look at: its first rows, every cell a text."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from ir.records import dataclass

MOST_ROWS = 200
MOST_COLUMNS = 100
MOST_LETTERS = 500
"""Of a cell."""
MOST_BYTES = 4_000_000
"""That are read of a file."""
_DELIMITERS = ",;\t|"
_CSV, _LINES, _JSON, _TEXT = frozenset({".csv", ".tsv"}), frozenset({".ndjson", ".jsonl"}), ".json", (".txt", ".md")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What stands in a row; None is no value at all."""

    text: str | None
    is_number: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The beginning of a file; of one that is no table `columns` is empty and `text` what it says."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    has_more: bool
    text: str | None = None

    @property
    def numbers(self) -> list[bool]:
        """Whether each column has numbers alone."""
        filled = [[row[at] for row in self.rows if at < len(row) and row[at].text] for at in range(len(self.columns))]
        return [bool(cells) and all(each.is_number for each in cells) for cells in filled]


def can_be_shown(name: str) -> bool:
    """Whether a file of this name is one to look at: every other one is downloaded."""
    ending = PurePosixPath(name).suffix.lower()
    return ending in _CSV | _LINES or ending == _JSON or ending in _TEXT


def table_of(name: str, stream: BinaryIO) -> Table:
    """The file's first rows; bytes that are no UTF-8 are shown as such."""
    ending = PurePosixPath(name).suffix.lower()
    content = stream.read(MOST_BYTES + 1)
    is_cut = len(content) > MOST_BYTES
    text = content[:MOST_BYTES].decode("utf-8-sig", errors="replace")
    if ending in _CSV:
        return _of_csv(text, is_cut=is_cut)
    if ending in _LINES or ending == _JSON:
        found = _values(text, is_lines=ending in _LINES, is_cut=is_cut)
        if found is not None:
            return of_rows(found[:MOST_ROWS], has_more=is_cut or len(found) > MOST_ROWS)
    return Table(columns=(), rows=(), has_more=is_cut, text=text)


def of_rows(rows: Sequence[dict[str, Any]], *, has_more: bool = False) -> Table:
    """Rows with the columns of all of them, in the order in which they first stand."""
    columns = list(dict.fromkeys(name for each in rows for name in each))[:MOST_COLUMNS]
    shown = [[_cell(each[name]) if name in each else Cell(text="") for name in columns] for each in rows]
    return Table(columns=columns, rows=shown, has_more=has_more)


def _of_csv(text: str, *, is_cut: bool) -> Table:
    first = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    lines: list[list[str]] = []
    has_more = is_cut
    try:
        for each in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            if len(lines) > MOST_ROWS:
                has_more = True
                break
            lines.append(each[:MOST_COLUMNS])
    except csv.Error:
        return Table(columns=(), rows=(), has_more=is_cut, text=text)
    head, *rows = lines or [[]]
    shown = [[Cell(text=_cut(each), is_number=_is_number(each)) for each in row] for row in rows if row]
    return Table(columns=head, rows=shown, has_more=has_more)


def _values(text: str, *, is_lines: bool, is_cut: bool) -> list[dict[str, Any]] | None:
    """The objects of a JSON file; None where it is no list of them."""
    try:
        if is_lines:
            lines = text.split("\n")[: MOST_ROWS + 1]
            found = [json.loads(each) for each in (lines[:-1] if is_cut else lines) if each.strip()]
        else:
            found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if isinstance(found, dict):
        found = next((each for each in found.values() if isinstance(each, list) and each), [found])
    is_table = isinstance(found, list) and all(isinstance(each, dict) for each in found)
    return found if is_table else None


def _cell(value: Any) -> Cell:
    if value is None:
        return Cell(text=None)
    if isinstance(value, str):
        return Cell(text=_cut(value))
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return Cell(text=_cut(json.dumps(value, ensure_ascii=False, default=str)), is_number=is_number)


def _cut(text: str) -> str:
    return text if len(text) <= MOST_LETTERS else text[:MOST_LETTERS] + "…"


def _is_number(text: str) -> bool:
    stripped = text.strip().lstrip("+-")
    return bool(stripped) and stripped[0].isdigit() and all(each.isdigit() or each in ".,'e-+ %" for each in stripped)
