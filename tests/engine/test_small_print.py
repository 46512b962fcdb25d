"""Sentences of the language that small workflows show, alike on both engines."""

from __future__ import annotations

import datetime
from typing import Any

import polars as pl
import pytest

import weirflow as wf
from tests.workflows import both_engines, inline, workflow

TIMES = [datetime.time(1, 2, 3, 456789), datetime.time(13, 0), None]


def _error(document: dict[str, Any]) -> tuple[str, str, str | None]:
    [found] = [each for each in wf.validate(document) if each.severity == "error"]
    return found.code, "/".join(map(str, found.pointer)), found.hint


@pytest.mark.parametrize("ending", ["parquet", "arrow"])
def test_times_from_typed_files_compare_with_times(tmp_path, ending):
    frame = pl.DataFrame({"k": [1, 2, 3], "at": TIMES})
    path = tmp_path / f"rows.{ending}"
    frame.write_parquet(path) if ending == "parquet" else frame.write_ipc(path)
    document = workflow(
        [{"type": "file", "alias": "rows", "location": str(path)}],
        filters=[{"field": "at", "operator": "less_than", "value": "12:00"}],
    )
    assert both_engines(document)["k"].to_list() == [1]


def test_times_of_inline_rows_compare_with_times():
    rows = inline("rows", [{"k": 1, "at": "01:02:03.5"}, {"k": 2, "at": "13:00"}], {"at": "time"})
    document = workflow([rows], transforms=[{"type": "map", "config": {"columns": {"late": "at > time '12:00:00'"}}}])
    assert both_engines(document)["late"].to_list() == [False, True]


def test_a_bare_number_is_an_expression_by_its_digits(tmp_path):
    path = tmp_path / "bare.yaml"
    path.write_text(
        "ir_version: '3.1'\ngoal: bare numbers\n"
        "data_sources: [{type: tabular, source: inline, config: {rows: [{k: 1}]}}]\n"
        "transforms: [{type: map, config: {columns: {whole: 3, price: 1.50, many: 1e3, yes: true}}}]\n"
    )
    types = {name: str(kind) for name, kind in wf.compile(path).schema("data").items()}
    assert types == {"k": "integer", "whole": "integer", "price": "decimal(3,2)", "many": "number", "yes": "boolean"}


@pytest.mark.parametrize("call", ["rank()", "dense_rank() + 1"])
def test_a_rank_needs_an_order_of_its_own(call):
    step = {"type": "window", "config": {"columns": {"place": call}}}
    code, at, _ = _error(workflow([inline("rows", [{"k": 1}])], transforms=[step]))
    assert (code, at) == ("IR420", "transforms/0/config/columns/place")


def test_ntile_needs_a_bucket():
    step = {"type": "window", "config": {"columns": {"part": "ntile(0)"}}}
    assert _error(workflow([inline("rows", [{"k": 1}])], transforms=[step]))[:2] == (
        "IR411",
        "transforms/0/config/columns/part",
    )


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_texts_that_are_no_number_are_counted(tmp_path, engine):
    rows = [{"box": {"size": "10"}}, {"box": {"size": "wide"}}, {"box": {"size": None}}, {"box": {"size": " 4 "}}]
    document = workflow(
        [inline("rows", rows)],
        filters={"groups": [{"conditions": [{"field": "box.size", "operator": "greater_than", "value": 5}]}]},
        delivery_rules={"file_delivery": {"format": "json"}},
    )
    result = wf.run(document, engine=engine, out=tmp_path)
    [found] = result.warnings
    assert found.code == "IR432"
    assert found.message == 'texts in "box.size" that are no number, so greater_than is false: 1 row'
    assert "/".join(map(str, found.pointer)) == "filters/groups/0/conditions/0/field"
    assert result["data"].height == 1


def test_within_last_days_reads_an_input():
    rows = inline("rows", [{"k": 1, "on": "2026-01-30"}, {"k": 2, "on": "2026-01-20"}], {"on": "date"})
    document = workflow(
        [rows],
        runtime_inputs=[{"name": "days", "type": "number", "default_value": 3}],
        filters=[{"field": "on", "operator": "within_last_days", "value": "{{inputs.days}}"}],
    )
    now = datetime.datetime(2026, 1, 31, 12, tzinfo=datetime.UTC)
    assert both_engines(document, now=now)["k"].to_list() == [1]


def test_columns_of_two_types_in_a_condition_are_cast_in_a_step_before():
    condition = {"field": "k", "operator": "equals", "value": {"column": "text"}}
    document = workflow([inline("rows", [{"k": 1, "text": "1"}])], filters=[condition])
    assert _error(document)[2] == "cast one of them in a map before this, or write where: …"


def test_a_step_is_read_by_its_output_variable_not_its_id():
    steps = [
        {"type": "limit", "id": "top", "output_variable": "few", "config": {"rows": 1}},
        {"type": "limit", "input_source": "top", "config": {"rows": 1}},
    ]
    assert _error(workflow([inline("rows", [{"k": 1}])], transforms=steps)) == (
        "IR301",
        "transforms/1/input_source",
        '"top" is the id of a step; its frame is "few"',
    )


def test_a_declared_pivot_value_written_twice_is_told_at_the_second():
    config = {"index": ["k"], "columns": "c", "values": "k", "function": "sum", "column_values": ["a", "a"]}
    document = workflow([inline("rows", [{"k": 1, "c": "a"}])], transforms=[{"type": "pivot", "config": config}])
    assert _error(document)[:2] == ("IR403", "transforms/0/config/column_values/1")


STOPPING = [
    ({"type": "map", "config": {"cast": {"text": "integer"}}}, "cast/text", '"no" cannot be cast to integer'),
    ({"type": "filter", "config": {"where": "cast(text as date) > today()"}}, "where", '"no" cannot be cast to date'),
    ({"type": "aggregate", "config": {"aggregates": {"sum": "sum(cast(text as number))"}}}, "aggregates/sum",
     '"no" cannot be cast to number'),
    ({"type": "map", "config": {"columns": {"most": "k * 9223372036854775807"}}}, "columns/most",
     "18446744073709551614 does not fit an integer of 64 bits"),
]  # fmt: skip


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
@pytest.mark.parametrize(("step", "at", "message"), STOPPING)
def test_what_stops_an_engine_is_told_at_its_place(engine, step, at, message):
    first = {"type": "map", "config": {"columns": {"more": "k + 1"}}}
    document = workflow([inline("rows", [{"k": 2, "text": None}, {"k": 2, "text": "no"}])], transforms=[first, step])
    with pytest.raises(wf.WorkflowError) as failure:
        wf.compile(document, engine=engine).collect("data")
    [found] = failure.value.diagnostics
    assert (found.code, "/".join(map(str, found.pointer))) == ("IR490", f"transforms/1/config/{at}")
    assert found.message == message


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_lists_that_cannot_stand_side_by_side_are_told_at_their_step(engine):
    step = {"type": "explode", "config": {"field": ["few", "many"]}}
    document = workflow([inline("rows", [{"few": [1], "many": [1, 2]}])], transforms=[step])
    with pytest.raises(wf.WorkflowError) as failure:
        wf.compile(document, engine=engine).collect("data")
    [found] = failure.value.diagnostics
    assert (found.message, found.pointer) == ("the lists of a row differ in length", ("transforms", 0))


@pytest.mark.parametrize("key", ["title", "subtitle", "empty_message"])
def test_what_a_report_says_is_checked_when_compiled(key):
    document = workflow(
        [inline("rows", [{"k": 1}])],
        rendering={"type": "report", key: "Orders of {{inputs.month}}"},
        delivery_rules={"file_delivery": {"format": "html"}},
    )
    assert _error(document)[:2] == ("IR302", f"rendering/{key}")


def test_a_column_needs_a_name():
    assert _error(workflow([inline("rows", [{"": 1}])]))[:2] == ("IR532", "data_sources/0/config/rows")
