"""Runs whose worker dies, freezes or is cut off go on with another one, and no delivery is made twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.engine.service.long_orders import ROWS, long_orders_folder, rows_in, wait_for_shop, warehouse_closed
from tests.engine.service.serving import Served, serving
from tests.servers.running import Database
from tests.servers.wire import Wire

LEASE = ("--lease", "2")
TAKEN_OVER_WITHIN_S = 60
"""The lease is over after two seconds and the sweeper looks each second; the rest is for a busy machine."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service over the workflow `sold` that carries out no runs itself."""
    folder = long_orders_folder(tmp_path_factory.mktemp("service") / "shop")
    with serving(folder, "--slots", "0", *LEASE) as found:
        yield found


@pytest.fixture
def two_workers(served: Served) -> Iterator[None]:
    """Two workers beside the service, of which a test may take one away."""
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(serving(served.folder, *LEASE, command="worker", home=served.home))
        yield


def worker_of(served: Served, run_id: str) -> str | None:
    found: str | None = served.ask("GET", f"/api/runs/{run_id}").json["worker"]
    return found


def pid_of(worker: str | None) -> int:
    assert worker is not None
    return int(worker.split("-")[-2])


def wait_for_another(served: Served, run_id: str, first: str | None) -> None:
    until = time.monotonic() + TAKEN_OVER_WITHIN_S
    while worker_of(served, run_id) in {first, None}:
        assert time.monotonic() < until, "no other worker has taken the run over"
        time.sleep(0.05)


def freeze(pid: int, home: Path, *, writing: bool) -> None:
    """Stop the process in the middle of a write into the journal, or where it holds none of the journal's locks."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if writing and not has_locked(home, pid):
            time.sleep(0.0002)
            continue
        os.kill(pid, signal.SIGSTOP)
        # the service continues one that has the journal locked: where this test is held up, it is tried again
        if stands(pid, within_s=2) and has_locked(home, pid) is writing:
            return
        os.kill(pid, signal.SIGCONT)
    raise AssertionError(f"process {pid} was not found {'writing' if writing else 'idle'}")


def has_locked(home: Path, pid: int) -> bool:
    """Whether the process holds a lock on one of the service's databases that keeps others from writing."""
    files = {f":{each.stat().st_ino} " for name in ("journal", "dispatch") for each in home.glob(f"{name}.db*")}
    held = [line for line in Path("/proc/locks").read_text().splitlines() if f"WRITE {pid} " in line]
    return any(file in line for line in held for file in files)


def stands(pid: int, *, within_s: float) -> bool:
    """Whether the process is stopped, which it may become only when it is its turn to run."""
    until = time.monotonic() + within_s
    while Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "T":
        if time.monotonic() > until:
            return False
        time.sleep(0.0002)
    return True


def wait_for_line(home: Path, said: str) -> None:
    until = time.monotonic() + 60
    while said not in (home / "service.log").read_text():
        assert time.monotonic() < until, "nobody has told of it"
        time.sleep(0.05)


def begin(served: Served) -> tuple[str, int]:
    """A run that waits in the middle, and the process that carries it out."""
    rows = rows_in(served.folder, "shop") + ROWS
    run_id = served.ask("POST", "/api/runs", {"workflow": "sold"}).json["run_id"]
    wait_for_shop(served.folder, rows=rows)
    return run_id, pid_of(worker_of(served, run_id))


@pytest.mark.usefixtures("two_workers")
def test_a_run_whose_worker_is_frozen_goes_on_with_another_one(served: Served) -> None:
    rows = rows_in(served.folder, "shop") + ROWS
    with warehouse_closed(served.folder):
        run_id, pid = begin(served)
        first = worker_of(served, run_id)
        freeze(pid, served.home, writing=False)
        try:
            wait_for_another(served, run_id, first)
        finally:
            os.kill(pid, signal.SIGCONT)  # which finds that the run is not its own any more
    assert served.ended(run_id)["status"] == "succeeded"
    assert (rows_in(served.folder, "shop"), rows_in(served.folder, "warehouse")) == (rows, rows)


@pytest.mark.usefixtures("two_workers")
def test_a_run_whose_worker_is_killed_goes_on_with_another_one(served: Served) -> None:
    rows = rows_in(served.folder, "shop") + ROWS
    with warehouse_closed(served.folder):
        run_id, pid = begin(served)
        first = worker_of(served, run_id)
        os.kill(pid, signal.SIGKILL)
        wait_for_another(served, run_id, first)
    assert served.ended(run_id)["status"] == "succeeded"
    assert (rows_in(served.folder, "shop"), rows_in(served.folder, "warehouse")) == (rows, rows)


@pytest.mark.usefixtures("two_workers")
def test_a_worker_that_is_frozen_while_it_writes_into_the_journal_is_continued(served: Served) -> None:
    rows = rows_in(served.folder, "shop") + ROWS
    with warehouse_closed(served.folder):
        run_id, pid = begin(served)
        freeze(pid, served.home, writing=True)
        wait_for_line(served.home, f"continued process {pid} of the service")
    assert served.ended(run_id)["status"] == "succeeded"
    assert (rows_in(served.folder, "shop"), rows_in(served.folder, "warehouse")) == (rows, rows)


def test_a_service_starts_though_one_of_its_processes_stands_still_with_the_journal_locked(tmp_path: Path) -> None:
    folder = long_orders_folder(tmp_path / "shop")
    with serving(folder, *LEASE) as first:
        freeze(first.process.pid, first.home, writing=True)
        with serving(folder, *LEASE, command="worker", home=first.home):
            wait_for_line(first.home, f"continued process {first.process.pid} of the service")
        assert first.ask("GET", "/api/runs").status == 200


def test_a_stranger_that_stands_still_with_the_journal_locked_is_told_and_left_alone(served: Served) -> None:
    begun = "import os, signal, sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)"
    code = f"{begun}; c.execute('begin immediate'); os.kill(os.getpid(), signal.SIGSTOP); c.execute('rollback')"
    with subprocess.Popen([sys.executable, "-c", code, str(served.home / "journal.db")]) as stranger:
        try:
            assert stands(stranger.pid, within_s=60)
            wait_for_line(served.home, f"process {stranger.pid} is stopped and has the journal locked")
        finally:
            stranger.send_signal(signal.SIGCONT)
    assert stranger.returncode == 0


def test_a_worker_that_is_cut_off_from_the_database_loses_its_run_to_another_one(
    tmp_path: Path, postgres: Database
) -> None:
    folder = long_orders_folder(tmp_path / "shop")
    journal = {"WEIRFLOW_JOURNAL": postgres.url_as(postgres.user, postgres.password)}
    with ExitStack() as stack:
        served = stack.enter_context(serving(folder, "--slots", "0", *LEASE, variables=journal))
        wire = Wire(postgres.host, postgres.port, "up")
        stack.callback(wire.cut)
        behind = postgres.url_as(postgres.user, postgres.password, port=wire.port)
        stack.enter_context(serving(folder, *LEASE, "--database", behind, command="worker", home=tmp_path / "first"))
        with warehouse_closed(folder):
            run_id = served.ask("POST", "/api/runs", {"workflow": "sold"}).json["run_id"]
            wait_for_shop(folder)
            first = worker_of(served, run_id)
            stack.enter_context(serving(folder, *LEASE, command="worker", home=tmp_path / "other", variables=journal))
            with wire.silent():
                wait_for_another(served, run_id, first)
        assert served.ended(run_id)["status"] == "succeeded"
    assert (rows_in(folder, "shop"), rows_in(folder, "warehouse")) == (ROWS, ROWS)


@pytest.mark.usefixtures("two_workers")
def test_a_worker_that_is_told_to_stop_ends_its_run_first(served: Served) -> None:
    rows = rows_in(served.folder, "shop") + ROWS
    with warehouse_closed(served.folder):
        run_id, pid = begin(served)
        first = worker_of(served, run_id)
        os.kill(pid, signal.SIGTERM)
        time.sleep(0.2)
        assert served.ask("GET", f"/api/runs/{run_id}").json["status"] == "running"
    found = served.ended(run_id)
    assert (found["status"], found["worker"], found["attempt"]) == ("succeeded", first, 1)
    assert rows_in(served.folder, "warehouse") == rows
