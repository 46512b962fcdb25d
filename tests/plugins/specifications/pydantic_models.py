"""An OpenAPI document of Airtable, read back from the models of a package that was generated from one."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

_CALL = re.compile(
    r'_request = _models\.(\w+)\(.*?_http_path = _build_path\("([^"]+)"'
    r'.*?_log_tool_invocation\("(\w+)", "([A-Z]+)"', re.DOTALL
)  # fmt: skip


def airtable_document(folder: Path, _path: str) -> Mapping[str, Any]:
    """The document; it knows of requests alone, nothing of answers."""
    sys.path.insert(0, str(folder))
    models = import_module("_models")
    sys.path.remove(str(folder))
    text = (folder / "server.py").read_text(encoding="utf-8")
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    for match in _CALL.finditer(text):
        model, path, name, method = match.groups()
        found = getattr(models, model).model_json_schema(by_alias=True, ref_template="#/components/schemas/{model}")
        schemas |= found.get("$defs", {})
        parts = {key: _resolved(each, schemas) for key, each in found["properties"].items()}
        parameters = [
            {"in": place, "name": key, "required": place == "path" or key in parts[place].get("required", ()),
             "schema": each}
            for place in ("path", "query") if place in parts
            for key, each in parts[place]["properties"].items()
        ]  # fmt: skip
        content = {"application/json": {"schema": parts["body"]}} if "body" in parts else {}
        paths.setdefault(path, {})[method.lower()] = {
            "operationId": name, "parameters": parameters, "responses": {},
            **({"requestBody": {"required": True, "content": content}} if content else {}),
        }  # fmt: skip
    for schema in schemas.values():
        # Airtable takes it as well without, and with the fields that are asked for; its own pages say so
        if "performUpsert" in schema.get("required", ()):
            schema["required"] = [each for each in schema["required"] if each != "performUpsert"]
    listing = paths["/v0/{baseId}/{tableIdOrName}"]["get"]["parameters"]
    listing.append({"in": "query", "name": "fields", "required": False, "schema": {"type": "array"}})
    servers = [{"url": "https://api.airtable.com"}]
    return {"servers": servers, "paths": paths, "components": {"schemas": schemas}}


def _resolved(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Mapping[str, Any]:
    for each in (schema, *schema.get("anyOf", ())):
        if "$ref" in each:
            return schemas[each["$ref"].rpartition("/")[2]]  # type: ignore[no-any-return]
    return schema
