"""Dead letters that are replayed under a service, also where the process of the replay is gone in the middle."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from sqlalchemy import select

from engine.journal.tables import runs
from tests.engine.service.carrying import Carrying, carrying

WORKFLOW = """\
data_sources:
  - type: file
    alias: orders
    location: orders.csv
    config: {schema: {id: string, amount: "decimal(10,2)"}, max_bad: 10}
  - {type: file, alias: regions, location: regions.csv}
validation_rules:
  - {field: region, type: enum, values: [north, south], action: quarantine}
transforms:
  - {type: enrich, config: {source: regions, "on": {region: name}, columns: [tax]}}
delivery_rules:
  file_delivery: {id: rows, format: csv, filename_template: rows.csv}
"""


@pytest.fixture(scope="module")
def carried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Carrying]:
    folder = tmp_path_factory.mktemp("replays") / "shop"
    folder.mkdir()
    (folder / "orders.csv").write_text("id,region,amount\n1,north,1.50\n2,south,much\n3,nowhere,3.00\n")
    (folder / "regions.csv").write_text("name,tax\nnorth,1\nsouth,2\n")
    with carrying(folder) as found:
        yield found


def replays(carried: Carrying) -> list[tuple[str, str, int]]:
    with carried.journal.looking() as connection:
        asked = select(runs.c.run_id, runs.c.status, runs.c.attempts).where(runs.c.kind == "replay")
        return [(row.run_id, row.status, row.attempts) for row in connection.execute(asked.order_by(runs.c.run_id))]


def test_a_replay_is_a_run_for_each_step_that_rejected_and_goes_on_with_those_that_had_begun(carried: Carrying) -> None:
    document: dict[str, Any] = yaml.safe_load(WORKFLOW)
    parent = carried.asked(document)
    outcome = carried.carry_out(parent)
    assert outcome.status == "done", outcome
    wanted = {"replay": {"run_id": parent.run_id, "only": None, "again": False}}
    start = carried.asked(document, run_id="20260101T000001-aa", cause="replay", options=wanted)
    outcome = carried.carry_out(start)
    assert outcome.status == "done", outcome
    first, second = "20260101T000001-aa", "20260101T000001-aa-2"
    assert replays(carried) == [(first, "incomplete", 1), (second, "incomplete", 1)]
    files = sorted(path.name for path in carried.folder.glob("rows*"))

    with carried.journal.writing() as connection:
        connection.execute(runs.update().where(runs.c.run_id == second).values(status="running"))
    again = carried.asked(document, run_id=start.run_id)
    assert (again.attempt, carried.carry_out(again).status) == (2, "done")
    assert replays(carried) == [(first, "incomplete", 1), (second, "incomplete", 2)]
    assert sorted(path.name for path in carried.folder.glob("rows*")) == files


def test_a_replay_of_a_run_without_dead_letters_says_so(carried: Carrying) -> None:
    document: dict[str, Any] = {"data_sources": [{"type": "file", "location": "regions.csv"}],
                                "delivery_rules": {"file_delivery": {"format": "csv"}}}  # fmt: skip
    parent = carried.asked(document)
    outcome = carried.carry_out(parent)
    assert outcome.status == "done", outcome
    start = carried.asked(document, cause="replay", options={"replay": {"run_id": parent.run_id}})
    outcome = carried.carry_out(start)
    assert (outcome.status, outcome.code) == ("failed", "IR721")
    assert carried.log(start)[0][0] == "failure"
