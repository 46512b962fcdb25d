"""A look at what lies where a schedule waits for files."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from connectors.location import locate
from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from connectors.storage.account import Account
from connectors.storage.stored import Stored, find_files
from engine.schedules.watched import credentials_for
from ir.model.workflow import Workflow
from ir.records import dataclass

WHOLE = frozenset({"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "gdrive", "dropbox"})
"""Stores in which a file appears when all of it is there; anywhere else it may still be written."""
_UNFINISHED = (".tmp", ".temp", ".part", ".partial", ".filepart", ".crdownload", ".swp", "~")


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenFile:
    """A file as it lies there."""

    file: str
    """As the workflow would write it: relative where the location is."""
    target: str
    """As a delivery names it: an absolute path, or a URL."""
    version: str
    is_whole: bool
    """Whether nobody can still be writing it."""


def look(location: str, workflow: Workflow, *, base: Path, policy: Policy) -> list[SeenFile]:
    """The files at a path, below a folder or bucket, or of a glob, by their names; unfinished ones by their names are
    left out. A place where nothing lies yet has none.

    Raises:
        ConnectorProblem: IR50x where the policy refuses the location, IR58x what a store says.
    """
    place = locate(location, base=base)
    text = location
    if (place.path is not None and place.path.is_dir()) or (place.path is None and _is_folder(location)):
        text = f"{location.rstrip('/')}/*"
    elif place.path is not None and not place.is_glob and not place.path.exists():
        policy.check_read(location, base=base)
        return []
    try:
        found = find_files(text, base=base, policy=policy, account=_account(place.scheme, workflow, base, policy))
    except ConnectorProblem as problem:
        if problem.code == "IR505":
            return []
        raise
    return [_seen(each, place.scheme) for each in _finished(found)]


def _is_folder(url: str) -> bool:
    """Whether a URL names a bucket or ends as a folder does."""
    return url.endswith("/") or "/" not in url.partition("://")[2]


def _account(scheme: str, workflow: Workflow, base: Path, policy: Policy) -> Account | None:
    """Whose store it is, where the workflow says so."""
    ref = credentials_for(scheme, workflow)
    return Account(policy=policy, base=base, ref=ref) if ref is not None else None


def _finished(found: Iterable[Stored]) -> Iterable[Stored]:
    for each in found:
        if not each.name.startswith((".", "~$")) and not each.name.lower().endswith(_UNFINISHED):
            yield each


def _seen(stored: Stored, scheme: str) -> SeenFile:
    parts = (stored.size, stored.modified.isoformat() if stored.modified is not None else None, stored.version or None)
    return SeenFile(
        file=stored.shown, target=os.path.abspath(stored.path) if stored.path is not None else stored.url,
        version=" ".join(str(each) for each in parts if each is not None), is_whole=scheme.lower() in WHOLE,
    )  # fmt: skip
