"""The text of a workbook: a line for each row, its cells apart by tabs, each visible sheet under its name."""

from __future__ import annotations

from typing import Any

from connectors.documents.archive import Archive
from connectors.documents.budget import Budget, Lines
from connectors.documents.problems import damaged
from connectors.documents.text import cell_line
from connectors.files.xlsx_package import sheets

_MOST_ROWS = 100_000
_MIDNIGHT = " 00:00:00"


def xlsx_lines(content: bytes, *, name: str, budget: Budget) -> tuple[list[str], int]:
    """The lines, and how many sheets they are of."""
    import fastexcel

    archive = Archive(content, name=name, budget=budget)
    for member in archive.names:
        if member.endswith(".xml"):
            for _ in archive.pieces(member):
                pass
    lines = Lines(budget.limits)
    try:
        book = fastexcel.read_excel(content)
        hidden = {each.name for each in sheets(content) if not each.visible}
        shown = [each for each in book.sheet_names if each not in hidden]
        for each in shown:
            if len(shown) > 1:
                lines.add("")
                lines.add(f"[{each}]")
            sheet = book.load_sheet(each, header_row=None, dtypes="string", n_rows=_MOST_ROWS, schema_sample_rows=1)
            for row in sheet.to_arrow().to_pylist() if sheet.width else ():
                lines.add(cell_line([_shown(value) for value in row.values()]))
                if lines.is_full:
                    break
    except fastexcel.FastExcelError as error:
        raise damaged(name, "is no XLSX file, or is cut short", notes=[str(error).splitlines()[0][:200]]) from error
    return lines.finished(), len(shown)


def _shown(value: Any) -> str:
    """A cell as people see it: dates without the hour that was never given."""
    return "" if value is None else str(value).removesuffix(_MIDNIGHT)
