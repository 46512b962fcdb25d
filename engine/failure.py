"""What went wrong inside an engine, told in the words of the workflow."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from connectors.files.relation import FileRelation
from connectors.problem import ConnectorProblem
from engine.engine_words import Plain, plain
from engine.places import report
from engine.second_look import second_look
from engine.second_plan import ABOUT_ROWS, look_again
from ir.diagnostics import Diagnostic, Pointer, Problems, WorkflowError
from ir.redaction import redact

if TYPE_CHECKING:
    from engine.plan import Plan


class SourceFailed(WorkflowError):
    """A source could not be read. `at` is its place, empty where several may be meant."""

    def __init__(self, diagnostics: Sequence[Diagnostic], *, problem: ConnectorProblem, at: Pointer) -> None:
        super().__init__(diagnostics)
        self.problem = problem
        self.at = at

    def __reduce__(self) -> tuple[type[WorkflowError], tuple[tuple[Diagnostic, ...]]]:
        return WorkflowError, (self.diagnostics,)


@contextmanager
def explained(plan: Plan, scratch: Path, names: Collection[str]) -> Iterator[None]:
    """Turn the error of an engine or a connector that read `names` into a WorkflowError with its place in the document.

    Raises:
        ReadAgain: a second look at the sources found out how to read them.
    """
    try:
        yield
    except WorkflowError:
        raise
    except (ConnectorProblem, pl.exceptions.PolarsError, OSError) as error:
        raise diagnosed(plan, scratch, error, names) from error
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in {"duckdb", "_duckdb"}:
            raise
        raise diagnosed(plan, scratch, error, names) from error


def diagnosed(plan: Plan, scratch: Path, error: Exception, names: Collection[str]) -> WorkflowError:
    """The error as a diagnostic: at the source whose rows do not fit, else with what the engine said.

    Raises:
        ReadAgain: a second look at the sources of `names` found out how to read them.
    """
    problems = Problems(plan.compiled.document)
    error = _met(plan, names) or error
    # what the machine refuses is no step's doing
    is_shortage = _is_shortage(error)
    if not is_shortage and (not isinstance(error, ConnectorProblem) or error.code in ABOUT_ROWS):
        try:
            look_again(plan, scratch, names)
        except WorkflowError as found:
            return found
        except (pl.exceptions.PolarsError, OSError) as second:
            error = second
    if isinstance(error, ConnectorProblem):
        at = _culprit(plan, error)
        report(error, problems, at=at)
        return SourceFailed(problems.found, problem=error, at=at)
    stopped = None if is_shortage else second_look(plan, scratch)
    said = Plain(stopped.message, stopped.hint) if stopped and stopped.message else None
    said = said or plain(error, stopped.kind if stopped else None)
    said = said or Plain(f"{plan.engine} stopped: {first_line(error)}", None)
    if stopped is None:
        return WorkflowError([Diagnostic(code="IR490", message=said.message, hint=said.hint)])
    problems.error("IR490", said.message, at=stopped.at, hint=said.hint)
    return WorkflowError(problems.found)


def _met(plan: Plan, names: Collection[str]) -> ConnectorProblem | None:
    """The problem that a database source met while an engine read it: DuckDB hands on no more than its text."""
    graph = plan.compiled.graph
    sources = (graph[name].source for name in dict.fromkeys((*graph.needed(names), *graph.rejecting(names))))
    return next((met[0] for each in sources if (met := getattr(each, "met", None))), None)


def _is_shortage(error: Exception) -> bool:
    """Whether memory, disk or a file system gave up; what DuckDB says between two batches comes as an OSError too."""
    if isinstance(error, OSError):
        told = str(error)
        return error.errno is not None or told.startswith(("Out of Memory", "IO Error")) or "(os error " in told
    return "Memory" in type(error).__name__


def _culprit(plan: Plan, problem: ConnectorProblem) -> Pointer:
    """The source that a problem met while reading is about: the one whose file it names, if that is only one."""
    graph = plan.compiled.graph
    met = [each.at for each in graph if problem in getattr(each.source, "met", ())]
    if met:
        return met[0]
    files = [(each.at, each.source) for each in graph if isinstance(each.source, FileRelation)]
    named = [at for at, source in files if any(Path(file).name in problem.message for file in source.files)]
    if len(set(named)) == 1:
        return named[0]
    return files[0][0] if len(files) == 1 else ()


def first_line(error: Exception) -> str:
    """What the library said, in one line and without a secret."""
    lines = [line.strip() for line in redact(str(error)).splitlines() if line.strip()]
    return lines[0][:500] if lines else type(error).__name__
