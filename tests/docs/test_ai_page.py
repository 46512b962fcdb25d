"""The page about AI operations shows a workflow that runs, and every key of its configuration."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

import weirflow as wf
from connectors.ai.configuration import ai_settings
from connectors.configuration import SECTIONS
from tests.servers.model import ModelServer

PAGE = (Path(__file__).parents[2] / "docs" / "ai.md").read_text(encoding="utf-8")


def test_the_workflow_of_the_page_runs_as_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [text] = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)
    [shown] = [json.loads(each) for each in re.findall(r"```json\n(.*?)```", PAGE, flags=re.DOTALL)]
    (tmp_path / "page.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "comments.csv").write_text("id,text\n1,The delivery was late\n2,Fine price\n3,The delivery was late\n")
    with ModelServer().running() as model:
        monkeypatch.setenv("WEIRFLOW_AI_BASE_URL", model.base_url)
        monkeypatch.setenv("WEIRFLOW_AI_MODEL", "small")
        monkeypatch.setenv("WEIRFLOW_AI_PRICE_IN", "0.25")
        monkeypatch.setenv("WEIRFLOW_AI_PRICE_OUT", "2")
        result = wf.compile(tmp_path / "page.yaml").run(out=tmp_path / "out")
    [step] = [each for each in result.steps if each.name == shown["name"]]
    assert (step.kind, step.rows_in, step.rows_out) == (shown["kind"], shown["rows_in"], shown["rows_out"])
    assert step.outcome.keys() == shown["outcome"].keys()
    counted = ("answered", "remembered", "calls")
    assert [step.outcome[each] for each in counted] == [shown["outcome"][each] for each in counted]


def test_the_configuration_of_the_page_is_one_and_names_every_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [text] = re.findall(r"```toml\n(.*?)```", PAGE, flags=re.DOTALL)
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path))
    (tmp_path / "config.toml").write_text(text)
    settings = ai_settings()
    assert [settings.model(each).name for each in ("fast", "balanced", "accurate")] == [
        "gpt-5-nano", "gpt-5-mini", "gpt-5",
    ]  # fmt: skip
    named = set(re.findall(r"`(\w+)`", PAGE)) | tomllib.loads(text)["ai"].keys() | {"api_key_header"}
    assert set(SECTIONS["ai"]) - named == {"api_key"}  # which the page does not lead anybody to write into a file
