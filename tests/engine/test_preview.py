"""A preview makes every delivery of its first rows in an outbox folder, and touches nothing else."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

import weirflow as wf
from engine.cli.main import run_command_line
from engine.outbox import outbox_path
from tests.engine.recorded_reports import recorded
from tests.workflows import ENGINES, inline, workflow

ROWS = [{"k": each, "side": "even" if each % 2 == 0 else "odd"} for each in range(100)]


def document(*files: dict[str, Any], **more: Any) -> dict[str, Any]:
    return workflow([inline("rows", ROWS)], delivery_rules={"file_delivery": list(files)}, **more)


def names(folder: Path) -> list[str]:
    return sorted(str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file())


@pytest.mark.parametrize("engine", ENGINES)
def test_each_delivery_has_its_first_rows_in_the_outbox_beside_the_workflow(engine, tmp_path):
    files = [{"format": "csv", "destination": {"path": "reports"}}, {"format": "html"},
             {"format": "json", "destination": {"path": "s3://bucket/month"}},
             {"format": "txt", "destination": {"path": "/srv/../drop"}}]  # fmt: skip
    plan = wf.compile(document(*files), engine=engine, base=tmp_path)
    result = plan.run(preview=3)
    assert names(tmp_path) == [
        "outbox/reports/workflow.csv", "outbox/s3/bucket/month/workflow.json", "outbox/srv/drop/workflow.txt",
        "outbox/workflow.html",
    ]  # fmt: skip
    assert [each.rows for each in result.deliveries] == [3, 3, 3, 3]
    rows = list(csv.reader((tmp_path / "outbox/reports/workflow.csv").read_text().splitlines()))
    assert rows == [["k", "side"], ["0", "even"], ["1", "odd"], ["2", "even"]]
    assert result.preview is not None
    assert (result.preview.rows, result.preview.folder) == (3, str(tmp_path / "outbox"))
    assert result.as_json()["preview"]["rows"] == 3


def test_a_preview_replaces_an_older_one_but_a_run_still_replaces_nothing(tmp_path):
    plan = wf.compile(document({"format": "csv"}), base=tmp_path)
    plan.run(preview=1)
    plan.run(preview=2)
    assert len((tmp_path / "outbox/workflow.csv").read_text().splitlines()) == 3
    plan.run()
    with pytest.raises(wf.WorkflowError, match="IR605"):
        plan.run()
    plan.run(preview=1)


@pytest.mark.parametrize("engine", ENGINES)
def test_figures_of_a_preview_are_those_of_the_rows_it_shows(engine, monkeypatch, tmp_path):
    sections = [{"totals": {"k": "sum"}}, {"group_by": "side"}]
    plan = wf.compile(document({"format": "html"}, rendering={"sections": sections}), engine=engine, base=tmp_path)
    monkeypatch.setattr(wf, "run", lambda workflow, out: plan.run(preview=4))
    [found] = recorded({}, monkeypatch, tmp_path)
    first, second = found.tables
    assert first.facts.totals is not None
    assert (first.facts.rows, first.facts.totals.item()) == (4, 0 + 1 + 2 + 3)
    assert [row["k"] for row in second.rows] == [0, 2, 4, 6]


def test_split_deliveries_are_previewed_too(tmp_path):
    plan = wf.compile(document({"format": "csv", "options": {"split_by": "k"}}), base=tmp_path)
    plan.run(preview=2, out=tmp_path / "look")
    assert names(tmp_path) == ["look/workflow-0.csv", "look/workflow-1.csv"]


def test_bad_rows_are_dead_letters_as_in_a_run(tmp_path, monkeypatch):
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path / "home"))
    (tmp_path / "rows.csv").write_text("k\n1\n2\nthree\n")
    source = {"type": "file", "alias": "rows", "location": "rows.csv", "config": {"schema": {"k": "integer"}}}
    source["config"] |= {"on_bad_row": "quarantine", "max_bad": 5}  # type: ignore[operator]
    plan = wf.compile(workflow([source], delivery_rules={"file_delivery": {"format": "csv"}}), base=tmp_path)
    result = plan.run(preview=1)
    assert (result.exit_code, result.dead_letters["count"]) == (3, 1)


@pytest.mark.parametrize(
    ("folder", "plugin", "path"),
    [
        (".", None, "."),
        ("out/month", "local", "out/month"),
        ("../../etc", None, "etc"),
        ("~/reports", None, "reports"),
        ("/abs/x", None, "abs/x"),
        ("C:\\data", None, "C_/data"),
        ("s3://user:pass@bucket/a", None, "s3/bucket/a"),
        ("bucket/a", "s3", "s3/bucket/a"),
        ("file:///srv/x", None, "srv/x"),
    ],
)
def test_every_destination_is_a_folder_of_the_outbox(folder, plugin, path):
    assert outbox_path(folder, plugin) == path


def test_the_command_says_that_it_was_a_preview(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "flow.json").write_text(json.dumps(document({"format": "csv"})))
    assert run_command_line(["run", "flow.json", "--preview", "2", "-q"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "a preview of the first 2 rows in outbox: nothing else was written or sent" in said
    assert run_command_line(["run", "flow.json", "--preview", "2", "--dry-run"]) == 2
    assert names(tmp_path) == ["flow.json", "outbox/flow.csv"]
