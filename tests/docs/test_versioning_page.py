"""The page about versions names the numbers that the code has."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from engine.journal.migrations import STEPS
from engine.plan_steps import PLAN_VERSION
from ir.model.workflow import Workflow

PAGE = (Path(__file__).parents[2] / "docs" / "versioning.md").read_text(encoding="utf-8")


def test_the_table_has_the_versions_of_the_code() -> None:
    current = get_args(Workflow.model_fields["ir_version"].annotation)[0]
    assert f"| `ir_version` in the file | {current} |" in PAGE
    assert f"| `plan_version` | {PLAN_VERSION} |" in PAGE
    assert f"| table `weirflow_versions`, one row a step | {len(STEPS)} |" in PAGE
