"""What the placeholders of a template stand for, and where the rows of each section go."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import field

from connectors.files.report import Report
from connectors.files.xlsx_sheet_text import SheetText
from connectors.files.xlsx_template_package import Package, template_problem
from ir.diagnostics import did_you_mean
from ir.records import dataclass

MARK = re.compile(r"\{\{\s*(.+?)\s*\}\}", re.DOTALL)
_NAMED = re.compile(r"^(?:'((?:[^']|'')+)'|([^'!]+))!\$([A-Z]{1,3})\$([0-9]+)(?::\$([A-Z]{1,3})\$([0-9]+))?$")


@dataclass(frozen=True, slots=True)
class Rows:
    """Stands for rows of a part: one column of them, or all from here on to the right."""

    part: int
    column: str | None


@dataclass(frozen=True, slots=True)
class Names:
    """Stands for the names of a part's columns, from here on to the right."""

    part: int


@dataclass(frozen=True, slots=True)
class Count:
    part: int


@dataclass(frozen=True, slots=True)
class TotalOf:
    part: int
    column: str


Meaning = str | Rows | Names | Count | TotalOf
"""A text, or what is known once the rows are there."""


@dataclass(slots=True)
class Area:
    """Where rows of a part go: the sheet's row, counted from 1, how many are kept free, {column of the sheet: name}."""

    part: int
    sheet: str
    row: int
    height: int = 1
    columns: dict[int, str] = field(default_factory=dict)

    @property
    def last(self) -> int:
        return self.row + self.height - 1


def meanings(report: Report) -> dict[str, Meaning]:
    """Each placeholder that can be written, without its braces."""
    made = report.generated_local
    found: dict[str, Meaning] = {
        "title": report.heading, "subtitle": report.subtitle or "", "workflow": report.workflow,
        "date": f"{made:%Y-%m-%d}", "time": f"{made:%H:%M}", "datetime": f"{made:%Y-%m-%d %H:%M}",
    }  # fmt: skip
    for index, part in enumerate(report.tables):
        tails = [f":{part.heading}"] if part.heading else []
        for tail in ["", *tails] if index == 0 else tails:
            own: dict[str, Meaning] = {f"rows{tail}": Rows(index, None), f"header{tail}": Names(index),
                                       f"count{tail}": Count(index)}  # fmt: skip
            own |= {f"rows{tail}.{name}": Rows(index, name) for name in (*part.columns, *part.group_by)}
            own |= {f"total{tail}.{name}": TotalOf(index, name) for name in part.total_types}
            for name, meaning in own.items():
                found.setdefault(name, meaning)
        if part.heading:
            found.setdefault(f"section:{part.heading}", Rows(index, None))
    return found


def meaning_of(mark: str, known: Mapping[str, Meaning], place: str) -> Meaning:
    """Raises: ConnectorProblem IR604 for a placeholder that means nothing here."""
    if mark not in known:
        raise template_problem(
            f"{place} of the template has {{{{{mark}}}}}, which means nothing in this report",
            did_you_mean(mark, known) or "placeholders are " + ", ".join(sorted(known)[:12]),
        )
    return known[mark]


def areas_of(
    sheet: str, text: SheetText, shared: Sequence[str], known: Mapping[str, Meaning], report: Report
) -> list[Area]:
    """The areas that a sheet's placeholders make: those of one row and one section are one."""
    found: dict[tuple[int, int], Area] = {}
    for row in text.rows:
        for cell in row.cells:
            for mark in MARK.findall(cell.text(shared) or ""):
                meaning = meaning_of(mark, known, f'the sheet "{sheet}"')
                if not isinstance(meaning, Rows):
                    continue
                area = found.setdefault((row.number, meaning.part), Area(meaning.part, sheet, row.number))
                names = report.tables[meaning.part].columns.names if meaning.column is None else (meaning.column,)
                area.columns |= {cell.column + index: name for index, name in enumerate(names)}
    return list(found.values())


def named_areas(package: Package, report: Report) -> list[Area]:
    """The areas of defined names that are called as a section, or `rows` for the first."""
    names = {"rows": 0}
    for index, part in enumerate(report.tables):
        if part.heading:
            names.setdefault(re.sub(r"\W+", "_", part.heading).strip("_").casefold(), index)
    found = []
    for each in package.named_areas():
        place = _NAMED.match(each.formula)
        called = names.get(each.name.casefold())
        if called is None or place is None:
            continue
        sheet = (place[1] or "").replace("''", "'") or place[2]
        first, last = _column(place[3]), _column(place[5] or place[3])
        columns = report.tables[called].columns.names
        if sheet not in package.sheets:
            continue
        if place[5] is not None and last - first + 1 < len(columns):
            raise template_problem(
                f'the area "{each.name}" of the template has {last - first + 1} columns, the section {len(columns)}',
                "make it as wide, or name the section's `columns`",
            )
        height = int(place[6] or place[4]) - int(place[4]) + 1
        found.append(Area(called, sheet, int(place[4]), height, {first + at: name for at, name in enumerate(columns)}))
    return found


def _column(letters: str) -> int:
    number = 0
    for each in letters:
        number = number * 26 + ord(each) - 64
    return number - 1
