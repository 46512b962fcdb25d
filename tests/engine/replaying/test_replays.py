"""Dead letters come back: repaired in a workbook, through the same workflow, delivered beside what was delivered."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path

import openpyxl
import pytest

import weirflow as wf
from engine.api import compile_document
from engine.cli.main import run_command_line
from engine.replaying.entry import Replaying
from ir.loading import loads

WORKFLOW = """\
ir_version: "3.1"
name: report
goal: What each region ordered
data_sources:
  - type: file
    alias: orders
    location: orders.csv
    config: {schema: {id: string, amount: "decimal(10,2)", booked_on: date}, max_bad: 10, date_format: "%d.%m.%Y"}
  - {type: file, alias: regions, location: regions.csv}
validation_rules:
  - {field: region, type: enum, values: [north, south, west], action: quarantine}
transforms:
  - {type: enrich, config: {source: regions, on: {region: name}, columns: [tax]}}
  - {type: aggregate, output_variable: totals, config: {group_by: [region], aggregates: {total: sum(amount)}}}
delivery_rules:
  file_delivery:
    - {id: rows, format: csv, options: {overwrite: true}}
    - {id: sums, format: csv, input_source: totals, filename_template: totals.csv, options: {overwrite: true}}
"""
ORDERS = """\
id,region,amount,booked_on
007,north,1.50,01.01.2026
008,south,much,02.01.2026
009,nowhere,3.00,03.01.2026
010,west,4.00,2026-01-31
"""
REGIONS = "name,tax\nnorth,1\nsouth,2\nwest,3\n"
REPAIRED = """\
id,region,amount,booked_on,tax
008,south,2.25,2026-01-02,2
010,west,4.00,2026-01-31,3
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    for name, text in (("report.yaml", WORKFLOW), ("orders.csv", ORDERS), ("regions.csv", REGIONS)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def delivered(result: wf.ReplayResult) -> list[str]:
    """The files, their rows sorted: enrich leaves no order."""
    texts = [Path(one.target).read_text(encoding="utf-8") for run in result.runs for one in run.deliveries]
    return ["".join([lines[0], *sorted(lines[1:])]) for lines in (text.splitlines(keepends=True) for text in texts)]


def changed(file: Path, sheet: str, cells: dict[tuple[int, str], object]) -> None:
    book = openpyxl.load_workbook(file)
    columns = {cell.value: cell.column for cell in book[sheet][1]}
    for (row, column), value in cells.items():
        book[sheet].cell(row, columns[column]).value = value
    book.save(file)


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_rows_repaired_in_a_workbook_are_delivered_beside_the_files_of_the_run(engine: str, folder: Path) -> None:
    run = wf.run("report.yaml", engine=engine)
    assert run.dead_letters["count"] == 3
    before = {each: (folder / each).read_bytes() for each in ("report.csv", "totals.csv")}
    assert run_command_line(["letters", run.run_id, "--out", "bad.xlsx"]) == 0
    book = openpyxl.load_workbook("bad.xlsx")
    assert book.sheetnames == ["orders", "validated"]
    assert [cell.value for cell in book["orders"][2]] == [
        1, 'amount: "much" does not fit decimal(10,2)', "type", 2, "008", "south", "much", "02.01.2026",
    ]  # fmt: skip
    repairs = {(2, "amount"): 2.25, (3, "booked_on"): dt.datetime(2026, 1, 31)}
    changed(folder / "bad.xlsx", "orders", repairs)
    changed(folder / "bad.xlsx", "validated", {(2, "region"): "west"})
    result = wf.replay(run.run_id, "bad.xlsx")
    assert delivered(result) == [REPAIRED, "id,region,amount,booked_on,tax\n009,west,3.00,2026-01-03,3\n"]
    assert [each.engine for each in result.runs] == [engine, engine]
    assert [Path(each.deliveries[0].target).name for each in result.runs] == [
        "report-replay-1.csv", "report-replay-2.csv",
    ]  # fmt: skip
    assert {each: (folder / each).read_bytes() for each in before} == before


def test_a_delivery_that_computes_rows_together_takes_no_part_and_is_named(folder: Path) -> None:
    run = wf.run("report.yaml")
    result = wf.replay(run.run_id, only="amount")
    warned = [each for each in result.runs[0].warnings if isinstance(each, wf.Diagnostic) and each.code == "IR720"]
    assert ['"sums"' in each.message and "aggregate" in each.message for each in warned] == [True]
    assert [each.id for each in result.runs[0].deliveries] == ["rows"]


def test_what_still_does_not_fit_is_a_dead_letter_again_and_is_replayed_by_its_own_run(folder: Path) -> None:
    run = wf.run("report.yaml")
    first = wf.replay(run.run_id, only="region: enum").runs[0]
    assert (first.status, first.dead_letters["count"]) == ("incomplete", 1)
    (folder / "fixed.ndjson").write_text('{"_letter": 1, "id": "009", "region": "north", "amount": 3}\n')
    assert delivered(wf.replay(first.run_id, "fixed.ndjson")) == ["id,region,amount,booked_on,tax\n009,north,3.00,,1\n"]


def test_letters_are_replayed_once_unless_asked(folder: Path) -> None:
    run = wf.run("report.yaml")
    lines = Path(run.dead_letters["path"]).with_suffix(".ndjson").read_text(encoding="utf-8").splitlines()
    letter = json.loads(lines[0])
    letter["original"] = letter["original"].replace("much", "2.25")
    second = json.loads(lines[1])
    second["original"] = second["original"].replace("2026-01-31", "31.01.2026")
    (folder / "fixed.ndjson").write_text(json.dumps(letter) + "\n" + json.dumps(second) + "\n", encoding="utf-8")
    assert delivered(wf.replay(run.run_id, "fixed.ndjson")) == [REPAIRED]
    with pytest.raises(wf.WorkflowError, match=r"all of these dead letters were replayed before"):
        wf.replay(run.run_id, "fixed.ndjson")
    assert delivered(wf.replay(run.run_id, "fixed.ndjson", again=True)) == [REPAIRED]
    assert wf.replay(run.run_id).left == 2  # the third was not replayed yet


def test_a_replay_takes_the_workflow_as_the_run_began_with_it(folder: Path) -> None:
    run = wf.run("report.yaml")
    (folder / "report.yaml").write_text("no workflow any more", encoding="utf-8")
    (folder / "fixed.csv").write_text(
        "_letter,id,region,amount,booked_on\n1,008,south,2.25,02.01.2026\n", encoding="utf-8"
    )
    assert delivered(wf.replay(run.run_id, "fixed.csv")) == ["\n".join(REPAIRED.splitlines()[:2]) + "\n"]


def test_rows_of_a_joined_file_are_refused_since_others_found_them_before(folder: Path) -> None:
    shutil.copy("regions.csv", "kept.csv")
    text = WORKFLOW.replace(
        "location: regions.csv", "location: regions.csv, config: {schema: {tax: integer}, max_bad: 1}"
    )
    (folder / "report.yaml").write_text(text, encoding="utf-8")
    (folder / "regions.csv").write_text(REGIONS + "east,none\n", encoding="utf-8")
    run = wf.run("report.yaml")
    with pytest.raises(wf.WorkflowError) as refused:
        wf.replay(run.run_id, only="tax")
    assert refused.value.diagnostics[0].code == "IR720"
    assert "looks the rows up" in str(refused.value)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.csv", "_letter,id\n9,1\n", '"9" in the column _letter'),
        ("a.csv", "id\n1\n", "none in the column _letter"),
        ("a.ndjson", '{"_letter": 1}\n{"_letter": 1}\n', "stands twice"),
        ("a.ndjson", "[1]\n", "line 1 is no object"),
        ("b.csv", None, "b.csv"),
    ],
)
def test_a_file_that_is_none_of_the_run_is_refused(name: str, text: str | None, says: str, folder: Path) -> None:
    run = wf.run("report.yaml")
    if text is not None:
        (folder / name).write_text(text, encoding="utf-8")
    with pytest.raises(wf.WorkflowError) as refused:
        wf.replay(run.run_id, name)
    assert refused.value.diagnostics[0].code == "IR721"
    assert says in str(refused.value)


def test_the_command_says_what_is_replayed_and_refuses_what_is_not_there(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = wf.run("report.yaml")
    assert run_command_line(["replay", run.run_id]) == 2
    assert run_command_line(["replay", "nothing", "--dead-letters"]) == 2
    assert run_command_line(["replay", run.run_id, "--dead-letters", "--only", "amont"]) == 2
    assert run_command_line(["letters", run.run_id]) == 0
    assert '1  orders row 2: amount: "much" does not fit decimal(10,2) (type)' in capsys.readouterr().out
    assert run_command_line(["replay", run.run_id, "--dead-letters", "--only", "amount", "-q"]) == 3


def test_messages_go_out_for_the_rows_that_come_back_and_no_summary_tells_of_a_few_as_of_all(folder: Path) -> None:
    text = WORKFLOW + (
        "  per_item_delivery: {id: each, recipient_source: mail, subject: Taken}\n"
        "  summary_delivery: {id: overview, recipient: a@b.example, subject: All}\n"
    )
    text = text.replace("columns: [tax]", "columns: [tax, mail]")
    (folder / "report.yaml").write_text(text, encoding="utf-8")
    (folder / "regions.csv").write_text("name,tax,mail\nnorth,1,a@b.example\n", encoding="utf-8")
    run = wf.compile("report.yaml").run(preview=5)
    assert run.dead_letters["count"] == 3
    source = (folder / "report.yaml").read_text(encoding="utf-8")
    rules = {"rows": [{"id": "1", "region": "north", "amount": "1"}], "entry": "orders"}
    plan = compile_document(
        loads(source, file="report.yaml", syntax="yaml"), inputs={}, engine=None, now=None, base=folder,
        policy=wf.Policy.open(), replaying=Replaying(suffix="-replay-1", parent="x", letters=(1,), **rules),
    )  # fmt: skip
    assert [each.id for each in plan.compiled.outputs] == ["rows", "each"]
    failed = {"rows": [{"id": "1", "mail": "c@d.example"}], "entry": "overview"}
    plan = compile_document(
        loads(source, file="report.yaml", syntax="yaml"), inputs={}, engine=None, now=None, base=folder,
        policy=wf.Policy.open(), replaying=Replaying(suffix="-replay-1", parent="x", letters=(1,), **failed),
    )  # fmt: skip
    assert [each.id for each in plan.compiled.outputs] == ["overview"]
