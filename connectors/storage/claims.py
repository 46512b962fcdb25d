"""Files that a run itself has put in their places before it was stopped: it may put them there again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import IO

from connectors.problem import ConnectorProblem
from connectors.storage.destination import Target


def claimed(target: Target, own: Mapping[str, str]) -> Target:
    """The target, to be overwritten where what stands there is the file whose hash `own` has for it."""
    expected = own.get(target.shown)
    if expected is None or target.overwrite or not _is(target, expected):
        return target
    return replace(target, overwrite=True)


def claimed_all(targets: Sequence[Target], own: Mapping[str, str]) -> list[Target]:
    """`claimed` of each."""
    return [claimed(each, own) for each in targets]


def _is(target: Target, sha256: str) -> bool:
    try:
        if target.path is not None:
            with target.path.open("rb") as file:
                return _sha256(file) == sha256
        assert target.place is not None
        with target.place.asked() as store, store.open(target.place.inner) as stored:
            return _sha256(stored) == sha256
    except (OSError, ConnectorProblem):  # nothing stands there, or nobody may read it
        return False


def _sha256(file: IO[bytes]) -> str:
    found = hashlib.sha256()
    while piece := file.read(1 << 20):
        found.update(piece)
    return found.hexdigest()
