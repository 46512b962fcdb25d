"""The names in tests: each must be one of the workflow that is tested."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from ir.diagnostics import Pointer, Problems, did_you_mean
from ir.model.workflow_test import WorkflowTest
from ir.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a test of a workflow may name; None where that cannot be told."""

    inputs: Collection[str]
    sources: Collection[str]
    frames: Collection[str] | None = None
    deliveries: Collection[str] | None = None


def check_references(test: WorkflowTest, at: Pointer, known: Known, problems: Problems) -> None:
    """Names that mean nothing, each with what could stand there."""
    for code, what, name, place, names in _named(test, at, known):
        if names is not None and name not in names:
            listed = ", ".join(names)
            hint = did_you_mean(name, names) or (f"known here: {listed}" if listed else None)
            problems.error(code, what.format(name), at=place, on_key=True, hint=hint)


def _named(
    test: WorkflowTest, at: Pointer, known: Known
) -> Iterator[tuple[str, str, str, Pointer, Collection[str] | None]]:
    for name in test.inputs:
        yield "IR302", 'there is no input "{}"', name, (*at, "inputs", name), known.inputs
    for name in test.sources:
        yield "IR306", 'no source has the name "{}"', name, (*at, "sources", name), known.sources
    for name in test.expect.frames:
        yield "IR301", 'there is no frame "{}"', name, (*at, "expect", "frames", name), known.frames
    for name in test.expect.deliveries:
        yield "IR306", 'no delivery has the id "{}"', name, (*at, "expect", "deliveries", name), known.deliveries


def check_tests(tests: Sequence[WorkflowTest], known: Known, problems: Problems) -> None:
    """The names in the tests that a workflow carries."""
    for index, test in enumerate(tests):
        check_references(test, ("tests", index), known, problems)
