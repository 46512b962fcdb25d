"""The files of a glob that are new since the last run: by name, or by the time of their last change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from connectors.incremental import Start
from connectors.problem import ConnectorProblem
from connectors.storage.stored import Stored

NAME, MODIFIED = "name", "modified"


def newer_files(stored: Sequence[Stored], cursor: str, start: Start | None) -> list[Stored]:
    """Those past the start. By name a file is new whose path stands behind it, character by character."""
    if start is None:
        return list(stored)
    if cursor == NAME:
        return [each for each in stored
                if each.shown > start.value or (start.inclusive and each.shown == start.value)]  # fmt: skip
    return [each for each in stored if _is_newer(each, start)]


def _is_newer(file: Stored, start: Start) -> bool:
    changed = modified(file)
    return changed > start.value or (changed == start.value and (start.inclusive or file.shown not in start.seen))


def reached(stored: Sequence[Stored], cursor: str, start: Start | None) -> Start | None:
    """How far a run has come that read these files; None where there are none."""
    if not stored:
        return None
    if cursor == NAME:
        return Start(value=max(each.shown for each in stored))
    last = max(modified(each) for each in stored)
    seen = {each.shown for each in stored if modified(each) == last}
    if start is not None and start.value == last:
        seen |= start.seen
    return Start(value=last, seen=frozenset(seen))


def passed_over(stored: Sequence[Stored], start: Start, saved_at: datetime) -> list[Stored]:
    """By name: the files that were written after the last run though their names stand before where it ended."""
    return [each for each in stored if each.shown <= start.value and modified(each) > saved_at]


def modified(file: Stored) -> datetime:
    """When the file was last changed, to the microsecond.

    Raises:
        ConnectorProblem: IR597 where its store does not say so.
    """
    if file.path is not None:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=file.path.stat().st_mtime_ns // 1000)
    found = file.modified
    if found is None:
        raise ConnectorProblem("IR597", f"nothing tells when {file.shown} was changed",
                               key=("config", "incremental", "cursor"), hint="write cursor: name")  # fmt: skip
    return found.astimezone(UTC)
