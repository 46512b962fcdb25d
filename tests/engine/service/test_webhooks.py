"""Webhooks of a service that runs: from the URL that the command line prints to the run."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.engine.service.hooking import SECRET
from tests.engine.service.serving import Served, serving

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


def path_of(served: Served) -> str:
    [found] = json.loads(served.weirflow("webhooks", "list", "--format", "json"))
    return str(found["url"]).removeprefix("http://127.0.0.1:8321")


def test_an_event_that_is_sent_to_the_url_begins_a_run(served: Served) -> None:
    path = path_of(served)
    token = {"Authorization": f"Bearer {SECRET}"}
    found = served.ask("POST", path, {"id": 1}, headers=token, scope=None)
    assert found.status == 202, found.body
    run_id = found.json["run_id"]
    ended = served.ended(run_id)
    assert (ended["workflow"], ended["status"]) == ("paid", "succeeded"), ended
    assert (served.folder / f"paid_{run_id}.csv").read_text() == "id\n1\n"
    assert served.ask("POST", path, {"id": 1}, scope=None).status == 401


def test_a_url_that_was_rotated_counts_for_a_while_and_one_that_was_ended_no_more(served: Served) -> None:
    token = {"Authorization": f"Bearer {SECRET}"}
    first = path_of(served)
    served.weirflow("webhooks", "rotate", "paid")
    second = path_of(served)
    assert [served.ask("POST", each, {}, headers=token, scope=None).status for each in (second, first)] == [202, 202]
    served.weirflow("webhooks", "rotate", "paid", "--keep-hours", "0")
    third = path_of(served)
    statuses = [served.ask("POST", each, {}, headers=token, scope=None).status for each in (third, second, first)]
    assert statuses == [202, 404, 404]
