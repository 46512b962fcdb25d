"""Deliveries that fill a workbook, through the public face."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest

import weirflow as wf
from connectors.policy import Policy


def workflow(template: str = "template.xlsx", **more: Any) -> dict[str, Any]:
    source = {"type": "tabular", "source": "inline", "config": {"rows": [{"a": 1}, {"a": 2}]}}
    delivery = {"format": "xlsx", "filename_template": "filled.xlsx", "options": {"template": template}}
    return {"ir_version": "3.1", "goal": "fill", "data_sources": [source],
            "delivery_rules": {"file_delivery": delivery}, **more}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    book = openpyxl.Workbook()
    book.active["B2"] = "{{rows}}"
    book.save(tmp_path / "template.xlsx")
    return tmp_path


def test_the_template_lies_beside_the_workflow_and_the_plan_says_that_it_is_filled(folder: Path) -> None:
    plan = wf.compile(workflow(), base=folder)
    assert "fills the workbook template.xlsx" in plan.explain()
    plan.run(out=folder / "out")
    sheet = openpyxl.load_workbook(folder / "out" / "filled.xlsx").active
    assert [cell.value for cell in sheet["B"]] == [None, 1, 2]


def test_a_template_outside_the_folders_a_run_may_read_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    with pytest.raises(wf.WorkflowError, match="IR503"):
        wf.compile(workflow("../template.xlsx"), base=folder / "inner", policy=Policy.closed(folder / "inner"))


def test_a_placeholder_without_a_meaning_fails_the_delivery_and_leaves_no_file(folder: Path) -> None:
    book = openpyxl.load_workbook(folder / "template.xlsx")
    book.active["A1"] = "{{sum}}"
    book.save(folder / "template.xlsx")
    result = wf.run(workflow(), base=folder, out=folder / "out")
    assert [each.status for each in result.deliveries] == ["failed"]
    assert "{{sum}}, which means nothing" in (result.deliveries[0].error or "")
    assert not list((folder / "out").glob("*"))
