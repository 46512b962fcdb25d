"""Deliveries split by a column: a file or a sheet for each value, all of them or none."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import weirflow as wf
from tests.engine.recorded_reports import recorded
from tests.workflows import ENGINES, inline, workflow

ROWS = [
    {"region": "south", "city": "Rom", "n": 1},
    {"region": "north", "city": "Oslo", "n": 2},
    {"region": None, "city": "Atlantis", "n": 4},
    {"region": "south", "city": "Bari", "n": 8},
]


def document(*files: dict[str, Any], rows: list[dict[str, Any]] | None = None, by: str = "region", **more: Any):
    split = [{**each, "options": {"split_by": by, **each.get("options", {})}} for each in files]
    return workflow([inline("rows", ROWS if rows is None else rows)], delivery_rules={"file_delivery": split}, **more)


def names(folder: Path) -> list[str]:
    return sorted(str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file())


def read(path: Path) -> list[list[str]]:
    return list(csv.reader(path.read_text(encoding="utf-8").splitlines()))


@pytest.mark.parametrize("engine", ENGINES)
def test_each_value_has_a_file_with_its_rows_in_their_order(engine, tmp_path):
    result = wf.run(document({"format": "csv"}), engine=engine, out=tmp_path)
    assert names(tmp_path) == ["workflow-north.csv", "workflow-south.csv"]
    south = read(tmp_path / "workflow-south.csv")
    assert south == [["region", "city", "n"], ["south", "Rom", "1"], ["south", "Bari", "8"]]
    [delivery] = result.deliveries
    assert (delivery.status, delivery.rows, result.exit_code) == ("delivered", 3, 0)
    assert [(Path(each.target).name, each.rows) for each in delivery.files] == [
        ("workflow-north.csv", 1), ("workflow-south.csv", 2)]  # fmt: skip
    for each in delivery.files:
        content = Path(each.target).read_bytes()
        assert (each.bytes, each.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert delivery.bytes == sum(each.bytes for each in delivery.files)
    assert len(result.as_json()["deliveries"][0]["files"]) == 2


@pytest.mark.parametrize("engine", ENGINES)
def test_rows_without_a_value_are_counted_and_left_out(engine, tmp_path):
    result = wf.run(document({"format": "csv"}), engine=engine, out=tmp_path)
    assert [str(each) for each in result.warnings] == [
        'csv: 1 row has no value in "region" and stands in no file; partitions with handle_empty would name one'
    ]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_partition_names_the_file_of_rows_without_a_value(engine, tmp_path):
    partitions = [{"field": "region", "handle_empty": {"partition_name": "elsewhere"}}]
    result = wf.run(document({"format": "csv"}, partitions=partitions), engine=engine, out=tmp_path)
    assert names(tmp_path) == ["workflow-elsewhere.csv", "workflow-north.csv", "workflow-south.csv"]
    assert read(tmp_path / "workflow-elsewhere.csv")[1:] == [["", "Atlantis", "4"]]
    assert result.warnings == ()


@pytest.mark.parametrize("format", ["json", "ndjson", "txt", "parquet", "tsv", "html", "pdf", "xlsx"])
def test_every_format_can_be_split(format, tmp_path):
    wf.run(document({"format": format, "columns": ["city"]}), out=tmp_path)
    assert names(tmp_path) == [f"workflow-north.{format}", f"workflow-south.{format}"]
    if format == "parquet":
        assert pl.read_parquet(tmp_path / "workflow-south.parquet").rows() == [("Rom",), ("Bari",)]
    if format == "json":
        assert json.loads((tmp_path / "workflow-north.json").read_text()) == [{"city": "Oslo"}]


def test_a_name_may_use_the_groups_key_and_its_rows(tmp_path):
    file = {"format": "csv", "filename_template": "{{group.key}}/{{group.items[0].city}}-{{group.items.length}}.csv"}
    wf.run(document(file), out=tmp_path)
    assert names(tmp_path) == ["north/Oslo-1.csv", "south/Rom-2.csv"]


def test_hostile_values_become_file_names_in_the_folder(tmp_path):
    values = ["../../etc", "a/b", "a\\b", "A/B", "..", "", "con", "x" * 300, "line\nbreak", "nul.txt"]
    values += ["e\u0301", "\u00e9"]
    rows = [{"region": each, "n": index} for index, each in enumerate(values)]
    out = tmp_path / "out"
    result = wf.run(document({"format": "csv", "filename_template": "{{group.key}}.csv"}, rows=rows), out=out)
    assert [each.name for each in tmp_path.iterdir()] == ["out"]
    found = names(out)
    assert len(found) == len(values)
    assert len({each.casefold() for each in found}) == len(values)
    assert all("/" not in each and not each.startswith(".") and len(each) < 140 for each in found)
    assert {"_con.csv", "_nul.txt.csv", "_.csv", "line_break.csv", "\u00e9.csv", "\u00e9_2.csv"} <= set(found)
    assert result.warnings == (
        'csv: 3 files got a number, since another value makes the same name: "a/b" is in a_b_2.csv',
    )
    every = sorted(int(read(out / each)[1][1]) for each in found)
    assert every == list(range(len(values)))


def test_a_file_that_stands_there_stops_the_delivery_before_any_is_written(tmp_path):
    (tmp_path / "workflow-south.csv").write_text("mine")
    result = wf.run(document({"format": "csv"}), out=tmp_path)
    assert result.exit_code == 1
    assert result.deliveries[0].error is not None
    assert result.deliveries[0].error.endswith("workflow-south.csv exists already")
    assert names(tmp_path) == ["workflow-south.csv"]


def test_files_that_are_replaced_come_back_when_a_later_one_is_refused(tmp_path, monkeypatch):
    (tmp_path / "workflow-north.csv").write_text("old")
    from connectors.storage import staging

    real = staging.LocalStaged._publish

    def publish(self: staging.LocalStaged) -> None:
        if "south" in self.shown:
            raise OSError(28, "No space left on device")
        real(self)

    monkeypatch.setattr(staging.LocalStaged, "_publish", publish)
    result = wf.run(document({"format": "csv", "options": {"overwrite": True}}), out=tmp_path)
    assert result.exit_code == 1
    assert names(tmp_path) == ["workflow-north.csv"]
    assert (tmp_path / "workflow-north.csv").read_text() == "old"


def test_a_group_that_cannot_be_written_leaves_no_file(tmp_path):
    rows = [{"region": "a", "text": "fine"}, {"region": "b", "text": "\u20ac"}]
    files = [{"format": "csv", "options": {"encoding": "latin-1"}}]
    result = wf.run(document(*files, rows=rows), out=tmp_path)
    assert result.exit_code == 1
    assert names(tmp_path) == []


@pytest.mark.parametrize("engine", ENGINES)
def test_sections_show_the_groups_rows_where_they_have_the_column(engine, monkeypatch, tmp_path):
    sizes = {"type": "aggregate", "input_source": "rows", "output_variable": "all",
             "config": {"group_by": ["city"], "aggregates": {"n": "sum(n)"}}}  # fmt: skip
    sections = [
        {"heading": "{{group.key}}", "columns": ["city", "n"], "totals": {"n": "sum"}},
        {"heading": "Every city", "input_source": "all", "caption": "{{all.length}} rows, not {{group.items.length}}"},
    ]
    rendering = {"title": "For {{group.key}}: {{group.items[0].city}}", "sections": sections}
    plan = document({"format": "html"}, rendering=rendering, transforms=[sizes])
    north, south = recorded(plan, monkeypatch, tmp_path, engine=engine)
    assert [north.report.title, south.report.title] == ["For north: Oslo", "For south: Rom"]
    first, second = south.tables
    assert first.rows == [{"city": "Rom", "n": 1}, {"city": "Bari", "n": 8}]
    assert (first.part.heading, first.facts.rows) == ("south", 2)
    assert first.facts.totals is not None
    assert first.facts.totals.item() == 9
    assert (len(second.rows), second.part.caption) == (4, "4 rows, not 2")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_limit_is_one_of_each_groups_rows(engine, monkeypatch, tmp_path):
    sections = [{"limit": 1, "columns": ["city"], "totals": {"city": "count"}}]
    plan = document({"format": "html"}, rendering={"sections": sections, "sort_order": [{"field": "city"}]})
    north, south = recorded(plan, monkeypatch, tmp_path, engine=engine)
    assert (north.tables[0].rows, south.tables[0].rows) == ([{"city": "Oslo"}], [{"city": "Bari"}])
    assert south.tables[0].facts.totals is not None
    assert south.tables[0].facts.totals.item() == 1


@pytest.mark.parametrize("engine", ENGINES)
def test_a_workbook_has_a_sheet_for_each_group(engine, monkeypatch, tmp_path):
    [book] = recorded(document({"format": "xlsx", "options": {"split_into": "sheets"}}), monkeypatch, tmp_path,
                      engine=engine)  # fmt: skip
    assert [part.heading for part in book.report.parts] == ["north", "south"]
    assert [[row["city"] for row in table.rows] for table in book.tables] == [["Oslo"], ["Rom", "Bari"]]
    assert names(tmp_path) == ["workflow.xlsx"]


def test_a_section_with_groups_and_one_without_make_their_sheets(monkeypatch, tmp_path):
    counts = {"type": "reduce", "input_source": "rows", "output_variable": "all",
              "config": {"aggregates": {"n": "sum(n)"}}}  # fmt: skip
    sections = [{"heading": "All", "input_source": "all"}, {"heading": "Rows of {{group.key}}"}]
    [book] = recorded(document({"format": "xlsx", "options": {"split_into": "sheets"}}, transforms=[counts],
                               rendering={"sections": sections}), monkeypatch, tmp_path)  # fmt: skip
    assert [part.heading for part in book.report.parts] == ["All", "Rows of north", "Rows of south"]


def test_values_of_other_types_name_files_too(tmp_path):
    rows = [{"day": "2026-01-31", "n": 1}, {"day": "2025-12-01", "n": 2}]
    plan = workflow([inline("rows", rows, {"day": "date", "n": "integer"})],
                    delivery_rules={"file_delivery": {"format": "csv", "options": {"split_by": "day"}}})  # fmt: skip
    wf.run(plan, out=tmp_path)
    assert names(tmp_path) == ["workflow-2025-12-01.csv", "workflow-2026-01-31.csv"]


def test_no_rows_make_no_files(tmp_path):
    nothing = {"type": "filter", "config": {"where": "n > 99"}}
    result = wf.run(document({"format": "csv"}, transforms=[nothing]), out=tmp_path)
    assert (names(tmp_path), result.deliveries[0].status, result.deliveries[0].rows) == ([], "delivered", 0)


@pytest.mark.parametrize(
    ("file", "more", "code", "at"),
    [
        ({"format": "csv", "options": {"split_by": "regoin"}}, {}, "IR401", "options/split_by"),
        ({"format": "csv", "filename_template": "{{group.items[0].ctiy}}.csv"}, {}, "IR401", "options/split_by"),
        ({"format": "csv", "filename_template": "{{group.name}}.csv"}, {}, "IR303", "filename_template"),
        ({"format": "xlsx", "filename_template": "{{group.key}}.xlsx", "options": {"split_into": "sheets"}}, {},
         "IR303", "filename_template"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_split_is_told_at_its_place(file, more, code, at):
    [found] = wf.validate(document(file, **more))
    assert (found.code, "/".join(map(str, found.pointer))) == (code, f"delivery_rules/file_delivery/0/{at}")


def test_a_list_is_nothing_to_split_by():
    rows = [{"tags": ["a"], "n": 1}]
    [found] = wf.validate(document({"format": "csv"}, rows=rows, by="tags"))
    assert (found.code, found.message) == ("IR408", '"tags" is list(string), which files cannot be split by')


def test_a_text_cannot_name_the_group_where_a_document_is_not_split():
    plan = document({"format": "html"}, rendering={"title": "{{group.key}}"})
    assert wf.validate(plan) == []
    plan["delivery_rules"]["file_delivery"].append({"format": "pdf"})
    assert [each.code for each in wf.validate(plan)] == ["IR303"]


def test_a_plan_says_that_a_file_is_made_for_each_value():
    plan = wf.compile(document({"format": "csv"}, {"format": "xlsx", "options": {"split_into": "sheets"}}))
    csv_step, xlsx_step = plan.steps[-2:]
    assert csv_step.target == "{{workflow}}-{{group.key}}.csv"
    assert csv_step.writing == "composed, once all rows are there: a file for each region"
    assert xlsx_step.writing == "composed, once all rows are there: a sheet for each region"


def test_a_workbooks_own_words_cannot_name_one_of_its_groups():
    file = {"format": "xlsx", "options": {"split_into": "sheets"}}
    plan = document(file, rendering={"title": "{{group.key}}", "sections": [{"heading": "{{group.key}}"}]})
    [found] = wf.validate(plan)
    assert (found.code, found.pointer) == ("IR303", ("rendering", "title"))
