"""The sources of a run that are fetched before anything else reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.problem import ConnectorProblem
from engine.events import Event
from engine.places import report
from engine.plugin_sources.relation import ApiRelation
from engine.run_folder import FETCHED, FILES
from engine.running.reading import read_by_run
from ir.diagnostics import Pointer, Problems, WorkflowError

if TYPE_CHECKING:
    from engine.graph import SourceRelation
    from engine.plan import Plan
    from engine.running.context import Running


def with_fetched(plan: Plan, running: Running) -> Plan:
    """The plan with the rows of its services in the run's folder; it is compiled anew with what they turned out to be.

    Raises:
        WorkflowError: a service does not give its rows, or they are not what the steps take.
    """
    graph, names = plan.compiled.graph, read_by_run(plan)
    read = {*graph.needed(names), *graph.rejecting(names)}
    wanted = [each.name for each in graph if each.name in read and isinstance(each.source, ApiRelation)]
    if not wanted:
        return plan
    from engine.api import compiled_again
    from engine.plugin_operations.pacing import StepPace

    running.kept.update({FETCHED, FILES})
    found: dict[Pointer, SourceRelation] = {}
    for name in wanted:
        relation = graph[name]
        source = relation.source
        assert isinstance(source, ApiRelation)
        running.cancellation.check()
        running.progress(Event(kind="step_started", step=name))
        policy = running.policies.of_source(plan, relation.at)
        try:
            with running.cancellation.ending(lambda: None):
                found[relation.at] = source.fetched(running.folder, StepPace(policy=policy))
        except ConnectorProblem as problem:
            problems = Problems(plan.compiled.document)
            report(problem, problems, at=relation.at)
            raise WorkflowError(problems.found) from problem
    return compiled_again(plan, known_sources={**plan.known_sources, **found})
