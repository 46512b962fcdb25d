"""A bad row told as a problem of its source."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from connectors.problem import ConnectorProblem
from ir.records import dataclass

if TYPE_CHECKING:
    from connectors.files.relation import FileRelation

_ZONED = re.compile(r":\d\d(\.\d+)? ?(Z|[+-]\d\d(:?\d\d)?)$")
"""The end of a moment's text that says its zone."""
_DAY_FIRST = re.compile(r"\d\d?[./-]\d\d?[./-]\d\d(\d\d)?$")


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row and its first value that does not fit; without a `column` the row as a whole is broken.

    `text` is the value's, or the whole row's; `kind` is the column's type, or the rule that the row breaks.
    """

    file: str
    row: int
    column: str | None
    text: str
    kind: str
    reason: str = ""

    @property
    def place(self) -> str:
        return f"{self.file}, row {self.row}"

    @property
    def shown(self) -> str:
        return self.text if len(self.text) <= 80 else self.text[:80] + "…"

    def __str__(self) -> str:
        if self.column is not None:
            return f'{self.place}, column "{self.column}": "{self.shown}" does not fit {self.kind}'
        return f"{self.place} {'has' if self.kind == 'fields' else 'is'} {self.reason}"


def problem_of(relation: FileRelation, bad: BadRow) -> ConnectorProblem:
    """The bad row as what stops a run."""
    if bad.column is None:
        return _broken(bad)
    is_declared = bad.column in relation.declared
    if is_declared:
        hint = f'correct the value, list it in null_values, or declare "{bad.column}" as {_wider(bad)}'
    else:
        hint = f'declare it: schema: {{"{bad.column}": string}}, or list the text in null_values'
    return ConnectorProblem(
        "IR533", str(bad), hint=hint, key=("config", "schema", bad.column) if is_declared else ("location",),
        notes=[] if is_declared or not relation.widens else [f"{bad.kind} is what a sample of the column looked like"],
    )  # fmt: skip


def _wider(bad: BadRow) -> str:
    """What to declare instead."""
    if bad.kind == "datetime" and _ZONED.search(bad.text.strip()):
        return "datetime with time zone"
    if bad.kind == "date" and _DAY_FIRST.match(bad.text.strip()):
        return 'a wider type; date_format says how dates are written, such as "%d.%m.%Y"'
    return "a wider type"


def _broken(bad: BadRow) -> ConnectorProblem:
    if bad.kind == "fields":
        return ConnectorProblem(
            "IR527", str(bad), key=("location",), notes=[f"the row: {','.join(json.loads(bad.text))[:200]}"],
            hint="check the delimiter, and that fields which contain it are quoted",
        )  # fmt: skip
    return ConnectorProblem("IR534", str(bad), key=("location",), notes=[f"the row: {bad.text[:200]}"],
                            hint="a row is an object: {column: value}")  # fmt: skip


def too_many(relation: FileRelation, first: Sequence[BadRow], bad: int, rows: int) -> ConnectorProblem:
    """More bad rows than the source allows: the first at its place, some more as notes."""
    problem = problem_of(relation, first[0])
    rule = relation.bad_row_rule
    if rule.action == "error":
        return problem
    problem.notes = (*problem.notes, *(str(each) for each in first[1:]), rule.exceeded(bad, rows))
    problem.hint = f"{problem.hint}; max_bad: {bad} lets so many become dead letters"
    return problem
