"""Subtotals and totals: formulas that follow a filter, with the values they have before anybody calculates.

SUBTOTAL leaves out the rows that a filter hides and every cell that is a SUBTOTAL itself, so that the grand total may
lie over the subtotals. Its numbers 1 to 11 still count rows of a collapsed outline.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from connectors.files.display import display_cell
from connectors.files.fitting import with_fraction
from connectors.files.report import Facts, Part, Report
from connectors.files.total_words import label_column, total_word
from connectors.files.xlsx_book import Book
from connectors.files.xlsx_cells import EXACT, Column
from connectors.files.xlsx_columns import ACCENT, INK, QUIET
from connectors.files.xlsx_formats import number_format
from connectors.files.xlsx_groups import Range
from connectors.files.xlsx_lines import blank_cell, letter, number_cell, text_cell
from ir import types as t
from ir.records import dataclass
from transforms.expressions.polars_columns import exact

_SUBTOTAL = {"sum": 9, "mean": 1, "avg": 1, "min": 5, "max": 4}
_COUNT_NUMBERS, _COUNT_CELLS = 2, 3
_MEDIAN = 12
_COUNT_WORDS = {_COUNT_NUMBERS: "count_nums", _COUNT_CELLS: "count"}
_ESCAPED = re.compile(r"['#\[\]]")

Value = tuple[float | int | None, str | None]
"""A total as a number Excel can keep, and as the text it is shown as."""


@dataclass(frozen=True, slots=True)
class _Total:
    function: str
    column: Column
    """The column as it is under the table: the total's own type."""
    number_format: str
    is_formula: bool
    counts: int


class Totals:
    """What a part's totals are and how they are written."""

    def __init__(self, part: Part, facts: Facts, columns: Sequence[Column], report: Report, book: Book) -> None:
        self._columns, self._report, self._book = columns, report, book
        self._is_grouped = bool(part.group_by.names)
        self._word = total_word(part)
        functions = {name: part.totals[name] for name in part.total_types.names if name in part.totals}
        functions = functions if facts.totals is not None else {}
        is_mixed = len(set(functions.values())) > 1
        self._totals: dict[str, _Total] = {}
        by_name = {each.name: each for each in columns}
        for name, function in functions.items():
            column, kind = by_name[name], part.total_types[name]
            below = replace(column, kind=kind)
            self._totals[name] = _Total(function, below, _format(function, column, kind, report, is_mixed), False, 0)
        frames = [each for each in (facts.totals, *facts.subtotals) if each is not None]
        values = [self._values(each) for each in frames]
        for name, function in functions.items():
            counts = _counts(by_name[name], facts)
            known = all(number is not None or text is None for each in values for number, text in each[name])
            formula = known and (counts > 0 if function == "count" else _calculable(by_name[name], function, facts))
            self._totals[name] = replace(self._totals[name], is_formula=formula, counts=counts)
        self._total = values[0] if values and functions else {}
        self._levels = values[1:]
        self._formulas: dict[str, str] = {}
        self._label = label_column(((each.name, isinstance(each.kind, t.NUMERIC)) for each in columns), functions)

    @property
    def is_any(self) -> bool:
        return bool(self._totals)

    @property
    def fits_table(self) -> bool:
        """Whether an Excel table can have them as its last row."""
        return self.is_any and all(each.is_formula and each.function != "median" for each in self._totals.values())

    def table_columns(self, headers: Sequence[str]) -> list[dict[str, str]]:
        """The columns of an Excel table whose last row they are."""
        columns = []
        for column, header in zip(self._columns, headers, strict=True):
            found = {"header": header}
            if (total := self._totals.get(column.name)) is not None:
                word = {"mean": "average", "avg": "average", "count": _COUNT_WORDS.get(total.counts, "")}
                found["total_function"] = word.get(total.function, total.function)
            elif column.name == self._label:
                found["total_string"] = self._word
            columns.append(found)
        return columns

    def of_table(self, row: int, table: str, headers: Sequence[str]) -> list[str]:
        """The cells of an Excel table's last row."""
        for column, header in zip(self._columns, headers, strict=True):
            if (total := self._totals.get(column.name)) is not None:
                place = f"{table}[{_ESCAPED.sub(_quote, header)}]"
                self._formulas[column.name] = f"SUBTOTAL({100 + self._number(total)},{place})"
        return self.grand(row, [], 0)

    @staticmethod
    def _number(total: _Total) -> int:
        return total.counts if total.function == "count" else _SUBTOTAL[total.function]

    def grand(self, row: int, ranges: Sequence[Range], first: int) -> list[str]:
        """The cells of the total over everything."""
        values = {name: found[0] for name, found in self._total.items()}
        return self._cells(row, self._word, values, ranges, first, bold=True, font_color=ACCENT, top=1, bottom=6,
                           top_color=ACCENT, bottom_color=ACCENT)  # fmt: skip

    def group(self, row: int, text: str, level: int, index: int, ranges: Sequence[Range], first: int) -> list[str]:
        """The cells under a group."""
        values = {name: found[index] for name, found in self._levels[level].items()}
        return self._cells(row, f"{self._word} {text}", values, ranges, first, bold=True, font_color=INK, top=1,
                           top_color=QUIET)  # fmt: skip

    def _cells(self, row: int, label: str, values: Mapping[str, Value], ranges: Sequence[Range], first: int,
               **look: Any) -> list[str]:  # fmt: skip
        cells = []
        plain = self._book.style(**look, align="left", indent=1)
        if first:  # a column of its own for the words
            cells.append(text_cell(row, 0, label, self._book.style(**look, align="left", indent=1)))
        for column in self._columns:
            total = self._totals.get(column.name)
            if total is None:
                is_label = column.name == self._label and not first
                cells.append((text_cell(row, column.index, label, plain)) if is_label
                             else blank_cell(row, column.index, plain))  # fmt: skip
                continue
            style = self._book.style(**look, num_format=total.number_format, align=column.style["align"],
                                     indent=int(column.style["align"] != "center"))  # fmt: skip
            number, text = values[column.name]
            if number is None and text is not None:
                cells.append(text_cell(row, column.index, text, style))
            elif number is None:
                cells.append(blank_cell(row, column.index, style))
            else:
                formula = self._formula(total, column, ranges) if total.is_formula else None
                cells.append(number_cell(row, column.index, number, style, formula))
        return cells

    def _formula(self, total: _Total, column: Column, ranges: Sequence[Range]) -> str:
        if column.name in self._formulas:
            return self._formulas[column.name]
        place = letter(column.index)
        own = len({each.sheet for each in ranges}) < 2
        areas = [f"{'' if own else _quoted(each.sheet) + '!'}{place}{each.first}:{place}{each.last}" for each in ranges]

        def each_area(number: int) -> list[str]:
            return [f"SUBTOTAL({number},{area})" for area in areas]

        match total.function:
            case "sum":
                return "+".join(each_area(9))
            case "count":
                return "+".join(each_area(total.counts))
            case "mean" | "avg" if len(areas) > 1:
                return f"({'+'.join(each_area(9))})/({'+'.join(each_area(_COUNT_NUMBERS))})"
            case "median" if self._is_grouped:
                return f"_xlfn.AGGREGATE({_MEDIAN},0,{','.join(areas)})"
            case "median":
                return f"MEDIAN({','.join(areas)})"
            case ("min" | "max") as function if len(areas) > 1:
                return f"{function.upper()}({','.join(each_area(_SUBTOTAL[function]))})"
        return "".join(each_area(_SUBTOTAL[total.function]))

    def _values(self, frame: pl.DataFrame) -> dict[str, list[Value]]:
        found: dict[str, list[Value]] = {}
        for name, total in self._totals.items():
            column, report = total.column, self._report
            text = display_cell(exact(name), column.kind, column.how, locale=report.locale, timezone=report.timezone)
            number = column.number(exact(name))
            numbers = frame.select(pl.lit(None) if number is None else number.alias(name)).to_series()
            if isinstance(numbers.dtype, pl.Decimal):
                numbers = numbers.cast(pl.Float64)
            if numbers.len() < frame.height:
                numbers = pl.Series([None] * frame.height)
            found[name] = list(zip(numbers.to_list(), frame.select(text.alias(name)).to_series().to_list(),
                                   strict=True))  # fmt: skip
        return found


def _quote(found: re.Match[str]) -> str:
    return "'" + found[0]


def _quoted(sheet: str) -> str:
    return "'" + sheet.replace("'", "''") + "'"


def _counts(column: Column, facts: Facts) -> int:
    """The number of the SUBTOTAL that counts the column's values, 0 where its cells do not tell them."""
    if column.how.null_text is None:
        return _COUNT_CELLS
    return _COUNT_NUMBERS if _calculable(column, "sum", facts) else 0


def _calculable(column: Column, function: str, facts: Facts) -> bool:
    """Whether Excel can compute the function from the column's cells: each value is there, as a number."""
    if function not in _SUBTOTAL and function != "median":
        return False
    if isinstance(column.kind, t.NUMERIC):
        low, high = facts.extremes.get(column.name, (0, 0))
        return column.is_native and -EXACT < low <= high < EXACT
    return column.is_native and not isinstance(column.kind, t.Boolean)


def _format(function: str, column: Column, kind: t.DataType, report: Report, is_mixed: bool) -> str:
    """The total's number format: the column's own, with the function's name before it where they differ."""
    how = column.how
    if function == "count":
        shown = "#,##0"
    else:
        if isinstance(kind, t.Number) and not isinstance(column.kind, t.Number):
            how = with_fraction(how, column.kind)
        shown = number_format(kind, how, report.locale)
    if not is_mixed or function == "sum" or not isinstance(kind, t.NUMERIC):
        return shown
    return ";".join(f'"{function} "{section}' for section in shown.split(";"))
