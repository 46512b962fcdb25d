"""Code in the process of a run that asks nobody: what it tries, and what comes of it.

It is a resolver of secrets, as an installed package brings one. What it finds goes into `tried.json` of the folder.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import socket
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any


def resolve(name: str) -> None:
    about = json.loads(Path(name).read_text())
    found = {each: _outcome(attempt) for each, attempt in attempts(about).items()}
    Path(about["folder"], "tried.json").write_text(json.dumps(found))


def _outcome(attempt: Callable[[], Any]) -> str:
    try:
        found = attempt()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, str(error))
    except subprocess.CalledProcessError as error:
        return f"ended with {error.returncode}"
    return "done" if found is None else str(found)


def attempts(about: dict[str, Any]) -> dict[str, Callable[[], Any]]:
    home, folder, outside = (Path(about[each]) for each in ("home", "folder", "outside"))
    parent = os.getppid()
    reading = {
        "the configuration": home / "config.toml", "the secrets": home / "secrets.toml",
        "a home's file": home / "dispatch.db",
        "a file elsewhere": outside, "another workflow's": folder.with_name("other") / "x.csv",
        "the environment of the service": Path(f"/proc/{parent}/environ"),
        "passwords of the machine": Path("/etc/shadow"),
        "the root by another name": Path(f"/proc/self/root{outside}"),
        "a link to it": folder / "link.csv", "the log": Path(about["outside"]).with_name("log"),
    }  # fmt: skip
    found: dict[str, Callable[[], Any]] = {f"read {name}": _reading(path) for name, path in reading.items()}
    code = f"try: open({str(outside)!r})\nexcept PermissionError: exit(7)"
    found |= {
        "read by the C library": lambda: _in_c(outside),
        "read by a thread from before": lambda: _in_an_old_thread(outside),
        "read by another Python": lambda: subprocess.run([sys.executable, "-c", code], check=True) and None,
        "start a program": lambda: subprocess.run(["/bin/cat", "/dev/null"], check=True) and None,
        "list the home": lambda: os.listdir(home) and None,
        "write elsewhere": lambda: outside.with_name("new").write_text("x") and None,
        "write the configuration": lambda: (home / "config.toml").open("a") and None,
        "remove the secrets": lambda: (home / "secrets.toml").unlink(),
        "move the secrets": lambda: os.replace(home / "secrets.toml", folder / "got.toml"),
        "link the secrets": lambda: os.link(home / "secrets.toml", folder / "got.toml"),
        "make a link": lambda: (folder / "new_link").symlink_to(outside),
        "change weirflow": lambda: (Path(__file__).parents[4] / "engine" / "__init__.py").open("a") and None,
        "signal the service": lambda: os.kill(parent, 0),
        "knock at a socket without a name": lambda: _connected(about["socket"]),
        "listen": lambda: socket.create_server(("127.0.0.1", 0)).close(),
        "connect": lambda: socket.create_connection(("127.0.0.1", about["port"]), timeout=5).close(),
        "read what is its own": lambda: (folder / "own.csv").read_text() and None,
        "write what is its own": lambda: (folder / "new.csv").write_text("x") and (folder / "new.csv").unlink(),
        "use a temporary file": lambda: tempfile.TemporaryFile().close(),
        "trust certificates": lambda: ssl.create_default_context() and None,
        "gain privileges": _may_gain_privileges,
    }  # fmt: skip
    return found


def _reading(path: Path) -> Callable[[], None]:
    def read() -> None:
        path.read_bytes()

    return read


def _in_an_old_thread(path: Path) -> None:
    """By a thread that `sitecustomize` started as Python did."""
    import sitecustomize

    sitecustomize.asked.put(path)
    if (error := sitecustomize.answers.get()) is not None:
        raise error


def _may_gain_privileges() -> str:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(line.split()[1] for line in lines if line.startswith("NoNewPrivs"))


def _in_c(path: Path) -> None:
    opened = ctypes.CDLL(None, use_errno=True).open(os.fsencode(path), os.O_RDONLY)
    if opened < 0:
        raise OSError(ctypes.get_errno(), "open")


def _connected(name: str) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(f"\0{name}")
