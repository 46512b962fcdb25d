"""Spreadsheets of Google's, in memory."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.servers.google_drive import GoogleDrive
from tests.servers.google_refusal import Refusal, not_found

if TYPE_CHECKING:
    from tests.servers.google import Asked

SPREADSHEET = "application/vnd.google-apps.spreadsheet"
_CELL = r"([A-Z]*)([0-9]*)"
_RANGE = re.compile(rf"(?:(?:'((?:[^']|'')+)'|([^'!]+))!)?{_CELL}(?::{_CELL})?")
_MOST = 10**6


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """Cells of a tab: rows and columns from 0, ends excluded."""

    tab: dict[str, Any]
    rows: tuple[int, int]
    columns: tuple[int, int]

    def values(self) -> list[list[Any]]:
        """As Google gives them: without what is empty at the ends."""
        found = [row[slice(*self.columns)] for row in self.tab["rows"][slice(*self.rows)]]
        trimmed = [_trimmed(row) for row in found]
        while trimmed and not trimmed[-1]:
            trimmed.pop()
        return trimmed

    def written(self, rows: int, columns: int) -> str:
        """The range of so many rows and columns from its first cell, in A1 notation."""
        end = f"{_letters(self.columns[0] + max(columns, 1) - 1)}{self.rows[0] + max(rows, 1)}"
        return f"{_quoted(self.tab['title'])}!{_letters(self.columns[0])}{self.rows[0] + 1}:{end}"


class Spreadsheets:
    """`books` {id: {title, tabs: [{id, title, rows}]}}; the files themselves stand in the drive."""

    def __init__(self, drive: GoogleDrive) -> None:
        self.drive = drive
        self.books: dict[str, dict[str, Any]] = {}
        self.formats: list[dict[str, Any]] = []
        self._numbers = itertools.count(1)
        sheets = "sheets.spreadsheets."
        self.does: dict[str, Callable[[Asked], Any]] = {
            f"{sheets}create": self._create,
            f"{sheets}get": lambda asked: self._shown(self._book(asked)),
            f"{sheets}batchUpdate": self._change,
            f"{sheets}values.get": self._get,
            f"{sheets}values.append": self._append,
            f"{sheets}values.update": self._update,
            f"{sheets}values.clear": self._clear,
            f"{sheets}values.batchUpdate": self._update_many,
        }

    def add(self, title: str, tabs: dict[str, list[list[Any]]]) -> str:
        """A spreadsheet that is there already; its id."""
        id_ = self.drive.add(title, mime=SPREADSHEET)
        self.books[id_] = {"id": id_, "title": title, "tabs": [self._tab(name, rows) for name, rows in tabs.items()]}
        return id_

    def rows(self, id_: str, title: str) -> list[list[Any]]:
        """What stands in a tab."""
        return Area(tab=_tab_of(self.books[id_], title), rows=(0, _MOST), columns=(0, _MOST)).values()

    def _tab(self, title: str, rows: list[list[Any]]) -> dict[str, Any]:
        return {"id": next(self._numbers), "title": title, "rows": [list(row) for row in rows]}

    def _book(self, asked: Asked) -> dict[str, Any]:
        if asked.path["spreadsheetId"] not in self.books:
            raise not_found(asked.path["spreadsheetId"])
        return self.books[asked.path["spreadsheetId"]]

    def _shown(self, book: dict[str, Any]) -> dict[str, Any]:
        return {
            "spreadsheetId": book["id"],
            "spreadsheetUrl": f"https://docs.google.com/spreadsheets/d/{book['id']}/edit",
            "properties": {"title": book["title"], "locale": "en_US", "timeZone": "Etc/GMT"},
            "sheets": [
                {"properties": {"sheetId": tab["id"], "title": tab["title"], "index": index, "sheetType": "GRID",
                                "gridProperties": {"rowCount": max(len(tab["rows"]), 1000), "columnCount": 26}}}
                for index, tab in enumerate(book["tabs"])
            ],
        }  # fmt: skip

    def _create(self, asked: Asked) -> dict[str, Any]:
        titles = [each["properties"]["title"] for each in asked.body.get("sheets", [])] or ["Sheet1"]
        title = asked.body.get("properties", {}).get("title", "Untitled spreadsheet")
        return self._shown(self.books[self.add(title, {each: [] for each in titles})])

    def _get(self, asked: Asked) -> dict[str, Any]:
        area = _area(self._book(asked), asked.path["range"])
        found: dict[str, Any] = {"range": area.written(1000, 26), "majorDimension": "ROWS"}
        values = area.values()
        if values:
            as_text = asked.text("valueRenderOption", "FORMATTED_VALUE") == "FORMATTED_VALUE"
            found["values"] = [[_text(cell) for cell in row] for row in values] if as_text else values
        return found

    def _append(self, asked: Asked) -> dict[str, Any]:
        _input_option(asked.text("valueInputOption"))
        book = self._book(asked)
        area = _area(book, asked.path["range"])
        start = len(Area(tab=area.tab, rows=(0, _MOST), columns=(0, _MOST)).values())
        place = Area(tab=area.tab, rows=(start, _MOST), columns=(area.columns[0], _MOST))
        table = f"{_quoted(area.tab['title'])}!A1:Z{start}" if start else None
        updates = self._write(book, place, asked.body["values"])
        return {"spreadsheetId": book["id"], "updates": updates} | ({"tableRange": table} if table else {})

    def _update(self, asked: Asked) -> dict[str, Any]:
        _input_option(asked.text("valueInputOption"))
        if asked.body.get("range", asked.path["range"]) != asked.path["range"]:
            raise Refusal(400, "Requested writing within range, but tried writing to another", "badRequest")
        book = self._book(asked)
        return self._write(book, _area(book, asked.path["range"]), asked.body["values"])

    def _update_many(self, asked: Asked) -> dict[str, Any]:
        _input_option(asked.body.get("valueInputOption", ""))
        book = self._book(asked)
        done = [self._write(book, _area(book, each["range"]), each["values"]) for each in asked.body["data"]]
        total = sum(each["updatedCells"] for each in done)
        return {"spreadsheetId": book["id"], "totalUpdatedCells": total, "responses": done}

    def _write(self, book: dict[str, Any], area: Area, values: list[list[Any]]) -> dict[str, Any]:
        rows = area.tab["rows"]
        for number, row in enumerate(values, area.rows[0]):
            while len(rows) <= number:
                rows.append([])
            for column, cell in enumerate(row, area.columns[0]):
                if isinstance(cell, dict | list):
                    raise Refusal(400, f"Invalid values[{number}][{column}]: {cell}", "badRequest")
                rows[number].extend([""] * (column + 1 - len(rows[number])))
                rows[number][column] = rows[number][column] if cell is None else cell
        width = max((len(row) for row in values), default=0)
        return {
            "spreadsheetId": book["id"], "updatedRange": area.written(len(values), width), "updatedRows": len(values),
            "updatedColumns": width, "updatedCells": sum(len(row) for row in values),
        }  # fmt: skip

    def _clear(self, asked: Asked) -> dict[str, Any]:
        book = self._book(asked)
        area = _area(book, asked.path["range"])
        for row in area.tab["rows"][slice(*area.rows)]:
            row[slice(*area.columns)] = [""] * len(row[slice(*area.columns)])
        return {"spreadsheetId": book["id"], "clearedRange": area.written(1000, 26)}

    def _change(self, asked: Asked) -> dict[str, Any]:
        book = self._book(asked)
        return {"spreadsheetId": book["id"], "replies": [self._changed(book, each) for each in asked.body["requests"]]}

    def _changed(self, book: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
        ((kind, facts),) = request.items()
        if kind == "addSheet":
            title = facts["properties"]["title"]
            if title in {each["title"] for each in book["tabs"]}:
                raise Refusal(400, f'A sheet with the name "{title}" already exists', "badRequest")
            book["tabs"].append(self._tab(title, []))
            return {"addSheet": {"properties": self._shown(book)["sheets"][-1]["properties"]}}
        place = facts["range"]
        tab = next((each for each in book["tabs"] if each["id"] == place.get("sheetId", 0)), None)
        if tab is None:
            raise Refusal(400, f"No grid with id: {place.get('sheetId', 0)}", "badRequest")
        if kind == "deleteDimension":
            del tab["rows"][place["startIndex"] : place["endIndex"]]
        else:
            self.formats.append(request)
        return {}


def _area(book: dict[str, Any], written: str) -> Area:
    whole = next((each for each in book["tabs"] if written in {each["title"], _in_quotes(each["title"])}), None)
    if whole is not None:
        return Area(tab=whole, rows=(0, _MOST), columns=(0, _MOST))
    found = _RANGE.fullmatch(written)
    if found is None:
        raise Refusal(400, f"Unable to parse range: {written}", "badRequest")
    quoted, bare, column, row, last_column, last_row = found.groups()
    tab = _tab_of(book, quoted.replace("''", "'") if quoted else bare)
    rows = (
        int(row) - 1 if row else 0,
        int(last_row) if last_row else (int(row) if row and ":" not in written else _MOST),
    )
    columns = (
        _number(column) if column else 0,
        _number(last_column) + 1 if last_column else _number(column) + 1 if column and ":" not in written else _MOST,
    )
    return Area(tab=tab, rows=rows, columns=columns)


def _tab_of(book: dict[str, Any], title: str | None) -> dict[str, Any]:
    found: dict[str, Any] | None = next((each for each in book["tabs"] if title in {None, each["title"]}), None)
    if found is not None:
        return found
    raise Refusal(400, f"Unable to parse range: {title}", "badRequest")


def _input_option(written: str) -> None:
    if written not in {"RAW", "USER_ENTERED"}:
        raise Refusal(400, "'valueInputOption' is required but not specified", "badRequest")


def _trimmed(row: list[Any]) -> list[Any]:
    end = len(row)
    while end and row[end - 1] == "":
        end -= 1
    return row[:end]


def _text(cell: Any) -> str:
    return str(cell).upper() if isinstance(cell, bool) else str(cell)


def _quoted(title: str) -> str:
    return title if re.fullmatch(r"[A-Za-z]\w*", title) else _in_quotes(title)


def _in_quotes(title: str) -> str:
    return "'" + title.replace("'", "''") + "'"


def _number(letters: str) -> int:
    number = 0
    for each in letters:
        number = number * 26 + ord(each) - 64
    return number - 1


def _letters(number: int) -> str:
    written = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        written = chr(65 + rest) + written
    return written
