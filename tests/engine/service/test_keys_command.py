"""`weirflow keys`: made with a scope and an end, listed without what is secret, and revoked."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from engine.cli.main import run_command_line
from engine.journal.journal import Journal
from engine.service.store.keys import key_of


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path))


def _listed(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    assert run_command_line(["keys", "list", "--format", "json"]) == 0
    found: list[dict[str, object]] = json.loads(capsys.readouterr().out)
    return found


def test_a_key_is_made_listed_and_revoked(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["keys", "create", "reports", "--scope", "read", "--expires", "90d"]) == 0
    text = capsys.readouterr().out.strip()
    with Journal() as journal:
        found = key_of(journal, text)
        assert found is not None
        assert (found.name, found.scopes) == ("reports", "read")
        [shown] = _listed(capsys)
        assert (shown["is_valid"], shown["name"]) == (True, "reports")
        assert text.partition(".")[2] not in json.dumps(shown)
        assert run_command_line(["keys", "revoke", text.partition(".")[0]]) == 0
        assert key_of(journal, text) is None
    capsys.readouterr()
    assert [each["is_valid"] for each in _listed(capsys)] == [False]


def test_a_key_ends_when_it_was_said(capsys: pytest.CaptureFixture[str]) -> None:
    from datetime import datetime, timedelta

    assert run_command_line(["keys", "create", "short", "--expires", "12h", "--format", "json"]) == 0
    made = json.loads(capsys.readouterr().out)
    [shown] = _listed(capsys)
    created, ends = (datetime.fromisoformat(str(shown[name])) for name in ("created_at", "expires_at"))
    assert abs(ends - created - timedelta(hours=12)) < timedelta(seconds=5)
    assert re.fullmatch(r"wf_[0-9a-f]{12}\.[A-Za-z0-9_-]{43}", made["text"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["create", "x", "--expires", "soon"], '"soon" is no time: write 90d'),
     (["create", "x", "--expires", "0d"], '"0d" is no time'),
     (["create", ""], "1 to 100 printable characters"), (["revoke", "none"], 'there is no key "none"')],
)  # fmt: skip
def test_what_makes_no_sense_is_a_usage_error(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command_line(["keys", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_a_journal_that_cannot_be_used_is_told_as_such_and_not_as_a_bug(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["keys", "list", "--database", "mysql://x/y"]) == 1
    told = capsys.readouterr().err
    assert told.startswith("error[IR596]: WEIRFLOW_JOURNAL names no database")
    assert "postgresql://user:password@host/database" in told
    assert "WEIRFLOW_JOURNAL" not in os.environ, "the option is about one command, not about what the process does next"
