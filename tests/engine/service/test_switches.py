"""Workflows that are switched off and on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.cli.main import run_command_line
from engine.service.folder import WorkflowFolder
from engine.service.store.starts import find_start
from engine.service.store.switches import switch
from tests.engine.service.hooking import hooking
from tests.engine.service.in_process import Office, office
from tests.engine.service.serving import ORDERS, orders_folder
from tests.engine.service.ticking import Ticking


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    with office(orders_folder(tmp_path), monkeypatch) as found:
        yield found


@pytest.fixture
def ticking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ticking]:
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path / "home"))
    found = Ticking(tmp_path, now="2026-01-01T12:00:00+00:00")
    yield found
    found.journal.close()


def test_a_workflow_that_is_off_is_started_by_nobody_and_its_runs_go_on(served: Office) -> None:
    begun = served.ask("POST", "/api/runs", json={"workflow": "orders", "idempotency_key": "k"}).json()
    told = served.ask("POST", "/api/workflows/orders/off", scope="edit").json()
    assert (told["enabled"], told["off_by"]) == (False, "test-edit")
    refused = served.ask("POST", "/api/runs", json={"workflow": "orders"})
    assert (refused.status_code, refused.json()["error"]["message"]) == (
        409, '"orders" is switched off: nothing begins a run of it',
    )  # fmt: skip
    again = served.ask("POST", "/api/runs", json={"workflow": "orders", "idempotency_key": "k"})
    assert (again.status_code, again.json()["run_id"]) == (202, begun["run_id"])
    served.ask("POST", f"/api/runs/{begun['run_id']}/cancel")
    assert served.ask("POST", f"/api/runs/{begun['run_id']}/resume").status_code == 202
    [row] = served.ask("GET", "/api/workflows").json()["workflows"]
    assert (row["enabled"], row["off_since"]) == (False, told["off_since"])
    assert served.ask("POST", "/api/workflows/orders/on", scope="edit").json()["off_since"] is None
    assert served.ask("POST", "/api/runs", json={"workflow": "orders"}).status_code == 202


def test_who_may_only_start_runs_switches_nothing_and_a_name_that_nobody_has_is_none(served: Office) -> None:
    assert served.ask("POST", "/api/workflows/orders/off", scope="run").status_code == 403
    assert served.ask("POST", "/api/workflows/none/off").status_code == 404


def with_dead_letters(served: Office) -> str:
    """A run that is over and rejected three rows."""
    from engine.journal.records import LetterRecord, RunRecord, instant
    from engine.journal.runs import begin_run, end_run
    from engine.journal.steps import note_pass
    from engine.service.store.starts import end_start

    run_id = served.ask("POST", "/api/runs", json={"workflow": "orders"}).json()["run_id"]
    journal = served.context.journal
    start = find_start(journal, run_id)
    assert start is not None
    begin_run(journal, RunRecord(
        run_id=run_id, workflow="orders", document="", document_sha256="", file="", base="", out="", folder="",
        engine="polars", inputs="{}", now=instant(), options="{}", host="", pid=1,
    ))  # fmt: skip
    note_pass(journal, run_id, [], [LetterRecord(run_id=run_id, step="orders", rule="", rows=3, path="")], receipt="{}")
    end_run(journal, run_id, "incomplete")
    assert end_start(journal, start, "done")
    return str(run_id)


def test_rows_of_a_workflow_that_is_off_are_not_replayed(served: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id, journal = with_dead_letters(served), served.context.journal
    switch(journal, "orders", is_on=False, by="me")
    assert served.ask("POST", f"/api/runs/{run_id}/replay").status_code == 409
    switch(journal, "orders", is_on=True, by="me")
    assert served.ask("POST", f"/api/runs/{run_id}/replay").status_code == 202


def test_one_replay_of_a_run_is_under_way_at_a_time(served: Office) -> None:
    path = f"/api/runs/{with_dead_letters(served)}/replay"
    begun = served.ask("POST", path, json={"idempotency_key": "once"})
    assert begun.status_code == 202
    assert served.ask("POST", path, json={"idempotency_key": "once"}).json()["run_id"] == begun.json()["run_id"]
    for body in ({}, {"again": True}, {"only": "amount"}, {"idempotency_key": "twice"}):
        assert served.ask("POST", path, json=body).status_code == 409
    assert served.ask("POST", f"/api/runs/{begun.json()['run_id']}/cancel").status_code == 202
    assert served.ask("POST", path).status_code == 202


def test_it_stays_off_when_its_file_changes_or_goes_and_comes_back(served: Office) -> None:
    served.ask("POST", "/api/workflows/orders/off")
    file, folder = served.context.settings.folder / "orders.yaml", WorkflowFolder(served.context)
    file.write_text(ORDERS.replace("over five", "over 5"))
    folder.look()
    now = served.ask("GET", "/api/workflows/orders").json()
    assert (now["goal"], now["enabled"]) == ("Orders over 5.", False)
    file.unlink()
    folder.look()
    assert served.ask("GET", "/api/workflows/orders").status_code == 404
    file.write_text(ORDERS)
    WorkflowFolder(served.context).look()
    assert served.ask("GET", "/api/workflows/orders").json()["enabled"] is False


def test_a_workflow_that_is_removed_by_the_api_is_forgotten_with_its_switch(served: Office) -> None:
    text = ORDERS.replace("name: orders", "name: big")
    served.ask("PUT", "/api/workflows/big", content=text)
    served.ask("POST", "/api/workflows/big/off")
    assert served.ask("PUT", "/api/workflows/big", content=text + "# more\n").json()["workflow"]["enabled"] is False
    served.ask("DELETE", "/api/workflows/big")
    assert served.ask("PUT", "/api/workflows/big", content=text).json()["workflow"]["enabled"] is True


def test_times_and_events_pass_while_it_is_off_and_are_not_made_up_for(ticking: Ticking) -> None:
    ticking.put("timed", {"type": "interval", "interval_minutes": 60, "catchup": "all"})
    ticking.put("first", None)
    ticking.put("heard", {"type": "event", "event": {"workflow_finished": "first"}})
    for name in ("timed", "heard"):
        switch(ticking.journal, name, is_on=False, by="me")
    ticking.end(ticking.ask("first"))
    assert ticking.later(hours=5) == []
    for name in ("timed", "heard"):
        switch(ticking.journal, name, is_on=True, by="me")
    assert ticking.later(seconds=1) == []
    ticking.end(ticking.ask("first"))
    assert [each.workflow for each in ticking.later(hours=1)] == ["heard", "timed"]


def test_files_that_come_while_it_is_off_begin_a_run_once_it_is_on(ticking: Ticking) -> None:
    (ticking.folder / "in").mkdir()
    ticking.put("files", {"type": "event", "event": {"file_arrived": "in/*.csv"}})
    assert ticking.looked(seconds=10) == []
    switch(ticking.journal, "files", is_on=False, by="me")
    (ticking.folder / "in" / "a.csv").write_text("a\n1\n")
    assert ticking.looked(seconds=30) == []
    switch(ticking.journal, "files", is_on=True, by="me")
    assert [each.workflow for each in (*ticking.looked(seconds=30), *ticking.looked(seconds=30))] == ["files"]


def test_a_webhook_answers_404_while_its_workflow_is_off_and_what_was_accepted_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import UTC, datetime

    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path / "home"))
    with hooking(tmp_path) as hooked:
        path = hooked.put("orders", {"validation": {"method": "none"}})
        assert hooked.post(path).status == 202
        switch(hooked.context.journal, "orders", is_on=False, by="me")
        hooked.endpoint._hooks.refresh()
        assert hooked.post(path).status == 404
        assert hooked.inbox.begin_due(datetime.now(UTC)) == []
        switch(hooked.context.journal, "orders", is_on=True, by="me")
        hooked.endpoint._hooks.refresh()
        assert hooked.post(path).status == 202
        assert len(hooked.inbox.begin_due(datetime.now(UTC))) == 2


def test_the_command_line_switches_and_lists(served: Office, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["workflows", "off", "orders"]) == 0
    assert run_command_line(["workflows", "list"]) == 0
    assert "orders  (off since 20" in (told := capsys.readouterr().out)
    assert "Z, by the command line)  Orders over five." in told
    assert run_command_line(["workflows", "on", "orders"]) == 0
    assert served.ask("GET", "/api/workflows/orders").json()["enabled"] is True
    assert run_command_line(["workflows", "off", "none"]) == 2
