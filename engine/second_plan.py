"""A plan whose sources turned out other than they looked: read again, and compiled again with what was found."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.files.relation import FileRelation
from connectors.problem import ConnectorProblem
from engine.graph import SourceRelation
from engine.places import report
from ir.diagnostics import Pointer, Problems, WorkflowError

if TYPE_CHECKING:
    from connectors.databases.mongodb.relation import MongoRelation
    from connectors.databases.relation import DatabaseRelation
    from engine.plan import Plan

ABOUT_ROWS = frozenset({"IR527", "IR533", "IR534"})
"""Problems of a connector that a second look may take as bad rows."""


class ReadAgain(Exception):
    """A source was read again: the run starts anew with the relations at their places."""

    def __init__(self, sources: Mapping[Pointer, SourceRelation]) -> None:
        super().__init__("sources are read again")
        self.sources = dict(sources)


def look_again(plan: Plan, scratch: Path, names: Collection[str]) -> None:
    """Look at the rows of the sources that `names` are made of, where nobody did so before.

    Raises:
        ReadAgain: some of them can be read otherwise.
        WorkflowError: one of them has more bad rows than it may have.
    """
    from connectors.databases.mongodb.relation import MongoRelation
    from connectors.databases.relation import DatabaseRelation

    problems = Problems(plan.compiled.document)
    found: dict[Pointer, SourceRelation] = {}
    graph = plan.compiled.graph
    wanted = set(graph.needed(names)) | set(graph.rejecting(names))
    for relation in graph:
        source = relation.source
        if relation.name not in wanted or not isinstance(source, FileRelation | DatabaseRelation | MongoRelation):
            continue
        try:
            other = _read_again(source, scratch)
        except ConnectorProblem as problem:
            report(problem, problems, at=relation.at)
            continue
        if other is not None:
            found[relation.at] = other
    if found:
        raise ReadAgain(found)
    problems.raise_errors()


def _read_again(source: FileRelation | DatabaseRelation | MongoRelation, scratch: Path) -> SourceRelation | None:
    from connectors.databases.misfits import read_again as read_database_again
    from connectors.databases.relation import DatabaseRelation
    from connectors.files.second_reading import read_again

    if isinstance(source, FileRelation):
        return read_again(source, scratch)
    return read_database_again(source, scratch) if isinstance(source, DatabaseRelation) else source.read_again(scratch)


def second_plan(plan: Plan, again: ReadAgain) -> Plan:
    """The plan with the sources as they are now known.

    Raises:
        WorkflowError: a step does not take the types that its columns turned out to have; a note says why.
    """
    from engine.api import compiled_again

    known = {**plan.known_sources, **again.sources}
    try:
        return compiled_again(plan, known_sources=known)
    except WorkflowError as error:
        notes = [warning.message for each in again.sources.values() for warning in getattr(each, "warnings", ())
                 if warning.code == "IR537"]  # fmt: skip
        raise WorkflowError([replace(each, notes=(*each.notes, *notes)) if each.severity == "error" else each
                             for each in error.diagnostics]) from error  # fmt: skip
