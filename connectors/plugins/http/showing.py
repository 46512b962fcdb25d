"""The requests of a call as they would be sent, for a dry run: nothing secret, and nothing that goes out."""

from __future__ import annotations

from typing import Any

from connectors.plugins.http.auth import Authority
from connectors.plugins.http.calls import CompiledAction, CompiledExchange
from connectors.plugins.manifest import Manifest
from connectors.plugins.session import RenderedRequest
from connectors.plugins.templating import Placeholder, Roots
from ir.redaction import HIDDEN, redact, redacted


def shown_requests(compiled: CompiledAction, roots: Roots, authority: Authority,
                   manifest: Manifest) -> list[RenderedRequest]:  # fmt: skip
    """The requests in their order. Of a step for each item that an answer tells, one is shown."""
    roots = roots.having(connection=_without_secrets(manifest, roots.values["connection"]), page={})
    if compiled.exchange is not None:
        return [_shown(compiled, compiled.exchange, roots, authority)]
    found = []
    results: dict[str, Any] = {each.step.id: Placeholder(f"steps.{each.step.id}") for each in compiled.steps}
    roots = roots.having(steps=results)
    for each in compiled.steps:
        if (each.exchange is None and each.inner is None) or (
            each.when is not None and not _may_hold(each.step.when, each.when, roots)
        ):
            continue
        items = each.for_each(roots) if each.for_each is not None else [None]
        shown = items if isinstance(items, list) else [Placeholder("item")]
        for index, item in enumerate(shown):
            own = roots.having(item=item, index=index) if each.for_each is not None else roots
            if each.inner is not None and each.params is not None:
                inner = own.having(params=each.inner.action.settled(each.params(own)))
                found += shown_requests(each.inner, inner, authority, manifest)
            elif each.exchange is not None:
                found.append(_shown(compiled, each.exchange, own, authority))
    return found


def _may_hold(written: Any, when: Any, roots: Roots) -> bool:
    """Whether a step may take place: what asks for an earlier one's result is not known yet."""
    return "steps." in str(written) or bool(when(roots))


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
