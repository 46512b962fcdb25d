"""The place where a schedule waits for files, as far as it can be checked without looking there."""

from __future__ import annotations

from pathlib import Path

from connectors.location import locate
from connectors.problem import ConnectorProblem
from connectors.storage.kinds import kind_of
from engine.places import report
from ir.diagnostics import Problems
from ir.model.file_source import FileSource
from ir.model.workflow import Workflow

_AT = ("schedule", "event", "file_arrived")


def check_watched(workflow: Workflow, problems: Problems) -> None:
    """Refuse a scheme that nothing opens, and a store whose credentials no source of the workflow names."""
    event = workflow.schedule.event if workflow.schedule is not None else None
    place = getattr(event, "file_arrived", None)
    if place is None or "{{" in place.partition("://")[0]:
        return
    try:
        location = locate(place, base=Path())
        kind = None if location.path is not None else kind_of(location.scheme)
    except ConnectorProblem as problem:
        report(problem, problems, at=_AT)
        return
    if kind is None or kind.extra is None or kind.plugin_key is not None:
        return  # the store's own secret, as s3, is looked up where none is named
    if credentials_for(location.scheme, workflow) is None:
        problems.error("IR586", f"there are no credentials with which to look for files in {kind.name}", at=_AT,
                       hint=f"write a source of {location.scheme}:// with its credentials_ref")  # fmt: skip


def credentials_for(scheme: str, workflow: Workflow) -> str | None:
    """The credentials_ref with which a store is looked at: of the first source of its scheme that has one, else of the
    first whose location is an input, as of a workflow that is run for each file."""
    named = [each for each in workflow.data_sources if isinstance(each, FileSource) and each.credentials_ref]
    for begin in (f"{scheme}://", "{{"):
        for each in named:
            if (each.location or "").strip().lower().startswith(begin):
                return each.credentials_ref
    return None
