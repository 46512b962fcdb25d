"""The strict schema keeps the published limits, and what it allows is read without a word about its shape."""

from __future__ import annotations

import random
from typing import Any

import jsonschema_rs
import pytest
from pydantic import ValidationError

import weirflow as wf
from docs.generator.llm import LIMITS, every, sizes_of
from engine.schemas import CONFIGS, editor_schema
from ir.diagnostics import Problems
from ir.loading import from_dict, loads
from ir.strict_form import is_pairs
from ir.workflow import read_document
from ir.writing import to_json
from tests.strict.instances import SCHEMA, instance

SUPPORTED = {"type", "properties", "required", "additionalProperties", "items", "enum", "anyOf", "$ref", "$defs",
             "description", "minItems"}  # fmt: skip
STRICT, EDITOR = jsonschema_rs.validator_for(SCHEMA), jsonschema_rs.validator_for(editor_schema())
OBJECTS = [each for each in every(SCHEMA) if "properties" in each]
ENUMS = [each["enum"] for each in every(SCHEMA) if "enum" in each]


def test_only_keywords_are_used_that_strict_output_knows() -> None:
    assert {key for each in every(SCHEMA) for key in each} <= SUPPORTED
    assert all(each["minItems"] == 1 for each in every(SCHEMA) if "minItems" in each)


def test_every_object_is_closed_and_every_key_required() -> None:
    for each in OBJECTS:
        assert each["additionalProperties"] is False
        assert each["required"] == list(each["properties"])
    assert SCHEMA["type"] == "object"
    assert "anyOf" not in SCHEMA


def test_a_list_of_pairs_is_always_a_mapping() -> None:
    pairs = [each["items"] for each in every(SCHEMA) if is_pairs(each)]
    assert [each for each in OBJECTS if set(each["properties"]) == {"name", "value"} and each not in pairs] == []


def test_the_published_limits_are_kept() -> None:
    sizes = sizes_of(SCHEMA)
    assert sizes.keys() == LIMITS.keys()
    assert all(sizes[what] <= LIMITS[what] for what in LIMITS)
    assert max(map(len, ENUMS)) <= 250


@pytest.mark.parametrize("seed", range(8))
def test_what_the_schema_allows_has_the_shape_of_a_workflow(seed: int) -> None:
    """Names, ranges and keys that need each other are the model's to get right; shapes and words are not."""
    rng = random.Random(seed)
    for _ in range(40):
        made = instance(rng)
        assert STRICT.is_valid(made)
        document = from_dict(made)
        problems = Problems(document)
        current, _ = read_document(document, problems)
        assert shapeless(problems) == []
        for step in current.value.get("transforms") or ():
            assert misshapen(step["type"], step["config"]) == []


def shapeless(problems: Problems) -> list[str]:
    return [str(each) for each in problems.found
            if each.code in {"IR201", "IR203", "IR211", "IR212", "IR213", "IR214", "IR215", "IR216"}
            or (each.code == "IR202" and each.message.startswith("the key "))]  # fmt: skip


def misshapen(kind: str, config: dict[str, Any]) -> list[str]:
    """What pydantic itself finds wrong with the config of a transform."""
    try:
        CONFIGS[kind].model_validate(config)
    except ValidationError as error:
        own = {"weirflow", "greater_than_equal", "greater_than", "less_than_equal", "string_pattern_mismatch"}
        return [f"{each['loc']}: {each['msg']}" for each in error.errors() if each["type"] not in own]
    return []


def test_a_document_in_the_strict_form_is_read_without_a_word() -> None:
    made = written({"type": "map", "config": {"columns": [{"name": "double", "value": "2 * a"}]}})
    assert STRICT.is_valid(made)
    assert wf.validate(made) == []
    for engine in ("polars", "duckdb"):
        assert wf.compile(made, engine=engine).collect("data").rows() == [(1, "x", 2), (2, None, 4)]


def test_what_is_wrong_in_it_is_said_at_its_place() -> None:
    made = written({"type": "map", "config": {"columns": [{"name": "double", "value": "2 * c"}]}})
    document = loads(to_json(made), file="w.json", syntax="json")
    (found,) = wf.validate(document.value)
    assert (found.code, found.pointer) == ("IR401", ("transforms", 0, "config", "columns", 0, "value"))


def test_a_name_that_stands_twice_is_an_error() -> None:
    pair = {"name": "double", "value": "2 * a"}
    (found,) = wf.validate(written({"type": "map", "config": {"columns": [pair, pair]}}))
    assert (found.code, found.pointer) == ("IR105", ("transforms", 0, "config", "columns", 1, "name"))


def written(*steps: dict[str, Any]) -> dict[str, Any]:
    """A document of the strict form over two rows."""
    rows = [[{"name": "a", "value": 1}, {"name": "b", "value": "x"}],
            [{"name": "a", "value": 2}, {"name": "b", "value": None}]]  # fmt: skip
    source = filled("InlineSource", type="tabular", source="inline", config=filled("InlineConfig", rows=rows))
    transforms = []
    for step in steps:
        config = filled(CONFIGS[step["type"]].__name__, **step["config"])
        keys = SCHEMA["$defs"]["Transform"]["anyOf"][0]["properties"]
        transforms.append({**dict.fromkeys(keys), "type": step["type"], "config": config})
    document: dict[str, Any] = dict.fromkeys(SCHEMA["properties"])
    return document | {"x-form": "strict", "ir_version": "3.1", "goal": "g", "data_sources": [source],
                       "transforms": transforms}  # fmt: skip


def filled(name: str, **values: Any) -> dict[str, Any]:
    """An object with every key of its definition, null where nothing is given."""
    return dict.fromkeys(SCHEMA["$defs"][name]["properties"]) | values
