"""`weirflow.test`: the tests of workflows, run one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.testing.report import TestReport, TestResult
from engine.testing.suite import Suite, read_suite, suite_files
from engine.testing.trial import tried
from ir.diagnostics import Diagnostic, WorkflowError
from ir.model.workflow_test import WorkflowTest
from ir.redaction import sealed

ENGINES = ("auto", "polars", "duckdb", "both")


@sealed
def run_tests(
    paths: Path | str | Sequence[Path | str],
    *,
    engine: str | None = None,
    only: str | None = None,
    update: bool = False,
) -> TestReport:
    """Run the tests that workflows carry and those of `*_test.yaml` files beside them.

    `paths` are workflows, files of tests, or folders that are searched for both. Nothing outside is touched: no
    network, no database, no journal, and no file but in a folder that is gone afterwards. `engine` is polars, duckdb
    or both (default: what each workflow chooses); `only` is a part of the names of the tests to run. With `update` what
    was found is written in place of what was expected, where a test failed.

    Raises:
        WorkflowError: a file cannot be read, or holds no tests.
    """
    given = [paths] if isinstance(paths, str | Path) else list(paths)
    suites = read_suites([Path(each) for each in given])
    report = TestReport(results=tuple(results_of(suites, engine=engine, only=only)))
    if update:
        from engine.testing import updating

        return updating.update(suites, report)
    return report


def read_suites(paths: Sequence[Path]) -> list[Suite]:
    """The tests in these files and folders.

    Raises:
        WorkflowError: with what is wrong in any of them, or that there is none.
    """
    found: list[Diagnostic] = []
    suites: list[Suite] = []
    for file in suite_files(paths):
        try:
            suites.append(read_suite(file))
        except WorkflowError as error:
            found += error.diagnostics
    if found:
        raise WorkflowError(found)
    if not any(suite.tests for suite in suites):
        places = ", ".join(str(each) for each in paths)
        raise WorkflowError([Diagnostic(
            code="IR702", message=f"there are no tests in {places}",
            hint="write tests: [{name: …, sources: …, expect: …}] in the workflow, or a file …_test.yaml beside it",
        )])  # fmt: skip
    return suites


def results_of(suites: Sequence[Suite], *, engine: str | None, only: str | None = None) -> list[TestResult]:
    """Each test on each engine asked for."""
    engines = ("polars", "duckdb") if engine == "both" else (None if engine in {None, "auto"} else engine,)
    return [
        tried(suite, index, engine=each)
        for suite in suites
        for index, test in enumerate(suite.tests)
        if only is None or is_named(test, only)
        for each in engines
    ]


def is_named(test: WorkflowTest, text: str) -> bool:
    """Whether the test's name holds the text, in whatever case."""
    return text.casefold() in test.name.casefold()
