"""What a service answers: every address in one list, with what it takes to ask there."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import field
from importlib import import_module
from typing import Any, Literal

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from engine.service.context import Context
from engine.service.store.keys import ApiKey, Scope
from engine.service.uploads import Upload
from ir.records import dataclass

MODULES = (
    "engine.service.web.api.health",
    "engine.service.web.api.workflows",
    "engine.service.web.api.workflow_files",
    "engine.service.web.api.runs",
    "engine.service.web.api.deliveries",
    "engine.service.web.api.schedules",
    "engine.service.web.api.keys",
    "engine.service.web.api.events",
    "engine.service.web.console.assets",
    "engine.service.web.console.logins",
    "engine.service.web.console.workflows",
    "engine.service.web.console.files",
    "engine.service.web.console.runs",
    "engine.service.web.console.actions",
    "engine.service.web.console.deliveries",
    "engine.service.web.console.letters",
    "engine.service.web.console.schedules",
    "engine.service.web.console.hooks",
    "engine.service.web.console.keys",
)
"""Each has ROUTES."""


@dataclass(slots=True, kw_only=True)
class Call:
    """One request, once it was let in."""

    context: Context
    request: Request
    key: ApiKey | None
    """Whose it is; None where nobody is asked."""
    body: bytes = b""
    taken: Any = None
    """The body as the route's model, where it has one."""
    upload: Upload | None = None
    """The body as it was stored, where the route receives it so."""
    form: Mapping[str, str] = field(default_factory=dict)
    """The fields of a page's form."""
    asked: Any = None
    """The query parameters as the route's model, where it has one."""

    @property
    def path(self) -> Mapping[str, str]:
        return self.request.path_params

    @property
    def who(self) -> str:
        return "" if self.key is None else self.key.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One method at one path. `scope` is what a key needs; None lets everybody in, and must be written."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    scope: Scope | None
    answer: Callable[[Call], Response]
    summary: str
    kind: Literal["api", "page"] = "api"
    """A page is asked for by a session of the console, everything else by a key."""
    takes: type[BaseModel] | None = None
    """The model of a JSON body."""
    takes_document: bool = False
    """Whether its body is a workflow, in YAML or JSON."""
    receives: Callable[[Call], Upload] | None = None
    """What takes its body to the disk, which may then be larger than any other."""
    asks: type[BaseModel] | None = None
    """The model of its query parameters: texts, numbers, and lists of them that are given by a parameter repeated."""
    gives: type[BaseModel] | None = None
    """The model of the JSON answer, for the OpenAPI document."""
    status: int = 200
    media: str = "application/json"
    query: Mapping[str, str] = field(default_factory=dict)
    """Query parameters beside those of `asks`, and what they mean."""


class Refused(Exception):
    """An answer that is an error; raised from anywhere below a route."""

    def __init__(self, status: int, message: str, *, hint: str | None = None, code: str | None = None,
                 diagnostics: list[dict[str, Any]] | None = None,
                 headers: Mapping[str, str] | None = None) -> None:  # fmt: skip
        super().__init__(message)
        self.status, self.message, self.hint, self.code = status, message, hint, code
        self.diagnostics, self.headers = diagnostics, headers or {}

    def as_json(self) -> dict[str, Any]:
        told = {"message": self.message, "hint": self.hint, "code": self.code, "diagnostics": self.diagnostics}
        return {"error": {name: value for name, value in told.items() if value is not None}}


def all_routes() -> list[Route]:
    """Every route of the service."""
    return [each for module in MODULES for each in import_module(module).ROUTES]


def as_json(value: Any, status: int = 200) -> Response:
    """An answer of JSON: a model, or what json can write."""
    if isinstance(value, BaseModel):
        text = value.model_dump_json()
    else:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Response(text, status_code=status, media_type="application/json")
