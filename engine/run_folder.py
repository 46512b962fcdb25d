"""The folder of a run: scratch while it runs; after it what tells of it, and what a resume starts from."""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from connectors.home import home
from connectors.storage.unfinished import remove_unfinished
from engine.run_lock import LOCK, held, is_held, taken_over
from ir.diagnostics import Diagnostic, WorkflowError

ATTACHMENTS = "attachments"
"""The folder with copies of delivered files that messages carry, which a resume does not make again."""
RUN_FILE = "run.json"
"""How the run ended."""
KEPT = frozenset({"dead_letters.parquet", "dead_letters.ndjson", RUN_FILE})
"""What stays of every run."""
PASS = "pass.json"
"""What a complete pass over the sources has left; beside it stand the spools that it names."""
SPOOLS = "spools"
EFFECTS = "effects"
"""The folder with the rows that AI and plugin operations take and give: a folder an operation."""
FETCHED = "fetched"
"""The folder with the rows that services gave, as JSON lines: a file a source."""
FILES = "files"
"""The folder with the bytes of file values, such as attachments."""
ITEMS = "items"
"""The folder in which the process that sends single items says which of them it began. It is no other folder's."""
OF_LEDGER = frozenset({"IR596", "IR712", "IR507"})
"""What is said where it cannot be written down that an item is sent."""
HANDED_OVER = (EFFECTS, FETCHED, FILES)
"""What a plan looks at after its run."""
_NEEDED = frozenset({ATTACHMENTS, *HANDED_OVER})
"""What a resume goes on with, beside a complete pass."""


FEW, EACH_S = 25, 0.002
"""For killed runs a process looks at each start of one while there are few folders, else once in so long for each: with
ten thousand every twenty seconds. A look takes some microseconds a folder."""
_not_before: dict[str, float] = {}


def new_run_id(now: datetime | None = None, *, is_one_of_many: bool = False) -> str:
    """A name that sorts by time: 20260131T143000-5f3a9c; where many begin at once, with so many more digits that no
    two are the same."""
    return f"{(now or datetime.now(UTC)).astimezone(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(8 if is_one_of_many else 3)}"


@contextmanager
def run_folder(run_id: str, kept: set[str] | None = None, *, root: Path | None = None, name: str | None = None,
               is_fenced: bool = False) -> Iterator[Path]:  # fmt: skip
    """The run's folder under `root` (default: WEIRFLOW_HOME, .weirflow), of which KEPT and `kept` stay when it ends.

    `kept` may grow until then. Without any of them it is removed again, and so are the folders that were made for it.
    `name` is what an earlier attempt called it. Where a process that a fence keeps out of the run holds it still, the
    run `is_fenced` and goes on in a folder beside it.

    Raises:
        WorkflowError: IR507 where no folder can be made, IR710 where the run is still under way.
    """
    root = root or home()
    made = [folder for folder in (root, root / "runs") if not folder.exists()]
    folder = root / "runs" / (name or run_id)
    if is_fenced and lives(folder):
        folder = _beside(folder, run_id)
    _tidy_abandoned(root / "runs", but=folder)
    is_new = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WorkflowError([Diagnostic(
            code="IR507", message=f"no folder for the run can be made in {root}: {str(error.strerror).lower()}",
            hint="set WEIRFLOW_HOME to a folder that can be written",
        )]) from error  # fmt: skip
    try:
        with held(folder) as is_ours:
            if not is_ours:
                raise still_running(run_id)
            if not is_new:
                tidy(folder)
                (folder / RUN_FILE).unlink(missing_ok=True)  # what an earlier attempt came to
            try:
                yield folder
            finally:
                _clean(folder, KEPT | (kept or set()))
    finally:
        _remove_if_empty(folder)
        for each in reversed(made):
            if each.exists() and not any(each.iterdir()):
                each.rmdir()


def _beside(folder: Path, run_id: str) -> Path:
    """A new folder with what a resume needs of one that another process holds."""
    names = (folder.with_name(f"{run_id}.{number}") for number in count(2))
    made = next(each for each in names if not each.exists())
    for name in (PASS, SPOOLS, *sorted(_NEEDED), *sorted(KEPT)):  # spools that are missing are made again
        with suppress(OSError):  # it is not there, or goes while it is copied
            if (folder / name).is_dir():
                shutil.copytree(folder / name, made / name)
            elif (folder / name).exists():
                made.mkdir(exist_ok=True)
                shutil.copy2(folder / name, made / name)
    return made


def is_folder_of(run_id: str, folder: Path) -> bool:
    """Whether it is a folder that the run was given here."""
    return folder.name == run_id or folder.name.startswith(f"{run_id}.")


def lives(folder: Path) -> bool:
    """Whether a run works in this folder, on this machine."""
    return is_held(folder / LOCK)


def still_running(run_id: str) -> WorkflowError:
    """What is said of a run that nobody else may touch now."""
    return WorkflowError([Diagnostic(
        code="IR710", message=f"the run {run_id} is still under way",
        hint=f"wait for its end, or stop it: weirflow runs cancel {run_id}",
    )])  # fmt: skip


def tidy(folder: Path) -> None:
    """Take away what a run that is gone has left and no resume needs: its scratch, and files it did not complete."""
    remove_unfinished(folder)
    _clean(folder, KEPT | _NEEDED | {ITEMS} | ({PASS, SPOOLS} if (folder / PASS).exists() else set()))


def write_whole(path: Path, text: str) -> None:
    """Write a file, whole or not at all."""
    beside = path.with_name(f"{path.name}.part")
    beside.write_text(text, encoding="utf-8")
    os.replace(beside, path)


def hand_over(folder: Path, scratch: Path) -> None:
    """Leave what operations and services gave in a run's folder where its plan finds it once that is gone.

    The files are the same ones under another name where the file system lets that be.
    """
    for name in HANDED_OVER:
        here, there = folder / name, scratch / name
        if here.is_dir():
            if name == EFFECTS:  # rows of an earlier run would be read among those of this one
                shutil.rmtree(there, ignore_errors=True)
            with suppress(OSError):  # the run has succeeded; its rows can be had by another one
                shutil.copytree(here, there, copy_function=_linked, dirs_exist_ok=True)


def _linked(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _tidy_abandoned(runs: Path, *, but: Path) -> None:
    """Tidy the folders of runs that were killed; where many are kept, a process looks for them only now and then."""
    if time.monotonic() < _not_before.get(str(runs), 0.0):
        return
    try:
        names = os.listdir(runs)
    except (FileNotFoundError, NotADirectoryError):  # nothing is there, or what is said where it matters
        return
    if len(names) > FEW:
        _not_before[str(runs)] = time.monotonic() + len(names) * EACH_S
    for name in names:
        if name == but.name or not os.path.exists(f"{runs}/{name}/{LOCK}"):  # a glob takes ten times as long
            continue
        lock = runs / name / LOCK
        with taken_over(lock) as is_gone, suppress(OSError):  # what cannot be removed is no reason not to run
            if is_gone:
                tidy(lock.parent)
                lock.unlink()
                _remove_if_empty(lock.parent)


def _clean(folder: Path, kept: Collection[str]) -> None:
    """Remove all of a run's folder but its lock and what is kept."""
    for each in folder.iterdir():
        if each.name == LOCK or each.name in kept:
            continue
        if each.is_dir():
            shutil.rmtree(each, ignore_errors=True)
        else:
            each.unlink(missing_ok=True)


def _remove_if_empty(folder: Path) -> None:
    with suppress(OSError):  # something of it stays
        folder.rmdir()
