"""A translated document behaves like any other: its findings stand once, also where a first pass compiles twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import weirflow as wf
from engine.cli.main import run_command_line
from tests.workflows import both_engines, inline, workflow

ROWS = [{"k": 1, "kind": "a", "n": 2}, {"k": 1, "kind": "b", "n": 3}]


def original(**sections: Any) -> dict[str, Any]:
    return {"ir_version": "3.0", "goal": "g", "data_sources": [inline("rows", ROWS)], **sections}


def test_a_first_pass_says_nothing_twice() -> None:
    document = original(
        transforms=[
            {"type": "dedupe", "config": {"key": "kind"}},
            {"type": "pivot", "config": {"index": ["k"], "columns": "kind", "values": "n", "function": "sum"}},
        ]
    )
    for engine in ("polars", "duckdb"):
        plan = wf.compile(document, engine=engine)
        assert [each.code for each in plan.warnings].count("IR214") == 2
        assert plan.collect("data").rows() == [(1, 2, 3)]
        assert [each.code for each in plan.warnings].count("IR214") == 2


def test_a_finding_points_into_what_was_written() -> None:
    document = original(transforms=[{"type": "sort", "config": {"sort_by": ["nn"], "order": "desc"}}])
    found = [each for each in wf.validate(document) if each.severity == "error"]
    assert [(each.code, each.pointer) for each in found] == [("IR401", ("transforms", 0, "config", "sort_by", 0))]


def test_a_document_without_original_words_is_not_touched() -> None:
    document = original() | {"ir_version": "3.1"}
    plan = wf.compile(document)
    assert plan.compiled.document.value == document
    assert plan.compiled.document.origins is None


def test_migrate_writes_the_strict_form_and_back(tmp_path: Path, capsys: Any) -> None:
    file = tmp_path / "w.yaml"
    file.write_text('ir_version: "3.1"\nname: w\ngoal: g\ndata_sources:\n  - location: a.csv\n    type: file\n')
    assert run_command_line(["migrate", str(file), "--format", "strict", "-o", str(tmp_path / "strict.json")]) == 0
    assert run_command_line(["migrate", str(tmp_path / "strict.json")]) == 0
    assert capsys.readouterr().out == file.read_text()


@pytest.mark.parametrize(
    "config",
    [
        {"group_by": ["g"], "aggregations": [{"field": "*", "operation": "count", "alias": "n"}]},
        {"group_by": ["g"], "aggregates": {"n": {"field": "*", "operation": "count"}}},
    ],
)
def test_a_count_of_the_field_star_counts_rows(config: dict[str, Any]) -> None:
    rows = [{"g": "a", "v": None}, {"g": "a", "v": 1}]
    document = workflow([inline("main", rows)], transforms=[{"type": "aggregate", "config": config}])
    assert both_engines(document).rows() == [("a", 2)]
