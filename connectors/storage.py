"""Files behind one small face: local paths as they are, every other scheme through fsspec."""

from __future__ import annotations

import glob
import hashlib
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from connectors.location import Location, locate
from connectors.policy import Policy
from connectors.problem import ConnectorProblem

_EXTRAS = {"s3": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "az": "adlfs", "abfs": "adlfs", "http": "aiohttp",
           "https": "aiohttp", "gdrive": "gdrive-fsspec", "dropbox": "dropboxdrivefs", "sftp": "paramiko"}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One file. `shown` is how people see it: relative where the workflow wrote a relative path."""

    shown: str
    size: int | None
    path: Path | None
    url: str = ""
    member: str | None = None

    def open(self) -> IO[bytes]:
        """The bytes from the start."""
        return self.path.open("rb") if self.path is not None else _open_remote(self.url, self.shown)

    @property
    def name(self) -> str:
        """What the ending is read from: no query string, no folder."""
        text = self.path.name if self.path is not None else self.url.split("?", 1)[0].rstrip("/")
        return text.rsplit("/", 1)[-1]

    def identity(self) -> str:
        """A short name for copies of it in a scratch folder."""
        text = f"{self.path or self.url}!{self.member or ''}"
        return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:16]


def find_files(text: str, *, base: Path, policy: Policy) -> list[Stored]:
    """The files `text` names, sorted by path; empty where a glob matches nothing.

    Raises:
        ConnectorProblem: IR505 when a single file does not exist, IR50x when the policy refuses one.
    """
    location = locate(text, base=base)
    policy.check_read(text, base=base)
    found = _find_local(location, base) if location.path is not None else _find_remote(location)
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
    import fsspec

    try:
        fsspec.get_filesystem_class(location.scheme)
    except ImportError:
        pass  # a package that this machine lacks; what opens the location says so
    except ValueError as error:
        raise _unknown_scheme(location.scheme) from error
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
        Stored(
            shown=_shown(each, base if relative else None), size=each.stat().st_size, path=each, member=location.member
        )
        for each in paths
    ]


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


def _find_remote(location: Location) -> list[Stored]:
    system, inner = _system(location.text)
    if location.is_glob:
        names = sorted(cast("list[str]", _remotely(location.text, lambda: system.glob(inner))))
    else:
        # Of the web's file system only `strict` tells a server that is not there or refuses from a missing file.
        strict = {"strict": True} if location.scheme in {"http", "https"} else {}
        if not _remotely(location.text, lambda: system.exists(inner, **strict)):
            raise ConnectorProblem("IR505", f"{_without_secrets(location.text)} does not exist", key=("location",))
        names = [inner]
    stored = []
    for name in names:
        info: dict[str, Any] = _remotely(location.text, lambda name=name: system.info(name))  # type: ignore[misc]
        if info.get("type") != "directory":
            url = location.text if not location.is_glob else system.unstrip_protocol(name)
            stored.append(Stored(shown=_without_secrets(url), size=info.get("size"), path=None, url=url,
                                 member=location.member))  # fmt: skip
    return stored


def _system(url: str) -> tuple[Any, str]:
    import fsspec

    scheme = url.split("://", 1)[0].lower()
    try:
        system, inner = fsspec.core.url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise _unknown_scheme(scheme) from error
    return system, inner


def _unknown_scheme(scheme: str) -> ConnectorProblem:
    package = _EXTRAS.get(scheme)
    return ConnectorProblem(
        "IR506", f"{scheme}:// locations cannot be opened here", key=("location",),
        hint=f"pip install {package}" if package else "write a local path or a URL of a scheme fsspec knows",
    )  # fmt: skip


def _open_remote(url: str, shown: str) -> IO[bytes]:
    system, inner = _system(url)
    return cast("IO[bytes]", _remotely(shown, lambda: system.open(inner, "rb")))


def _remotely(shown: str, ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except FileNotFoundError as error:
        raise ConnectorProblem("IR505", f"{_without_secrets(shown)} does not exist", key=("location",)) from error
    except Exception as error:  # every fsspec file system raises errors of its own library
        raise ConnectorProblem(
            "IR506",
            f"{_without_secrets(shown)} could not be opened: {_reason(error)}",
            key=("location",),
            hint="check the address, the network and the credentials",
        ) from error


def _reason(error: Exception) -> str:
    """The kind of error; its text may repeat a URL and what is secret in it."""
    status = getattr(error, "status", None)
    return f"the server answered {status}" if status else type(error).__name__


def _without_secrets(url: str) -> str:
    """The URL without a password, a query or a fragment: any of them may be a secret."""
    head, mark, rest = url.partition("://")
    if not mark:
        return url
    rest = rest.split("?", 1)[0].split("#", 1)[0]
    authority, slash, path = rest.partition("/")
    return f"{head}://{authority.rsplit('@', 1)[-1]}{slash}{path}"


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
