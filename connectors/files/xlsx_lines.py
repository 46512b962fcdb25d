"""Single lines of a sheet: the words around its table."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from xlsxwriter.utility import xl_col_to_name

from connectors.files.xlsx_cells import escaped


@lru_cache(maxsize=512)
def letter(column: int) -> str:
    return str(xl_col_to_name(column))


def text_cell(row: int, column: int, text: str, style: int) -> str:
    """A text; rows and columns count from 0."""
    head = f'<c r="{letter(column)}{row + 1}" s="{style}" t="inlineStr"><is><t xml:space="preserve">'
    return f"{head}{escaped(text)}</t></is></c>"


def blank_cell(row: int, column: int, style: int) -> str:
    return f'<c r="{letter(column)}{row + 1}" s="{style}"/>'


def number_cell(row: int, column: int, number: float | int | None, style: int, formula: str | None = None) -> str:
    """A number, or a formula with its value."""
    calculated = f"<f>{escaped(formula)}</f>" if formula else ""
    value = f"<v>{number!r}</v>" if number is not None else ""
    return f'<c r="{letter(column)}{row + 1}" s="{style}">{calculated}{value}</c>'


def line(row: int, cells: Iterable[str], *, height: float | None = None, level: int = 0) -> str:
    size = f' ht="{height:g}" customHeight="1"' if height else ""
    outline = f' outlineLevel="{level}"' if level else ""
    return f'<row r="{row + 1}"{size}{outline}>{"".join(cells)}</row>'
