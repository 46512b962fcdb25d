"""Webhooks of a service that runs: from the URL that the command line prints to the run."""

from __future__ import annotations

import http.client
import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from engine.cli.main import run_command_line
from engine.service.webhooks.beginning import Inbox
from tests.engine.service.hooking import SECRET, hooking
from tests.engine.service.serving import Served, serving
from tests.engine.service.stored import list_starts

PAID = """\
ir_version: "3.1"
name: paid
goal: Keep what was paid.
data_sources:
  - type: webhook
    alias: event
    webhook_config: {validation: {method: token, secret_ref: paid_token}}
delivery_rules:
  file_delivery: {format: csv, filename_template: "paid_{{run.id}}.csv"}
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("webhooks")
    (folder / "paid.yaml").write_text(PAID)
    with serving(folder, variables={"WEIRFLOW_PAID_TOKEN": SECRET}) as found:
        yield found


@pytest.fixture
def weirflow(served: Served, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
             ) -> Callable[..., Any]:  # fmt: skip
    """A command of weirflow over the service's journal, and what it prints as JSON."""
    monkeypatch.setenv("WEIRFLOW_HOME", str(served.home))

    def printed(*arguments: str) -> Any:
        capsys.readouterr()
        assert run_command_line(["webhooks", *arguments, "--format", "json", "--url", served.url]) == 0
        return json.loads(capsys.readouterr().out)

    return printed


TOKEN = {"Authorization": f"Bearer {SECRET}"}


def test_an_event_that_is_sent_to_the_url_begins_a_run(served: Served, weirflow: Callable[..., Any]) -> None:
    path = urlsplit(weirflow("list")[0]["url"]).path
    found = served.ask("POST", path, {"id": 1}, headers=TOKEN, scope=None)
    assert found.status == 202, found.body
    run_id = found.json["run_id"]
    ended = served.ended(run_id)
    assert (ended["workflow"], ended["status"]) == ("paid", "succeeded"), ended
    assert (served.folder / f"paid_{run_id}.csv").read_text() == "id\n1\n"
    assert served.ask("POST", path, {"id": 1}, scope=None).status == 401


def test_a_url_that_was_rotated_counts_for_a_while_and_one_that_was_ended_no_more(
    served: Served, weirflow: Callable[..., Any]
) -> None:
    def statuses(*urls: str) -> list[int]:
        return [served.ask("POST", urlsplit(each).path, {}, headers=TOKEN, scope=None).status for each in urls]

    first = weirflow("list")[0]["url"]
    second = weirflow("rotate", "paid")["url"]
    assert statuses(second, first) == [202, 202]
    third = weirflow("rotate", "paid", "--keep-hours", "0")["url"]
    assert statuses(third, second, first) == [202, 404, 404]


MANY = """\
ir_version: "3.1"
name: many
goal: Count what came.
data_sources:
  - type: webhook
    alias: event
    webhook_config: {validation: {method: none}, idempotency_header: X-Id, batch_seconds: 600}
"""


def send_until_it_fails(address: str, path: str, name: str, accepted: list[str]) -> None:
    """Send events over one connection, and note the ids of those that were accepted."""
    connection = http.client.HTTPConnection(address, timeout=60)
    for number in range(100_000):
        try:
            connection.request("POST", path, b'{"n": 1}', {"X-Id": f"{name}-{number}"})
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            return
        if answer.status == 202:
            accepted.append(f"{name}-{number}")


def test_every_event_that_was_accepted_is_found_after_the_service_was_killed_under_load(tmp_path: Path) -> None:
    (tmp_path / "many.yaml").write_text(MANY)
    accepted: list[list[str]] = [[] for _ in range(8)]
    with serving(tmp_path, "--slots", "0") as served:
        path = urlsplit(json.loads(served.weirflow("webhooks", "list", "--format", "json"))[0]["url"]).path
        address = served.url.removeprefix("http://")
        senders = [threading.Thread(target=send_until_it_fails, args=(address, path, str(number), found))
                   for number, found in enumerate(accepted)]  # fmt: skip
        for each in senders:
            each.start()
        until = time.monotonic() + 90
        while sum(map(len, accepted)) < 300 and time.monotonic() < until:
            time.sleep(0.01)
        served.process.kill()
        for each in senders:
            each.join()
    ids = {each for found in accepted for each in found}
    assert len(ids) >= 300
    with sqlite3.connect(tmp_path / ".weirflow" / "journal.db") as journal:
        stored = [row[0] for row in journal.execute("select event from weirflow_inbox where run_id is null")]
    assert ids <= set(stored)
    assert len(stored) == len(set(stored))


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_processes_that_share_a_journal_take_each_event_once(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    if kind == "postgres":
        monkeypatch.setenv("WEIRFLOW_JOURNAL", request.getfixturevalue("postgres").url)
    config = {"validation": {"method": "none"}, "idempotency_header": "X-Id"}
    with hooking(tmp_path) as one, hooking(tmp_path) as other:
        path = one.put("single", config)
        batched = one.put("batched", {**config, "batch_rows": 7})
        other.endpoint._hooks.refresh()
        for number in range(21):
            for each in (one, other):
                assert each.post(path, {"n": number}, {"X-Id": str(number)}).status == 202
                assert each.post(batched, {"n": number}, {"X-Id": str(number)}).status == 202
        now = datetime.now(UTC)
        threads = [threading.Thread(target=Inbox(each.context).begin_due, args=(now,)) for each in (one, other, one)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        Inbox(one.context).begin_due(now)
        begun = [each.workflow for each in list_starts(one.context.journal)]
        assert (begun.count("single"), begun.count("batched")) == (21, 3)
        with one.context.journal.looking() as connection:
            bodies = [bytes(row[0]) for row in connection.exec_driver_sql("select body from weirflow_payloads")]
    assert sorted(json.loads(line)["n"] for body in bodies for line in body.splitlines()) == sorted([*range(21)] * 2)
