"""One server of a kind for all tests of a session: started at first use, shared by the workers."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import subprocess
import sys
import time
from functools import cache
from pathlib import Path
from typing import IO

from tests.servers.account import temporary_root
from tests.servers.kinds import PROGRAMS
from tests.servers.running import PATIENCE_S, Access

FOLDER = "WEIRFLOW_TEST_SERVERS"
REPOSITORY = Path(__file__).parents[2]
# Coverage would measure the keeper, which ends by a signal.
UNMEASURED = {name: value for name, value in os.environ.items() if not name.startswith("COV")}


def open_session() -> IO[str] | None:
    """Called by the main process of the tests, whose workers inherit the folder; keep what it returns open."""
    if FOLDER in os.environ:
        return None
    folder = temporary_root() / f"weirflow-servers-{os.getpid()}-{secrets.token_hex(4)}"
    folder.mkdir(mode=0o711)
    os.environ[FOLDER] = str(folder)
    alive = (folder / "alive").open("w")
    fcntl.flock(alive, fcntl.LOCK_EX)
    return alive


def close_session(alive: IO[str]) -> None:
    """Lets the keepers end their servers; without any the folder goes here."""
    folder = Path(os.environ.pop(FOLDER))
    if not any(folder.glob("*/")):
        shutil.rmtree(folder)
    alive.close()


@cache
def shared(kind: str) -> Access:
    """The session's server of this kind, started where it is not yet."""
    folder = Path(os.environ[FOLDER])
    with (folder / f"{kind}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (folder / kind).exists():
            return Access.load(folder / kind / "access.json")
        return started(kind, folder / kind)


def started(kind: str, home: Path) -> Access:
    """A new server with its data in `home`, which ends with the session or with SIGTERM to its keeper."""
    home.mkdir(mode=0o711)
    alive = Path(os.environ[FOLDER]) / "alive"
    log_path = home.with_name(f"{home.name}.log")
    with log_path.open("wb") as log:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "tests.servers.keeper", kind, str(home), str(alive)], cwd=REPOSITORY,
            env=UNMEASURED, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    deadline = time.monotonic() + 2 * PATIENCE_S
    while not (home / "access.json").exists():
        if keeper.poll() is not None or time.monotonic() > deadline:
            keeper.terminate()
            raise RuntimeError(f"{PROGRAMS[kind].title} did not start:\n{log_path.read_text(errors='replace')}")
        time.sleep(0.05)
    return Access.load(home / "access.json")
