"""An OpenAPI document: its operations, and what its references lead to."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import yaml

from ir.diagnostics import did_you_mean
from ir.records import dataclass

METHODS = ("get", "post", "put", "patch", "delete", "head")
MAX_BYTES = 64_000_000
_MOST_REFERENCES = 50
"""That lead to one another, before a circle is assumed."""


class NoDraft(Exception):
    """Why an OpenAPI document gives no manifest, and what would help."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        self.hint = hint
        super().__init__(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation. `parameters` are its own and those of its path, references followed."""

    id: str
    method: str
    path: str
    value: Mapping[str, Any] = field(repr=False)
    parameters: tuple[Mapping[str, Any], ...] = field(repr=False)

    @property
    def said(self) -> str:
        """What the document says of it in a line."""
        return first_sentence(self.value.get("summary") or self.value.get("description")) or ""


@dataclass(frozen=True)
class OpenApi:
    """A document of OpenAPI 3; one of version 2 has been put into the words of 3."""

    root: Mapping[str, Any] = field(repr=False)
    file: Path

    @cached_property
    def operations(self) -> Mapping[str, Operation]:
        """All operations by their ids; one without an id has that of its method and path."""
        return {each.id: each for each in self._operations()}

    def operation(self, wanted: str) -> Operation:
        """The operation of an id, or of a method and a path such as "POST /tasks".

        Raises:
            NoDraft: there is none.
        """
        if wanted in self.operations:
            return self.operations[wanted]
        by_path = {f"{each.method.upper()} {each.path}": each for each in self.operations.values()}
        method, _, path = wanted.strip().partition(" ")
        found = by_path.get(f"{method.upper()} {path.strip()}")
        if found is None:
            hint = did_you_mean(wanted, [*self.operations, *by_path]) or "without --operation all are listed"
            raise NoDraft(f'{self.file} has no operation "{wanted}"', hint)
        return found

    def followed(self, value: Any) -> Any:
        """What a value is, its reference followed.

        Raises:
            NoDraft: the reference leads nowhere, or out of the document.
        """
        for _ in range(_MOST_REFERENCES):
            if not (isinstance(value, Mapping) and isinstance(value.get("$ref"), str)):
                return value
            value = self.at(value["$ref"])
        raise NoDraft(f"references of {self.file} lead in a circle")

    def at(self, reference: str) -> Any:
        """What stands at a reference of the document itself."""
        if not reference.startswith("#"):
            raise NoDraft(f'{self.file} refers to another document, "{reference}"', "bundle it into one file first")
        found: Any = self.root
        for part in reference.removeprefix("#").strip("/").split("/"):
            name = unquote(part).replace("~1", "/").replace("~0", "~")
            if isinstance(found, list) and name.isdigit() and int(name) < len(found):
                found = found[int(name)]
            elif isinstance(found, Mapping) and name in found:
                found = found[name]
            else:
                raise NoDraft(f'the reference "{reference}" of {self.file} leads nowhere')
        return found

    def _operations(self) -> Iterator[Operation]:
        for path, written in self.root.get("paths", {}).items():
            item = self.followed(written)
            if not isinstance(item, Mapping):
                continue
            for method in METHODS:
                value = item.get(method)
                if isinstance(value, Mapping):
                    shared = [self.followed(each) for each in item.get("parameters", [])]
                    own = [self.followed(each) for each in value.get("parameters", [])]
                    named = {(each.get("name"), each.get("in")): each for each in (*shared, *own)}
                    yield Operation(id=str(value.get("operationId") or f"{method} {path}"), method=method, path=path,
                                    value=value, parameters=tuple(named.values()))  # fmt: skip


def read_openapi(file: Path) -> OpenApi:
    """The document in a file, which is YAML or JSON.

    Raises:
        NoDraft: it cannot be read, or is no OpenAPI document.
    """
    try:
        with file.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise NoDraft(f"{file} cannot be read: {(error.strerror or str(error)).lower()}") from error
    if len(raw) > MAX_BYTES:
        raise NoDraft(f"{file} is larger than {MAX_BYTES // 1_000_000} MB")
    root = _parsed(raw, file)
    if not isinstance(root, Mapping) or not isinstance(root.get("paths"), Mapping):
        raise NoDraft(f"{file} is no OpenAPI document", "such a document has the keys openapi and paths")
    version = str(root.get("openapi") or root.get("swagger") or "")
    if version.startswith("2."):
        from connectors.plugins.openapi.swagger import in_words_of_3

        return OpenApi(in_words_of_3(root), file)
    if not version.startswith("3."):
        raise NoDraft(f"{file} is of OpenAPI {version or 'no version'}", "drafts are made of versions 2 and 3")
    return OpenApi(root, file)


def first_sentence(text: Any, *, most: int = 160) -> str | None:
    """The first sentence of a text, on one line, without the braces that a manifest would take for a template."""
    if not isinstance(text, str) or not text.strip():
        return None
    line = " ".join(text.replace("{{", "{").replace("}}", "}").split())
    end = line.find(". ")
    line = line[: end + 1] if 0 < end < most else line
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML without dates: an example `2026-01-31` stays a text."""


_Loader.yaml_implicit_resolvers = {
    sign: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:timestamp"]
    for sign, found in _Loader.yaml_implicit_resolvers.items()
}


def _parsed(raw: bytes, file: Path) -> Any:
    try:
        text = raw.decode("utf-8-sig")
        if text.lstrip()[:1] == "{":
            return json.loads(text)
        return yaml.load(text, Loader=_Loader)
    except UnicodeDecodeError as error:
        raise NoDraft(f"{file} is not UTF-8 text") from error
    except json.JSONDecodeError as error:
        raise NoDraft(f"{file} is no JSON: {error.msg.lower()} in line {error.lineno}") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" in line {mark.line + 1}" if mark is not None else ""
        raise NoDraft(f"{file} is no YAML: {getattr(error, 'problem', None) or 'it cannot be read'}{place}") from error
