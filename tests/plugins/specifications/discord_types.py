"""Discord's OpenAPI document, read back from the TypeScript that its package is generated as."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_TOKEN = re.compile(
    r"""/\*.*?\*/|//[^\n]*|"(?:[^"\\]|\\.)*"|[A-Za-z_$][\w$]*|-?\d+(?:\.\d+)?|[{}\[\]():;,|&<>?=.]""", re.DOTALL
)
_OPERATION = re.compile(r"/\*\* \d+ response for (\w+) \*/")
_SIMPLE: Mapping[str, Any] = {"string": {"type": "string"}, "number": {"type": "number"}, "null": {"type": "null"},
                              "boolean": {"type": "boolean"}, "unknown": {}, "any": {}, "object": {"type": "object"},
                              "undefined": {}, "File": {}, "Blob": {},
                              "true": {"const": True}, "false": {"const": False}}  # fmt: skip


def discord_document(folder: Path, path: str) -> Mapping[str, Any]:
    """The document: the schemas of all types, and the operations of all paths."""
    text = (folder / path).read_text(encoding="utf-8")
    start = re.search(r"^export (?:type|interface) Paths\b", text, re.MULTILINE)
    assert start is not None
    schemas = {
        name: _type_of(body)
        for name, body in re.findall(
            r"^export type (\w+)(?:<[^>]*>)? = (.*?);\n(?=\n|export|/\*)",
            text[: start.start()],
            re.MULTILINE | re.DOTALL,
        )
    }
    schemas |= {
        name: _enum_of(body)
        for name, body in re.findall(r"^export (?:const )?enum (\w+) \{(.*?)\n\}", text, re.MULTILINE | re.DOTALL)
    }
    paths: dict[str, Any] = {}
    for match in re.finditer(r'^  "(/[^"]*)": \{\n(.*?)^  \};', text[start.start() :], re.MULTILINE | re.DOTALL):
        for verb in re.finditer(
            r"^    (get|post|put|patch|delete): (\{\n.*?^    \});", match[2], re.MULTILINE | re.DOTALL
        ):
            named = _OPERATION.search(verb[2])
            if named is not None:
                paths.setdefault(match[1], {})[verb[1]] = _operation(named[1], _type_of(verb[2]))
    return {"servers": [{"url": "https://discord.com/api/v10"}], "paths": paths, "components": {"schemas": schemas}}


def _operation(name: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    parts = facts["properties"]
    parameters = [
        {"in": place, "name": key, "required": place == "path" or key in within.get("required", ()), "schema": each}
        for place, within in parts["parameters"]["properties"].items()
        for key, each in within.get("properties", {}).items()
    ]
    body = parts.get("requestBody", {})
    # what TypeScript does not show: with files, the JSON is a part of its own
    in_parts = {"type": "object", "properties": {"payload_json": body, "files": {}}}
    content = {"application/json": {"schema": body}, "multipart/form-data": {"schema": in_parts}}
    answers = parts["responses"]["properties"]
    return {
        "operationId": name,
        "parameters": parameters,
        **({"requestBody": {"content": content}} if body else {}),
        "responses": {status: {"content": {"application/json": {"schema": each}}} if each else {}
                      for status, each in answers.items()},
    }  # fmt: skip


def _enum_of(body: str) -> dict[str, Any]:
    numbers = [int(each) for each in re.findall(r"=\s*(-?\d+)", body)]
    return {"enum": numbers or re.findall(r'=\s*"([^"]*)"', body)}


def _type_of(text: str) -> dict[str, Any]:
    tokens = [each for each in _TOKEN.findall(text) if not each.startswith(("/*", "//"))]
    found, rest = _union(tokens)
    assert not [each for each in rest if each != ";"], rest[:8]
    return found


def _union(tokens: list[str]) -> tuple[dict[str, Any], list[str]]:
    """Several forms between |, the first of which may stand after one too."""
    forms = []
    while True:
        if tokens and tokens[0] == "|":
            tokens = tokens[1:]
        form, tokens = _intersection(tokens)
        forms.append(form)
        if not tokens or tokens[0] != "|":
            return forms[0] if len(forms) == 1 else {"anyOf": forms}, tokens


def _intersection(tokens: list[str]) -> tuple[dict[str, Any], list[str]]:
    forms = []
    while True:
        form, tokens = _array(tokens)
        forms.append(form)
        if not tokens or tokens[0] != "&":
            return forms[0] if len(forms) == 1 else {"allOf": forms}, tokens
        tokens = tokens[1:]


def _array(tokens: list[str]) -> tuple[dict[str, Any], list[str]]:
    form, tokens = _one(tokens)
    while tokens[:2] == ["[", "]"]:
        form, tokens = {"type": "array", "items": form}, tokens[2:]
    return form, tokens


def _one(tokens: list[str]) -> tuple[dict[str, Any], list[str]]:
    first, rest = tokens[0], tokens[1:]
    if first == "(":
        form, rest = _union(rest)
        assert rest[0] == ")", rest[:5]
        return form, rest[1:]
    if first == "{":
        return _object(rest)
    if first == "[":
        forms = []
        while rest[0] != "]":
            form, rest = _union(rest)
            forms.append(form)
            rest = rest[1:] if rest[0] == "," else rest
        return {"type": "array", "prefixItems": forms}, rest[1:]
    if first in _SIMPLE:
        return dict(_SIMPLE[first]), rest
    if first == "never":
        return {"not": {}}, rest
    if first.startswith('"'):
        return {"const": first[1:-1]}, rest
    if re.fullmatch(r"-?\d+(\.\d+)?", first):
        return {"const": float(first) if "." in first else int(first)}, rest
    if first == "Record":
        assert rest[0] == "<"
        _, rest = _union(rest[1:])
        form, rest = _union(rest[1:])
        return {"type": "object", "additionalProperties": form}, rest[1:]
    if rest[:1] == ["."]:  # one member of an enum: any of it will do here
        return {"$ref": f"#/components/schemas/{first}"}, rest[2:]
    return {"$ref": f"#/components/schemas/{first}"}, rest


def _object(tokens: list[str]) -> tuple[dict[str, Any], list[str]]:
    properties: dict[str, Any] = {}
    required = []
    made: dict[str, Any] = {"type": "object", "properties": properties}
    while tokens[0] != "}":
        if tokens[0] == "[":  # [key: string]: …
            end = tokens.index("]")
            made["additionalProperties"], tokens = _union(tokens[end + 2 :])
        else:
            name, tokens = tokens[0].strip('"'), tokens[1:]
            is_optional = tokens[0] == "?"
            properties[name], tokens = _union(tokens[2:] if is_optional else tokens[1:])
            if not is_optional:
                required.append(name)
        tokens = tokens[1:] if tokens[0] in {";", ","} else tokens
    if required:
        made["required"] = required
    return made, tokens[1:]
