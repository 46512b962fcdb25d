"""The requests of a call as they would be sent, for a dry run: nothing secret, and nothing that goes out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from connectors.plugins.http.auth import Authority
from connectors.plugins.http.calls import CompiledAction, CompiledExchange, CompiledStep
from connectors.plugins.manifest import Manifest
from connectors.plugins.session import RenderedRequest
from connectors.plugins.templating import MISSING, Placeholder, Roots
from ir.redaction import HIDDEN, redact, redacted


def shown_requests(compiled: CompiledAction, roots: Roots, authority: Authority,
                   manifest: Manifest) -> list[RenderedRequest]:  # fmt: skip
    """The requests in their order. Of a step for each item that an answer tells, one is shown."""
    roots = roots.having(connection=_without_secrets(manifest, roots.values["connection"]), page={}).as_shown()
    if compiled.exchange is not None:
        return [_shown(compiled, compiled.exchange, roots, authority)]
    found: list[RenderedRequest] = []
    results: dict[str, Any] = {}
    roots = roots.having(steps=results)
    for each in compiled.steps:
        if each.fail is not None or (each.when is not None and not _may_hold(each.when, roots)):
            continue
        result: Any = Placeholder(f"steps.{each.step.id}")
        if each.exchange is None and each.inner is None and each.value is not None and each.for_each is None:
            result = each.value(roots)
        else:
            found += _of_step(compiled, each, roots, authority, manifest)
        if result is not MISSING:
            results[each.step.id] = result
    return found


def _of_step(compiled: CompiledAction, each: CompiledStep, roots: Roots, authority: Authority,
             manifest: Manifest) -> Iterator[RenderedRequest]:  # fmt: skip
    items = each.for_each(roots) if each.for_each is not None else [None]
    for index, item in enumerate(items if isinstance(items, list) else [Placeholder("item")]):
        own = roots.having(item=item, index=index) if each.for_each is not None else roots
        if each.inner is not None and each.params is not None:
            inner = own.having(params=each.inner.action.settled(each.params(own)))
            yield from shown_requests(each.inner, inner, authority, manifest)
        elif each.exchange is not None:
            if each.exchange.upload is not None:
                own = each.exchange.upload.shown(own)
            yield _shown(compiled, each.exchange, own, authority)


def _may_hold(when: Callable[[Roots], bool], roots: Roots) -> bool:
    """Whether a step may take place: with whatever answers will tell, or with nothing of it."""
    known = {name: value for name, value in roots.values["steps"].items() if not isinstance(value, Placeholder)}
    return when(roots) or when(roots.having(steps=known))


def _shown(compiled: CompiledAction, exchange: CompiledExchange, roots: Roots, authority: Authority) -> RenderedRequest:
    turn = exchange.pages.first(roots) if exchange.pages is not None else None
    own = compiled.action.manifest.idempotency
    more = {own.name: str(roots.values["key"])} if own.name else None
    built = exchange.request.build(
        roots, more_query=turn.query if turn else None, is_shown=True,
        more_body={**(turn.body if turn else {}), **(more if more and own.style == "body" else {})} or None,
        more_headers={**(turn.headers if turn else {}), **(more if more and own.style == "header" else {})},
    )  # fmt: skip
    if exchange.request.is_authenticated:
        authority.show(built)
    return RenderedRequest(
        method=built.method, url=redact(built.address.replace("%2A%2A%2A", HIDDEN)), body=redacted(built.body.shown),
        headers={name: redact(value) for name, value in built.headers.items()},
    )  # fmt: skip


def _without_secrets(manifest: Manifest, parts: Any) -> dict[str, Any]:
    properties = manifest.connection.get("properties", {})
    return {name: HIDDEN if properties.get(name, {"writeOnly": True}).get("writeOnly") else value
            for name, value in parts.items()}  # fmt: skip
