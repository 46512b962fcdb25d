"""`weirflow runs` and `weirflow resume` for tools."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import weirflow as wf
from engine.cli.main import run_command_line
from tests.workflows import inline, workflow

DOCUMENT = workflow([inline("main", [{"k": 1}])], delivery_rules={"file_delivery": {"format": "csv"}})


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    code = run_command_line(list(arguments))
    return code, json.loads(capsys.readouterr().out)


def test_commands_that_change_runs_tell_tools_what_they_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = wf.run(DOCUMENT, out=tmp_path)
    code, again = said(capsys, "resume", "last", "--format", "json")
    assert (code, again["run_id"], again["status"]) == (0, run.run_id, "succeeded")
    code, refused = said(capsys, "runs", "cancel", "last", "--format", "json")
    assert code == 2
    assert refused["diagnostics"][0]["message"] == f"the run {run.run_id} is not under way: it is succeeded"
    assert said(capsys, "runs", "prune", "--older-than", "0", "--format", "json") == (0, {"removed": [run.run_id]})
