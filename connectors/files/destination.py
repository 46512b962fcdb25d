"""Where a delivered file goes: checked first, written beside, and there whole or not at all."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from connectors.files.staging import LocalStaged, RemoteStaged, Staged, no_file_system, remote_system
from connectors.location import locate
from connectors.policy import Policy
from connectors.problem import ConnectorProblem

_UNSAFE = re.compile(r'[/\\\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069:*?"<>|]')
"""Marks of direction among them: with one, the end of a name is shown where it is not."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_LATER = {"google-drive": "Google Drive", "dropbox": "Dropbox"}


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
    """One file to deliver. `shown` is its place in words; `path` is set for local files, `url` for others."""

    shown: str
    overwrite: bool
    path: Path | None = None
    url: str | None = None
    scratch: Path

    @property
    def identity(self) -> str:
        """The same text for the same file, whatever way leads to it."""
        return str(self.path.parent.resolve() / self.path.name) if self.path is not None else self.url or ""

    def exists(self) -> bool:
        if self.path is not None:
            # `out/../report.csv` exists only once there is an `out`: ask for the place that it will be
            place = Path(self.identity)
            return place.exists() or place.is_symlink()
        system, inner = remote_system(self.url or "")
        return bool(system.exists(inner))

    def check_free(self) -> None:
        """Refuse what would overwrite a file unasked.

        Raises:
            ConnectorProblem: IR605.
        """
        if not self.overwrite and self.exists():
            raise ConnectorProblem(
                "IR605",
                f"{self.shown} exists already",
                hint="write `overwrite: true` under options, or put {{date}} or {{run_id}} into filename_template",
                key=("options", "overwrite"),
            )

    def stage(self) -> Staged:
        """A new file to write into; it takes the target's name on `commit` and vanishes on `discard`."""
        if self.path is not None:
            return LocalStaged(self.path, shown=self.shown, overwrite=self.overwrite)
        return RemoteStaged(self.url or "", shown=self.shown, overwrite=self.overwrite, scratch=self.scratch)


def plan_target(base: Path, destination: Destination | None, filename: str, *, policy: Policy, overwrite: bool = False,
                scratch: Path) -> Target:  # fmt: skip
    """The file that `filename` names in `destination`, checked against the policy; nothing is written or asked.

    A relative folder starts at `base`. `filename` may hold folders of its own, but never leaves the destination.

    Raises:
        ConnectorProblem: IR290 for services that come later, IR606 for a name that is none or leaves the folder,
            IR50x where the policy refuses it.
    """
    folder = _folder(destination)
    parts = filename_parts(filename)
    location = locate(folder, base=base)
    if location.path is None:
        url = "/".join([folder.rstrip("/"), *parts])
        policy.check_write(url)
        return Target(shown=without_user(url), overwrite=overwrite, url=url, scratch=scratch)
    path = location.path.joinpath(*parts)
    policy.check_write(path)
    if not path.parent.resolve().is_relative_to(location.path.resolve()):
        raise ConnectorProblem(
            "IR606", f'the file name "{filename}" leads out of {folder} through a link', key=("filename_template",),
            hint="name a folder below the destination",
        )  # fmt: skip
    if path.is_dir():
        raise ConnectorProblem("IR606", f"{path} is a folder", key=("filename_template",), hint="name a file in it")
    return Target(shown=str(path), overwrite=overwrite, path=path, scratch=scratch)


def check_scheme(path: str, *, installed: bool) -> None:
    """Refuse a destination of a scheme that no file system is known for, or with `installed` none is here for.

    Raises:
        ConnectorProblem: IR501 for chained file systems, IR506 for the scheme.
    """
    location = locate(path, base=Path())
    if location.path is not None:
        return
    import fsspec

    try:
        fsspec.get_filesystem_class(location.scheme)
    except ImportError as error:
        if installed:
            raise no_file_system(location.scheme) from error
    except ValueError as error:
        raise no_file_system(location.scheme) from error


def _folder(destination: Destination | None) -> str:
    plugin = destination.plugin_key if destination else None
    path = (destination.path if destination else None) or "."
    if plugin in _LATER:
        raise ConnectorProblem(
            "IR290",
            f"this version cannot deliver files to {_LATER[plugin]} yet",
            key=("destination", "plugin_key"),
            hint="deliver to a local folder or to s3",
        )
    if plugin == "s3" and "://" not in path:
        return f"s3://{path.lstrip('/')}"
    if plugin in {None, "local", "s3"}:
        return path
    raise ConnectorProblem("IR204", f'"{plugin}" is not one of local, s3, google-drive, dropbox',
                           key=("destination", "plugin_key"))  # fmt: skip


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


def without_user(url: str) -> str:
    """The URL without the user and password it may carry."""
    return re.sub(r"(://)[^/@]*@", r"\1", url)
