"""The workflow of docs/plugin-operations.md does what the page says."""

from __future__ import annotations

import json
import re
from pathlib import Path

from engine.cli.main import run_command_line
from tests.servers.http_receiver import HttpReceiver

PAGE = (Path(__file__).parents[2] / "docs" / "plugin-operations.md").read_text(encoding="utf-8")
INVOICES = "invoice,customer,due\n17,Ada,2026-01-20\n18,Bo,2026-02-20\n"


def test_the_requests_of_the_page_are_shown_and_sent(tmp_path, monkeypatch, capsys):
    [workflow] = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)
    [shown] = re.findall(r"```text\n(.*?)```", PAGE, flags=re.DOTALL)
    (tmp_path / "cards.yaml").write_text(workflow)
    (tmp_path / "invoices.csv").write_text(INVOICES)
    monkeypatch.chdir(tmp_path)
    parts = {"key": "k-0123456789", "token": "t-0123456789"}
    monkeypatch.setenv("WEIRFLOW_TRELLO", json.dumps(parts))
    assert run_command_line(["run", "cards.yaml", "--dry-run", "--now", "2026-01-31"]) == 0
    said = capsys.readouterr().out
    assert said[said.index("requests\n") :] == shown
    with HttpReceiver().running() as service:
        monkeypatch.setenv("WEIRFLOW_TRELLO", json.dumps({**parts, "api_base": service.url}))
        service.fail("POST", "/cards", status=200, body=json.dumps({"id": "c1", "name": "n", "url": "https://t/c1"}))
        assert run_command_line(["run", "cards.yaml", "--now", "2026-01-31"]) == 0
    assert (tmp_path / "cards.csv").read_text() == "invoice,link\n17,https://t/c1\n"
