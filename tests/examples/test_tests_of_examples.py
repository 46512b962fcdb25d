"""Every example carries tests, and they pass on both engines."""

from __future__ import annotations

from pathlib import Path

import pytest

import weirflow as wf
from engine.testing.suite import is_test_file, suite_files

EXAMPLES = Path(__file__).parents[2] / "examples"
WORKFLOWS = sorted(
    path
    for path in EXAMPLES.rglob("*.yaml")
    if "ir_version" in path.read_text(encoding="utf-8") and "out" not in path.parts
)


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_an_example_carries_tests_that_pass_on_both_engines(workflow: Path) -> None:
    assert not is_test_file(workflow)
    assert suite_files([workflow])
    report = wf.test(workflow, engine="both")
    assert report.results
    assert [each.as_json() for each in report.results if each.outcome != "passed"] == []
