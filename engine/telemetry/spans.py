"""A run as spans: one for the run, below it one for each step and delivery that takes time of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, Status, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from engine.events import Event
from engine.hooks import Hooks
from engine.telemetry.provider import tracer_of
from ir.records import dataclass


@dataclass(slots=True)
class Spans(Hooks):
    """The spans of one run. Its parent is the caller's span, or the one that TRACEPARENT names."""

    tracer: Tracer
    parent: Context | None = None
    _run: Span | None = None
    _steps: dict[str, Span] = field(default_factory=dict)

    @classmethod
    def of(cls, env: Mapping[str, str]) -> Spans:
        given = env.get("TRACEPARENT")
        is_inside = trace.get_current_span().get_span_context().is_valid
        parent = None
        if given and not is_inside:
            carrier = {"traceparent": given, "tracestate": env.get("TRACESTATE", "")}
            parent = TraceContextTextMapPropagator().extract(carrier)
        return cls(tracer_of(env), parent)

    def run_started(self, event: Event) -> None:
        named = {"weirflow.run_id": event.run_id, "weirflow.workflow": event.workflow}
        self._run = self.tracer.start_span(f"run {event.workflow}", context=self.parent, attributes=named)

    def step_started(self, event: Event) -> None:
        self._end(event.step)
        if self._run is not None:
            named: dict[str, str | int] = {"weirflow.run_id": event.run_id, "weirflow.step": event.step,
                                           "weirflow.attempt": event.attempt}  # fmt: skip
            inside = trace.set_span_in_context(self._run)
            self._steps[event.step] = self.tracer.start_span(event.step, context=inside, attributes=named)

    def retry(self, event: Event) -> None:
        span = self._steps.get(event.step) or self._run
        if span is not None:
            span.add_event("retry", {"weirflow.attempt": event.attempt, "weirflow.reason": event.text})

    def step_finished(self, event: Event) -> None:
        """Steps that were computed together with others have no time of their own: they are events of the run."""
        if event.step in self._steps:
            self._steps[event.step].set_attribute("weirflow.rows", event.rows)
            self._end(event.step)
        elif self._run is not None:
            self._run.add_event("step", {"weirflow.step": event.step, "weirflow.rows": event.rows})

    def delivery(self, event: Event) -> None:
        span = self._steps.get(event.step)
        if span is not None:
            span.set_attributes({"weirflow.rows": event.rows, "weirflow.status": event.status,
                                 "weirflow.attempt": event.attempt})  # fmt: skip
            if event.status == "failed":
                span.set_status(Status(StatusCode.ERROR, event.text))
            self._end(event.step)

    def failure(self, event: Event) -> None:
        if self._run is not None:
            told = {"weirflow.step": event.step, "weirflow.code": event.code, "weirflow.text": event.text}
            self._run.add_event("failure", {name: value for name, value in told.items() if value})

    def run_finished(self, event: Event) -> None:
        for step in list(self._steps):
            self._end(step)
        if self._run is not None:
            self._run.set_attribute("weirflow.status", event.status)
            if event.status in {"failed", "cancelled"}:
                self._run.set_status(Status(StatusCode.ERROR, event.text))
            self._run.end()
            self._run = None

    def _end(self, step: str) -> None:
        span = self._steps.pop(step, None)
        if span is not None:
            span.end()
