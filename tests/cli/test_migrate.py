"""`weirflow migrate`: what stands on stdout and stderr, and the exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.cli.main import run_command_line

OLD = """\
ir_version: "3.0"
goal: Paid orders
data_sources: [{type: file, source: orders, location: a.csv}]
filters: {combineWith: AND, conditions: [{field: status, operator: eq, value: paid}]}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "a.csv").write_text("id,status\n1,paid\n")
    written = tmp_path / "old.yaml"
    written.write_text(OLD)
    return written


def test_the_workflow_is_on_stdout_and_the_account_on_stderr(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["migrate", str(file)]) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith('ir_version: "3.1"\ngoal: Paid orders\n')
    assert "operator: equals" in captured.out
    assert 'the operator "eq" is read as equals' in captured.err
    assert "1 kept, 1 changed, 0 refused; the workflow validates" in captured.err


def test_what_is_refused_is_a_question_and_kept_as_it_was(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(OLD + "loops: [{id: each, loop_over: orders}]\n")
    new = file.with_name("new.yaml")
    assert run_command_line(["migrate", str(file), "-o", str(new)]) == 3
    assert "loops is not part of the language" in capsys.readouterr().err
    assert run_command_line(["validate", str(new)]) == 0
    assert "loop_over: orders" in new.read_text()
    assert run_command_line(["run", str(new)]) == 1
    assert "error[IR323]: a question is still open: loops: loops is not part of" in capsys.readouterr().err


def test_what_is_taken_out_again_is_not_told_as_kept(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(OLD + "execution_constraints: {rate_limiting: {max_requests: 10}}\n")
    assert run_command_line(["migrate", str(file), "--report", "json"]) == 3
    told = [each for each in json.loads(capsys.readouterr().out)["elements"] if "constraints" in each["element"]]
    assert [each["verdict"] for each in told] == ["refused"]


def test_questions_that_were_open_before_are_still_open(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(OLD + "clarifications_required: [Which month?]\n")
    assert run_command_line(["migrate", str(file)]) == 3
    assert "- Which month?" in capsys.readouterr().err


def test_the_account_as_json_holds_the_workflow(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["migrate", str(file), "--report", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["status"], found["dialect"], found["questions"]) == ("migrated", "a declarative document 3.0", [])
    assert [(each["pointer"], each["verdict"]) for each in found["elements"]] == [
        ("/data_sources/0", "kept"),
        ("/filters/conditions/0/operator", "changed"),
    ]
    assert found["workflow"]["filters"]["conditions"][0]["operator"] == "equals"


@pytest.mark.parametrize("text", ["[{type: action}", "just words", ""])
def test_a_file_that_is_no_document_is_refused(text: str, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(text)
    assert run_command_line(["migrate", str(file)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "nothing was written" in captured.err
    assert "error[IR1" in captured.err


def test_a_file_that_is_not_here_leaves_nothing_open(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.with_name("a.csv").unlink()
    assert run_command_line(["migrate", str(file), "--report", "none"]) == 0
    assert capsys.readouterr().err == ""
