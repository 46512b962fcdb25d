"""Dropbox's routes and types out of its own JavaScript client, which is generated from the specification."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_ROUTE = re.compile(
    r"routes\.(\w+) = function \([^)]*\) \{.*?return this\.request\('([^']+)', (?:arg|null), '[^']*', '(api|content)', "
    r"'(rpc|upload|download)'", re.DOTALL,
)  # fmt: skip
_METHOD = re.compile(r"public (\w+)\((?:arg: ([^,)]+), )?[^)]*\): Promise<DropboxResponse<(.+?)>>;")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_NAMESPACE = re.compile(r"^  export namespace (\w+) \{\n(.*?)^  \}$", re.MULTILINE | re.DOTALL)
_INTERFACE = re.compile(r"export interface (\w+)(?: extends ([\w., ]+))? \{(.*?)\n    \}", re.DOTALL)
_ALIAS = re.compile(r"export type (\w+) = ([^;]+);")
_MEMBER = re.compile(r"^\s+'?([\w.]+)'?(\?)?: ([^;]+);$", re.MULTILINE)
_ARGUMENT = "Dropbox-API-Arg"
_PLAIN = {"string": {"type": "string"}, "number": {"type": "number"}, "boolean": {"type": "boolean"}, "Object": {}}
_NOT_SENT = frozenset({"contents"})
"""Members of the client that are no part of what it sends."""


def dropbox_document(folder: Path, _path: str) -> Mapping[str, Any]:
    """The client as an OpenAPI document."""
    types = _COMMENT.sub("", (folder / "types" / "dropbox_types.d.ts").read_text(encoding="utf-8"))
    methods = {name: (argument, result) for name, argument, result in
               _METHOD.findall((folder / "types" / "index.d.ts").read_text(encoding="utf-8"))}  # fmt: skip
    paths = {}
    for name, route, _host, style in _ROUTE.findall((folder / "lib" / "routes.js").read_text(encoding="utf-8")):
        if name in methods:
            argument, result = methods[name]
            paths[f"/{route}"] = {"post": _operation(route, style, _type(argument.strip(), ""), _type(result, ""))}
    schemas = {name: each for namespace, text in _NAMESPACE.findall(types)
               for name, each in _schemas(namespace, text).items()}  # fmt: skip
    hosts = [{"url": f"https://{host}.dropboxapi.com/2"} for host in ("api", "content")]
    return {"servers": hosts, "paths": paths, "components": {"schemas": schemas}}


def _operation(route: str, style: str, argument: dict[str, Any], result: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {"operationId": route, "responses": {"200": {}}}
    if style != "download":
        made["responses"]["200"] = {"content": {"application/json": {"schema": result}}}
    if style == "rpc":
        return {**made, "requestBody": {"required": True, "content": {"application/json": {"schema": argument}}}}
    content = {"application/json": {"schema": argument}}
    made["parameters"] = [{"in": "header", "name": _ARGUMENT, "required": True, "content": content}]
    if style == "upload":
        made["requestBody"] = {"required": True, "content": {"application/octet-stream": {"schema": {}}}}
    return made


def _schemas(namespace: str, text: str) -> dict[str, Any]:
    found = {f"{namespace}.{name}": _type(written, namespace) for name, written in _ALIAS.findall(text)}
    for name, above, body in _INTERFACE.findall(text):
        found[f"{namespace}.{name}"] = _object(body, above, namespace)
    return found


def _object(body: str, above: str, namespace: str) -> dict[str, Any]:
    members = [each for each in _MEMBER.findall(body) if each[0] not in _NOT_SENT]
    made: dict[str, Any] = {
        "type": "object", "properties": {name: _type(written, namespace) for name, _, written in members},
        "required": [name for name, optional, _ in members if not optional],
    }  # fmt: skip
    if above:
        return {"allOf": [*(_reference(each.strip(), namespace) for each in above.split(",")), made]}
    if [name for name, *_ in members] == [".tag"]:  # a tag without more may stand as a bare text
        return {"anyOf": [made["properties"][".tag"], made]}
    return made


def _type(written: str, namespace: str) -> dict[str, Any]:
    written = written.strip()
    if written.startswith("Array<"):
        return {"type": "array", "items": _type(written[len("Array<") : -1], namespace)}
    if "|" in written:
        return {"anyOf": [_type(each, namespace) for each in written.split("|")]}
    if written.startswith(("'", '"')):
        return {"type": "string", "enum": [written.strip("'\"")]}
    if written in _PLAIN:
        return dict(_PLAIN[written])
    return {} if written in {"void", ""} or "<" in written or "{" in written else _reference(written, namespace)


def _reference(name: str, namespace: str) -> dict[str, Any]:
    if name == "Timestamp" or name.endswith(".Timestamp"):
        return {"type": "string"}
    return {"$ref": f"#/components/schemas/{name if '.' in name else f'{namespace}.{name}'}"}
