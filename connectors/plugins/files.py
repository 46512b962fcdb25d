"""The files that actions take and give: values {name, mime, size, ref}, whose bytes stand in the run's folder."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from connectors.problem import ConnectorProblem

_REF = re.compile(r"[0-9a-f]{64}")
DEFAULT_MIME = "application/octet-stream"


class FileStore:
    """Files by the hash of their bytes: the same bytes stand there once, and a file that was put is never changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, name: str, content: bytes, *, mime: str | None = None) -> dict[str, Any]:
        """A file value of these bytes."""
        ref = hashlib.sha256(content).hexdigest()
        path = self.folder / ref
        if not path.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            unfinished = self.folder / f".{ref[:16]}-{uuid4().hex}"
            unfinished.write_bytes(content)
            os.replace(unfinished, path)
        return {"name": plain_name(name), "mime": mime or mime_of(name), "size": len(content), "ref": ref}

    def incoming(self) -> Path:
        """Where the bytes of a file may be written that is put later, or removed."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return self.folder / f".incoming-{uuid4().hex}"

    def take(self, name: str, path: Path, *, mime: str | None = None) -> dict[str, Any]:
        """A file value of the bytes in a file of this folder, which goes to its place."""
        with path.open("rb") as stream:
            ref = hashlib.file_digest(stream, "sha256").hexdigest()
        size = path.stat().st_size
        os.replace(path, self.folder / ref)
        return {"name": plain_name(name), "mime": mime or mime_of(name), "size": size, "ref": ref}

    def path(self, value: Mapping[str, Any]) -> Path:
        """Where the bytes of a file value stand.

        Raises:
            ConnectorProblem: IR694 for a value that is no file of this run.
        """
        ref = value.get("ref")
        if not isinstance(ref, str) or not _REF.fullmatch(ref) or not (self.folder / ref).is_file():
            raise ConnectorProblem("IR694", "a value is no file of this run",
                                   hint="files come from attachments and from actions that download them")  # fmt: skip
        return self.folder / ref

    def read(self, value: Mapping[str, Any]) -> bytes:
        """The bytes of a file value.

        Raises:
            ConnectorProblem: IR694 for a value that is no file of this run.
        """
        return self.path(value).read_bytes()


def is_file(value: Any) -> bool:
    """Whether a value is a file."""
    return isinstance(value, Mapping) and isinstance(value.get("ref"), str) and "name" in value


def plain_name(name: str) -> str:
    """The name of a file without folders, and without characters that no line can hold."""
    last = re.split(r"[/\\]", name)[-1]
    return "".join(each for each in last if each.isprintable()).strip()[:255] or "file"


def mime_of(name: str) -> str:
    """The media type that a file's name tells."""
    import mimetypes

    return mimetypes.guess_type(name)[0] or DEFAULT_MIME
