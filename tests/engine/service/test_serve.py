"""A service from its start to its end, over a folder of workflows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.engine.service.serving import Served, orders_folder, serving


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(orders_folder(tmp_path_factory.mktemp("service"))) as found:
        yield found


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
