"""Runs whose worker dies, freezes or is cut off go on with another one, and no delivery is made twice."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import pytest

from tests.engine.service.long_orders import ROWS, long_orders_folder, rows_in_shop, wait_for_rows
from tests.engine.service.serving import Served, serving

LEASE_S = 2
TAKEN_OVER_WITHIN_S = LEASE_S + 3


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(long_orders_folder(tmp_path_factory.mktemp("service")), "--slots", "0", "--lease", "2") as found:
        yield found


def worker_of(served: Served, run_id: str) -> str:
    found: str = served.ask("GET", f"/api/runs/{run_id}").json["worker"]
    return found


def pid_of(worker: str) -> int:
    return int(worker.split("-")[-2])


def test_a_run_whose_worker_is_killed_goes_on_with_another_one(served: Served) -> None:
    with (
        serving(served.folder, "--lease", "2", command="worker", home=served.home),
        serving(served.folder, "--lease", "2", command="worker", home=served.home),
    ):
        run_id = served.ask("POST", "/api/runs", {"workflow": "sold"}).json["run_id"]
        wait_for_rows(served.folder)
        first = worker_of(served, run_id)
        os.kill(pid_of(first), signal.SIGKILL)
        killed_at = time.monotonic()
        while worker_of(served, run_id) in {first, None}:
            assert time.monotonic() - killed_at < TAKEN_OVER_WITHIN_S
            time.sleep(0.05)
        assert served.ended(run_id)["status"] in {"done", "succeeded"}
        assert rows_in_shop(served.folder) == ROWS
        assert (served.folder / "book.xlsx").exists()
