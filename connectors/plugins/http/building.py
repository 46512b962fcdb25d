"""Requests of a manifest, compiled once for a connection and built for each call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any
from urllib.parse import quote, urlsplit

from connectors.http.headers import headers_problem
from connectors.plugins.http.bodies import Body, CompiledBody, compiled_body, shown_value
from connectors.plugins.http.places import Places
from connectors.plugins.requests import RequestManifest
from connectors.plugins.templating import MISSING, Placeholder, Rendered, Roots, compiled, compiled_url, is_filter
from connectors.problem import ConnectorProblem
from ir.records import dataclass
from ir.value_text import text_of


@dataclass(slots=True, kw_only=True)
class Built:
    """A request before it says who asks."""

    method: str
    url: str = field(repr=False)
    query: list[tuple[str, str]] = field(repr=False)
    headers: dict[str, str] = field(repr=False)
    body: Body = field(repr=False)
    timeout_s: float

    @property
    def address(self) -> str:
        """The whole URL."""
        if not self.query:
            return self.url
        written = "&".join([f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in self.query])
        return f"{self.url}{'&' if '?' in self.url else '?'}{written}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledRequest:
    """A request of a manifest."""

    method: str
    is_method_given: bool
    """Whether a parameter of each call says the method."""
    url: Rendered
    is_from_answer: bool
    """Whether its whole address comes out of an answer."""
    query: tuple[tuple[str, Rendered], ...]
    query_object: Rendered | None
    headers: tuple[tuple[str, Rendered], ...]
    header_object: Rendered | None
    fixed_headers: Mapping[str, str]
    body: CompiledBody
    is_authenticated: bool
    is_repeatable: bool
    """Whether it may be sent again, whatever the action does as a whole."""
    changes: bool
    """Whether it changes something where it succeeds, so that it is not safely sent again."""
    timeout_s: float
    places: Places

    def build(self, roots: Roots, *, more_query: Mapping[str, Any] | None = None,
              more_body: Mapping[str, Any] | None = None, more_headers: Mapping[str, str] | None = None,
              is_shown: bool = False) -> Built:  # fmt: skip
        """The request for these roots. What `more_…` say goes over what the manifest does.

        Raises:
            ConnectorProblem: IR693 for a value that the path or a header cannot hold, IR690 for an address that is not
                one of the plugin's.
        """
        url = self.url(roots)
        if self.is_from_answer:
            url = str(url) if is_shown else self.places.checked(url)
        query = [pair for name, each in self.query for pair in _pairs(name, each(roots))] if self.query else []
        if self.query_object is not None and isinstance(given := self.query_object(roots), Mapping):
            query += [pair for name, value in given.items() for pair in _pairs(name, value)]
        if more_query:
            query = [pair for pair in query if pair[0] not in more_query]
            query += [pair for name, value in more_query.items() for pair in _pairs(name, value)]
        headers = dict(self.fixed_headers)
        for name, each in self.headers:
            value = each(roots)
            if value is not MISSING and value is not None:
                headers[name] = _header(name, text_of(value))
        if self.header_object is not None and isinstance(given := self.header_object(roots), Mapping):
            headers |= {_header_name(name): _header(name, text_of(value)) for name, value in given.items()
                        if value is not None}  # fmt: skip
        value = self.body.value(roots)
        if more_body:
            value = _merged(value, more_body)
        body = self.body.written(value, roots, is_shown=is_shown)
        if body.media_type is not None and not (headers and any(name.lower() == "content-type" for name in headers)):
            headers["Content-Type"] = body.media_type
        if more_headers:
            headers.update(more_headers)
        method = self._method(roots) if self.is_method_given else self.method
        return Built(method=method, url=url, query=query, headers=headers, body=body, timeout_s=self.timeout_s)

    def _method(self, roots: Roots) -> str:
        return text_of(roots.values["params"].get("method", "GET"))


def compiled_request(request: RequestManifest, places: Places, *, headers: Mapping[str, Any],
                     query: Mapping[str, Any], timeout_s: float) -> CompiledRequest:  # fmt: skip
    """A manifest's request with the plugin's defaults, for one connection."""
    asked_headers = {} if is_filter(request.headers) else request.headers
    own = {name.lower() for name in asked_headers}
    written = {**{name: each for name, each in headers.items() if name.lower() not in own}, **asked_headers}
    fixed = {
        name: text_of(each) for name, each in written.items() if not isinstance(each, dict) and "{{" not in str(each)
    }
    is_template = isinstance(request.query, str) or is_filter(request.query)
    asked = request.query if isinstance(request.query, Mapping) and not is_template else {}
    return CompiledRequest(
        method=request.method, is_method_given=request.method.startswith("{{"), url=_url(request, places),
        is_from_answer=request.url is not None,
        query=tuple((name, compiled(each)) for name, each in {**query, **asked}.items()),
        query_object=compiled(request.query) if is_template else None,
        headers=tuple((name, compiled(each)) for name, each in written.items() if name not in fixed),
        header_object=compiled(request.headers) if is_filter(request.headers) else None,
        fixed_headers=fixed, body=compiled_body(request), is_authenticated=request.is_authenticated,
        is_repeatable=request.is_repeatable or request.method in {"GET", "HEAD"},
        changes=not request.is_repeatable and request.method not in {"GET", "HEAD"},
        timeout_s=request.timeout_s or timeout_s, places=places,
    )  # fmt: skip


def _url(request: RequestManifest, places: Places) -> Rendered:
    if request.url is not None:
        return compiled(request.url)
    base = places.base(request.base_url)
    path = compiled_url(request.path or "")

    def render(roots: Roots) -> str:
        found = path(roots)
        return base + found if found.startswith(("/", "?")) or not found else f"{base}/{found}"

    return render


def _pairs(name: str, value: Any) -> list[tuple[str, str]]:
    if value is MISSING or value is None:
        return []
    if isinstance(value, list | tuple):
        return [(name, text_of(each)) for each in value]
    return [(name, str(shown_value(value)) if isinstance(value, Placeholder) else text_of(value))]


def _header(name: str, text: str) -> str:
    if not text.isprintable() or not text.isascii():
        problem = headers_problem({name: text})
        if problem is not None:
            raise ConnectorProblem("IR693", problem)
    return text


def _header_name(name: str) -> str:
    if not name or not name.isascii() or not name.replace("-", "").replace("_", "").isalnum():
        raise ConnectorProblem("IR693", f'"{name}" is no name of a header')
    return name


def _merged(value: Any, more: Mapping[str, Any]) -> Any:
    """The body with further keys; a dotted one goes into objects."""
    made = dict(value) if isinstance(value, Mapping) else {}
    for name, each in more.items():
        first, dot, rest = name.partition(".")
        made[first] = _merged(made.get(first), {rest: each}) if dot else each
    return made


def host_of(url: str) -> str:
    """The host of a URL, in lower case."""
    return (urlsplit(url).hostname or "").lower()
