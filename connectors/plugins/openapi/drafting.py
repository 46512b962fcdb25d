"""A manifest drafted from operations of an OpenAPI document."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any

from connectors.plugins.openapi.accounts import auth_of, base_of
from connectors.plugins.openapi.answers import message_paths, pagination_of, response_of
from connectors.plugins.openapi.document import NoDraft, OpenApi, Operation, first_sentence
from connectors.plugins.openapi.parameters import Drafted, parameters_of
from connectors.plugins.openapi.samples import sample
from connectors.plugins.openapi.schemas import Schemas
from ir.records import dataclass

_KINDS = {"get": "read", "head": "read", "delete": "delete"}
_READS = re.compile(r"^(get|list|search|query|find|fetch|read|lookup|count)(_|$)")
_REPEATABLE = frozenset({"get", "head", "put", "delete"})


@dataclass(slots=True)
class Draft:
    """A manifest as plain values. `notes` name what its author has to look at."""

    manifest: dict[str, Any]
    notes: list[str] = field(default_factory=list)


def draft_manifest(document: OpenApi, wanted: Sequence[str], *, key: str | None = None) -> Draft:
    """The manifest of the operations that are wanted, each of them an action.

    Raises:
        NoDraft: there is no such operation, or the document cannot be understood.
    """
    operations = [document.operation(each) for each in dict.fromkeys(wanted)]
    info = document.root.get("info", {})
    info = info if isinstance(info, Mapping) else {}
    notes: list[str] = []
    title = str(info.get("title") or document.file.stem)
    auth, connection = auth_of(document, operations, notes)
    base_url = base_of(document, connection, notes)
    schemas = Schemas(document)
    manifest: dict[str, Any] = {
        "manifest_version": 1, "key": key or _key(title), "title": _short(title), "version": "1.0.0",
    }  # fmt: skip
    said = first_sentence(info.get("description"))
    manifest |= {"description": said} if said else {}
    docs = document.root.get("externalDocs", {}).get("url") or info.get("contact", {}).get("url")
    manifest |= {"docs": docs} if isinstance(docs, str) else {}
    manifest |= {"driver": "http", "base_url": base_url}
    manifest |= {"connection": connection} if connection["properties"] else {}
    manifest |= {"auth": auth}
    paths = message_paths(operations, schemas)
    manifest |= {"errors": {"message_path": paths}} if paths else {}
    manifest["actions"] = _actions(operations, schemas, notes)
    notes.append("limits are in no such document: add those that the service promises")
    return Draft(manifest, notes)


def _actions(operations: list[Operation], schemas: Schemas, notes: list[str]) -> dict[str, Any]:
    actions: dict[str, Any] = {}
    for operation in operations:
        name = _name(operation)
        if name in actions:
            raise NoDraft(f'two operations make an action "{name}"', "import one of them into a manifest of its own")
        schemas.was_cut = False
        actions[name], own = _action(operation, name, schemas)
        own += ["its schemas are very large or hold themselves: they are left open from there on"] * schemas.was_cut
        notes += [f"{name}: {each}" for each in own]
    return actions


def _action(operation: Operation, name: str, schemas: Schemas) -> tuple[dict[str, Any], list[str]]:
    drafted = parameters_of(operation, schemas)
    response, output, notes = response_of(operation, schemas)
    pages = pagination_of(operation, drafted.request, response, schemas)
    kind = _KINDS.get(operation.method) or ("read" if _READS.match(name) else "write")
    if kind == "read" and operation.method not in _KINDS:
        notes.append("it is taken for a read because of its name: see kind")
    if pages is not None and kind == "read":
        _without_pages(drafted, pages)
        if "items" in pages and "select" not in response:
            # the pages of a result are its items
            response["select"] = pages["items"]
            output = (output or {}).get("properties", {}).get(pages["items"])
    action: dict[str, Any] = {}
    said = operation.value.get("summary"), operation.value.get("description")
    title, text = first_sentence(said[0], most=80), first_sentence(said[1] or said[0])
    action |= {"title": title} if title else {}
    action |= {"description": text} if text and text != title else {}
    action |= {"kind": kind}
    action |= {"is_idempotent": True} if operation.method in _REPEATABLE and kind != "read" else {}
    action |= {"spec_operation": operation.id, "parameters": drafted.schema}
    action |= {"output_schema": output} if output else {}
    action["request"] = drafted.request
    action |= {"response": response} if response else {}
    action |= {"pagination": pages} if pages is not None and kind == "read" else {}
    action["examples"] = [_example(name, drafted, response, output, action.get("pagination", {}))]
    if operation.value.get("deprecated") is True:
        action["deprecated"] = True
    return action, notes + drafted.notes


def _without_pages(drafted: Drafted, pages: Mapping[str, Any]) -> None:
    """Take the parameters out that pages are turned with: that is no longer the caller's business."""
    names = [next(iter(pages["to"].values()))] if "to" in pages else []
    names += [pages["page_size"]["name"]] if "page_size" in pages else []
    for place in ("query", "body"):
        values = drafted.request.get(place)
        if not isinstance(values, dict):
            continue
        for name in names:
            reference = values.pop(name, None)
            if isinstance(reference, str):
                parameter = reference.removeprefix("{{params.").removesuffix("}}")
                drafted.properties.pop(parameter, None)
                drafted.required = [each for each in drafted.required if each != parameter]
        if values == {}:
            del drafted.request[place]


def _example(name: str, drafted: Drafted, response: Mapping[str, Any], output: dict[str, Any] | None,
             pages: Mapping[str, Any]) -> dict[str, Any]:  # fmt: skip
    """A made-up call with the least that it needs, and an answer to it."""
    example: dict[str, Any] = {"name": name.replace("_", " "),
                               "parameters": sample(drafted.schema, only_required=True)}  # fmt: skip
    match response.get("decode", "json"):
        case "none":
            return {**example, "responses": [{"status": 204}]}
        case "json" if output:
            result = sample(_last_page(output, pages), only_required=False)
            select = response.get("select")
            body = {select: result} if select else result
            # a text would be taken for the body as it is
            answer = {"text": json.dumps(body)} if isinstance(body, str) else {"body": body}
            return {**example, "responses": [{"status": 200, **answer}], "output": result}
        case "json" | "ndjson":
            return {**example, "responses": [{"status": 200, "body": {}}]}
        case "xml":
            return {**example, "responses": [{"status": 200, "text": "<answer/>"}]}
    return {**example, "responses": [{"status": 200, "text": "text"}]}


def _last_page(output: dict[str, Any], pages: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of a result without what would lead to a further page."""
    names = {str(pages[key]).partition(".")[0].partition("[")[0] for key in ("token", "more") if key in pages}
    if not names & set(output.get("properties", {})):
        return output
    return {**output, "properties": {name: each for name, each in output["properties"].items() if name not in names}}


def _name(operation: Operation) -> str:
    """The operation's id in the form of an action's name: createTask and tasks/create become create_task …"""
    text = operation.id if "/" not in operation.id or "operationId" in operation.value else ""
    if not text:
        fixed = [part for part in operation.path.split("/") if part and not part.startswith("{")]
        text = "_".join([operation.method, *fixed])
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", text)
    name = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    return name if name[:1].isalpha() else f"do_{name}"


def _key(title: str) -> str:
    """The plugin_key that a title suggests: "Acme Orders API v2" is acme-orders."""
    words = [each for each in re.findall(r"[a-z0-9]+", title.lower())
             if each not in {"api", "rest", "the", "openapi", "specification", "spec"}
             and not re.fullmatch(r"v?\d+", each)]  # fmt: skip
    key = "-".join(words[:3])
    return key if key[:1].isalpha() else f"plugin-{key}".rstrip("-")


def _short(title: str) -> str:
    return first_sentence(title, most=60) or title
