"""Documents of version 2 ("Swagger") in the words of version 3, as far as drafts read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
_OF_A_PARAMETER = frozenset({"name", "in", "required", "description", "collectionFormat", "allowEmptyValue"})
_STYLES = {"ssv": "spaceDelimited", "pipes": "pipeDelimited"}
_FLOWS = {"application": "clientCredentials", "accessCode": "authorizationCode"}


def in_words_of_3(root: Mapping[str, Any]) -> dict[str, Any]:
    """The document as version 3 would say it. References to definitions lead to the same place as before."""
    paths = {path: _item(item, root) if isinstance(item, Mapping) else item for path, item in root["paths"].items()}
    scheme = "https" if "https" in root.get("schemes", ["https"]) else str(next(iter(root["schemes"]), "https"))
    servers = [{"url": f"{scheme}://{root['host']}{root.get('basePath', '')}"}] if root.get("host") else []
    return {
        **root,
        "paths": paths,
        "servers": servers,
        "components": {"securitySchemes": {
            name: _security(each) for name, each in root.get("securityDefinitions", {}).items()
        }},
        "parameters": root.get("parameters", {}),
    }  # fmt: skip


def _item(item: Mapping[str, Any], root: Mapping[str, Any]) -> dict[str, Any]:
    """A path. The parameters that it shares go to its operations, since a body is none in version 3."""
    shared = list(item.get("parameters", []))
    made: dict[str, Any] = {}
    for method, value in item.items():
        if method == "parameters" or not isinstance(value, Mapping):
            continue
        made[method] = _operation(value, shared, root)
    return made


def _operation(value: Mapping[str, Any], shared: list[Any], root: Mapping[str, Any]) -> dict[str, Any]:
    given = [_there(each, root) for each in (*shared, *value.get("parameters", []))]
    consumes = value.get("consumes") or root.get("consumes") or ["application/json"]
    produces = value.get("produces") or root.get("produces") or ["application/json"]
    made = {**value, "parameters": [_parameter(each) for each in given if each.get("in") not in {"body", "formData"}]}
    body = next((each for each in given if each.get("in") == "body"), None)
    form = [each for each in given if each.get("in") == "formData"]
    if body is not None:
        made["requestBody"] = {"required": body.get("required", False),
                               "content": {each: {"schema": body.get("schema", {})} for each in consumes}}  # fmt: skip
    elif form:
        is_multipart = any(each.get("type") == "file" for each in form) or _FORMS[0] in consumes
        schema = {"type": "object", "properties": {each["name"]: _schema(each) for each in form},
                  "required": [each["name"] for each in form if each.get("required")]}  # fmt: skip
        made["requestBody"] = {"required": True, "content": {_FORMS[0 if is_multipart else 1]: {"schema": schema}}}
    made["responses"] = {status: _response(_there(each, root), produces)
                         for status, each in value.get("responses", {}).items()}  # fmt: skip
    return made


def _there(value: Any, root: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a reference to a shared parameter or response leads to."""
    reference = value.get("$ref") if isinstance(value, Mapping) else None
    if isinstance(reference, str) and reference.startswith(("#/parameters/", "#/responses/")):
        kind, name = reference.removeprefix("#/").split("/", 1)
        value = root.get(kind, {}).get(name.replace("~1", "/").replace("~0", "~"), {})
    return value if isinstance(value, Mapping) else {}


def _parameter(given: Mapping[str, Any]) -> dict[str, Any]:
    made = {key: given[key] for key in ("name", "in", "required", "description") if key in given}
    collected = given.get("collectionFormat", "csv")
    if given.get("type") == "array":
        made |= {"style": _STYLES.get(collected, "form"), "explode": collected == "multi"}
    return {**made, "schema": _schema(given)}


def _schema(given: Mapping[str, Any]) -> dict[str, Any]:
    schema = {key: each for key, each in given.items() if key not in _OF_A_PARAMETER}
    if "description" in given:
        schema["description"] = given["description"]
    return {**schema, "type": "string", "format": "binary"} if given.get("type") == "file" else schema


def _response(given: Mapping[str, Any], produces: list[str]) -> dict[str, Any]:
    schema = given.get("schema")
    content = {each: {"schema": _schema(schema) if schema.get("type") == "file" else schema}
               for each in produces} if isinstance(schema, Mapping) else {}  # fmt: skip
    if isinstance(schema, Mapping) and schema.get("type") == "file" and all("json" in each for each in produces):
        content = {"application/octet-stream": {}}
    return {**given, "content": content}


def _security(given: Any) -> Any:
    if not isinstance(given, Mapping):
        return given
    if given.get("type") == "basic":
        return {"type": "http", "scheme": "basic"}
    if given.get("type") == "oauth2":
        flow = _FLOWS.get(str(given.get("flow")), str(given.get("flow")))
        return {**given, "flows": {flow: {"tokenUrl": given.get("tokenUrl"), "scopes": given.get("scopes", {})}}}
    return given
