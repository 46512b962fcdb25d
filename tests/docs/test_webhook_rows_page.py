"""The examples of the page about the rows of webhooks: the workflow is sound, and its tests pass."""

from __future__ import annotations

import re
from pathlib import Path

import weirflow as wf

PAGE = Path(__file__).parents[2] / "docs" / "webhook-rows.md"


def test_the_workflow_of_the_page_is_sound_and_its_tests_pass(tmp_path: Path) -> None:
    workflow, tests = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    file = tmp_path / "paid.yaml"
    file.write_text(workflow + tests, encoding="utf-8")
    assert wf.validate(file) == []
    assert [each.outcome for each in wf.test(file, engine="both").results] == ["passed", "passed"]
