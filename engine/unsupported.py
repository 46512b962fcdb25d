"""What the language has and this version cannot run yet: one diagnostic each, at its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.edge_cases import later
from ir.diagnostics import Pointer
from ir.model.file_source import FileSource, InlineSource
from ir.model.sources import ApiSource, DatabaseSource, TabularSource, WebhookSource
from ir.model.workflow import Workflow


def unsupported(workflow: Workflow, document: Mapping[str, Any]) -> Iterator[tuple[Pointer, str]]:
    """The place and the message of each part that cannot run yet."""
    yield from ((at, _cannot(words)) for at, words in later(workflow))
    yield from _in_settings(workflow)
    yield from _in_sources(workflow)


def _cannot(words: str) -> str:
    return f"this version cannot run {words} yet" if ";" not in words else f"this version cannot run {words}"


def _in_settings(workflow: Workflow) -> Iterator[tuple[Pointer, str]]:
    if workflow.settings.engine == "spark":
        yield ("settings", "engine"), _cannot("the spark engine")


def _in_sources(workflow: Workflow) -> Iterator[tuple[Pointer, str]]:
    for index, source in enumerate(workflow.data_sources):
        at: Pointer = ("data_sources", index)
        if source.is_destination and isinstance(source, DatabaseSource | TabularSource | ApiSource):
            continue
        if source.is_destination:
            yield (
                (*at, "role" if source.role == "destination" else "operation_type"),
                _cannot("sources that are targets"),
            )
            continue
        if not isinstance(
            source, FileSource | InlineSource | DatabaseSource | ApiSource | TabularSource | WebhookSource
        ):
            yield (*at, "type"), _cannot(f"{source.type} sources")
