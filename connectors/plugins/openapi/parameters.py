"""The parameters of an operation and its body as the parameters of an action, and the request that they go into."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any

from connectors.plugins.openapi.document import Operation
from connectors.plugins.openapi.schemas import FILE, Schemas, described
from ir.records import dataclass

_OF_THE_PROTOCOL = frozenset({"accept", "content-type", "authorization", "user-agent", "content-length"})
"""Headers that are no parameters: the request has them anyhow."""
_SEPARATORS = {"spaceDelimited": " ", "pipeDelimited": "|"}


@dataclass(slots=True)
class Drafted:
    """The parameters and the request of an action. `notes` say what could not be put into words."""

    request: dict[str, Any]
    properties: dict[str, Any] = field(default_factory=dict)
    required: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON Schema of the parameters."""
        required = {"required": self.required} if self.required else {}
        return {"type": "object", **required, "properties": self.properties}

    def take(self, name: str, schema: dict[str, Any], *, is_required: bool, prefix: str = "") -> str:
        """A parameter more; the reference to it. One that is there already gets the prefix before its name."""
        own = _word(name)
        if own in self.properties:
            own = f"{prefix or 'other'}_{own}"
        self.properties[own] = described(own, schema)
        if is_required:
            self.required.append(own)
        return f"{{{{params.{own}}}}}"


def parameters_of(operation: Operation, schemas: Schemas) -> Drafted:
    """What an action takes, and where in its request it goes."""
    drafted = Drafted({"method": operation.method.upper(), "path": operation.path})
    _path(operation, schemas, drafted)
    for each in operation.parameters:
        place, name = each.get("in"), str(each.get("name"))
        if place == "query":
            value = _query_value(each, drafted, drafted.take(name, _schema(each, schemas), prefix="query",
                                                             is_required=each.get("required") is True))  # fmt: skip
            drafted.request.setdefault("query", {})[name] = value
        elif place == "header" and name.lower() not in _OF_THE_PROTOCOL:
            drafted.request.setdefault("headers", {})[name] = drafted.take(
                name, _schema(each, schemas), prefix="header", is_required=each.get("required") is True
            )
        elif place == "cookie":
            drafted.notes.append(f"the cookie {name} is left out")
    if "requestBody" in operation.value:
        _body(schemas.document.followed(operation.value["requestBody"]), schemas, drafted)
    return drafted


def _path(operation: Operation, schemas: Schemas, drafted: Drafted) -> None:
    known = {str(each.get("name")): each for each in operation.parameters if each.get("in") == "path"}

    def put(found: re.Match[str]) -> str:
        name = found[1]
        schema = _schema(known[name], schemas) if name in known else {"type": "string"}
        if schema.get("type") == "string":
            # an empty one would be another path
            schema = {"minLength": 1, **schema}
        return drafted.take(name, schema, is_required=True)

    drafted.request["path"] = re.sub(r"\{([^{}]+)\}", put, operation.path)


def _query_value(parameter: Mapping[str, Any], drafted: Drafted, reference: str) -> Any:
    """A list repeats its name unless the document joins it."""
    schema = list(drafted.properties.values())[-1]
    is_list = "array" in (schema.get("type") or [])
    style = parameter.get("style", "form")
    if is_list and parameter.get("explode", style == "form") is False:
        return {"$join": [reference, _SEPARATORS.get(style, ",")]}
    if "content" in parameter:
        return {"$json": reference}
    return reference


def _schema(parameter: Mapping[str, Any], schemas: Schemas) -> dict[str, Any]:
    written = parameter.get("schema")
    if written is None:
        written = next((each.get("schema", {}) for each in parameter.get("content", {}).values()), {})
    made = schemas.of(written, "request")
    beside = {key: parameter[key] for key in ("description", "example") if key in parameter}
    beside |= {"type": made["type"]} if "type" in made else {}
    return {**made, **schemas.of(beside, "request")}


def _body(body: Any, schemas: Schemas, drafted: Drafted) -> None:
    """The body's properties become parameters of their own; anything else is one parameter `body`."""
    content = body.get("content", {}) if isinstance(body, Mapping) else {}
    is_required = isinstance(body, Mapping) and body.get("required") is True
    for means, put in _ENCODINGS:
        media_type = next((each for each in content if means(each.partition(";")[0].strip().lower())), None)
        if media_type is not None:
            written = content[media_type].get("schema", {}) if isinstance(content[media_type], Mapping) else {}
            put(schemas.of(written, "request"), media_type, is_required, drafted)
            return
    if content:
        drafted.notes.append(f"the body is {' or '.join(content)}, which a manifest does not write")


def _json(schema: dict[str, Any], media_type: str, is_required: bool, drafted: Drafted) -> None:
    drafted.request["encoding"] = "json"
    if media_type.partition(";")[0].strip().lower() != "application/json":
        drafted.request.setdefault("headers", {})["Content-Type"] = media_type
    drafted.request["body"] = _taken_apart(schema, is_required, drafted)


def _taken_apart(schema: dict[str, Any], is_required: bool, drafted: Drafted) -> Any:
    properties = schema.get("properties")
    if not properties or "anyOf" in schema:
        return drafted.take("body", schema, is_required=is_required)
    wrapped = next(iter(properties)) if len(properties) == 1 else None
    if wrapped is not None and properties[wrapped].get("properties"):
        # an envelope such as {"data": {…}} is none of the caller's business
        return {wrapped: _taken_apart(properties[wrapped], is_required, drafted)}
    required = schema.get("required", []) if is_required else []
    return {name: drafted.take(name, each, is_required=name in required, prefix="body")
            for name, each in properties.items()}  # fmt: skip


def _form(schema: dict[str, Any], media_type: str, is_required: bool, drafted: Drafted) -> None:
    drafted.request["encoding"] = "form"
    if not schema.get("properties"):
        schema = {"type": "object", "additionalProperties": True}
    drafted.request["body"] = _taken_apart(schema, is_required, drafted)


def _multipart(schema: dict[str, Any], media_type: str, is_required: bool, drafted: Drafted) -> None:
    drafted.request["encoding"] = "multipart"
    required = schema.get("required", []) if is_required else []
    parts: dict[str, Any] = {}
    for name, each in schema.get("properties", {}).items():
        is_file = each.get("x-file") or each.get("items", {}).get("x-file")
        reference = drafted.take(name, each, is_required=name in required, prefix="body")
        parts[name] = {"file" if is_file else "value": reference}
    drafted.request["parts"] = parts


def _raw(schema: dict[str, Any], media_type: str, is_required: bool, drafted: Drafted) -> None:
    drafted.request["encoding"] = "raw"
    is_text = media_type.startswith("text/")
    taken = {"type": "string"} if is_text else dict(FILE)
    drafted.request["body"] = drafted.take("text" if is_text else "file", taken, is_required=is_required)
    if media_type not in {"*/*", "application/octet-stream"}:
        drafted.request.setdefault("headers", {})["Content-Type"] = media_type


_Put = Callable[[dict[str, Any], str, bool, Drafted], None]
_ENCODINGS: tuple[tuple[Callable[[str], bool], _Put], ...] = (
    (lambda each: each == "application/json", _json),
    (lambda each: each.endswith("+json"), _json),
    (lambda each: each == "multipart/form-data", _multipart),
    (lambda each: each == "application/x-www-form-urlencoded", _form),
    (lambda each: each in {"application/octet-stream", "*/*"} or each.startswith(("text/", "image/")), _raw),
)
"""Which media types are written how; what an operation takes in several forms is sent in the first of these."""


def _word(name: str) -> str:
    """A name that a reference can hold; `X-Page[size]` becomes X_Page_size."""
    word = re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_") or "value"
    return word if not word[0].isdigit() else f"_{word}"
