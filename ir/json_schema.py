"""The JSON Schema of workflow files, made from the models: editors complete, explain and underline with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from ir.model.workflow import Workflow

_OPEN = "^x-"


class _Generator(GenerateJsonSchema):
    """Without the titles that pydantic makes of names: an editor would show them instead of the description."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def workflow_schema(*, transforms: Mapping[str, type[BaseModel]], formats: Sequence[str] = ()) -> dict[str, Any]:
    """JSON Schema 2020-12 of a workflow; `transforms` {type: model of its config}, `formats` the files' formats."""
    models: list[type[BaseModel]] = [Workflow, *dict.fromkeys(transforms.values())]
    named, document = models_json_schema(
        [(model, "validation") for model in models], ref_template="#/$defs/{model}", schema_generator=_Generator
    )
    definitions: dict[str, Any] = document["$defs"]
    names = {model: named[(model, "validation")]["$ref"].rpartition("/")[2] for model in models}
    for definition in definitions.values():
        _as_written(definition)
    _inject_configs(definitions["Transform"], {kind: names[model] for kind, model in transforms.items()})
    if formats:
        definitions["FileConfig"]["properties"]["format"] = _one_of(definitions["FileConfig"], formats)
        definitions["FileDelivery"]["properties"]["format"] = _one_of(definitions["FileDelivery"], formats)
    root = definitions.pop(names[Workflow])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "weirflow workflow",
        **root,
        "$defs": dict(sorted(definitions.items())),
    }


def model_schema(model: type[BaseModel], *, title: str) -> dict[str, Any]:
    """JSON Schema 2020-12 of the files that a model reads."""
    document = model.model_json_schema(by_alias=True, schema_generator=_Generator)
    definitions: dict[str, Any] = document.pop("$defs", {})
    for definition in (document, *definitions.values()):
        _as_written(definition)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **document,
            "$defs": dict(sorted(definitions.items()))}  # fmt: skip


def _as_written(schema: Any) -> None:
    """What every object of a document shares: null is absent, keys that start with x- are free."""
    if isinstance(schema, list):
        for each in schema:
            _as_written(each)
    if not isinstance(schema, dict):
        return
    required = schema.get("required", [])
    properties = schema.get("properties")
    if isinstance(properties, dict) and schema.get("type") == "object":
        for name, each in properties.items():
            if name not in required:
                properties[name] = _or_null(each)
        schema["patternProperties"] = {_OPEN: True}
        properties.setdefault("$schema", {"type": "string", "description": "The schema's address, for editors."})
        schema.pop("title", None)
    if "oneOf" in schema:
        # Sources overlap on purpose: type tabular is three models, told apart by plugin_key and source.
        schema["anyOf"] = schema.pop("oneOf")
    for each in schema.values():
        _as_written(each)


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {key: schema[key] for key in ("description", "default") if key in schema}
    if described.get("default", 0) is None:
        del described["default"]
    inner = {key: each for key, each in schema.items() if key not in {"description", "default"}}
    options = inner["anyOf"] if set(inner) == {"anyOf"} else [inner] if inner else []
    if not options or {"type": "null"} in options:
        return {**inner, **described}
    return {"anyOf": [*options, {"type": "null"}], **described}


def _inject_configs(transform: dict[str, Any], configs: Mapping[str, str]) -> None:
    """A transform's `config` by its `type`; a list of if-then, which editors follow better than oneOf."""
    if not configs:
        return
    transform["properties"]["type"]["enum"] = list(configs)
    transform["allOf"] = [
        {
            "if": {"properties": {"type": {"const": kind}}, "required": ["type"]},
            "then": {"properties": {"config": {"anyOf": [{"$ref": f"#/$defs/{name}"}, {"type": "null"}]}}},
        }
        for kind, name in configs.items()
    ]


def _one_of(definition: dict[str, Any], words: Sequence[str]) -> dict[str, Any]:
    described: dict[str, Any] = {"description": definition["properties"]["format"].get("description", "")}
    if "format" in definition.get("required", []):
        return {"enum": list(words), **described}
    return {"enum": [*words, None], **described}
