"""A manifest's file, read and checked."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from pydantic import ValidationError

from connectors.plugins.json_schemas import plain
from connectors.plugins.manifest import Manifest
from connectors.plugins.plugin import Plugin
from connectors.problem import ConnectorProblem
from ir.diagnostics import Diagnostic, Problems, WorkflowError
from ir.loading import load
from ir.structure import report_structure


def read_plugin(file: Path, *, is_shipped: bool = False) -> Plugin:
    """The plugin of a manifest's file; read once as long as the file stays the same.

    Raises:
        ConnectorProblem: IR695 for a file that is no manifest, with what is wrong in it as notes.
    """
    try:
        stamp = file.stat()
    except OSError as error:
        raise ConnectorProblem("IR695", f"{file} cannot be read: {(error.strerror or str(error)).lower()}") from error
    return _read(file, is_shipped, stamp.st_mtime_ns, stamp.st_size)


def manifest_of(file: Path) -> tuple[Manifest | None, list[Diagnostic]]:
    """The manifest in a file, or what is wrong with its form, each finding at its place."""
    try:
        document = load(file)
    except WorkflowError as error:
        return None, list(error.diagnostics)
    problems = Problems(document)
    try:
        return Manifest.model_validate(plain(document.value)), []
    except ValidationError as error:
        report_structure(error, document.value, problems, model=Manifest)
        return None, problems.found


@lru_cache(maxsize=256)
def _read(file: Path, is_shipped: bool, _stamp: int, _size: int) -> Plugin:
    manifest, found = manifest_of(file)
    if manifest is None:
        first = found[0]
        place = f"{first.place}: " if first.place else f"{file}: "
        raise ConnectorProblem("IR695", f"{place}{first.message}", hint=first.hint or "weirflow plugins check FILE",
                               notes=[f"{each.place}: {each.message}" for each in found[1:6]])  # fmt: skip
    return Plugin(manifest, hashlib.sha256(file.read_bytes()).hexdigest(), file, is_shipped)
