"""The folder of a run: scratch while it runs, and its dead letters after it."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from connectors.home import home
from engine.run_lock import LOCK, held, taken_over
from ir.diagnostics import Diagnostic, WorkflowError


def new_run_id(now: datetime | None = None) -> str:
    """A name that sorts by time: 20260131T143000-5f3a9c."""
    return f"{(now or datetime.now(UTC)).astimezone(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"


@contextmanager
def run_folder(run_id: str, *, root: Path | None = None) -> Iterator[Path]:
    """The run's folder under `root` (default: WEIRFLOW_HOME, .weirflow), which keeps dead letters only when it ends.

    Without any it is removed again, and so are the folders that were made for it.
    """
    root = root or home()
    made = [folder for folder in (root, root / "runs") if not folder.exists()]
    folder = root / "runs" / run_id
    _remove_abandoned(root / "runs")
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise WorkflowError([Diagnostic(
            code="IR507", message=f"no folder for the run can be made in {root}: {str(error.strerror).lower()}",
            hint="set WEIRFLOW_HOME to a folder that can be written",
        )]) from error  # fmt: skip
    try:
        with held(folder):
            try:
                yield folder
            finally:
                _clean(folder)
    finally:
        _remove_if_empty(folder)
        for each in reversed(made):
            if each.exists() and not any(each.iterdir()):
                each.rmdir()


def _remove_abandoned(runs: Path) -> None:
    """What runs that were killed have left; their dead letters stay where they are complete."""
    for lock in runs.glob(f"*/{LOCK}"):
        with taken_over(lock) as is_gone, suppress(OSError):  # what cannot be removed is no reason not to run
            if is_gone:
                _clean(lock.parent)
                lock.unlink()
                _remove_if_empty(lock.parent)


def _clean(folder: Path) -> None:
    """Remove all of a run's folder but its lock and its finished dead letters."""
    for each in folder.iterdir():
        if each.name in {LOCK, "dead_letters.parquet", "dead_letters.ndjson"}:
            continue
        if each.is_dir():
            shutil.rmtree(each, ignore_errors=True)
        else:
            each.unlink(missing_ok=True)


def _remove_if_empty(folder: Path) -> None:
    with suppress(OSError):  # it keeps letters
        folder.rmdir()
