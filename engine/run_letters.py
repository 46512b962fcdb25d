"""The rows that a run rejects, on their way to its dead letters, also where a rule stops it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.backends import Backend, Sink
from engine.dead_letters import DeadLetters
from engine.failure import explained
from engine.verdict import Verdict
from ir.diagnostics import WorkflowError

if TYPE_CHECKING:
    from engine.plan import Plan


def add_bad_rows(plan: Plan, names: Sequence[str], dead: DeadLetters) -> None:
    """The rows that a second look at the sources of `names` has set aside."""
    graph = plan.compiled.graph
    for name in dict.fromkeys((*graph.needed(names), *graph.rejecting(names))):
        source = graph[name].source
        if source is not None and source.bad is not None:
            dead.add(source.bad.letters)


def letter_sinks(plan: Plan, dead: DeadLetters) -> list[tuple[str, Sink]]:
    """What to stream beside the deliveries: the rows that the plan's steps reject."""
    return [(each.letters.name, dead.part().add) for each in plan.compiled.rejects]


def stream_again(plan: Plan, backend: Backend, scratch: Path, names: Sequence[str], dead: DeadLetters) -> None:
    """The letters of the steps once more, by themselves: the stream beside the deliveries may have ended early."""
    dead.clear_streams()
    with suppress(WorkflowError), explained(plan, scratch, names):  # what went wrong before is what is told
        backend.stream(letter_sinks(plan, dead))


@contextmanager
def kept_when_stopped(plan: Plan, backend: Backend, verdict: Verdict, scratch: Path, names: Sequence[str],
                      dead: DeadLetters) -> Iterator[None]:  # fmt: skip
    """Complete the letters where a rule stops the run: people look at the rows it speaks of."""
    try:
        yield
    except WorkflowError:
        if verdict.has_stopped and dead.streamed < verdict.quarantined:
            stream_again(plan, backend, scratch, names, dead)
        raise


def with_letters(stopped: WorkflowError, dead: DeadLetters) -> WorkflowError:
    """The error of a rule, and where the rows lie that were rejected until then."""
    path = dead.finish()
    if path is None:
        return stopped
    first, *others = stopped.diagnostics
    kept = "1 dead letter is" if dead.count == 1 else f"{dead.count:,} dead letters are"
    return WorkflowError([replace(first, notes=(*first.notes, f"{kept} kept in {path}")), *others])
