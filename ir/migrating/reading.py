"""A file that is to be migrated: a workflow in any of the original's forms, or a bare list of compiled steps."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from ir.diagnostics import WorkflowError
from ir.document import Document
from ir.loading import load, loads

STEPS = "workflow_steps"


def read(path: Path) -> Document:
    """The document in the file; a list of steps is read as one under `workflow_steps`.

    Raises:
        WorkflowError: IR1xx, when there is no such file or its text is no YAML or JSON document.
    """
    try:
        return load(path)
    except WorkflowError as error:
        if error.diagnostics[0].code != "IR109":
            raise
        text = path.read_text(encoding="utf-8-sig")
        listed = text.lstrip()
        if listed.startswith("["):
            found = loads(f'{{"{STEPS}": {text}}}', file=str(path), syntax="json")
        elif re.match(r"(?:#.*\n|---\s*\n|\s*\n)*- ", text):
            found = loads(f"{STEPS}:\n{re.sub(r'^---', '', listed)}", file=str(path), syntax="yaml")
        else:
            raise
        return replace(found, text=text, root=None)
