"""What this version cannot run yet validates fully, and a plan says so once, at its place."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

import weirflow as wf
from tests.workflows import inline, workflow

ROWS = [{"k": 1, "text": "hi"}, {"k": 2, "text": "ho"}]


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
