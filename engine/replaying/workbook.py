"""Dead letters as a workbook: a sheet for each source or step, rows to repair with the reason beside them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.replaying.letters import MARKS, Letter

_WIDEST = 60
_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\", "_"))


def write_workbook(letters: Sequence[Letter], file: Path) -> None:
    """Write the letters into `file`: the row's own columns are there to be changed, the value it fell over is marked.

    Raises:
        OSError: the file cannot be written.
    """
    import xlsxwriter

    book = xlsxwriter.Workbook(file, {"strings_to_formulas": False, "strings_to_urls": False})
    looks = {
        "head": book.add_format({"bold": True, "bottom": 1}),
        "mark": book.add_format({"font_color": "#777777", "locked": True}),
        "bad": book.add_format({"bg_color": "#F8D7CF", "num_format": "@"}),
        "text": book.add_format({"num_format": "@"}),
    }
    taken: set[str] = set()
    try:
        for entry in dict.fromkeys(each.entry for each in letters):
            sheet = book.add_worksheet(_sheet_name(entry, taken))
            _write(sheet, [each for each in letters if each.entry == entry], looks)
    finally:
        try:
            book.close()
        except xlsxwriter.exceptions.FileCreateError as error:
            raise OSError(str(error)) from error


def _sheet_name(entry: str, taken: set[str]) -> str:
    name = entry.translate(_FORBIDDEN)[:28] or "rows"
    number = 1
    while name.casefold() in taken:
        number += 1
        name = f"{name[:25]}_{number}"
    taken.add(name.casefold())
    return name


def _write(sheet: Any, letters: Sequence[Letter], looks: dict[str, Any]) -> None:
    columns = list(dict.fromkeys(name for each in letters for name in each.values or {}))
    names = [*MARKS, *columns]
    for index, name in enumerate(names):
        sheet.write_string(0, index, name, looks["head"])
    for row, letter in enumerate(letters, start=1):
        sheet.write_number(row, 0, letter.number, looks["mark"])
        sheet.write_string(row, 1, letter.reason, looks["mark"])
        sheet.write_string(row, 2, letter.rule, looks["mark"])
        if letter.row is not None:
            sheet.write_number(row, 3, letter.row, looks["mark"])
        for index, name in enumerate(columns, start=len(MARKS)):
            value = (letter.values or {}).get(name)
            look = looks["bad"] if name == letter.column else looks["text"]
            sheet.write_string(row, index, _cell(value), look) if value is not None else sheet.write_blank(
                row, index, None, look
            )
    sheet.freeze_panes(1, len(MARKS))
    sheet.autofilter(0, 0, len(letters), len(names) - 1)
    sheet.set_column(0, 0, 8)
    sheet.set_column(1, 1, min(_WIDEST, max((len(each.reason) for each in letters), default=10) + 2))
    sheet.set_column(2, len(names) - 1, 16)


def _cell(value: Any) -> str:
    """Every value as its text, so that 007 stays 007; the types are those of the source when it comes back."""
    from connectors.values import text_of

    return text_of(value) or ""
