"""What a test expects beside what its run has made."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any

import polars as pl

from engine.running.reading import resolved
from engine.testing.deliveries import DeliveryChecking
from engine.testing.differences import Difference, Row, paired, rows_differ
from engine.testing.report import Finding
from engine.testing.values import same, written
from ir.diagnostics import Diagnostic, Pointer, Problems, WorkflowError, did_you_mean
from ir.document import Digits, Document
from ir.model.workflow_test import RowsOrCount, WorkflowTest
from ir.records import dataclass

if TYPE_CHECKING:
    from engine.plan import Plan
    from engine.testing.trial import Trial


_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?")
"""The text of a number that a document keeps as it is."""


@dataclass(slots=True, kw_only=True)
class Checking:
    """Collects what differs, and what was found in place of each expectation."""

    test: WorkflowTest
    at: Pointer
    written: Document
    trial: Trial
    problems: Problems
    """Of the test itself: names in it that mean nothing."""
    differences: list[Difference] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    unexpected: list[Diagnostic] = field(default_factory=list)

    @property
    def has_failed(self) -> bool:
        return bool(self.differences or self.unexpected)

    def check(self) -> None:
        """Look at everything that the test expects."""
        self._codes()
        for name, rows in self.test.expect.frames.items():
            self._frame(name, rows)
        DeliveryChecking(self, self.trial.messages).check()
        if self.test.expect.dead_letters is not None:
            self._dead_letters(self.test.expect.dead_letters)

    def placed(self) -> list[Difference]:
        """The differences with their places in the file."""
        return [replace(each, place=self.written.place((*self.at, "expect", *each.at))) for each in self.differences]

    def differs(self, of: str, expected: str, found: str, *, at: Pointer, column: str | None = None) -> None:
        self.differences.append(Difference(of=of, expected=expected, found=found, column=column, at=at))

    def found(self, at: Pointer, value: Any) -> None:
        """What an update writes in place of what stands at `at` below expect."""
        self.findings.append(Finding(at=(*self.at, "expect", *at), value=value))

    def _codes(self) -> None:
        """Every code expected is found, and no error that is not expected."""
        expected = self.test.expect.diagnostics
        codes = [each.code for each in self.trial.found]
        self.unexpected = [each for each in self.trial.found if each.severity == "error" and each.code not in expected]
        for index, code in enumerate(expected):
            if code not in codes:
                others = ", ".join(dict.fromkeys(codes)) or "none"
                self.differs("diagnostics", code, others, at=("diagnostics", index))
        errors = list(dict.fromkeys(each.code for each in self.trial.found if each.severity == "error"))
        if self.unexpected or any(each.of == "diagnostics" for each in self.differences):
            self.found(
                ("diagnostics",), [*(each for each in expected if each in codes and each not in errors), *errors]
            )

    def _frame(self, name: str, rows: Sequence[Row]) -> None:
        at: Pointer = ("frames", name)
        plan = self.trial.plan
        if plan is not None and name not in {**plan.compiled.frames, **plan.compiled.late}:
            return  # the check of names says so
        result = self.trial.result
        if result is None or result.plan is None:
            self.differs(f"frame {name}", "its rows", "the run did not come so far", at=at)
            return
        try:
            found = result[name]
        except WorkflowError as error:
            self.unexpected += [each for each in error.diagnostics if each.severity == "error"]
            return
        is_ordered = order_of(result.plan, name)
        self.rows(rows, found.to_dicts(), list(found.columns), of=f"frame {name}", at=at, is_ordered=is_ordered)

    def rows(self, expected: int | Sequence[Row], found: Sequence[Row], columns: Sequence[str], *, of: str, at: Pointer,
             is_ordered: bool, is_text: bool = False) -> None:  # fmt: skip
        """Rows, or how many of them: of a row only the columns that it names are looked at."""
        if isinstance(expected, int):
            if expected != len(found):
                self.differs(of, f"{expected} rows", f"{len(found)} rows", at=at)
                self.found(at, len(found))
            return
        named = list(dict.fromkeys(column for row in expected for column in row))
        strangers = [each for each in named if each not in columns]
        if strangers and (columns or found):
            row = next(index for index, each in enumerate(expected) if strangers[0] in each)
            self.problems.error("IR401", f'{of} has no column "{strangers[0]}"', on_key=True,
                                at=(*self.at, "expect", *at, row, strangers[0]),
                                hint=did_you_mean(strangers[0], columns), notes=[f"its columns: {', '.join(columns)}"],
                                )  # fmt: skip
            return
        named = named or list(columns)
        differences = rows_differ(expected, found, named, of=of, at=at, is_ordered=is_ordered, is_text=is_text)
        if differences:
            self.differences += differences
            self.found(at, _as_written(expected, found, named, is_ordered=is_ordered, is_text=is_text))

    def _dead_letters(self, expected: RowsOrCount) -> None:
        found: list[dict[str, Any]] = []
        if self.trial.result is not None and self.trial.result.dead_letters["path"] is not None:
            found = pl.read_parquet(self.trial.result.dead_letters["path"]).to_dicts()
        columns = ["source", "step", "file", "row", "column", "text", "rule", "reason", "original"]
        self.rows(expected, found, columns, of="dead letters", at=("dead_letters",), is_ordered=False)


def order_of(plan: Plan, name: str) -> bool:
    """Whether the rows of a frame stand in an order; of one whose columns a first pass tells, after that pass."""
    known = resolved(plan, plan.scratch()) if name in plan.compiled.late else plan
    return known.compiled.graph[known.relation(name)].frame.order is not None


def _as_written(expected: Sequence[Row], found: Sequence[Row], columns: Sequence[str], *, is_ordered: bool,
                is_text: bool) -> list[Mapping[str, Any]]:  # fmt: skip
    """The rows found, in the order expected as far as they have none, each in the words it was expected in."""
    pairs = paired(expected, found, is_ordered=is_ordered, is_text=is_text)
    if is_ordered:
        pairs = sorted(pairs, key=lambda pair: pair[1] if pair[1] is not None else len(found))
    kept: list[Mapping[str, Any]] = []
    for left, right in pairs:
        if right is None:
            continue
        row = dict.fromkeys(columns) if left is None else expected[left]
        kept.append({name: _kept(value, found[right].get(name), is_text=is_text) for name, value in row.items()})
    return kept


def _kept(expected: Any, found: Any, *, is_text: bool) -> Any:
    """What is written for a value found: as it was expected where it is the same, and a number of a text as one."""
    if same(expected, found, is_text=is_text) and (expected is not None or found is None):
        return expected
    if is_text and isinstance(found, str) and _NUMBER.fullmatch(found):
        return Digits(found) if "." in found else int(found)
    return written(found)
