"""What this version cannot run yet validates fully, and a plan says so once, at its place."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

import weirflow as wf
from tests.workflows import inline, workflow

ROWS = [{"k": 1, "text": "hi"}, {"k": 2, "text": "ho"}]
CLASSIFY = {
    "type": "classify",
    "instruction": "the mood of {{text}}",
    "output_schema": {"type": "object", "fields": [{"name": "mood", "type": "string"}]},
}


def _codes(document: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(wf.WorkflowError) as failure:
        wf.compile(document)
    return [(each.code, "/".join(map(str, each.pointer))) for each in failure.value.diagnostics]


def test_columns_that_ai_operations_add_may_be_filtered_and_delivered():
    document = workflow(
        [inline("main", ROWS)],
        ai_operations=[CLASSIFY],
        post_ai_filters=[{"field": "mood", "operator": "equals", "value": "good"}],
        delivery_rules={"file_delivery": [{"format": "csv", "columns": ["k", "mood"]}]},
    )
    assert wf.validate(document) == []
    assert _codes(document) == [("IR290", "ai_operations")]


def test_the_rows_an_ai_operation_names_are_a_frame():
    document = workflow(
        [inline("main", ROWS)],
        ai_operations=[{"type": "summarize", "instruction": "in short", "output_variable": "short"}],
        transforms=[
            {"type": "filter", "input_source": "short", "output_variable": "few", "config": {"where": "k > 1"}}
        ],
        delivery_rules={"file_delivery": [{"format": "csv", "input_source": "few"}]},
    )
    assert wf.validate(document) == []
    assert _codes(document) == [("IR290", "ai_operations")]


def test_file_names_of_groups_validate():
    file = {"format": "csv", "filename_template": "{{group.key}}.csv"}
    document = workflow([inline("main", ROWS)], grouping={"group_by": "k"}, delivery_rules={"file_delivery": [file]})
    assert wf.validate(document) == []
    ungrouped = workflow([inline("main", ROWS)], delivery_rules={"file_delivery": [file]})
    assert [each.code for each in wf.validate(ungrouped)] == ["IR303"]


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_conditions_read_the_words_of_the_run(engine):
    rows = [{"k": 1, "on": "2026-01-31"}, {"k": 2, "on": "2026-02-01"}]
    condition = {"field": "on", "operator": "equals", "value": "{{run.date}}"}
    document = workflow([inline("main", rows, {"on": "date"})], filters=[condition])
    plan = wf.compile(document, engine=engine, now=datetime(2026, 1, 31, 12, tzinfo=UTC))
    assert plan.collect("data")["k"].to_list() == [1]


def test_a_word_the_run_has_not_is_refused_in_a_condition():
    condition = {"field": "text", "operator": "equals", "value": "{{run.dat}}"}
    [found] = wf.validate(workflow([inline("main", ROWS)], filters=[condition]))
    assert (found.code, found.hint) == ("IR303", 'did you mean "date" or "day"?')


def test_an_input_that_a_location_misspells_is_named():
    source = {"type": "file", "alias": "rows", "location": "{{inputs.fodler}}/rows.csv"}
    inputs = [{"name": "folder", "type": "text", "default_value": "."}]
    [found] = wf.validate(workflow([source], runtime_inputs=inputs))
    assert (found.code, found.message) == ("IR302", 'there is no input "fodler"')
    assert found.hint == 'did you mean "folder"?'
