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

LEASE = ("--lease", "2")
TAKEN_OVER_WITHIN_S = 2 + 1 + 5
"""The lease, a look of the sweeper, and what a busy machine takes for the rest."""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A service without workers, over the workflow `sold`."""
    with serving(long_orders_folder(tmp_path / "shop"), "--slots", "0", *LEASE) as found:
        yield found


def working(served: Served, stack: ExitStack) -> None:
    """Two workers of the service."""
    for _ in range(2):
        stack.enter_context(serving(served.folder, *LEASE, command="worker", home=served.home))


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


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "frozen"])
def test_a_run_whose_worker_is_gone_goes_on_with_another_one(served: Served, number: signal.Signals) -> None:
    with ExitStack() as stack:
        working(served, stack)
        with warehouse_closed(served.folder):
            run_id = served.ask("POST", "/api/runs", {"workflow": "sold"}).json["run_id"]
            wait_for_shop(served.folder)
            first = worker_of(served, run_id)
            os.kill(pid_of(first), number)
            wait_for_another(served, run_id, first)
            if number == signal.SIGSTOP:
                os.kill(pid_of(first), signal.SIGCONT)  # which finds that the run is not its own any more
        assert served.ended(run_id)["status"] == "succeeded"
        assert (rows_in(served.folder, "shop"), rows_in(served.folder, "warehouse")) == (ROWS, ROWS)
