"""Files that are not complete yet: listed in the run's folder, so that they go also where the run is killed."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

LIST = "unfinished"
"""The name of the list in the run's folder: a path a line."""


def note_unfinished(scratch: Path, path: Path) -> None:
    """List a file that is about to be made outside of the run's folder."""
    with suppress(OSError):  # a full disk: the file itself is refused next, and that is told
        file = os.open(scratch / LIST, os.O_CREAT | os.O_APPEND | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        try:
            os.write(file, os.fsencode(path) + b"\n")
        finally:
            os.close(file)


def remove_unfinished(scratch: Path) -> None:
    """Remove the files that are listed and still there, and the list."""
    listed = scratch / LIST
    with suppress(OSError):
        for line in listed.read_bytes().split(b"\n"):
            path = Path(os.fsdecode(line))
            if path.name.startswith(".") and path.suffix in {".part", ".before"}:
                with suppress(OSError):
                    path.unlink(missing_ok=True)
        listed.unlink()
