"""Runs that ask models: rehearsed, tested, previewed, stopped, within limits."""

from __future__ import annotations

import json
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest

import weirflow as wf
from connectors.ai.configuration import ai_settings
from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from engine.cli.main import run_command_line
from engine.running.cancellation import Cancellation
from tests.servers.model import ModelServer
from tests.workflows import inline, workflow

CLASSIFY = {"type": "classify", "instruction": "the mood of {{text}}", "output_variable": "mood",
            "output_schema": {"type": "string", "enum": ["good", "bad"]}}  # fmt: skip


def document(count: int = 3, **more: Any) -> dict[str, Any]:
    rows = [{"id": each, "text": f"good {each}"} for each in range(count)]
    return workflow([inline("main", rows)], **{"ai_operations": [CLASSIFY], "delivery_rules": {
        "file_delivery": {"format": "csv", "filename_template": "made.csv"}}, **more})  # fmt: skip


def test_a_rehearsal_asks_nothing_and_says_who_is_missing(
    model: ModelServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "flow.json"
    file.write_text(json.dumps(document(ai_operations=[{"type": "generate", "instruction": "write"}])))
    assert run_command_line(["run", str(file), "--dry-run"]) == 0
    assert model.calls == []
    monkeypatch.delenv("WEIRFLOW_AI_BASE_URL")
    monkeypatch.delenv("WEIRFLOW_AI_MODEL")
    assert run_command_line(["run", str(file), "--dry-run"]) == 1
    assert "IR760" in capsys.readouterr().err
    assert run_command_line(["validate", str(file)]) == 0


def test_a_test_asks_no_model_and_takes_the_answers_it_is_given(model: ModelServer, tmp_path: Path) -> None:
    file = tmp_path / "flow.json"
    given = {"name": "given", "sources": {"mood": [{"mood": "bad"}] * 2 + [{"mood": "good"}]},
             "expect": {"frames": {"mood": [{"id": 0, "mood": "bad"}, {"id": 1, "mood": "bad"},
                                            {"id": 2, "mood": "good"}]}}}  # fmt: skip
    file.write_text(json.dumps(document(tests=[given])))
    assert run_command_line(["test", str(file)]) == 0
    file.write_text(json.dumps(document(tests=[{**given, "sources": {}}])))
    assert run_command_line(["test", str(file)]) == 1
    assert model.calls == []


def test_a_preview_asks_only_about_the_rows_that_it_shows(model: ModelServer, tmp_path: Path) -> None:
    wf.compile(document(50)).run(out=tmp_path, preview=2)
    assert len(model.calls) == 2


def test_runs_of_a_journal_share_the_limit_of_requests_a_minute(
    model: ModelServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEIRFLOW_JOURNAL", f"sqlite:///{tmp_path / 'journal.db'}")
    monkeypatch.setenv("WEIRFLOW_AI_REQUESTS_PER_MINUTE", "600")
    monkeypatch.setenv("WEIRFLOW_AI_CACHE", "off")
    for out in ("first", "second"):
        wf.compile(document(3)).run(out=tmp_path / out)
    assert len(model.calls) == 6
    with sqlite3.connect(tmp_path / "journal.db") as journal:
        [[state]] = journal.execute("select state from weirflow_limits where bucket <> 'key'")
    [counted] = [each for key, each in json.loads(state).items() if key.startswith("sliding_window")]
    assert sum(number for _, number in counted) >= 6_000  # in thousandths; some may be taken ahead


def test_a_run_that_is_stopped_ends_its_waiting_and_a_resume_asks_only_about_the_rest(
    model: ModelServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEIRFLOW_AI_MAX_CONCURRENT", "1")
    cancellation = Cancellation()

    def slow(call: Any) -> dict[str, str]:
        if len(model.calls) == 3:
            model.delay_s = 30  # for the fourth
            threading.Timer(0.2, cancellation.cancel, ["enough"]).start()
        return {"answer": "good"}

    model.script = [slow] * 3
    result = wf.compile(document(6)).run(out=tmp_path, cancellation=cancellation)
    assert result.status == "cancelled"
    model.delay_s = 0
    assert wf.resume(result.run_id).status == "succeeded"
    assert len(model.calls) == 4 + 3  # the fourth was asked twice: its answer never came
    assert (tmp_path / "made.csv").read_text().count("good,") == 0
    assert (tmp_path / "made.csv").read_text().count(",good\n") == 6


def test_nothing_is_remembered_for_others_where_that_is_turned_off(
    model: ModelServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEIRFLOW_AI_CACHE", "off")
    for out in ("one", "two"):
        wf.compile(document()).run(out=tmp_path / out)
    assert len(model.calls) == 6


def test_a_policy_that_forbids_the_network_forbids_to_ask(model: ModelServer, tmp_path: Path) -> None:
    with pytest.raises(wf.WorkflowError) as failure:
        wf.compile(document(), policy=Policy.closed(tmp_path)).run(out=tmp_path)
    assert [each.code for each in failure.value.diagnostics] == ["IR502"]
    assert model.calls == []


def test_the_budget_of_a_run_holds_for_all_of_its_operations(
    model: ModelServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEIRFLOW_AI_MAX_CALLS", "4")
    second = {**CLASSIFY, "instruction": "the weather of {{text}}", "output_variable": "weather"}
    with pytest.raises(wf.WorkflowError) as failure:
        wf.compile(document(ai_operations=[CLASSIFY, second])).run(out=tmp_path)
    [found] = failure.value.diagnostics
    assert (found.code, found.message) == ("IR763", "weather: the run needs at least 6 calls, and max_calls is 4")
    assert len(model.calls) == 3


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("BASE_URL", "models.example.com", "base_url of [ai] in HOME/config.toml is no address such as "
         "https://api.example.com/v1"),
        ("TIMEOUT_S", "soon", "timeout_s of [ai] in HOME/config.toml is no number"),
        ("MAX_CONCURRENT", "0", "max_concurrent of [ai] in HOME/config.toml is no whole number from 1 on"),
        ("CACHE", "maybe", "cache of [ai] in HOME/config.toml is none of on, off, refresh"),
        ("PROVIDER", "service", "provider of [ai] in HOME/config.toml is service, and no base_url says where it is"),
    ],
)  # fmt: skip
def test_a_configuration_that_makes_no_sense_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, value: str, message: str
) -> None:
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path))
    monkeypatch.setenv(f"WEIRFLOW_AI_{key}", value)
    with pytest.raises(ConnectorProblem) as problem:
        ai_settings()
    assert problem.value.message == message.replace("HOME", str(tmp_path))
