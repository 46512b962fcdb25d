"""Values of frames in the names of files: what a run finds out, and no plan knows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import weirflow as wf
from engine.cli.main import run_command_line
from tests.servers.http_receiver import HttpReceiver
from tests.workflows import ENGINES, inline, workflow

ROWS = [{"month": "2026-01", "amount": 5, "k": "a"}, {"month": "2026-02", "amount": 7, "k": "b"}]
TOTALS = {
    "type": "reduce", "output_variable": "totals",
    "config": {"aggregates": {
        "month": "max(month)", "sum": "sum(amount)", "none": "max(month) filter (where k = 'z')",
    }},
}  # fmt: skip


def document(name: str, *transforms: dict[str, Any], rows: Any = ROWS, **options: Any) -> dict[str, Any]:
    file = {"format": "csv", "filename_template": name, "columns": ["amount"], "options": options}
    return workflow([inline("main", rows)], transforms=[*transforms], delivery_rules={"file_delivery": [file]})


def made(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir() if each.suffix == ".csv")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("sales_{{totals.month}}.csv", "sales_2026-02.csv"),
        ("{{workflow}}_{{totals.sum}}_{{totals.month}}.csv", "w_12_2026-02.csv"),
        ("x{{totals.none}}.csv", "x.csv"),
        ("{{sorted[0].month}}.csv", "2026-02.csv"),
        ("{{main.length}}_rows.csv", "2_rows.csv"),
        ("all_{{sorted[*].k}}.csv", "all_b, a.csv"),
        ("{{only.k}}.csv", "b.csv"),
    ],
)
def test_a_value_of_one_row_stands_in_the_name(tmp_path: Path, engine: str, name: str, file: str) -> None:
    ordered = {"type": "sort", "output_variable": "sorted", "config": {"by": [{"field": "k", "direction": "desc"}]}}
    only = {"type": "filter", "output_variable": "only", "config": {"where": "amount > 5"}}
    wf.run(document(name, TOTALS, ordered, only) | {"name": "w"}, base=tmp_path, engine=engine)
    assert made(tmp_path) == [file]
    assert (tmp_path / file).read_text() == "amount\n5\n7\n"


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("where", "many"), [("amount > 0", 2), ("amount > 9", 0)])
def test_a_frame_that_has_not_one_row_ends_the_run_before_anything_is_written(
    tmp_path: Path, engine: str, where: str, many: int
) -> None:
    found = {"type": "filter", "output_variable": "found", "config": {"where": where}}
    with pytest.raises(wf.WorkflowError) as failure:
        wf.run(document("{{found.k}}.csv", found), base=tmp_path, engine=engine)
    [said] = failure.value.diagnostics
    assert (said.code, said.pointer[-1]) == ("IR414", "filename_template")
    assert said.message == f'"found" has {many} rows, and found.k in a name is the value of one'
    assert made(tmp_path) == []


def test_a_value_leads_to_no_other_folder(tmp_path: Path) -> None:
    found = {"type": "reduce", "output_variable": "found", "config": {"aggregates": {"k": "max(k)"}}}
    wf.run(document("{{found.k}}.csv", found, rows=[{"k": "../../a\\b", "amount": 1}]), base=tmp_path)
    assert made(tmp_path) == ["___.._a_b.csv"]


def test_a_column_or_frame_that_is_not_there_is_told_at_its_place(tmp_path: Path) -> None:
    [said] = wf.validate(document("{{totals.mont}}.csv", TOTALS), base=tmp_path)
    assert (said.code, said.pointer[-1], said.hint) == ("IR401", "filename_template", 'did you mean "month"?')
    [said] = wf.validate(document("{{totls.month}}.csv", TOTALS), base=tmp_path)
    assert said.code == "IR303"


def test_a_plan_and_a_dry_run_leave_the_value_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("sales.json").write_text(json.dumps(document("sales_{{totals.month}}.csv", TOTALS)))
    assert run_command_line(["run", "sales.json", "--dry-run"]) == 0
    assert "sales_{{totals.month}}.csv" in capsys.readouterr().out
    assert made(tmp_path) == []


def test_a_file_that_stands_there_by_its_found_name_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "2026-02.csv").write_text("mine")
    with pytest.raises(wf.WorkflowError, match=r"2026-02\.csv"):
        wf.run(document("{{totals.month}}.csv", TOTALS), base=tmp_path)
    assert (tmp_path / "2026-02.csv").read_text() == "mine"
    wf.run(document("{{totals.month}}.csv", TOTALS, overwrite=True), base=tmp_path)
    assert (tmp_path / "2026-02.csv").read_text() == "amount\n5\n7\n"


@pytest.mark.parametrize("engine", ENGINES)
def test_each_file_of_a_split_delivery_has_the_value_in_its_name(tmp_path: Path, engine: str) -> None:
    wf.run(document("{{totals.month}}_{{group.key}}.csv", TOTALS, split_by="k"), base=tmp_path, engine=engine)
    assert made(tmp_path) == ["2026-02_a.csv", "2026-02_b.csv"]


def test_two_files_that_turn_out_to_have_one_name_are_refused(tmp_path: Path) -> None:
    twice = document("{{totals.month}}.csv", TOTALS)
    twice["delivery_rules"]["file_delivery"].append({"format": "csv", "filename_template": "2026-02.csv"})
    with pytest.raises(wf.WorkflowError):
        wf.run(twice, base=tmp_path)
    assert made(tmp_path) == []


def test_a_resume_delivers_by_the_name_that_was_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path / "home"))
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "sold.csv").write_text("month,amount,k\n2026-02,7,b\n")
    made_of = document("{{totals.month}}_{{group.key}}.csv", TOTALS, split_by="k")
    made_of["data_sources"] = [{"type": "file", "alias": "main", "location": "in/sold.csv"}]
    with HttpReceiver().running() as receiver:
        receiver.fail("POST", "/told", status=400)
        made_of["delivery_rules"]["file_delivery"][0]["depends_on"] = ["told"]
        made_of["delivery_rules"]["summary_delivery"] = {
            "id": "told", "plugin_key": "http", "config": {"url": f"{receiver.url}/told"},
        }  # fmt: skip
        result = wf.run(made_of, base=tmp_path)
        assert (result.exit_code, made(tmp_path)) == (1, [])
        (tmp_path / "in" / "sold.csv").write_text("month,amount,k\n2026-09,9,z\n")
        assert wf.resume(result.run_id).status == "succeeded"
    assert made(tmp_path) == ["2026-02_b.csv"]
    assert (tmp_path / "2026-02_b.csv").read_text() == "amount\n7\n"
