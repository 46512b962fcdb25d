"""Where a file is: a local path or a URL of some scheme."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from connectors.problem import ConnectorProblem
from ir.records import dataclass

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
_ADDRESS = re.compile(r"://\[[0-9A-Fa-f:.]+\]")
_GLOB = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A place as the workflow writes it. `path` is absolute and set for local files only."""

    text: str
    scheme: str
    path: Path | None
    host: str = ""
    member: str | None = None

    @property
    def is_glob(self) -> bool:
        """Whether it may stand for several files; a local file that has just this name is itself."""
        if self.path is not None:
            return bool(_GLOB.search(str(self.path))) and not self.path.exists()
        if self.scheme in {"http", "https"}:
            return False
        return bool(_GLOB.search(self.text))


def locate(text: str, *, base: Path) -> Location:
    """The place `text` names: relative paths start at `base`, `a.zip!b.csv` names a file inside a zip.

    Raises:
        ConnectorProblem: IR501 when the text is empty or chains file systems (`zip::https://…`), which would
            hide the real place from the policy.
    """
    if not text.strip() or "\0" in text:
        raise ConnectorProblem("IR501", "the location is empty" if not text.strip() else "the location holds a NUL",
                               hint="write a path, a glob or a URL", key=("location",))  # fmt: skip
    member = None
    if match := re.fullmatch(r"(.*\.zip)!(.+)", text, re.IGNORECASE | re.DOTALL):
        text, member = match[1], match[2]
    match = _SCHEME.match(text)
    if "://" in text and "::" in _ADDRESS.sub("://", text):
        raise ConnectorProblem(
            "IR501",
            f'"{text}" chains file systems',
            key=("location",),
            hint="name the file itself; zip, gz, bz2 and zst are opened by their endings",
        )
    if match is None:
        path = Path(text).expanduser()
        return Location(text=text, scheme="file", path=_absolute(path, base), member=member)
    scheme = match[1].lower()
    if scheme in {"file", "local"}:
        path = Path(unquote(text[match.end() :]) if scheme == "file" else text[match.end() :])
        return Location(text=text, scheme="file", path=_absolute(path, base), member=member)
    return Location(text=text, scheme=scheme, path=None, host=_host(text), member=member)


def _absolute(path: Path, base: Path) -> Path:
    return path if path.is_absolute() else base.absolute() / path


def _host(text: str) -> str:
    try:
        return (urlsplit(text).hostname or "").lower()
    except ValueError:
        return ""
