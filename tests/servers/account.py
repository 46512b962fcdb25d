"""The account that a server runs under: PostgreSQL and MariaDB refuse to run as root."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import tempfile
from pathlib import Path
from typing import Any


def unprivileged() -> dict[str, Any]:
    """What subprocess needs to leave root behind; nothing for an ordinary user."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def hand_over(folder: Path) -> None:
    """Makes the folder, and all in it, that account's own."""
    account = unprivileged()
    if account:
        for each in (folder, *folder.rglob("*")):
            os.chown(each, account["user"], account["group"], follow_symlinks=False)


def temporary_root() -> Path:
    """The folder for temporary files, or /tmp where only root may enter that one."""
    root = Path(tempfile.gettempdir()).resolve()
    is_open = all(each.stat().st_mode & stat.S_IXOTH for each in (root, *root.parents))
    return root if is_open or os.geteuid() != 0 else Path("/tmp")


def program(name: str, *folders: str) -> str | None:
    """Where a program is: on PATH, in sbin, or in one of the folders (patterns), the newest first."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin:/sbin")
    if found is not None:
        return str(Path(found).resolve())
    for pattern in folders:
        matches = sorted(Path("/").glob(f"{pattern.lstrip('/')}/{name}"), key=_version)
        if matches:
            return str(matches[-1])
    return None


def _version(path: Path) -> list[int]:
    return [int(part) for part in "".join(each if each.isdigit() else " " for each in str(path)).split()]
