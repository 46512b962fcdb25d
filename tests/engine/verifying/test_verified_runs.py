"""The files of a run are made again and compared; what has changed is named."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

import weirflow as wf
from engine.cli.main import run_command_line

WORKFLOW = """\
ir_version: "3.1"
name: report
goal: What each region ordered
data_sources: [{type: file, alias: orders, location: orders.csv}]
transforms: [{type: aggregate, config: {group_by: [region], aggregates: {total: sum(amount)}}}]
rendering: {type: report, title: "Orders of {{run.id}}"}
delivery_rules:
  file_delivery:
    - {id: rows, format: csv, options: {overwrite: true}}
    - {id: book, format: xlsx, options: {overwrite: true}}
    - {id: each, format: csv, filename_template: "{{group.key}}.csv", options: {overwrite: true, split_by: region}}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "report.yaml").write_text(WORKFLOW, encoding="utf-8")
    (tmp_path / "orders.csv").write_text("region,amount\nnorth,1\nsouth,2\nnorth,3\n", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_a_run_whose_sources_stand_is_made_again_byte_for_byte(engine: str, folder: Path) -> None:
    run = wf.run("report.yaml", engine=engine)
    before = {each.name: each.stat().st_mtime_ns for each in folder.iterdir() if each.is_file()}
    report = wf.verify(run.run_id)
    assert [(each.delivery, Path(each.target).name, each.outcome) for each in report.files] == [
        ("rows", "report.csv", "same"), ("book", "report.xlsx", "same"),
        ("each", "north.csv", "same"), ("each", "south.csv", "same"),
    ]  # fmt: skip
    assert report.files[0].expected == hashlib.sha256(b"region,total\nnorth,4\nsouth,2\n").hexdigest()
    assert report.exit_code == 0
    assert {each.name: each.stat().st_mtime_ns for each in folder.iterdir() if each.is_file()} == before
    assert len(wf.runs()) == 1  # the journal knows of no other run


def test_a_file_that_comes_out_otherwise_is_named(folder: Path) -> None:
    run = wf.run("report.yaml")
    (folder / "orders.csv").write_text("region,amount\nnorth,1\nsouth,2\nnorth,4\n", encoding="utf-8")
    (folder / "north.csv").unlink()
    report = wf.verify(run.run_id)
    assert {Path(each.target).name: (each.outcome, each.at_its_place) for each in report.files} == {
        "report.csv": ("differs", "same"), "report.xlsx": ("differs", "same"),
        "north.csv": ("differs", "gone"), "south.csv": ("same", "same"),
    }  # fmt: skip
    assert report.exit_code == 1


def test_a_changed_workflow_file_is_no_matter_and_a_lost_group_is(folder: Path) -> None:
    run = wf.run("report.yaml")
    (folder / "report.yaml").write_text("no workflow", encoding="utf-8")
    assert wf.verify(run.run_id).is_same
    (folder / "orders.csv").write_text("region,amount\nnorth,4\n", encoding="utf-8")
    lost = [each for each in wf.verify("last").files if each.outcome == "not made"]
    assert [Path(each.target).name for each in lost] == ["south.csv"]


def test_the_command_tells_tools_by_its_exit_code(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wf.run("report.yaml")
    assert run_command_line(["verify", "last", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["status"] == "same"
    (folder / "orders.csv").write_text("region,amount\nnorth,9\n", encoding="utf-8")
    assert run_command_line(["verify", "last"]) == 1
    assert "not every file is the same" in capsys.readouterr().out
    assert run_command_line(["verify", "nothing"]) == 2


def test_a_source_whose_bad_rows_were_set_aside_is_known_by_its_hash(folder: Path) -> None:
    text = (folder / "report.yaml").read_text(encoding="utf-8")
    (folder / "report.yaml").write_text(
        text.replace("orders.csv}", "orders.csv, config: {max_bad: 1, schema: {amount: integer}}}"), encoding="utf-8"
    )
    (folder / "orders.csv").write_text("region,amount\nnorth,1\nsouth,2\nnorth,3\nsouth,none\n", encoding="utf-8")
    run = wf.run("report.yaml")
    assert run.status == "incomplete"
    [recorded] = wf.runs()
    assert recorded.receipt is not None
    assert [(each["kind"], each["sha256"]) for each in recorded.receipt["read"]] == [
        ("file", hashlib.sha256((folder / "orders.csv").read_bytes()).hexdigest())
    ]
    assert not wf.verify(run.run_id).changed
    (folder / "orders.csv").write_text("region,amount\nnorth,1\nsouth,2\nnorth,3\nsouth,other\n", encoding="utf-8")
    report = wf.verify(run.run_id)
    assert [each.outcome for each in report.files if each.delivery == "rows"] == ["same"]
    assert report.changed
