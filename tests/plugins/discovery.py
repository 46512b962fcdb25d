"""Google's own description of an API: which requests it allows, in every detail that it gives."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import googleapiclient.discovery_cache

from tests.plugins.discovery_schemas import Schemas, query_problem
from tests.plugins.field_masks import mask_problem
from tests.plugins.multipart import related_parts
from tests.plugins.sent import Sent

_DOCUMENTS = Path(googleapiclient.discovery_cache.__file__).parent / "documents"
_UPLOAD_TYPES = ("media", "multipart", "resumable")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of an API, with the names that a path gives it."""

    facts: Mapping[str, Any]
    path: Mapping[str, str]
    is_upload: bool = False

    @property
    def id(self) -> str:
        return str(self.facts["id"])


class Discovery:
    """An API by the name of its document, such as gmail.v1."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.document: Mapping[str, Any] = json.loads((_DOCUMENTS / f"{name}.json").read_text(encoding="utf-8"))
        self.schemas = Schemas(self.document["schemas"])

    @cached_property
    def methods(self) -> Mapping[str, Mapping[str, Any]]:
        """Every method by its id."""
        return {each["id"]: each for each in _methods(self.document)}

    @cached_property
    def _routes(self) -> list[tuple[str, re.Pattern[str], Mapping[str, Any], bool]]:
        base = "/" + self.document["servicePath"]
        found = []
        for each in self.methods.values():
            found.append((each["httpMethod"], _pattern(base + each["path"]), each, False))
            if each.get("supportsMediaUpload"):
                path = each["mediaUpload"]["protocols"]["simple"]["path"]
                found.append((each["httpMethod"], _pattern(path), each, True))
        # A route of fixed names goes before one whose last part is a name of the caller's.
        return sorted(found, key=lambda route: route[1].pattern.count("("))

    def operation(self, method: str, url: str) -> Operation | None:
        """What the address means, or None where there is nothing."""
        path = urlsplit(url).path
        for verb, pattern, facts, is_upload in self._routes:
            if verb == method and (match := pattern.fullmatch(path)):
                named = {name: unquote(value) for name, value in match.groupdict().items()}
                return Operation(facts=facts, path=named, is_upload=is_upload)
        return None

    def problems(self, sent: Sent) -> list[str]:
        """What Google's document does not allow about it; empty for a good request."""
        operation = self.operation(sent.method, sent.url)
        if operation is None:
            return [f"{sent.method} {urlsplit(sent.url).path} is no method of {self.name}"]
        return [*self._auth(sent), *self._path(operation), *self._query(operation, sent), *self._body(operation, sent)]

    def _auth(self, sent: Sent) -> Iterator[str]:
        if not sent.header("authorization").startswith("Bearer "):
            yield "the request is not signed: Authorization: Bearer is missing"

    def _path(self, operation: Operation) -> Iterator[str]:
        for name, value in operation.path.items():
            if problem := query_problem(operation.facts["parameters"][name], value):
                yield f"path {name}: {problem}"

    def _query(self, operation: Operation, sent: Sent) -> Iterator[str]:
        allowed = {**self.document["parameters"], **operation.facts.get("parameters", {})}
        seen: set[str] = set()
        for name, value in parse_qsl(urlsplit(sent.url).query, keep_blank_values=True):
            facts = allowed.get(name)
            if facts is None and not (name == "uploadType" and operation.is_upload):
                yield f"query {name} is unknown to {operation.id}"
            elif facts is not None and facts.get("location") == "path":
                yield f"query {name} belongs in the path"
            elif facts is not None and (problem := query_problem(facts, value)):
                yield f"query {name}: {problem}"
            elif facts is not None and facts.get("deprecated"):
                yield f"query {name} is deprecated"
            elif name in seen and not (facts or {}).get("repeated"):
                yield f"query {name} stands twice"
            elif name == "fields" and "response" in operation.facts:
                yield from mask_problem(value, operation.facts["response"]["$ref"], self.document["schemas"])
            elif name == "uploadType" and value not in _UPLOAD_TYPES:
                yield f"query uploadType: {value} is none of {', '.join(_UPLOAD_TYPES)}"
            seen.add(name)
        needed = {name for name, facts in allowed.items() if facts.get("required") and facts["location"] == "query"}
        yield from (f"query {name} is missing" for name in sorted(needed - seen))
        if operation.is_upload and "uploadType" not in seen:
            yield "query uploadType is missing"

    def _body(self, operation: Operation, sent: Sent) -> Iterator[str]:
        kind = sent.header("content-type").partition(";")[0].strip().lower()
        upload = dict(parse_qsl(urlsplit(sent.url).query)).get("uploadType")
        if operation.is_upload and upload == "media":
            return
        text = sent.body
        if operation.is_upload and upload == "multipart":
            try:
                text, _media = related_parts(sent.header("content-type"), sent.body)
            except ValueError as error:
                yield f"body: {error}"
                return
        elif "request" not in operation.facts:
            if sent.body:
                yield f"{operation.id} takes no body"
            return
        elif kind != "application/json" and sent.body:
            yield f"content type {kind or 'is missing'}: application/json is wanted"
        try:
            value = json.loads(text or b"{}")
        except ValueError:
            yield "body: not JSON"
            return
        schema = operation.facts["request"]["$ref"]
        yield from self.schemas.request_problems(schema, operation.id, value, has_media=text is not sent.body)


@lru_cache
def discovery(name: str) -> Discovery:
    """Each document is read once."""
    return Discovery(name)


def _methods(resource: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from resource.get("methods", {}).values()
    for each in resource.get("resources", {}).values():
        yield from _methods(each)


def _pattern(path: str) -> re.Pattern[str]:
    written = "".join(
        f"(?P<{part.strip('{}+')}>{'.+' if '+' in part else '[^/:]+' if ':' in path else '[^/]+'})"
        if part.startswith("{")
        else re.escape(part)
        for part in re.split(r"(\{[^}]*\})", path)
    )
    return re.compile(written)
