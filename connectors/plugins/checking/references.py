"""Templates of a manifest, each checked where it stands: its references lead somewhere, its filters are there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any

from connectors.plugins.filters import CONDITIONS, all_filters
from connectors.plugins.manifest import Manifest
from ir.diagnostics import Pointer, Problems, did_you_mean
from ir.records import dataclass
from ir.templates import Reference, TemplateSyntax, parse_template

_IN_REQUESTS = ("path", "url", "query", "headers", "body", "metadata", "media")
_FILTERS = all_filters()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What references may begin with at a place, and what of it is known."""

    roots: frozenset[str]
    params: Mapping[str, Any] | None = None
    connection: Mapping[str, Any] | None = None
    steps: frozenset[str] = frozenset()

    def having(self, *roots: str) -> Scope:
        return replace(self, roots=self.roots | frozenset(roots))


@dataclass(slots=True)
class ReferenceCheck:
    """Checks all templates of one manifest."""

    manifest: Manifest
    raw: Mapping[str, Any]
    problems: Problems
    _connection: Mapping[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self._connection = self.manifest.connection.get("properties", {})

    def check(self) -> None:
        of_connection = Scope(roots=frozenset({"connection"}), connection=self._connection)
        for key in ("base_url", "auth"):
            self._template(self.raw.get(key), (key,), of_connection)
        self._template(self.raw.get("defaults"), ("defaults",), of_connection)
        for name, action in self.raw.get("actions", {}).items():
            self._action(action, ("actions", name))

    def _action(self, action: Mapping[str, Any], at: Pointer) -> None:
        params = action.get("parameters", {}).get("properties", {})
        scope = Scope(roots=frozenset({"params", "connection", "key"}), params=params, connection=self._connection)
        for index, limit in enumerate([*self.raw.get("limits", []), *action.get("limits", [])]):
            own = index - len(self.raw.get("limits", []))
            # a limit of the plugin may name a parameter that only some actions have
            if own >= 0:
                self._template(limit.get("key"), (*at, "limits", own, "key"), scope)
        self._exchange(action, at, scope)
        known: set[str] = set()
        for index, step in enumerate(action.get("steps") or []):
            within = replace(scope.having("steps"), steps=frozenset(known))
            self._step(step, (*at, "steps", index), within)
            known.add(str(step.get("id")))
        after = replace(scope.having("steps"), steps=frozenset(known))
        self._template(action.get("output"), (*at, "output"), after)

    def _step(self, step: Mapping[str, Any], at: Pointer, scope: Scope) -> None:
        self._condition(step.get("when") or {}, (*at, "when"), scope)
        self._template(step.get("for_each"), (*at, "for_each"), scope)
        inside = scope.having("item", "index") if step.get("for_each") is not None else scope
        for key in ("value", "fail", "parameters", "once"):
            self._template(step.get(key), (*at, key), inside)
        if step.get("action") is not None and not self._is_action(step["action"]):
            self.problems.error("IR695", f'there is no action "{step["action"]}"', at=(*at, "action"))
        upload = step.get("upload") or {}
        self._template(upload.get("file"), (*at, "upload", "file"), inside)
        self._template(
            upload.get("position"), (*at, "upload", "position"), scope.having("response", "status", "headers")
        )
        if upload.get("begin") is not None and upload["begin"] not in scope.steps:
            self.problems.error("IR695", f'there is no earlier step "{upload["begin"]}"', at=(*at, "upload", "begin"))
        if upload:
            inside = inside.having("part")
            self._request(upload.get("ask") or {}, (*at, "upload", "ask"), inside)
        found = step.get("found") or {}
        self._request(found.get("request") or {}, (*at, "found", "request"), inside)
        self._condition(found.get("when") or {}, (*at, "found", "when"), inside.having("response", "status", "headers"))
        self._exchange(step, at, inside)

    def _is_action(self, name: str) -> bool:
        return any(name in (each, *action.aliases) for each, action in self.manifest.actions.items())

    def _condition(self, when: Mapping[str, Any], at: Pointer, scope: Scope) -> None:
        for name, argument in when.items():
            word = name.removeprefix("is_")
            if word not in CONDITIONS:
                self.problems.error("IR695", f'there is no condition "{name}"', at=(*at, name), on_key=True,
                                    hint=f"known are {', '.join(CONDITIONS)}")  # fmt: skip
            elif word in {"all", "any"} and isinstance(argument, list):
                for index, each in enumerate(argument):
                    self._condition(each, (*at, name, index), scope)
            elif word == "not" and isinstance(argument, Mapping):
                self._condition(argument, (*at, name), scope)
            else:
                self._template(argument, (*at, name), scope)

    def _exchange(self, owner: Mapping[str, Any], at: Pointer, scope: Scope) -> None:
        request = owner.get("request") or {}
        self._request(request, (*at, "request"), scope)
        pagination = owner.get("pagination") or {}
        for key in ("page_size", "max_items"):
            self._template(pagination.get(key), (*at, "pagination", key), scope)
        if pagination.get("request"):
            self._request(pagination["request"], (*at, "pagination", "request"), scope.having("page"))
        answered = scope.having("response", "status", "headers", "page", *(["item"] if pagination else []))
        for key in ("output", "filename", "content_type"):
            self._template((owner.get("response") or {}).get(key), (*at, "response", key), answered)

    def _request(self, request: Mapping[str, Any], at: Pointer, scope: Scope) -> None:
        for key in _IN_REQUESTS:
            self._template(request.get(key), (*at, key), scope.having("page"))
        for name, part in (request.get("parts") or {}).items():
            self._template(part, (*at, "parts", name), scope)

    def _template(self, value: Any, at: Pointer, scope: Scope) -> None:
        match value:
            case str():
                self._text(value, at, scope)
            case list():
                for index, each in enumerate(value):
                    self._template(each, (*at, index), scope)
            case dict():
                if len(value) == 1 and (name := next(iter(value))).startswith("$"):
                    self._filter(name, value[name], at, scope)
                    return
                for key, each in value.items():
                    self._template(each, (*at, key), scope)

    def _filter(self, name: str, argument: Any, at: Pointer, scope: Scope) -> None:
        if name not in _FILTERS:
            self.problems.error("IR695", f'there is no filter "{name}"', at=(*at, name), on_key=True,
                                hint=did_you_mean(name, _FILTERS) or f"the filters are {', '.join(_FILTERS)}",
                                )  # fmt: skip
            return
        if name == "$literal":
            return
        if isinstance(argument, Mapping) and "of" in argument:  # the other settings are of each item
            for key, each in argument.items():
                self._template(each, (*at, name, key), scope if key == "of" else scope.having("item", "index"))
            return
        self._template(argument, (*at, name), scope)

    def _text(self, text: str, at: Pointer, scope: Scope) -> None:
        try:
            references = parse_template(text).references
        except TemplateSyntax as problem:
            self.problems.error("IR695", problem.message, at=at, within=(problem.start, problem.end))
            return
        for each in references:
            self._reference(each, at, scope)

    def _reference(self, reference: Reference, at: Pointer, scope: Scope) -> None:
        if reference.root not in scope.roots:
            self.problems.error("IR695", f'"{reference.root}" stands for nothing here', at=at, within=reference.span,
                                hint=did_you_mean(reference.root, scope.roots)
                                or f"here stand {', '.join(sorted(scope.roots))}")  # fmt: skip
            return
        known = {"params": scope.params, "connection": scope.connection,
                 "steps": dict.fromkeys(scope.steps)}.get(reference.root)  # fmt: skip
        if known is None or len(reference.path) < 2 or str(reference.path[1]) in known:
            return
        what = {"params": "parameter", "connection": "part of the connection", "steps": "earlier step"}[reference.root]
        self.problems.error("IR695", f'there is no {what} "{reference.path[1]}"', at=at, within=reference.span,
                            hint=did_you_mean(str(reference.path[1]), known) or f"there are {', '.join(known)}",
                            )  # fmt: skip
