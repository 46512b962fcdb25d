"""What was found written in place of what was expected; comments and layout of the file stay."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.testing.report import TestReport, TestResult
from engine.testing.suite import Suite
from ir.diagnostics import WorkflowError
from ir.document import Document
from ir.editing import CannotEdit
from ir.loading import load
from ir.replacing import with_value

_MOST_ROWS = 200
"""Rows that are written into a file of tests; more is what nobody reads."""


def update(suites: Sequence[Suite], report: TestReport) -> TestReport:
    """The report with the files that were changed. Only what can be found is written: fragments of texts stay.

    Raises:
        OSError: a file cannot be written.
    """
    updated: list[Path] = []
    left: list[tuple[str, str]] = []
    for suite in suites:
        results = [each for each in report.results if each.file == str(suite.file) and each.outcome == "failed"]
        document = load(suite.file)
        changed = document
        for result in _first_of_each(results):
            changed = _updated(changed, result, left)
        if changed.text != document.text:
            suite.file.write_text(changed.text, encoding="utf-8", newline="")
            updated.append(suite.file)
    return TestReport(results=report.results, updated=tuple(updated), not_updated=tuple(left))


def _first_of_each(results: Sequence[TestResult]) -> list[TestResult]:
    """One result a test: both engines give the same rows."""
    return list({each.index: each for each in reversed(results)}.values())


def _updated(document: Document, result: TestResult, left: list[tuple[str, str]]) -> Document:
    unwritten = len(result.differences) and not result.findings
    for finding in result.findings:
        shown = "/".join(str(each) for each in finding.at[3:])
        if isinstance(finding.value, list) and len(finding.value) > _MOST_ROWS:
            left.append((result.name, f"{shown}: {len(finding.value):,} rows are more than a test should hold"))
            continue
        try:
            document = with_value(document, finding.at, finding.value)
        except (CannotEdit, WorkflowError) as problem:
            left.append((result.name, f"{shown}: {problem}"))
    if unwritten:
        left.append((result.name, "what differs is nothing that can be written, such as a fragment of a text"))
    return document
