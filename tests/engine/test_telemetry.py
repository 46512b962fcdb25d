"""Runs as OpenTelemetry spans, seen by the exporter that keeps them in memory."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

import weirflow as wf
from engine.telemetry import provider as module
from engine.telemetry.wanted import is_wanted
from tests.workflows import inline, workflow

DOCUMENT = workflow(
    [inline("orders", [{"amount": 10}, {"amount": 7}])],
    name="amounts",
    delivery_rules={
        "file_delivery": [
            {"id": "a", "format": "csv", "filename_template": "a.csv"},
            {"id": "b", "format": "csv", "destination": {"path": "sub"}, "filename_template": "b.csv"},
        ]
    },
)


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setenv("WEIRFLOW_TELEMETRY", "1")
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: provider)
    yield exporter
    provider.shutdown()


def named(exporter: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    return {each.name: each for each in exporter.get_finished_spans()}


def test_a_run_is_a_span_and_its_deliveries_are_spans_below_it(tmp_path: Path, exported: InMemorySpanExporter) -> None:
    result = wf.run(DOCUMENT, out=tmp_path)
    spans = named(exported)
    assert set(spans) == {"run amounts", "a", "b"}
    run = spans["run amounts"]
    assert run.attributes == {
        "weirflow.run_id": result.run_id, "weirflow.workflow": "amounts", "weirflow.status": "succeeded",
    }  # fmt: skip
    assert spans["a"].parent == run.context
    assert spans["a"].attributes is not None
    assert (spans["a"].attributes["weirflow.rows"], spans["a"].attributes["weirflow.status"]) == (2, "delivered")
    assert [(each.name, dict(each.attributes or {})) for each in run.events] == [
        ("step", {"weirflow.step": "orders", "weirflow.rows": 2})
    ]


def test_a_failed_delivery_marks_its_span_and_the_runs(tmp_path: Path, exported: InMemorySpanExporter) -> None:
    (tmp_path / "sub").write_text("a file where a folder should be")
    wf.run(DOCUMENT, out=tmp_path)
    spans = named(exported)
    assert spans["a"].status.status_code is StatusCode.UNSET
    assert spans["b"].status.status_code is StatusCode.ERROR
    assert spans["run amounts"].status.status_code is StatusCode.ERROR
    assert "failure" in {each.name for each in spans["run amounts"].events}


def test_a_run_that_is_stopped_ends_all_its_spans(tmp_path: Path, exported: InMemorySpanExporter) -> None:
    (tmp_path / "a.csv").write_text("precious")
    with pytest.raises(wf.WorkflowError):
        wf.run(DOCUMENT, out=tmp_path)
    (run,) = exported.get_finished_spans()
    assert run.status.status_code is StatusCode.ERROR
    assert [dict(each.attributes or {})["weirflow.code"] for each in run.events] == ["IR605"]


def test_the_span_of_whoever_started_the_run_is_its_parent(
    tmp_path: Path, exported: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRACEPARENT", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    wf.run(DOCUMENT, out=tmp_path)
    parent = named(exported)["run amounts"].parent
    assert parent is not None
    assert (f"{parent.trace_id:032x}", f"{parent.span_id:016x}") == (
        "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("env", "wanted"),
    [
        ({}, False),
        ({"WEIRFLOW_TELEMETRY": "1"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, True),
        ({"OTEL_TRACES_EXPORTER": "none"}, False),
        ({"OTEL_TRACES_EXPORTER": "console", "OTEL_SDK_DISABLED": "true"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318", "WEIRFLOW_TELEMETRY": "0"}, False),
    ],
)
def test_spans_are_wanted_by_our_variable_or_by_the_standard_ones(env: dict[str, str], wanted: bool) -> None:
    assert is_wanted(env) is wanted


def test_without_the_package_a_wish_for_spans_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIRFLOW_TELEMETRY", "1")
    monkeypatch.setattr("engine.telemetry.wanted.find_spec", lambda name: None)
    events: list[wf.Event] = []
    assert wf.run(DOCUMENT, out=tmp_path, progress=events.append).status == "succeeded"
    assert events[0].text.startswith("WEIRFLOW_TELEMETRY is set, and OpenTelemetry is not installed")


def test_the_exporters_that_the_standard_variable_names_are_set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[trace.TracerProvider] = []
    monkeypatch.setattr(trace, "get_tracer_provider", trace.ProxyTracerProvider)
    monkeypatch.setattr(trace, "set_tracer_provider", given.append)
    module.tracer_of({"OTEL_TRACES_EXPORTER": "console"})
    module.tracer_of({"OTEL_TRACES_EXPORTER": "unknown"})
    assert len(given) == 1
    assert isinstance(given[0], TracerProvider)
    given[0].shutdown()


def test_a_run_without_a_wish_for_spans_imports_nothing_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith("engine.telemetry.spans")]:
        monkeypatch.delitem(sys.modules, name)
    wf.run(DOCUMENT, out=tmp_path)
    assert "engine.telemetry.spans" not in sys.modules
