"""Where a delivered file goes: checked first, written beside, and there whole or not at all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Protocol

from connectors.location import locate
from connectors.problem import ConnectorProblem
from connectors.storage.account import Account
from connectors.storage.kinds import kind_of, no_file_system, url_of
from connectors.storage.place import Place
from connectors.storage.staging import LocalStaged, RemoteStaged, Staged
from connectors.storage.store import Upload
from connectors.storage.url import without_secrets
from ir.records import dataclass

_UNSAFE = re.compile(r'[/\\\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069:*?"<>|]')
"""Marks of direction among them: with one, the end of a name is shown where it is not."""
_ASKED_AT_ONCE = 8
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class Destination(Protocol):
    """A file delivery's `destination`, as the document gives it."""

    @property
    def plugin_key(self) -> str | None: ...

    @property
    def path(self) -> str | None: ...


def safe_filename(text: str) -> str:
    """The text as a part of one file's name: separators, control characters and marks of direction become `_`,
    `..` means nothing."""
    name = _UNSAFE.sub("_", text)
    return re.sub(r"^\.+", lambda dots: "_" * len(dots[0]), name.strip())


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One file to deliver. `shown` is its place in words; `path` is set for local files, `place` for others."""

    shown: str
    overwrite: bool
    path: Path | None = None
    place: Place | None = None
    media_type: str = "application/octet-stream"
    public: bool = False
    scratch: Path

    @property
    def identity(self) -> str:
        """The same text for the same file, whatever way leads to it."""
        if self.place is not None:
            return f"{self.place.url}!{self.place.account.ref or ''}"
        assert self.path is not None
        return str(self.path.parent.resolve() / self.path.name)

    @property
    def name(self) -> str:
        """The file's own name, without its folders."""
        return self.path.name if self.path is not None else self.shown.rpartition("/")[2]

    def exists(self) -> bool:
        """Whether something stands there.

        Raises:
            ConnectorProblem: IR58x when a store cannot be asked, or has no such bucket.
        """
        if self.place is None:
            # `out/../report.csv` exists only once there is an `out`: ask for the place that it will be
            local = Path(self.identity)
            return local.exists() or local.is_symlink()
        with self.place.asked(verb="written") as store:
            return store.exists(self.place.inner)

    def check_free(self) -> None:
        """Refuse what would overwrite a file unasked, and a store that would not take it.

        Raises:
            ConnectorProblem: IR605, or what `exists` raises.
        """
        if self.overwrite and self.place is None:
            return
        if self.exists() and not self.overwrite:
            raise ConnectorProblem(
                "IR605",
                f"{self.shown} exists already",
                hint="write `overwrite: true` under options, or put {{date}} or {{run_id}} into filename_template",
                key=("options", "overwrite"),
            )

    def stage(self) -> Staged:
        """A new file to write into; it takes the target's name on `commit` and vanishes on `discard`."""
        if self.place is not None:
            upload = Upload(overwrite=self.overwrite, media_type=self.media_type, public=self.public)
            return RemoteStaged(self.place, shown=self.shown, upload=upload, scratch=self.scratch)
        assert self.path is not None
        return LocalStaged(self.path, shown=self.shown, overwrite=self.overwrite, scratch=self.scratch)


def check_all_free(targets: Sequence[Target]) -> None:
    """`check_free` of each; a store is asked for several at once.

    Raises:
        ConnectorProblem: what the first of them raises.
    """
    if all(each.place is None for each in targets):
        for each in targets:
            each.check_free()
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(_ASKED_AT_ONCE) as pool:
        list(pool.map(Target.check_free, targets))


def plan_target(base: Path, destination: Destination | None, filename: str, *, account: Account,
                overwrite: bool = False, media_type: str = "application/octet-stream", public: bool = False,
                scratch: Path) -> Target:  # fmt: skip
    """The file that `filename` names in `destination`, checked against the policy; nothing is written or asked.

    A relative folder starts at `base`. `filename` may hold folders of its own, but never leaves the destination.

    Raises:
        ConnectorProblem: IR606 for a name that is none or leaves the folder, IR50x where the policy refuses it.
    """
    folder = folder_of(destination)
    parts = filename_parts(filename)
    location = locate(folder, base=base)
    if location.path is None:
        url = _joined(folder, parts)
        account.policy.check_write(url)
        place = Place(url=url, account=account, key=("destination", "path"))
        return Target(shown=without_secrets(url), overwrite=overwrite, place=place, media_type=media_type,
                      public=public, scratch=scratch)  # fmt: skip
    path = location.path.joinpath(*parts)
    account.policy.check_write(path)
    if not path.parent.resolve().is_relative_to(location.path.resolve()):
        raise ConnectorProblem(
            "IR606", f'the file name "{filename}" leads out of {folder} through a link', key=("filename_template",),
            hint="name a folder below the destination",
        )  # fmt: skip
    if path.is_dir():
        raise ConnectorProblem("IR606", f"{path} is a folder", key=("filename_template",), hint="name a file in it")
    return Target(shown=str(path), overwrite=overwrite, path=path, scratch=scratch)


def _joined(folder: str, parts: tuple[str, ...]) -> str:
    scheme, _, rest = folder.partition("://")
    return f"{scheme}://{'/'.join([*filter(None, [rest.rstrip('/')]), *parts])}"


def check_scheme(path: str, *, installed: bool) -> None:
    """Refuse a destination of a scheme that no file system is known for, or with `installed` none is here for.

    Raises:
        ConnectorProblem: IR501 for chained file systems, IR506 for the scheme.
    """
    location = locate(path, base=Path())
    if location.path is not None:
        return
    try:
        is_there = kind_of(location.scheme).is_installed or not installed
    except ConnectorProblem as problem:
        raise no_file_system(location.scheme, verb="written") from problem
    if not is_there:
        raise no_file_system(location.scheme, verb="written")


def folder_of(destination: Destination | None) -> str:
    """Where the destination's files go, as a path or a URL.

    Raises:
        ConnectorProblem: IR204 for a plugin key that does not fit.
    """
    if destination is None:
        return "."
    return url_of(destination.plugin_key, destination.path or ".")


def filename_parts(filename: str) -> tuple[str, ...]:
    """The folders and the name, refused where they do not lie below the destination.

    Raises:
        ConnectorProblem: IR606.
    """
    parts = PurePosixPath(filename.replace("\\", "/")).parts
    unsafe = any(part in {"..", "/"} or re.match(r"[A-Za-z]:$", part) for part in parts)
    if _CONTROL.search(filename):
        raise ConnectorProblem("IR606", f"the file name {filename!a} holds a control character",
                               key=("filename_template",), hint="leave it out")  # fmt: skip
    if unsafe or "://" in filename:
        raise ConnectorProblem("IR606", f'the file name "{filename}" leaves its destination',
                               key=("filename_template",), hint="give the folder in destination.path")  # fmt: skip
    if not parts or parts[-1].strip(" .") == "" or filename.endswith(("/", "\\")):
        raise ConnectorProblem("IR606", f'"{filename}" names no file', key=("filename_template",),
                               hint="write a name such as {{workflow}}.csv")  # fmt: skip
    if any(len(part.encode()) > 255 for part in parts):
        raise ConnectorProblem("IR606", f"a file name of {max(len(part.encode()) for part in parts)} bytes is too long",
                               key=("filename_template",), hint="file systems hold 255 bytes")  # fmt: skip
    return parts
