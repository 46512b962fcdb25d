"""Where spans go when the program has not said it: to the exporters that the standard variables name."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import entry_points
from importlib.util import find_spec

from opentelemetry import trace

_GROUP = "opentelemetry_traces_exporter"


def tracer_of(env: Mapping[str, str]) -> trace.Tracer:
    """The tracer of the program's provider. Where it has none and the SDK is installed, one is set up."""
    if isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider) and find_spec("opentelemetry.sdk"):
        _set_up(env)
    return trace.get_tracer("weirflow")


def _set_up(env: Mapping[str, str]) -> None:
    """As `opentelemetry-instrument` would, which is not needed then. Spans leave in batches, the last at the exit."""
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    named = {each.strip() for each in (env.get("OTEL_TRACES_EXPORTER") or "otlp").split(",")}
    exporters = [each for each in entry_points(group=_GROUP) if each.name in named]
    if not exporters:
        return
    resource = Resource.create({} if env.get("OTEL_SERVICE_NAME") else {"service.name": "weirflow"})
    provider = TracerProvider(resource=resource)
    for each in exporters:
        provider.add_span_processor(BatchSpanProcessor(each.load()()))
    trace.set_tracer_provider(provider)
