"""Runs whose worker dies, freezes or is cut off go on with another one, and no delivery is made twice."""

from __future__ import annotations

import os
import signal
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
TAKEN_OVER_WITHIN_S = 2 + 1 + 5
"""The lease, a look of the sweeper, and what a busy machine takes for the rest."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service with two workers beside it, over the workflow `sold`."""
    folder = long_orders_folder(tmp_path_factory.mktemp("service") / "shop")
    with ExitStack() as stack:
        found = stack.enter_context(serving(folder, "--slots", "0", *LEASE))
        for _ in range(2):
            stack.enter_context(serving(folder, *LEASE, command="worker", home=found.home))
        yield found


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


# The killed one comes last, since only one worker is left then.
@pytest.mark.parametrize("number", [signal.SIGSTOP, signal.SIGKILL], ids=["frozen", "killed"])
def test_a_run_whose_worker_is_gone_goes_on_with_another_one(served: Served, number: signal.Signals) -> None:
    rows = rows_in(served.folder, "shop") + ROWS
    with warehouse_closed(served.folder):
        run_id = served.ask("POST", "/api/runs", {"workflow": "sold"}).json["run_id"]
        wait_for_shop(served.folder, rows=rows)
        first = worker_of(served, run_id)
        os.kill(pid_of(first), number)
        wait_for_another(served, run_id, first)
        if number == signal.SIGSTOP:
            os.kill(pid_of(first), signal.SIGCONT)  # which finds that the run is not its own any more
    assert served.ended(run_id)["status"] == "succeeded"
    assert (rows_in(served.folder, "shop"), rows_in(served.folder, "warehouse")) == (rows, rows)


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


def test_a_worker_that_is_told_to_stop_ends_its_run_first(served: Served) -> None:
    rows = rows_in(served.folder, "shop") + ROWS
    with warehouse_closed(served.folder):
        run_id = served.ask("POST", "/api/runs", {"workflow": "sold"}).json["run_id"]
        wait_for_shop(served.folder, rows=rows)
        first = worker_of(served, run_id)
        os.kill(pid_of(first), signal.SIGTERM)
        time.sleep(0.2)
        assert served.ask("GET", f"/api/runs/{run_id}").json["status"] == "running"
    found = served.ended(run_id)
    assert (found["status"], found["worker"], found["attempt"]) == ("succeeded", first, 1)
    assert rows_in(served.folder, "warehouse") == rows
