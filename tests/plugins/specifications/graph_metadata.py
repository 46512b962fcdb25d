"""Microsoft's document of Graph, made from its metadata, with what the service takes otherwise than that says."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_FOREIGN = ("workbook", "itemAnalytics", "listItem", "user", "calendar", "driveItemVersion", "permission",
            "subscription")  # fmt: skip
"""What no request of ours sends, and would be most of the document."""
_EXPAND = {"name": "$expand", "in": "query", "schema": {"type": "string"}}


def graph_document(folder: Path, path: str) -> Mapping[str, Any]:
    """The document. Operations have a namespace before their names there, which requests may leave out."""
    document: dict[str, Any] = json.loads((folder / path).read_text(encoding="utf-8"))
    schemas = document["components"]["schemas"]
    for each in _objects(schemas):
        if "@odata.type" in each.get("required", ()):  # only where several types may stand
            each["required"] = [name for name in each["required"] if name != "@odata.type"]
    schemas |= {f"microsoft.graph.{each}": {"type": "object"} for each in _FOREIGN}
    _join_attachments(schemas)
    # an annotation of requests, which the metadata has none of
    schemas["microsoft.graph.driveItem"]["allOf"][-1]["properties"]["@microsoft.graph.conflictBehavior"] = {
        "type": "string", "enum": ["fail", "replace", "rename"]}  # fmt: skip
    for item in document["paths"].values():
        for method in ("get", "post", "patch"):
            if method in item:
                _mend(item[method])
    for body in document["components"].get("requestBodies", {}).values():
        _begin_small(body)
    paths = {each.replace("/microsoft.graph.", "/"): item for each, item in document["paths"].items()}
    return {**document, "paths": paths}


def _join_attachments(schemas: dict[str, Any]) -> None:
    """A mail takes any kind of attachment, of which requests send files."""
    kind, file = (schemas[f"microsoft.graph.{each}"]["allOf"][-1] for each in ("attachment", "fileAttachment"))
    kind["properties"] |= {"id": {"type": "string"}, **file["properties"]}
    schemas["microsoft.graph.attachment"] = kind


def _mend(operation: dict[str, Any]) -> None:
    """Ways that the vendor's pages describe: any field is sorted by and expanded, and an action's names begin small."""
    for each in operation.get("parameters", ()):
        if each.get("name") == "$orderby":
            each["schema"] = {"type": "array", "items": {"type": "string"}}
    names = [each.get("name") for each in operation.get("parameters", ())]
    if "$select" in names and "$expand" not in names:
        operation["parameters"].append(_EXPAND)
    _begin_small(operation.get("requestBody", {}))


def _begin_small(body: dict[str, Any]) -> None:
    content = body.get("content", {}).get("application/json", {})
    properties = content.get("schema", {}).get("properties")
    if properties:
        content["schema"]["properties"] = {name[0].lower() + name[1:]: each for name, each in properties.items()}


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for each in value.values():
            yield from _objects(each)
    elif isinstance(value, list):
        for each in value:
            yield from _objects(each)
