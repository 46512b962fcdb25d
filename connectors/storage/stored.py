"""Files to read behind one small face: local paths as they are, every other scheme through its store."""

from __future__ import annotations

import glob
import hashlib
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, cast

from connectors.location import Location, locate
from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from connectors.storage.account import Account
from connectors.storage.kinds import kind_of
from connectors.storage.place import Place
from connectors.storage.store import Found
from connectors.storage.worded_file import WordedFile
from ir.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One file. `shown` is how people see it: relative where the workflow wrote a relative path."""

    shown: str
    size: int | None
    path: Path | None
    url: str = ""
    member: str | None = None
    modified: datetime | None = None
    version: str = ""
    """Changes with the content, where the store says so."""
    account: Account | None = None

    @property
    def place(self) -> Place:
        """Where it lies in a store."""
        assert self.account is not None
        return Place(url=self.url, account=self.account)

    def open(self) -> IO[bytes]:
        """The bytes from the start."""
        if self.path is not None:
            return self.path.open("rb")
        place = self.place
        with place.asked() as store:
            return cast("IO[bytes]", WordedFile(store.open(place.inner), place))

    @property
    def name(self) -> str:
        """What the ending is read from: no query string, no folder."""
        text = self.path.name if self.path is not None else self.url.rstrip("/")
        if self.url.startswith(("http://", "https://")):
            text = self.url.split("?", 1)[0].rstrip("/")
        return text.rsplit("/", 1)[-1]

    def identity(self) -> str:
        """A short name for copies of it in a scratch folder."""
        whose = self.account.ref if self.account is not None else ""
        text = f"{self.path or self.url}!{self.member or ''}!{whose or ''}!{self.version}"
        return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:16]


def find_files(text: str, *, base: Path, policy: Policy, account: Account | None = None) -> list[Stored]:
    """The files `text` names, sorted by path; empty where a glob matches nothing.

    Raises:
        ConnectorProblem: IR505 when a single file does not exist, IR50x when the policy refuses one, IR58x what a
            store says.
    """
    location = locate(text, base=base)
    policy.check_read(text, base=base)
    if location.path is not None:
        found = [each for each in _find_local(location, base)
                 if not (location.is_glob and each.path is not None and policy.hides(each.path))]  # fmt: skip
    else:
        found = _find_remote(location, account or Account(policy=policy, base=base))
    for each in found:
        policy.check_read(each.path or each.url)
    return found


def is_remote(text: str, *, base: Path, policy: Policy) -> bool:
    """Whether reading `text` would open a connection; checked as far as that can be without one.

    Raises:
        ConnectorProblem: IR501 or IR50x for a location or a policy that allows no reading, IR506 for a scheme that no
            package here knows.
    """
    location = locate(text, base=base)
    policy.check_read(text, base=base)
    if location.path is not None or location.scheme == "memory":
        return False
    kind_of(location.scheme)
    return True


def _find_local(location: Location, base: Path) -> list[Stored]:
    path = cast(Path, location.path)
    if location.is_glob:
        matches = [Path(each) for each in glob.glob(str(path), recursive=True)]
        paths = sorted((each for each in matches if each.is_file()), key=lambda each: each.as_posix())
    else:
        if not path.exists():
            raise ConnectorProblem("IR505", f"{location.text} does not exist", key=("location",),
                                   hint=_near(path), notes=[f"looked at {path}"])  # fmt: skip
        if path.is_dir():
            raise ConnectorProblem(
                "IR505",
                f"{location.text} is a folder",
                key=("location",),
                hint=f"name its files with a glob, such as {location.text.rstrip('/')}/*.csv",
            )
        paths = [path]
    relative = not Path(location.text).expanduser().is_absolute() and not location.text.startswith(("file:", "local:"))
    return [
        Stored(shown=_shown(each, base if relative else None), size=(facts := each.stat()).st_size, path=each,
               member=location.member, modified=datetime.fromtimestamp(facts.st_mtime, UTC))
        for each in paths
    ]  # fmt: skip


def _shown(path: Path, base: Path | None) -> str:
    return path.as_posix() if base is None else Path(os.path.relpath(path, base.absolute())).as_posix()


def _near(path: Path) -> str | None:
    from ir.diagnostics import did_you_mean

    archive = next((each for each in path.parents if each.suffix.lower() == ".zip" and each.is_file()), None)
    if archive is not None:
        return f"name a file inside a zip with !, as in {archive.name}!{path.relative_to(archive).as_posix()}"
    if not path.parent.is_dir():
        return f"the folder {path.parent} does not exist either"
    return did_you_mean(path.name, (each.name for each in path.parent.iterdir()))


def _find_remote(location: Location, account: Account) -> list[Stored]:
    place = Place(url=location.text, account=account)
    with place.asked() as store:
        found = store.glob(place.inner) if location.is_glob else []
        is_glob = bool(found)
        if not found and (itself := store.info(place.inner)) is not None:
            found = [itself]  # also where its name only looks like a glob
        if not found and not location.is_glob:
            raise FileNotFoundError(place.shown)
        stored = []
        for each in found:
            url = store.url(each.path) if is_glob else location.text
            shown = Place(url=url, account=account).shown
            if each.twins:
                raise _twins(each, shown)
            stored.append(Stored(shown=shown, size=each.size, path=None, url=url, member=location.member,
                                 modified=each.modified, version=each.version, account=account))  # fmt: skip
    return stored


def _twins(found: Found, shown: str) -> ConnectorProblem:
    return ConnectorProblem(
        "IR588", f"{found.twins + 1} files are named {shown}", key=("location",),
        hint="rename or remove the others: nothing tells which is meant",
    )  # fmt: skip


def copy_to(stored: Stored, target: Path) -> Path:
    """A local copy, streamed, whole or not at all."""
    partial = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        with stored.open() as source, partial.open("wb") as sink:
            shutil.copyfileobj(source, sink, 1024 * 1024)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return target
