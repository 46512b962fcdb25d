"""`--log-format json`: every line on stderr is an object with the same keys, and none shows a secret."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from engine.cli.json_lines import JsonLines
from engine.cli.main import run_command_line
from engine.events import Event
from ir.redaction import hide

KEYS = [
    "at", "level", "event", "run_id", "workflow", "step", "rows", "seconds", "attempt", "status", "code", "place",
    "text",
]  # fmt: skip
WORKFLOW = """\
ir_version: "3.1"
name: regions
goal: Sum the orders of each region
data_sources:
  - type: tabular
    source: inline
    alias: orders
    config: {rows: [{region: north, amount: 10}, {region: south, amount: 7}]}
transforms:
  - {id: by_region, type: aggregate, config: {group_by: [region], aggregates: {total: sum(amount)}}}
delivery_rules:
  file_delivery:
    - {id: totals, format: csv, filename_template: totals.csv}
"""


def lines_of(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, list[dict[str, Any]]]:
    code = run_command_line([str(each) for each in arguments])
    return code, [json.loads(line) for line in capsys.readouterr().err.splitlines()]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "regions.yaml").write_text(WORKFLOW)
    return tmp_path / "regions.yaml"


def test_every_line_is_an_object_with_the_same_keys(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, lines = lines_of(capsys, "run", file, "--log-format", "json")
    assert code == 0
    assert [list(each) for each in lines] == [KEYS] * len(lines)
    assert [(each["event"], each["step"], each["rows"]) for each in lines] == [
        ("run_started", None, None),
        ("step_started", "totals", None),
        ("delivery_finished", "totals", 2),
        ("step_finished", "orders", 2),
        ("step_finished", "by_region", 2),
        ("run_finished", None, None),
    ]
    assert {each["workflow"] for each in lines} == {"regions"}
    assert len({each["run_id"] for each in lines}) == 1
    assert lines[-1]["status"] == "succeeded"
    assert lines[-1]["seconds"] > 0
    assert datetime.fromisoformat(lines[0]["at"]).tzinfo == UTC


def test_the_environment_asks_for_lines_too(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEIRFLOW_LOG_FORMAT", "json")
    code, lines = lines_of(capsys, "run", file)
    assert (code, lines[0]["event"]) == (0, "run_started")


def test_a_file_that_does_not_compile_says_so_in_lines(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(WORKFLOW.replace("group_by: [region]", "group_by: [regoin]"))
    code, (line,) = lines_of(capsys, "run", file, "--log-format", "json")
    assert code == 2
    assert (line["level"], line["event"], line["code"]) == ("error", "failure", "IR401")
    assert line["place"].endswith("regions.yaml:10:58")


def test_what_stops_a_run_is_a_line_with_its_code(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (file.parent / "totals.csv").write_text("precious")
    code, lines = lines_of(capsys, "run", file, "--log-format", "json", "--quiet")
    assert code == 1
    assert [(each["level"], each["event"], each["code"]) for each in lines] == [
        ("error", "failure", "IR605"),
        ("error", "run_finished", None),
    ]


def test_a_secret_shows_in_no_field() -> None:
    hide(["s3cr3t-word"])
    written: list[str] = []
    JsonLines(write=written.append)(Event(kind="warning", step="load s3cr3t-word", text="s3cr3t-word was refused"))
    assert json.loads(written[0])["step"] == "load ***"
    assert "s3cr3t" not in written[0]


def test_rows_are_told_at_most_every_five_seconds() -> None:
    written: list[str] = []
    seconds = iter([0.0, 1.0, 6.0, 7.0])
    report = JsonLines(write=written.append, monotonic=lambda: next(seconds))
    report(Event(kind="step_started", step="orders"))
    for count in (100, 200, 300):
        report(Event(kind="rows", step="orders", rows=count))
    assert [json.loads(each)["rows"] for each in written] == [None, 200]
