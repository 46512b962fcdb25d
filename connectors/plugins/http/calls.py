"""One action compiled for a connection: its requests, its pages and its steps."""

from __future__ import annotations

from collections.abc import Callable

from connectors.plugins.filters import condition_of
from connectors.plugins.http.answers import CompiledErrors, compiled_errors
from connectors.plugins.http.building import CompiledRequest, compiled_request
from connectors.plugins.http.limits import Bound, bound
from connectors.plugins.http.pagination import CompiledPages, compiled_pages
from connectors.plugins.http.places import Places
from connectors.plugins.http.told_apart import CompiledItems, compiled_items
from connectors.plugins.http.uploading import CompiledUpload, compiled_upload
from connectors.plugins.plugin import Action
from connectors.plugins.requests import Found, Pagination, RequestManifest, ResponseManifest, Step, Upload
from connectors.plugins.templating import Rendered, Roots, compiled, compiled_path
from connectors.problem import ConnectorProblem
from ir.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledExchange:
    """A request and what becomes of its answer."""

    request: CompiledRequest
    response: ResponseManifest
    result: Rendered | None
    """The result out of the answer; with pages, that of each item. None: the answer itself."""
    total: Rendered | None
    pages: CompiledPages | None
    upload: CompiledUpload | None = None
    found: CompiledFound | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledFound:
    """How the result of a request is looked for whose answer was lost."""

    exchange: CompiledExchange
    holds: Callable[[Roots], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledStep:
    """A step of an action."""

    step: Step
    when: Callable[[Roots], bool] | None
    for_each: Rendered | None
    exchange: CompiledExchange | None
    value: Rendered | None
    fail: Rendered | None
    inner: CompiledAction | None
    """The other action that it is."""
    params: Rendered | None
    once: Rendered | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledAction:
    """An action for one connection."""

    action: Action
    exchange: CompiledExchange | None
    steps: tuple[CompiledStep, ...]
    output: Rendered | None
    errors: CompiledErrors
    limits: tuple[Bound, ...]
    single: CompiledExchange | None
    """The exchange, where a call is one request."""
    items: CompiledItems | None
    is_reading: bool


def compiled_action(action: Action, places: Places) -> CompiledAction:
    """An action's requests for one connection.

    Raises:
        ConnectorProblem: IR695 for a manifest whose templates cannot be read.
    """
    manifest = action.plugin.manifest
    own = action.manifest
    try:
        steps = tuple(_step(each, action, places) for each in own.steps)
        exchange = _exchange(own.request, own.response, own.pagination, places) if own.request is not None else None
        if exchange is None and not steps:
            raise ValueError("it has neither a request nor steps")
        return CompiledAction(
            action=action, exchange=exchange, steps=steps,
            output=compiled(own.output) if own.output is not None else None,
            errors=compiled_errors(manifest, own.errors), limits=bound(manifest.limits, own.limits, own.weight),
            single=exchange if exchange is not None and not steps and exchange.pages is None else None,
            items=compiled_items(own.items, title=manifest.title) if own.items is not None else None,
            is_reading=action.kind == "read",
        )  # fmt: skip
    except ValueError as error:
        raise ConnectorProblem("IR695", f"the action {action.name} of {manifest.key} cannot be used: {error}") from None


def _exchange(request: RequestManifest, response: ResponseManifest, pagination: Pagination | None,
              places: Places, upload: Upload | None = None, found: Found | None = None
              ) -> CompiledExchange:  # fmt: skip
    defaults = places.manifest.defaults

    def made(each: RequestManifest) -> CompiledRequest:
        return compiled_request(each, places, headers=defaults.headers, query=defaults.query,
                                timeout_s=defaults.timeout_s)  # fmt: skip

    result = None
    if response.output is not None:
        result = compiled(response.output)
    elif response.select is not None:
        result = compiled_path(response.select)
    further = made(pagination.request) if pagination is not None and pagination.request is not None else None
    return CompiledExchange(
        request=made(request), response=response, result=result,
        total=compiled_path(response.total) if response.total is not None else None,
        pages=compiled_pages(pagination, further) if pagination is not None else None,
        upload=compiled_upload(upload, made) if upload is not None else None,
        found=_found(found, places) if found is not None else None,
    )  # fmt: skip


def _found(found: Found, places: Places) -> CompiledFound:
    exchange = _exchange(found.request, ResponseManifest(), None, places)
    return CompiledFound(exchange=exchange, holds=condition_of(found.when, compiled))


def _step(step: Step, action: Action, places: Places) -> CompiledStep:
    inner = None
    if step.action is not None:
        other = action.plugin.action(step.action)
        if any(each.action is not None for each in other.manifest.steps):
            raise ValueError(f"the step {step.id} is the action {other.name}, which has steps that are actions")
        inner = compiled_action(other, places)
    return CompiledStep(
        step=step, when=condition_of(step.when, compiled) if step.when is not None else None,
        for_each=compiled(step.for_each) if step.for_each is not None else None,
        exchange=_exchange(step.request, step.response, step.pagination, places, step.upload, step.found)
        if step.request else None,
        value=compiled(step.value) if step.value is not None else None,
        fail=compiled(step.fail) if step.fail is not None else None, inner=inner,
        params=compiled(step.parameters) if inner is not None else None,
        once=compiled(step.once) if step.once is not None else None,
    )  # fmt: skip
