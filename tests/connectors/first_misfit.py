"""Which value stopped a run: a slow second look after an engine gave up."""

from __future__ import annotations

from pathlib import Path

from connectors.files.bad_row_problem import problem_of
from connectors.files.relation import FileRelation
from connectors.files.second_reading import look
from connectors.problem import ConnectorProblem


def explain_failure(relation: FileRelation, error: Exception, scratch: Path) -> ConnectorProblem | None:
    """The first value of the relation's files that does not fit its column, None when all fit."""
    try:
        found = look(relation, scratch, at_most=0)
    except ConnectorProblem as problem:
        return problem
    first = [*found.first, *found.widened.values()]
    return problem_of(relation, first[0]) if first else None
