"""Every section and shape of the language is known: read without an error, and allowed by the JSON Schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from ir.diagnostics import Problems
from ir.json_schema import workflow_schema
from ir.loading import Document, load, loads
from ir.model.workflow import Workflow
from ir.workflow import read_workflow
from ir.writing import to_json, to_yaml

DOCUMENTS = Path(__file__).parent / "documents"
PIPELINE, EFFECTS = DOCUMENTS / "pipeline.yaml", DOCUMENTS / "effects.yaml"
SCHEDULES = [
    {"type": "interval", "interval_minutes": 15},
    {"type": "event", "event": "orders"},
    {"type": "event", "event": {"workflow_finished": "orders"}},
    {"type": "event", "event": {"workflow_failed": "orders"}},
    {"type": "event", "event": {"file_arrived": "in/*.csv"}},
    {"type": "cron", "cron_expression": "*/5 0-6,22 L * FRI#2"},
]


def read(document: Document) -> tuple[Workflow | None, Problems]:
    problems = Problems(document)
    return read_workflow(document, problems), problems


def minimal(**more: Any) -> dict[str, Any]:
    source = {"type": "tabular", "source": "inline", "config": {"rows": [{"a": 1}]}}
    return {"ir_version": "3.1", "goal": "g", "data_sources": [source], **more}


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return workflow_schema(transforms={}, formats=["csv", "xlsx", "pdf", "txt", "json", "parquet"])


@pytest.mark.parametrize("path", [PIPELINE, EFFECTS], ids=["pipeline", "effects"])
def test_every_shape_is_read_without_an_error(path: Path) -> None:
    workflow, problems = read(load(path))
    assert [str(each) for each in problems.errors] == []
    assert workflow is not None


@pytest.mark.parametrize("path", [PIPELINE, EFFECTS], ids=["pipeline", "effects"])
def test_every_shape_is_allowed_by_the_json_schema(path: Path, schema: dict[str, Any]) -> None:
    value = json.loads(to_json(load(path).value))
    if value["ir_version"] == "3.0":  # its role "lookup" is taken with a warning, but is no word of the language
        value["data_sources"][-1]["role"] = "deduplicate"
    errors = jsonschema_rs.validator_for(schema).iter_errors(value)
    assert [f"{each.instance_path}: {each.message[:200]}" for each in errors] == []


def test_the_fixtures_use_every_key_of_the_top_level() -> None:
    used = set(load(PIPELINE).value) | set(load(EFFECTS).value)
    assert set(Workflow.model_fields) <= used


@pytest.mark.parametrize("path", [PIPELINE, EFFECTS], ids=["pipeline", "effects"])
def test_yaml_and_json_are_the_same_model(path: Path) -> None:
    original, _ = read(load(path))
    value = load(path).value
    as_yaml, _ = read(loads(to_yaml(value), file="w.yaml", syntax="yaml"))
    as_json, _ = read(loads(to_json(value), file="w.json", syntax="json"))
    assert as_yaml == original
    assert as_json == original


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_schedules_of_every_type_are_read(schedule: dict[str, Any]) -> None:
    workflow, problems = read(loads(to_yaml(minimal(schedule=schedule)), file="w.yaml", syntax="yaml"))
    assert problems.found == []
    assert workflow is not None
    assert workflow.schedule is not None
    assert workflow.schedule.type == schedule["type"]


def test_the_json_schema_refuses_what_the_reader_refuses(schema: dict[str, Any]) -> None:
    validator = jsonschema_rs.validator_for(schema)
    assert validator.is_valid(minimal())
    assert not validator.is_valid(minimal(transfroms=[]))
    assert not validator.is_valid({"ir_version": "3.1", "goal": "g"})
    assert not validator.is_valid(minimal(settings={"engine": "pandas"}))
    assert not validator.is_valid(minimal(delivery_rules={"file_delivery": {"format": "docx"}}))


def test_every_field_of_every_model_has_a_description(schema: dict[str, Any]) -> None:
    """A field whose words are its model's own is described there."""
    without = [
        f"{name}.{field}"
        for name, definition in [*schema["$defs"].items(), ("Workflow", schema)]
        for field, inside in definition.get("properties", {}).items()
        if not inside.get("description") and "$ref" not in inside
    ]
    assert without == []


def test_null_means_absent_everywhere() -> None:
    document = minimal(settings=None, filters=None, transforms=None, delivery_rules={"file_delivery": None}, name=None)
    workflow, problems = read(loads(to_yaml(document), file="w.yaml", syntax="yaml"))
    assert problems.found == []
    assert workflow is not None
    assert workflow.transforms == []
    assert workflow.settings.timezone == "UTC"


def test_a_lone_file_delivery_is_a_list_of_one() -> None:
    workflow, _ = read(
        loads(to_yaml(minimal(delivery_rules={"file_delivery": {"format": "csv"}})), file="w.yaml", syntax="yaml")
    )
    assert workflow is not None
    assert [each.format for each in workflow.delivery_rules.files] == ["csv"]


def test_a_written_null_value_is_told_from_an_absent_one() -> None:
    conditions = [
        {"field": "a", "operator": "equals", "value": None},
        {"field": "a", "operator": "is_empty"},
    ]
    workflow, problems = read(loads(to_yaml(minimal(filters=conditions)), file="w.yaml", syntax="yaml"))
    assert problems.found == []
    assert workflow is not None
    assert workflow.filters is not None
    assert [each.has_value for each in workflow.filters.conditions] == [True, False]


def test_an_original_condition_becomes_a_filter_group() -> None:
    workflow, _ = read(load(EFFECTS))
    assert workflow is not None
    group = workflow.conditionals[3].filter
    assert group.combineWith == "OR"
    assert [(each.field, each.operator, each.value) for each in group.conditions] == [
        ("a", "equals", 1),
        ("b", "is_empty", None),
    ]


def test_digits_of_a_value_survive_the_models() -> None:
    text = to_yaml(minimal(filters=[{"field": "a", "operator": "equals", "value": 1}])).replace(
        "value: 1", "value: 0.10"
    )
    workflow, _ = read(loads(text, file="w.yaml", syntax="yaml"))
    assert workflow is not None
    assert workflow.filters is not None
    assert workflow.filters.conditions[0].value.text == "0.10"
