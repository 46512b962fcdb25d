"""The page about what a run tells names the keys and events that there are, and its hook works."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from engine.cli.json_lines import JsonLines
from engine.events import Event, EventKind
from engine.hooks import Hooks

PAGE = (Path(__file__).parents[2] / "docs" / "observability.md").read_text(encoding="utf-8")


def first_cells(heading: str) -> list[str]:
    """The names in the first column of the table under this heading."""
    table = PAGE[PAGE.index(heading) :].partition("\n\n")[0]
    return [name for line in table.splitlines()[2:] for name in re.findall(r"`(\w+)`", line.split("|")[1])]


def test_the_keys_and_events_are_those_that_are_written() -> None:
    keys = list(JsonLines().record(Event(kind="rows")))
    assert first_cells("| key | |") == keys
    assert sorted(first_cells("| `event` | |")) == sorted(get_args(EventKind))


def test_the_methods_of_hooks_are_named() -> None:
    methods = [name for name in vars(Hooks) if not name.startswith("_")]
    told = PAGE[PAGE.index("`wf.Hooks` has the methods") :].partition(", which do nothing")[0]
    assert re.findall(r"`(\w+)`", told) == methods


def test_the_hook_of_the_page_hears_of_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "report.yaml").write_text(
        'ir_version: "3.1"\nname: report\ngoal: x\n'
        "data_sources: [{type: tabular, source: inline, alias: a, config: {rows: [{k: 1}]}}]\n"
        "delivery_rules: {file_delivery: {id: lost, format: csv, destination: {path: sub}}}\n"
    )
    (tmp_path / "sub").write_text("a file where a folder should be")
    monkeypatch.chdir(tmp_path)
    (program,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    exec(program, {"__name__": "page"})
    assert re.match(r"report \S+: lost failed: failed: .*", capsys.readouterr().out)
