"""A service over a folder runs its schedules, also those whose time came while it was down."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from engine.journal.journal import Journal
from engine.service.store.starts import list_starts
from tests.engine.service.serving import ORDERS, Served, orders_folder, serving
from tests.engine.service.ticking import Ticking

SCHEDULE = """\
schedule: {type: cron, cron_expression: "@monthly", catchup: last, end_date: 2026-02-01}
"""


def begun(served: Served, workflow: str, *, within_s: float = 20) -> str:
    """The id of the first run of the workflow."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        with Journal() as journal:
            found = list_starts(journal, workflow=workflow)
        if found:
            return found[-1].run_id
        time.sleep(0.1)
    raise AssertionError(f"no run of {workflow} after {within_s} s")


def test_a_month_end_report_whose_time_came_while_nothing_ran_is_made_for_its_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = orders_folder(tmp_path / "folder")
    monkeypatch.setenv("WEIRFLOW_HOME", str(folder / ".weirflow"))
    (folder / "orders.yaml").write_text(
        ORDERS.replace("over_{{run.id}}", "over_{{run.date}}") + "settings: {timezone: Europe/Berlin}\n" + SCHEDULE
    )
    # Stored on the last of January: its next time was the first of February on the clock of Berlin.
    Ticking(folder, now="2026-01-31T12:00:00+00:00").put_file(folder / "orders.yaml")
    with serving(folder) as served:
        assert served.ended(begun(served, "orders"))["status"] in {"done", "succeeded"}
    assert (folder / "over_2026-02-01.csv").read_text() == "id,amount\n2,7\n"
