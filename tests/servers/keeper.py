"""A small process that starts a server and, when the tests are gone, stops it and removes its data.

    python -m tests.servers.keeper KIND HOME ALIVE

The tests' main process holds a lock on the file ALIVE; the lock is free as soon as that process is gone, also after
kill -9. SIGUSR1 starts a server again that was killed.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

from tests.servers.account import hand_over, unprivileged
from tests.servers.kinds import PROGRAMS
from tests.servers.running import PATIENCE_S, Access, Program, free_port


def main(kind: str, home: Path, alive: Path) -> None:
    program = PROGRAMS[kind]
    stop, again = threading.Event(), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGUSR1, lambda *_: again.set())
    threading.Thread(target=_wait_for_end, args=(alive, stop), daemon=True).start()
    access = Access(
        port=0, admin="keeper", admin_password=secrets.token_hex(12), user="clerk",
        password=f"{secrets.token_hex(8)}/@:%{secrets.token_hex(2)}", keeper=os.getpid(),
    )  # fmt: skip
    server = None
    try:
        hand_over(home)
        program.prepare(home, access)
        server, access = _started(program, home, access)
        while not stop.wait(0.2):
            if again.is_set():
                again.clear()
                server.wait()
                server, access = _started(program, home, access)
    finally:
        if server is not None:
            _end(program, server)
        shutil.rmtree(home, ignore_errors=True)
        if _is_over(alive) and not any(alive.parent.glob("*/")):
            shutil.rmtree(alive.parent, ignore_errors=True)


def _started(program: Program, home: Path, access: Access) -> tuple[subprocess.Popen[bytes], Access]:
    """The server, on a free port; another port where one was taken in the meantime."""
    for _ in range(5):
        port = access.port or free_port()
        with (home / "server.log").open("ab") as log:
            server = subprocess.Popen(
                program.command(home, port), cwd=home, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, **(unprivileged() if program.leaves_root else {}),
            )  # fmt: skip
        here = replace(access, port=port, pid=server.pid)
        deadline, problem = time.monotonic() + PATIENCE_S, None
        while server.poll() is None and time.monotonic() < deadline:
            try:
                program.settle(home, here)
            except Exception as error:  # whatever a driver raises while nobody listens yet
                problem = error
                time.sleep(0.05)
            else:
                here.save(home / "access.json")
                return server, here
        _end(program, server)
    log_text = (home / "server.log").read_text(errors="replace")[-3000:]
    raise RuntimeError(f"{program.title} does not start: {problem}\n{log_text}")


def _end(program: Program, server: subprocess.Popen[bytes]) -> None:
    for signal_number in (program.stop_signal, signal.SIGKILL):
        server.send_signal(signal_number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(timeout=10)
            return


def _wait_for_end(alive: Path, stop: threading.Event) -> None:
    with contextlib.suppress(OSError), alive.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
    stop.set()


def _is_over(alive: Path) -> bool:
    with contextlib.suppress(FileNotFoundError), alive.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
