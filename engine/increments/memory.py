"""What a run remembers of its incremental sources: nothing until all its deliveries are made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import field
from typing import TYPE_CHECKING

from connectors.problem import ConnectorProblem
from engine.increments.saving import IncrementResult, Reached, null_warnings, save_cursors
from ir.diagnostics import Diagnostic, WorkflowError
from ir.records import dataclass

if TYPE_CHECKING:
    from engine.journal.recording import Recording
    from engine.plan import Plan


@dataclass(slots=True, kw_only=True)
class Memory:
    """The journal of one run; a preview has none and remembers nothing."""

    recording: Recording | None
    results: tuple[IncrementResult, ...] = ()
    warnings: list[Diagnostic] = field(default_factory=list)
    failed: bool = False

    def take(self, plan: Plan, came_to: Reached, *, succeeded: bool) -> None:
        """Keep how far the run came, if it succeeded."""
        self.results = came_to.results
        if not succeeded or plan.compiled.replaying or not plan.compiled.increments.known:
            return
        journal = None if self.recording is None else self.recording.journal
        if journal is None:
            return
        self.warnings += null_warnings(plan)
        try:
            save_cursors(plan, journal, came_to)
        except ConnectorProblem as problem:
            self.failed = True
            self.warnings.append(journal_failure(problem, "the deliveries are made, and the next run makes them again"))


@contextmanager
def remembering(plan: Plan, recording: Recording | None) -> Iterator[Memory]:
    """The memory of a run, kept in its journal."""
    for each in plan.compiled.increments.known.values():
        if each.watch is not None:
            each.watch.reset()
    yield Memory(recording=recording)


def with_present_cursors(plan: Plan) -> Plan:
    """The plan as it starts now: compiled again where a run has come further since it was compiled."""
    increments = plan.compiled.increments
    try:
        if increments.is_current():
            return plan
    except ConnectorProblem as problem:
        raise WorkflowError([journal_failure(problem)]) from None
    from engine.api import compiled_again

    return compiled_again(plan, known_sources={}, increments=increments.afresh())


def journal_failure(problem: ConnectorProblem, note: str = "") -> Diagnostic:
    """A problem of the journal, which has no place in the document."""
    return Diagnostic(code=problem.code, message=problem.message, hint=problem.hint, notes=(note,) if note else ())
