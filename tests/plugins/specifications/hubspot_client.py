"""HubSpot's OpenAPI documents, read back from the client that HubSpot generates from them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_MODULES = ("crm/contacts", "crm/deals", "crm/objects")
_SIMPLE: Mapping[str, Any] = {"str": {"type": "string"}, "int": {"type": "integer"}, "float": {"type": "number"},
                              "bool": {"type": "boolean"}, "object": {},
                              "datetime": {"type": "string", "format": "date-time"}}  # fmt: skip


def hubspot_document(folder: Path, _path: str) -> Mapping[str, Any]:
    """The document: the operations of the modules about contacts, deals and objects, and their models."""
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    for module in _MODULES:
        name = module.replace("/", ".")
        for file in sorted((folder / "hubspot" / module / "models").glob("[a-z]*.py")):
            schemas |= {f"{name}.{each}": schema for each, schema in _models(file.read_text(encoding="utf-8"), name)}
        for file in sorted((folder / "hubspot" / module / "api").glob("*_api.py")):
            group = f"{name}.{file.stem.removesuffix('_api')}"
            for method, path, facts in _operations(file.read_text(encoding="utf-8"), name, group):
                # a module of its own comes before the one for objects of any kind
                paths.setdefault(path, {}).setdefault(method, facts)
    return {"servers": [{"url": "https://api.hubapi.com"}], "paths": paths, "components": {"schemas": schemas}}


def _models(text: str, module: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for match in re.finditer(r"^class (\w+)\(object\):\n(.*?)(?=^class |\Z)", text, re.MULTILINE | re.DOTALL):
        kinds, keys = (ast.literal_eval(_found(rf"^    {each} = (\{{.*?\}})$", match[2]))
                       for each in ("openapi_types", "attribute_map"))  # fmt: skip
        properties = {}
        for attribute, kind in kinds.items():
            properties[keys[attribute]] = _schema(kind, module)
            setter = re.search(rf"@{attribute}\.setter\n.*?(?=    @|    def to_dict)", match[2], re.DOTALL)
            allowed = re.search(r"allowed_values = (\[.*?\])", setter[0]) if setter else None
            if allowed and kind == "str":
                properties[keys[attribute]] = {"enum": ast.literal_eval(allowed[1])}
        required = [keys[each] for each in re.findall(r"Invalid value for `(\w+)`, must not be `None`", match[2])]
        yield match[1], {"type": "object", "properties": properties, "required": sorted(set(required))}


def _operations(text: str, module: str, group: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for match in re.finditer(r"    def (\w+)_with_http_info\(.*?(?=\n    def |\Z)", text, re.DOTALL):
        name, body = match[1], match[0]
        path, method = re.findall(r'call_api\(\s*"([^"]+)",\s*"([A-Z]+)"', body)[0]
        kinds = dict(re.findall(r":type (\w+): ([^\n]+)", body))
        parameters = [
            {"in": place, "name": key, "required": place == "path", "schema": _schema(kinds[attribute], module)}
            for place, found in (
                ("path", re.findall(r'path_params\["(\w+)"\] = local_var_params\["(\w+)"\]', body)),
                ("query", re.findall(r'query_params\.append\(\("(\w+)", local_var_params\["(\w+)"\]\)\)', body)),
            )
            for key, attribute in found
        ]
        sent = re.search(r'body_params = local_var_params\["(\w+)"\]', body)
        content = {"application/json": {"schema": _schema(kinds[sent[1]], module)}} if sent else {}
        answers = dict(re.findall(r'(\d{3}): "(\w[\w\[\], ]*)"', _found(r"response_types_map = (\{.*?\})\n", body)))
        yield method.lower(), path, {
            "operationId": f"{group}.{name}",
            "parameters": parameters,
            **({"requestBody": {"required": True, "content": content}} if content else {}),
            "responses": {status: {"content": {"application/json": {"schema": _schema(kind, module)}}}
                          for status, kind in answers.items()},
        }  # fmt: skip


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text, re.MULTILINE | re.DOTALL)
    return match[1] if match else "{}"


def _schema(kind: str, module: str) -> dict[str, Any]:
    kind = kind.strip()
    if kind in _SIMPLE:
        return dict(_SIMPLE[kind])
    if kind.startswith("list["):
        return {"type": "array", "items": _schema(kind[5:-1], module)}
    if kind.startswith("dict("):
        kind = f"dict[{kind[5:-1]}]"
    if kind.startswith("dict["):
        return {"type": "object", "additionalProperties": _schema(kind[5:-1].partition(",")[2], module)}
    return {"$ref": f"#/components/schemas/{module}.{kind}"}
