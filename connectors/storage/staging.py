"""A file in the making: written under another name and moved to its own when it is complete."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from connectors.problem import ConnectorProblem
from connectors.storage.place import Place
from connectors.storage.store import Upload
from connectors.storage.unfinished import note_unfinished
from ir.records import dataclass

Publish = Callable[[], str | None]
CarryOut = Callable[[Publish], str | None]


def once(publish: Publish) -> str | None:
    """Without a second attempt."""
    return publish()


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """A file that is there now."""

    target: str
    bytes: int
    sha256: str
    link: str | None = None
    """Where anyone may read it; only of a public file."""


class Staged:
    """Write to `path`, then `commit`. As a context manager it discards what was not committed."""

    def __init__(self, path: Path, *, shown: str, overwrite: bool) -> None:
        self.path = path
        self.shown = shown
        self.overwrite = overwrite
        self.is_one_of_many = False
        """Whether a commit may have to be taken back."""
        self._measured: Delivered | None = None
        self._made: list[Path] = []
        _make_folders(path.parent, self._made)
        # Created now, so that a folder one may not write to is found before any row is computed.
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        except OSError as error:
            self.discard()
            raise ConnectorProblem(
                "IR608",
                f"{shown} cannot be written: {error.strerror}",
                key=("destination", "path"),
                hint="name a folder that may be written",
            ) from error

    @property
    def folder(self) -> Path | None:
        """The local folder it is for."""
        return None

    def take_back(self) -> None:
        """Undo a commit: what stood there before is there again, or nothing."""
        raise NotImplementedError

    def settle(self) -> None:
        """Let go of what `take_back` would need."""

    def measured(self) -> Delivered:
        """What will be there once the file, which is complete, has its name."""
        if self._measured is None:
            with self.path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
                self._measured = Delivered(target=self.shown, bytes=file.tell(), sha256=digest)
        return self._measured

    def commit(self, carry_out: CarryOut = once) -> Delivered:
        """Give the file its name; `carry_out` may try that again where it fails.

        Raises:
            ConnectorProblem: IR605 when the name was taken meanwhile and may not be overwritten, IR608 when the
                place refuses the file.
        """
        measured = self.measured()
        try:
            link = carry_out(self._publish)
        except FileExistsError as error:
            raise ConnectorProblem("IR605", f"{self.shown} was made by someone else meanwhile",
                                   key=("options", "overwrite"), hint="nothing was overwritten") from error  # fmt: skip
        finally:
            self.discard()
        return replace(measured, link=link)

    def discard(self) -> None:
        """Remove the unfinished file and the folders made for it; harmless after a commit."""
        with suppress(FileNotFoundError, NotADirectoryError):
            self.path.unlink()
        for folder in reversed(self._made):
            with suppress(OSError):  # a folder with something in it stays
                folder.rmdir()
        self._made = []

    def _publish(self) -> str | None:
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.discard()


def commit_all(staged: Sequence[Staged], carry_out: CarryOut = once) -> list[Delivered]:
    """Give every file its name, or none: when one is refused, those before it are taken back.

    `carry_out` may try again to give one its name.

    Raises:
        ConnectorProblem: what `commit` raises.
    """
    from concurrent.futures import ThreadPoolExecutor

    # side by side: a disk writes many small files at once in the time that it takes to be asked for each
    with ThreadPoolExecutor(_SYNCED_AT_ONCE) as pool:
        list(pool.map(_sync, [each.path for each in staged]))
    done: list[Staged] = []

    def commit(each: Staged) -> Delivered:
        each.is_one_of_many = True
        delivered = each.commit(carry_out)
        done.append(each)
        return delivered

    try:
        if any(each.folder is None for each in staged):
            delivered = _commit_side_by_side(commit, staged)
        else:
            delivered = [commit(each) for each in staged]
        for folder in {each.folder for each in staged if each.folder is not None}:
            _sync_folder(folder)
    except BaseException as error:
        left = [each.shown for each in reversed(done) if not _is_taken_back(each)]
        if left and isinstance(error, ConnectorProblem):
            error.notes = (*error.notes, f"left there: {', '.join(left[:_SHOWN])}{', …' if len(left) > _SHOWN else ''}")
        raise
    for each in done:
        each.settle()
    return delivered


def _commit_side_by_side(commit: Callable[[Staged], Delivered], staged: Sequence[Staged]) -> list[Delivered]:
    """A store answers several requests in the time of one; after the first refusal no further one begins."""
    from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait

    with ThreadPoolExecutor(_SENT_AT_ONCE) as pool:
        sent = [pool.submit(commit, each) for each in staged]
        try:
            wait(sent, return_when=FIRST_EXCEPTION)
        finally:
            pool.shutdown(cancel_futures=True)
    failed = next((each.exception() for each in sent if not each.cancelled() and each.exception()), None)
    if failed is not None:
        raise failed
    return [each.result() for each in sent]


def _is_taken_back(staged: Staged) -> bool:
    try:
        staged.take_back()
    except Exception:  # the refusal is the one to tell
        return False
    return True


class LocalStaged(Staged):
    """Beside the target, so that giving it its name is one atomic step of the same file system."""

    def __init__(self, target: Path, *, shown: str, overwrite: bool, scratch: Path) -> None:
        self._target = target
        beside = target.with_name(f".{target.name[:100]}.{secrets.token_hex(4)}.part")
        self._before: Path | None = None
        self._scratch = scratch
        note_unfinished(scratch, beside)
        super().__init__(beside, shown=shown, overwrite=overwrite)

    def _publish(self) -> None:
        if not self.is_one_of_many:
            _sync(self.path)
        if self.overwrite:
            if self._target.exists():
                shutil.copymode(self._target, self.path)
                if self.is_one_of_many:
                    self._before = self.path.with_suffix(".before")
                    note_unfinished(self._scratch, self._before)
                    _second_name(self._target, self._before)
            os.replace(self.path, self._target)
        else:
            self._publish_without_clobbering()
        if not self.is_one_of_many:
            _sync_folder(self._target.parent)

    @property
    def folder(self) -> Path | None:
        return self._target.parent

    def take_back(self) -> None:
        if self._before is not None:
            os.replace(self._before, self._target)
        else:
            self._target.unlink(missing_ok=True)
        self._before = None

    def settle(self) -> None:
        if self._before is not None:
            self._before.unlink(missing_ok=True)

    def _publish_without_clobbering(self) -> None:
        try:
            os.link(self.path, self._target)
        except OSError as error:
            if error.errno not in {errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS}:
                raise
            # A file system without hard links: take the name with an empty file, then replace that.
            os.close(os.open(self._target, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            os.replace(self.path, self._target)


class RemoteStaged(Staged):
    """In the scratch folder, and put in its place when complete; a store shows no file before all of it arrived."""

    def __init__(self, place: Place, *, shown: str, upload: Upload, scratch: Path) -> None:
        self._place = place
        self._upload = upload
        self._stood = False
        super().__init__(scratch / f"{secrets.token_hex(8)}.part", shown=shown, overwrite=upload.overwrite)

    def _publish(self) -> str | None:
        with self._place.asked(verb="written") as store:
            inner = self._place.inner
            self._stood = self.is_one_of_many and self.overwrite and store.exists(inner)
            return store.put(self.path, inner, self._upload)

    def take_back(self) -> None:
        """A store keeps no older version: what was replaced there stays replaced."""
        if not self._stood:
            self._place.store.remove(self._place.inner)


_SYNCED_AT_ONCE = 16
_SENT_AT_ONCE = 6
_SHOWN = 5
"""So many files that could not be taken away again an error names."""


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _sync_folder(path: Path) -> None:
    with suppress(OSError):  # some file systems cannot sync a folder
        folder = os.open(path, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)


def _second_name(path: Path, name: Path) -> None:
    """The file under another name too, as a copy where the file system has no hard links."""
    try:
        os.link(path, name)
    except OSError:
        shutil.copy2(path, name)


def _make_folders(folder: Path, made: list[Path]) -> None:
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        try:
            each.mkdir(exist_ok=True)
        except OSError as error:
            raise ConnectorProblem(
                "IR608",
                f"the folder {each} cannot be made: {error.strerror}",
                key=("destination", "path"),
                hint="name a folder that may be written",
            ) from error
        made.append(each)
