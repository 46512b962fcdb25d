"""Workflows that come by the API: checked, stored, and each with a folder of its own for its files."""

from __future__ import annotations

import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path

from engine.journal.runs import has_open_runs
from engine.service.context import Context
from engine.service.store.workflows import StoredWorkflow, find_workflow, forget_workflow, put_workflow
from engine.service.uploads import HeldFile, listed
from ir.diagnostics import Diagnostic, Problems, WorkflowError
from ir.document import Document
from ir.loading import loads
from ir.records import dataclass
from ir.workflow import read_document

FOLDER = "_workflows"
"""Below the folder of the service; workflow files are not looked for there, since runs write there."""


class Conflict(Exception):
    """Why the workflow stays as it stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """A workflow that was stored."""

    workflow: StoredWorkflow
    is_new: bool
    warnings: tuple[Diagnostic, ...]


def base_of(context: Context, name: str) -> Path:
    """The folder that the locations of a workflow which came by the API start at."""
    return context.settings.folder / FOLDER / name


def document_of(text: str, *, name: str, syntax: str) -> Document:
    """The document with its positions.

    Raises:
        WorkflowError: the text is none.
    """
    return loads(text, file=f"{name}.{syntax}", syntax="json" if syntax == "json" else "yaml")


def findings(context: Context, name: str, text: str, *, syntax: str) -> list[Diagnostic]:
    """What is wrong with a document that is put; that a file is not there yet is only a warning.

    Raises:
        TooManyAtOnce: nobody had the time to check it.
    """
    found = context.planner.validate(
        text, file=f"{name}.{syntax}", syntax=syntax, base=base_of(context, name), inputs={}
    )
    return [replace(each, severity="warning") if each.code in _COMES_LATER else each for each in found]


_COMES_LATER = frozenset({"IR505"})


def put(context: Context, name: str, text: str, *, syntax: str, changed_by: str, only_version: int | None = None,
        only_new: bool = False) -> Put:  # fmt: skip
    """Check a workflow and store it in place of the one of that name: of that version, or of none, if so asked.

    Raises:
        WorkflowError: with every error found; nothing was stored.
        Conflict: the workflow is a file's, has another name, or is not of the version that was meant.
        TooManyAtOnce: nobody had the time to check it.
    """
    _refuse(find_workflow(context.journal, name), name, only_version=only_version, only_new=only_new)
    base = base_of(context, name)
    found = findings(context, name, text, syntax=syntax)
    if any(each.severity == "error" for each in found):
        raise WorkflowError(found)
    document = document_of(text, name=name, syntax=syntax)  # which has been read in bounds
    problems = Problems(document)
    _, model = read_document(document, problems)
    problems.raise_errors()
    assert model is not None
    if model.name is not None and model.name != name:
        raise Conflict(f'the workflow calls itself "{model.name}": put it under that name, or leave it out')
    base.mkdir(parents=True, exist_ok=True)
    stored = put_workflow(context.journal, name, text=text, syntax=syntax, model=model, base=base, file=None,
                          changed_by=changed_by, check=partial(_refuse, name=name, only_version=only_version,
                                                               only_new=only_new))  # fmt: skip
    return Put(workflow=stored, is_new=stored.version == 1, warnings=tuple(found))


def _refuse(old: StoredWorkflow | None, name: str, *, only_version: int | None, only_new: bool) -> None:
    if old is not None and old.file is not None:
        raise Conflict(f'"{name}" is the workflow of a file of the service: it is changed there')
    if only_new and old is not None:
        raise Conflict(f'there is a workflow "{name}" already')
    if only_version is not None and (old is None or old.version != only_version):
        raise Conflict(f'"{name}" is of version {old.version} by now' if old else f'there is no workflow "{name}"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """A workflow that was taken out. `left` are the files that still lie in its folder."""

    left: tuple[HeldFile, ...]
    removed: int = 0


def forget(context: Context, name: str, *, with_files: bool = False) -> Forgotten | None:
    """Take a workflow out; what it ran stays, and so do its files unless they go with it. None where there is nothing.

    Files that an earlier workflow of that name has left can be taken away as well. Those that a run needs which has
    begun at the last moment stay.

    Raises:
        Conflict: it is a file's, and would be back in a moment; or a run of it needs its files.
    """
    old = find_workflow(context.journal, name)
    if old is not None and old.file is not None and Path(old.file).exists():
        raise Conflict(f'"{name}" is the workflow of a file of the service: remove that')
    if with_files and has_open_runs(context.journal, name):
        raise Conflict(f'a run of "{name}" waits or is under way and may need its files')
    was_there = forget_workflow(context.journal, name, is_for_good=True)
    base = base_of(context, name)
    if not was_there and not (with_files and base.is_dir()):
        return None
    held = listed(base)
    if not with_files or has_open_runs(context.journal, name):
        return Forgotten(left=tuple(held))
    shutil.rmtree(base, ignore_errors=True)
    left = tuple(listed(base))
    return Forgotten(left=left, removed=len(held) - len(left))
