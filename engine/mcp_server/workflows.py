"""The workflows of the served folder: found, read, and refused where they lie elsewhere."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from connectors.problem import ConnectorProblem
from engine.mcp_server.arguments import WorkflowArguments
from engine.mcp_server.permissions import Permissions
from ir.diagnostics import Diagnostic, WorkflowError
from ir.document import Document
from ir.loading import from_dict, load, loads

_ENDINGS = (".yaml", ".yml", ".json")
_LISTED = 500
_LOOKED_AT = 5000
"""Files whose text is looked into, so that a huge folder does not hold an answer up."""
_GIVEN = "<workflow>"
"""What the text of a client is called in diagnostics; with the bracket it is nobody's path."""
_KEYS = frozenset({"data_sources", "goal"})
"""A YAML or JSON file without any of them is something else."""


def document_of(arguments: WorkflowArguments, permissions: Permissions) -> tuple[Document, Path]:
    """The document that a client means, and the folder that its relative locations start at.

    Raises:
        WorkflowError: IR503 for a file outside of the served folder, IR1xx for what is no workflow.
    """
    given = arguments.workflow
    if isinstance(given, dict):
        return from_dict(given, file=_GIVEN), permissions.folder
    if given is not None:
        return loads(given, file=_GIVEN, syntax="json" if given.lstrip()[:1] == "{" else "yaml"), permissions.folder
    assert arguments.file is not None
    path = permissions.folder / arguments.file
    try:
        permissions.policy().check_read(path)
    except ConnectorProblem as problem:
        raise WorkflowError([Diagnostic(code=problem.code, message=problem.message, hint=problem.hint)]) from None
    return load(path), path.parent


def workflows_in(permissions: Permissions) -> Iterator[dict[str, Any]]:
    """The workflow files below the folder, each with its goal and runtime inputs; links are not followed."""
    found = looked_at = 0
    for folder, folders, files in os.walk(permissions.folder):
        folders[:] = sorted(each for each in folders if not each.startswith((".", "_")))
        for name in sorted(files):
            if not name.endswith(_ENDINGS):
                continue
            looked_at += 1
            entry = _entry(Path(folder) / name, permissions.folder)
            if entry is not None:
                yield entry
                found += 1
            if found == _LISTED or looked_at == _LOOKED_AT:
                return


def _entry(path: Path, root: Path) -> dict[str, Any] | None:
    """What a file says of itself; None for what is no workflow."""
    if path.is_symlink():
        return None
    try:
        document = load(path).value
    except WorkflowError:
        return None
    if not _KEYS & document.keys():
        return None
    inputs = document.get("runtime_inputs")
    named = [each for each in inputs if isinstance(each, dict)] if isinstance(inputs, list) else []
    return {"file": str(path.relative_to(root)), "name": document.get("name"), "goal": document.get("goal"),
            "inputs": named}  # fmt: skip
