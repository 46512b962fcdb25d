"""The manifest and the workflow of docs/plugins-development.md do what the page says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import weirflow as wf
from engine.cli.main import run_command_line
from tests.servers.http_receiver import HttpReceiver

PAGE = (Path(__file__).parents[2] / "docs" / "plugins-development.md").read_text(encoding="utf-8")


@pytest.fixture
def receiver() -> Iterator[HttpReceiver]:
    with HttpReceiver().running() as service:
        yield service


@pytest.fixture
def folder(tmp_path: Path, receiver: HttpReceiver, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the page's files where the page puts them, and credentials for a service of the tests' own."""
    for name, text in re.findall(r"`([a-z/]+\.yaml)`[^`]*:\n\n```yaml\n(.*?)```", PAGE, flags=re.DOTALL):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "invoices.csv").write_text("invoice,due\n17,2026-02-01\n18,\n")
    monkeypatch.setenv("WEIRFLOW_TICKETS", json.dumps({"token": "t-0123456789", "api_base": receiver.url}))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_manifest_of_the_page_has_twenty_lines_and_is_sound(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert len((folder / "plugins" / "tickets.yaml").read_text().splitlines()) <= 20
    assert run_command_line(["plugins", "check", "plugins/tickets.yaml"]) == 0
    assert run_command_line(["plugins", "check", "plugins/archive.yaml"]) == 0
    assert run_command_line(["plugins", "show", "tickets", "create_ticket"]) == 0
    assert "What to do." in capsys.readouterr().out


def test_the_workflow_of_the_page_calls_the_service_once_a_row(folder: Path, receiver: HttpReceiver) -> None:
    for number in (7, 8):
        receiver.fail("POST", "/api/tickets", status=201, body=json.dumps({"number": number}))
    assert wf.validate("open.yaml") == []
    assert run_command_line(["run", "open.yaml", "--dry-run"]) == 0
    assert receiver.requests == []
    assert wf.run("open.yaml").status == "succeeded"
    assert (folder / "tickets.csv").read_text() == "invoice,ticket\n17,7\n18,8\n"
    assert receiver.requests == ["POST /api/tickets"] * 2


def test_what_the_service_says_stands_in_the_failure(folder: Path, receiver: HttpReceiver) -> None:
    receiver.fail("POST", "/api/tickets", status=422, body='{"error": {"message": "the desk is closed"}}')
    with pytest.raises(wf.WorkflowError, match="the desk is closed"):
        wf.run("open.yaml")


def test_a_parameter_that_there_is_not_is_told_without_asking_anybody(folder: Path, receiver: HttpReceiver) -> None:
    (folder / "open.yaml").write_text((folder / "open.yaml").read_text().replace("{subject:", "{subjet:"))
    found = wf.validate("open.yaml")
    assert [each.hint for each in found if each.code == "IR201"] == ['did you mean "subject"?']
    assert receiver.requests == []
