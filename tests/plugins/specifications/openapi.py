"""A vendor's OpenAPI document: which requests it allows, in every detail that it gives."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.plugins.sent import Sent
from tests.plugins.specifications.bodies import form_value, part_names
from tests.plugins.specifications.samples import How, sample
from tests.plugins.specifications.schemas import Schemas

DOCUMENTS = Path(__file__).parent / "documents"
_OF_THE_TRANSPORT = frozenset({"authorization", "content-type", "accept", "token", "key"})
"""Parameters that say who asks or what form a body has: a manifest's auth and encoding see to those."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation, with the names that a path gives it."""

    id: str
    facts: Mapping[str, Any]
    path: Mapping[str, str]


class OpenApi:
    """A vendor's document, cut down to the operations that manifests name."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.document: Mapping[str, Any] = json.loads((DOCUMENTS / f"{name}.json").read_text(encoding="utf-8"))
        self.schemas = Schemas(self.document)

    @cached_property
    def _routes(self) -> list[tuple[str, re.Pattern[str], Mapping[str, Any]]]:
        bases = [urlsplit(each["url"]).path.rstrip("/") for each in self.document["servers"]]
        found = [
            (method.upper(), _pattern(base + path), facts)
            for path, methods in self.document["paths"].items()
            for method, facts in methods.items()
            for base in bases
        ]
        # A route of fixed names goes before one whose last part is a name of the caller's.
        return sorted(found, key=lambda route: route[1].pattern.count("("))

    def operation(self, method: str, url: str) -> Operation | None:
        """What the address means, or None where there is nothing."""
        path = urlsplit(url).path
        for verb, pattern, facts in self._routes:
            if verb == method and (match := pattern.fullmatch(path)):
                names = re.findall(r"\{([^}]*)\}", facts["x-path"])
                named = {name: unquote(value) for name, value in zip(names, match.groups(), strict=True)}
                return Operation(id=facts["operationId"], facts=facts, path=named)
        return None

    def problems(self, sent: Sent) -> list[str]:
        """What the document does not allow about a request; empty for a good one."""
        operation = self.operation(sent.method, sent.url)
        if operation is None:
            return [f"{sent.method} {urlsplit(sent.url).path} is no operation of {self.name}"]
        return [*self._parameters(operation, sent), *self._body(operation, sent)]

    def answer_problems(self, operation: Operation, status: int, body: Any) -> list[str]:
        """What no answer of this operation would hold; keys that are left out are none of it."""
        schema = self.answer_schema(operation, status)
        if schema is None:
            return []
        return [f"answer {_at(error)}: {error.message}" for error in self.schemas.answers(schema).iter_errors(body)]

    def answer_schema(self, operation: Operation, status: int | None = None) -> Mapping[str, Any] | None:
        """The schema of an answer with the status, or of the first success; None where the document has none."""
        answers = operation.facts["responses"]
        found = (
            str(status)
            if status is not None and str(status) in answers
            else next((each for each in answers if each[0] == "2"), "")
        )
        content = self.schemas.resolved(answers.get(found, {})).get("content", {})
        return next((each.get("schema") for kind, each in content.items() if "json" in kind or "object" in kind), None)

    def describes_answers(self, operation_id: str) -> bool:
        """Whether the document says what an answer of the operation holds."""
        facts = next(facts for _, _, facts in self._routes if facts["operationId"] == operation_id)
        schema = self.answer_schema(Operation(id=operation_id, facts=facts, path={}))
        return schema is not None and set(self.schemas.resolved(schema)) - {"type"} != set()

    def sample(self, method: str, url: str, how: How) -> Mapping[str, Any]:
        """An answer that the document allows, as examples write answers."""
        operation = self.operation(method, url)
        assert operation is not None, f"{method} {url}"
        status = next(each for each in operation.facts["responses"] if each[0] == "2").replace("X", "0")
        schema = self.answer_schema(operation)
        if schema is None:
            return {"status": int(status)}
        schema = self.schemas.inlined(schema, is_request=True)
        body = sample(schema, how)
        return {"status": int(status), "body": sample(schema, "everything") if body is None else body}

    def _parameters(self, operation: Operation, sent: Sent) -> Iterator[str]:
        known = {(each["in"], each["name"].lower()): each
                 for each in map(self.schemas.resolved, operation.facts.get("parameters", ()))}  # fmt: skip
        given = [("path", name, value) for name, value in operation.path.items()]
        given += [("query", name, value) for name, value in parse_qsl(urlsplit(sent.url).query, keep_blank_values=True)]
        seen = {(place, name.lower()) for place, name, _ in given}
        for place, name, value in given:
            facts = known.get((place, name.lower())) or known.get((place, f"{name.lower()}[]"))
            if facts is None:
                if name.lower() not in _OF_THE_TRANSPORT and not (place == "query" and self._is_object(known, name)):
                    yield f"{place} {name} is unknown to {operation.id}"
            elif problem := self.schemas.text_problem(facts, value):
                yield f"{place} {name}: {problem}"
        for (place, name), facts in known.items():
            is_there = (place, name) in seen or (place == "header" and sent.header(name))
            if facts.get("required") and not is_there and name not in _OF_THE_TRANSPORT and place != "path":
                yield f"{place} {name} is missing"
            content = facts.get("content", {}).get("application/json")
            if is_there and content is not None and place == "header":
                for error in self.schemas.requests(content["schema"]).iter_errors(json.loads(sent.header(name))):
                    yield f"{place} {name} {_at(error)}: {error.message}"

    def _is_object(self, known: Mapping[tuple[str, str], Any], name: str) -> bool:
        """Whether it is a key of a parameter that is an object, such as fields[] or sort[0][field]."""
        return ("query", name.partition("[")[0].lower()) in known

    def _body(self, operation: Operation, sent: Sent) -> Iterator[str]:
        content = self.schemas.resolved(operation.facts.get("requestBody", {})).get("content", {})
        kind = sent.header("content-type").partition(";")[0].strip().lower()
        if not content:
            if sent.body:
                yield f"{operation.id} takes no body"
            return
        if not sent.body:
            if self.schemas.resolved(operation.facts["requestBody"]).get("required"):
                yield "the body is missing"
            return
        if kind == "multipart/form-data":
            # some documents show the JSON form of what is sent in parts
            schema = content.get(kind, next(iter(content.values())))["schema"]
            yield from self.schemas.name_problems(schema, part_names(sent.header("content-type"), sent.body))
            return
        if kind not in content:
            yield f"content type {kind or 'is missing'}: {', '.join(content)} is wanted"
            return
        if kind == "application/octet-stream":
            return  # bytes are bytes
        schema = content[kind]["schema"]
        is_form = kind == "application/x-www-form-urlencoded"
        value = (
            form_value(sent.body, self.schemas.inlined(schema, is_request=True)) if is_form else json.loads(sent.body)
        )
        for error in self.schemas.requests(schema).iter_errors(value):
            yield f"body {_at(error)}: {error.message}"


@lru_cache
def openapi(name: str) -> OpenApi:
    """Each document is read once."""
    return OpenApi(name)


def _at(error: Any) -> str:
    return "/".join(map(str, error.instance_path)) or "(whole)"


def _pattern(path: str) -> re.Pattern[str]:
    # the path of a file, as GitHub takes it, has slashes of its own
    written = "".join(
        (r"(.+)" if part == "{path}" else r"([^/]+)") if part.startswith("{") else re.escape(part)
        for part in re.split(r"(\{[^}]*\})", path)
    )
    return re.compile(written)
