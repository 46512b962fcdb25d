"""Workflows whose operations are tools of an MCP server."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

import weirflow as wf
from connectors.home import home
from engine.cli.main import run_command_line
from tests.engine.plugin_operations.shop import document

TOOLS = Path(__file__).parents[2] / "servers" / "tools.py"
ROWS = [{"who": "ada"}, {"who": "cy"}]
FIND = {"plugin_key": "mcp:test", "operation_type": "find_people", "config": {"city": "{{who}}", "limit": 1},
        "output_variable": "people"}  # fmt: skip
NOTE = {"plugin_key": "mcp:test", "operation_type": "add-note", "config": {"text": "{{who}} paid"},
        "output_variable": "noted"}  # fmt: skip


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    path = tmp_path / "notes"
    home().mkdir(parents=True, exist_ok=True)
    (home() / "config.toml").write_text(
        f"[mcp.test]\ncommand = {json.dumps(sys.executable)}\nargs = [{json.dumps(str(TOOLS))}]\n"
        f"env = {{NOTES = {json.dumps(str(path))}}}\n"
    )
    return path


def test_the_operations_of_a_run_call_tools_of_one_server(tmp_path: Path, notes: Path) -> None:
    plan = wf.compile(document(ROWS, FIND, NOTE), base=tmp_path)
    assert not notes.exists()
    result = plan.run(out=tmp_path)
    assert result.status == "succeeded"
    assert result["data"].select("who", "noted").rows() == [("ada", '"noted ada paid"'), ("cy", '"noted cy paid"')]
    assert json.loads(result["data"]["people"][0]) == [{"name": "Person 0", "city": "ada"}]
    servers, calls = zip(*(line.split(" ", 1) for line in notes.read_text().splitlines()), strict=True)
    assert calls == ("find ada", "find cy", "note ada paid", "note cy paid")
    assert len(set(servers)) == 1
    assert not Path(f"/proc/{servers[0]}").exists()


def test_tools_that_are_written_down_give_typed_columns_and_refuse_what_they_do_not_take(
    tmp_path: Path, notes: Path
) -> None:
    (tmp_path / "plugins").mkdir()
    file = tmp_path / "plugins" / "mcp-test.yaml"
    assert run_command_line(["plugins", "import", "mcp:test", "--all", "-o", str(file)]) == 0
    assert run_command_line(["plugins", "check", str(file)]) == 0
    notes.unlink(missing_ok=True)
    wrong = {**NOTE, "config": {"txt": "{{who}}"}}
    assert {each.code for each in wf.validate(document(ROWS, wrong), base=tmp_path)} == {"IR201"}
    result = wf.compile(document(ROWS, NOTE), base=tmp_path).run(out=tmp_path)
    assert result["data"].select("who", "noted").rows() == [("ada", "noted ada paid"), ("cy", "noted cy paid")]


def test_a_server_that_ends_in_a_call_leaves_it_uncertain_and_the_resume_does_not_make_it_again(
    tmp_path: Path, notes: Path
) -> None:
    end = {"plugin_key": "mcp:test", "operation_type": "end", "config": {"when": "{{when}}"}, "output_variable": "x"}
    rows = [{"when": "after"}]
    with pytest.raises(wf.WorkflowError, match="has ended before it answered") as failure:
        wf.compile(document(rows, end), base=tmp_path).run(out=tmp_path)
    with pytest.raises(wf.WorkflowError, match="may or may not have taken effect"):
        wf.resume(failure.value.run_id)
    assert len(notes.read_text().splitlines()) == 1
