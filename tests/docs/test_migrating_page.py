"""The page about coming from the original: its graph becomes what the page shows, and is told as it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.cli.main import run_command_line

PAGE = (Path(__file__).parents[2] / "docs" / "migrating.md").read_text(encoding="utf-8")
GRAPH, WORKFLOW = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)


def test_the_graph_of_the_page_becomes_the_workflow_of_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("orders.yaml").write_text(GRAPH)
    assert run_command_line(["migrate", "orders.yaml", "-o", "new.yaml"]) == 3
    assert Path("new.yaml").read_text() == WORKFLOW
    shown = re.search(r"-o new\.yaml\n(wrote new\.yaml.*?)```", PAGE, flags=re.DOTALL)
    assert shown is not None
    printed = [line.rstrip() for line in capsys.readouterr().err.splitlines()]
    assert printed == shown[1].splitlines()


def test_the_new_workflow_validates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("new.yaml").write_text(WORKFLOW)
    assert run_command_line(["validate", "new.yaml"]) == 0
