"""The description of the API for programs, in OpenAPI 3.1: made of the routes and their models."""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any, Literal

from pydantic import BaseModel, Field
from pydantic.json_schema import models_json_schema

from engine.service.views.view import View
from engine.service.web.routes import Route

_MODELS = "#/components/schemas/{model}"
_Mode = Literal["validation", "serialization"]
_ABOUT = """\
Start runs, follow them, take what they deliver, and put workflows. Each call needs an API key with the scope that it
names, sent as `Authorization: Bearer KEY`: read < run < edit < admin, each may what those before it may.
"""


class ErrorFacts(View):
    """What went wrong."""

    message: str
    hint: str | None = Field(None, description="What would work.")
    code: str | None = None
    diagnostics: list[dict[str, Any]] | None = Field(
        None, description="What is wrong with a workflow or its inputs, each with its place."
    )


class ErrorAnswer(View):
    """The answer to everything that is refused."""

    error: ErrorFacts


_REFUSALS = {
    "401": "There is no valid key.", "403": "The key has too small a scope.", "404": "There is no such thing.",
    "408": "The body took too long.", "409": "It does not stand so that this could be done.",
    "410": "It is gone.", "412": "It is not as the condition says.",
    "413": "The body is too large.", "422": "What was sent does not fit; nothing was done.",
    "429": "Too many wrong keys were sent.", "503": "The journal cannot be reached, or others are in front.",
}  # fmt: skip


def described(routes: Sequence[Route]) -> dict[str, Any]:
    """The document for the routes of the API; pages are none of it."""
    shown = [each for each in routes if each.kind == "api"]
    wanted: list[tuple[type[BaseModel], _Mode]] = [(ErrorAnswer, "serialization")]
    for each in shown:
        wanted += [(model, "validation") for model in (each.takes, each.asks) if model is not None]
        wanted += [(model, "serialization") for model in (each.gives,) if model is not None]
    names, schemas = models_json_schema(list(dict.fromkeys(wanted)), ref_template=_MODELS)
    references = {key: found["$ref"].rpartition("/")[2] for key, found in names.items()}
    definitions: dict[str, Any] = schemas.get("$defs", {})
    paths: dict[str, dict[str, Any]] = {}
    for each in shown:
        paths.setdefault(each.path.replace(":path}", "}"), {})[each.method.lower()] = _operation(
            each, references, definitions
        )
    asked = {references[(each.asks, "validation")] for each in shown if each.asks is not None}
    return {
        "openapi": "3.1.0",
        "info": {"title": "weirflow", "version": version("weirflow"), "description": _ABOUT},
        "paths": paths,
        "components": {
            "schemas": {name: schema for name, schema in definitions.items() if name not in asked},
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(route: Route, names: dict[Any, str], definitions: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": _id(route), "summary": route.summary, "tags": [_tag(route)],
        "security": [{"key": []}] if route.scope is not None else [],
        "responses": {str(route.status): _answer(route, names), **_refusals(route, names)},
    }  # fmt: skip
    if route.scope is not None:
        found["description"] = f"Needs a key with the scope {route.scope}."
        found["x-scope"] = route.scope
    parameters = [*_of_path(route), *_of_query(route, names, definitions)]
    if parameters:
        found["parameters"] = parameters
    if route.takes is not None:
        is_needed = any(field.is_required() for field in route.takes.model_fields.values())
        found["requestBody"] = {"required": is_needed, "content": {"application/json": {
            "schema": {"$ref": _MODELS.format(model=names[(route.takes, "validation")])}}}}  # fmt: skip
    if route.takes_document:
        kinds = {"application/yaml": "string", "application/json": "object"}
        content = {media: {"schema": {"type": kind}} for media, kind in kinds.items()}
        found["requestBody"] = {"required": True, "description": "A workflow.", "content": content}
    if route.receives is not None:
        content = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
        found["requestBody"] = {"required": True, "description": "The file.", "content": content}
    return found


def _of_path(route: Route) -> list[dict[str, Any]]:
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in re.findall(r"{(\w+)(?::path)?}", route.path)]  # fmt: skip


def _of_query(route: Route, names: dict[Any, str], definitions: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [{"name": name, "in": "query", "description": about, "schema": {"type": "string"}}
             for name, about in route.query.items()]  # fmt: skip
    if route.asks is None:
        return found
    model = definitions[names[(route.asks, "validation")]]
    needed = model.get("required", [])
    for name, schema in model.get("properties", {}).items():
        about = schema.get("description", "")
        found.append({"name": name, "in": "query", "required": name in needed, "description": about,
                      "schema": _without_null(schema)})  # fmt: skip
    return found


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Of a query parameter that may be left out: null is nothing that could be written there."""
    others = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    kept = {name: value for name, value in schema.items()
            if name not in {"anyOf", "title", "description"} and value is not None}  # fmt: skip
    return {**others[0], **kept} if len(others) == 1 else {**kept, **({"anyOf": others} if others else {})}


def _answer(route: Route, names: dict[Any, str]) -> dict[str, Any]:
    if route.status == 204:
        return {"description": "It is done."}
    schema: dict[str, Any] = {}
    if route.gives is not None:
        schema = {"$ref": _MODELS.format(model=names[(route.gives, "serialization")])}
    elif not route.media.startswith("application/json"):
        schema = {"type": "string"}
    return {"description": route.summary, "content": {route.media: {"schema": schema}}}


def _refusals(route: Route, names: dict[Any, str]) -> dict[str, Any]:
    error = {"application/json": {"schema": {"$ref": _MODELS.format(model=names[(ErrorAnswer, "serialization")])}}}
    return {status: {"description": about, "content": error} for status, about in _REFUSALS.items()
            if route.scope is not None or status not in {"401", "403", "429"}}  # fmt: skip


def _id(route: Route) -> str:
    words = [each.strip("{}").removesuffix(":path") for each in route.path.removeprefix("/api").split("/") if each]
    return "_".join([route.method.lower(), *(re.sub(r"\W", "_", each) for each in words)])


def _tag(route: Route) -> str:
    return route.path.removeprefix("/api").strip("/").partition("/")[0] or "service"
