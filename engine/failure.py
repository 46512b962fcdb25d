"""What went wrong inside an engine, told in the words of the workflow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from connectors.files.failure import explain_failure
from connectors.files.relation import FileRelation
from connectors.problem import ConnectorProblem
from engine.places import report
from engine.second_look import second_look
from ir.diagnostics import Diagnostic, Pointer, Problems, WorkflowError

if TYPE_CHECKING:
    from engine.plan import Plan


@contextmanager
def explained(plan: Plan, scratch: Path) -> Iterator[None]:
    """Turn an engine's or a connector's error into a WorkflowError with its place in the document."""
    try:
        yield
    except WorkflowError:
        raise
    except (ConnectorProblem, pl.exceptions.PolarsError, OSError) as error:
        raise diagnosed(plan, scratch, error) from error
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in {"duckdb", "_duckdb"}:
            raise
        raise diagnosed(plan, scratch, error) from error


def diagnosed(plan: Plan, scratch: Path, error: Exception) -> WorkflowError:
    """The error as a diagnostic: at the source whose rows do not fit, else with what the engine said."""
    problems = Problems(plan.compiled.document)
    if isinstance(error, ConnectorProblem):
        report(error, problems, at=_culprit(plan, error))
        return WorkflowError(problems.found)
    for relation in plan.compiled.graph:
        if not isinstance(relation.source, FileRelation):
            continue
        found = explain_failure(relation.source, error, scratch)
        if found is not None:
            report(found, problems, at=relation.at)
            return WorkflowError(problems.found)
    words = f"{plan.engine} stopped: {first_line(error)}"
    # what the machine refuses is no step's doing
    is_shortage = isinstance(error, OSError) or "Memory" in type(error).__name__
    stopped = None if is_shortage else second_look(plan, scratch)
    if stopped is None:
        return WorkflowError([Diagnostic(code="IR490", message=words)])
    problems.error("IR490", stopped.message or words, at=stopped.at, hint=stopped.hint)
    return WorkflowError(problems.found)


def _culprit(plan: Plan, problem: ConnectorProblem) -> Pointer:
    """The source that a problem met while reading is about: the one whose file it names, if that is only one."""
    files = [(each.at, each.source) for each in plan.compiled.graph if isinstance(each.source, FileRelation)]
    named = [at for at, source in files if any(Path(file).name in problem.message for file in source.files)]
    if len(set(named)) == 1:
        return named[0]
    return files[0][0] if len(files) == 1 else ()


def first_line(error: Exception) -> str:
    """What the library said, in one line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0][:500] if lines else type(error).__name__
