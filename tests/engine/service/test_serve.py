"""A service from its start to its end, over a folder of workflows."""

from __future__ import annotations

import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.engine.service.serving import ORDERS, Served, orders_folder, serving


@pytest.fixture(scope="module")
def supervisor() -> Iterator[socket.socket]:
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(Path(folder) / "notify"))
        listening.settimeout(90)
        yield listening


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, supervisor: socket.socket) -> Iterator[Served]:
    told = {"NOTIFY_SOCKET": supervisor.getsockname()}
    with serving(orders_folder(tmp_path_factory.mktemp("service")), variables=told) as found:
        yield found


def test_systemd_is_told_when_the_service_is_there(served: Served, supervisor: socket.socket) -> None:
    assert supervisor.recv(100) == b"READY=1"
    assert served.ask("GET", "/healthz", scope=None).status == 200


def test_a_run_that_is_asked_for_delivers_its_report(served: Served) -> None:
    begun = served.ask("POST", "/api/runs", {"workflow": "orders"}, scope="run")
    assert begun.status == 202
    run_id = begun.json["run_id"]
    assert served.ended(run_id)["status"] == "succeeded"
    assert (served.folder / f"over_{run_id}.csv").read_text() == "id,amount\n2,7\n"


def test_the_same_idempotency_key_gives_the_same_run(served: Served) -> None:
    wanted = {"workflow": "orders", "idempotency_key": "month-end"}
    first, second = (served.ask("POST", "/api/runs", wanted).json["run_id"] for _ in range(2))
    assert first == second


def test_a_workflow_starts_after_the_one_that_it_waits_for(served: Served) -> None:
    text = ORDERS.replace("name: orders", "name: after").replace("over_", "after_")
    (served.folder / "after.yaml").write_text(text + "schedule: {type: event, event: {workflow_finished: orders}}\n")
    eventually(lambda: served.ask("GET", "/api/workflows/after").status == 200)
    run_id = served.ask("POST", "/api/runs", {"workflow": "orders"}).json["run_id"]
    assert served.ended(run_id)["status"] == "succeeded"
    eventually(lambda: any(served.folder.glob("after_*.csv")))


def eventually(holds: Callable[[], bool], *, within_s: float = 90) -> None:
    until = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.1)
