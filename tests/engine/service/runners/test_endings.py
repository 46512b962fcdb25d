"""Runs that are cancelled, take too much, or whose process breaks: how they end, and that the others go on."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
import yaml

from engine.service.runners import pool, watchdog
from engine.service.runners.pool import Interrupted
from tests.engine.service.carrying import Carrying, carrying
from tests.engine.service.long_orders import WORKFLOW, long_orders_folder, rows_in, warehouse_closed

SMALL = {
    "data_sources": [{"type": "file", "alias": "a", "location": "sold.csv"}],
    "delivery_rules": {"file_delivery": {"format": "csv", "filename_template": "small_{{run.id}}.csv"}},
}
SOLD: dict[str, Any] = yaml.safe_load(WORKFLOW)


@pytest.fixture(scope="module")
def carried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Carrying]:
    with carrying(long_orders_folder(tmp_path_factory.mktemp("runs") / "shop")) as found:
        yield found


def test_a_run_whose_delivery_failed_tells_the_code_the_hint_and_the_place_of_that(carried: Carrying) -> None:
    (carried.folder / "nameless.csv").write_text("id,name\n1,Ada\n2,\n")
    with closing(sqlite3.connect(carried.folder / "names.db")) as database:
        database.execute("create table names (id integer, name text not null)")
    delivery = {"id": "db", "plugin_key": "sqlite", "path": "names.db", "table": "names", "operation": "insert"}
    outcome = carried.carry_out(carried.asked({
        "data_sources": [{"type": "file", "alias": "a", "location": "nameless.csv"}],
        "delivery_rules": {"database_delivery": delivery},
    }))  # fmt: skip
    assert (outcome.status, outcome.code, outcome.hint) == (
        "failed",
        "IR636",
        "fill the column before, or drop such rows",
    )
    assert outcome.error == "db: the not null constraint on name of names is broken; nothing is written"
    assert json.loads(outcome.problem or "") == {"code": "IR636", "hint": outcome.hint, "place": outcome.place}
    assert (outcome.place or "").startswith("w.json:1:")


def test_a_run_delivers_and_its_log_stands_when_it_is_over(carried: Carrying) -> None:
    start = carried.asked(SMALL)
    outcome = carried.carry_out(start)
    assert outcome.status == "done", outcome
    assert (carried.folder / f"small_{start.run_id}.csv").read_text() == "id,name\n0,name 0\n1,name 1\n2,name 2\n"
    kinds = [kind for kind, _, _ in carried.log(start)]
    assert (kinds[0], kinds[-1], kinds.count("delivery_finished")) == ("run_started", "run_finished", 1)


def test_the_next_run_takes_the_same_process(carried: Carrying) -> None:
    first, second = carried.asked(SMALL), carried.asked(SMALL)
    assert carried.carry_out(first).status == carried.carry_out(second).status == "done"
    records = [carried.record(each) for each in (first, second)]
    assert len({each.pid for each in records if each is not None}) == 1


def test_a_process_that_crashes_fails_its_run_and_no_other_and_the_run_can_be_resumed(carried: Carrying) -> None:
    start = carried.asked(SOLD)
    before = rows_in(carried.folder, "shop"), rows_in(carried.folder, "warehouse")
    with warehouse_closed(carried.folder):
        running = carried.begin(start)
        carried.wait_for(start, "step_started")
        assert carried.carry_out(carried.asked(SMALL)).status == "done"
        os.kill(carried.pid(start), signal.SIGSEGV)
        outcome = running.result(90)
    why = "the run was stopped: its process was ended by SIGSEGV"
    assert (outcome.status, outcome.error, outcome.code) == ("failed", why, "IR714")
    record = carried.record(start)
    assert record is not None
    assert (record.status, record.error) == ("failed", why)
    assert [(kind, text) for kind, _, text in carried.log(start)][-2:] == [
        ("failure", f"{why} [IR714]"), ("run_finished", "w: failed")]  # fmt: skip
    again = carried.asked(SOLD, run_id=start.run_id)
    assert (again.attempt, carried.carry_out(again).status) == (2, "done")
    assert (rows_in(carried.folder, "shop"), rows_in(carried.folder, "warehouse")) == (before[0] + 3, before[1] + 3)


def test_a_run_that_is_cancelled_stops_and_says_why(carried: Carrying, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "GRACE_S", 0.3)  # SQLite waits for its lock meanwhile, and is killed
    start = carried.asked(SOLD)
    with warehouse_closed(carried.folder):
        running = carried.begin(start)
        carried.wait_for(start, "step_started")
        assert carried.pool.cancel(start.run_id, "somebody cancelled it")
        outcome = running.result(90)
    assert (outcome.status, outcome.error) == ("cancelled", "somebody cancelled it")
    record = carried.record(start)
    assert record is not None
    assert record.status == "cancelled"


def test_a_run_that_is_given_up_is_left_as_it_stands(carried: Carrying) -> None:
    start = carried.asked(SOLD)
    with warehouse_closed(carried.folder):
        running = carried.begin(start)
        carried.wait_for(start, "step_started")
        assert carried.pool.give_up(start.run_id)
        with pytest.raises(Interrupted):
            running.result(90)
    record = carried.record(start)
    assert record is not None
    assert record.status == "running"
    assert not carried.pool.cancel(start.run_id, "too late")


def test_a_run_that_takes_too_much_memory_or_time_is_ended(carried: Carrying, monkeypatch: pytest.MonkeyPatch) -> None:
    dog = carried.pool.watchdog
    with warehouse_closed(carried.folder):
        monkeypatch.setattr(watchdog, "GRACE_S", 0.2)
        monkeypatch.setattr(dog, "settings", replace(dog.settings, max_seconds=0.3))
        late = carried.asked(SOLD)
        outcome = carried.carry_out(late)
        assert (outcome.status, outcome.code) == ("failed", "IR713")
        assert outcome.error == "the run took longer than the 0.3 s that it may"
        monkeypatch.setattr(dog, "settings", replace(dog.settings, max_seconds=None, max_memory_bytes=10 * 1024**3))
        monkeypatch.setattr(watchdog, "held_bytes", lambda pid: 11 * 1024**3)
        large = carried.asked(SOLD)
        outcome = carried.carry_out(large)
        assert outcome.error == "the run took 11,264 MiB of memory, and may take 10,240 MiB"
    assert [
        each.status for each in map(carried.record, (late, large)) if each is not None and each.status != "failed"
    ] == []
    assert ("failure", "", f"{outcome.error} [IR713]") in carried.log(large)


HOLDING = """
import subprocess, sys
held = bytearray(b"x") * (32 * 1024**2)
if len(sys.argv) > 1:
    subprocess.run([sys.executable, "-c", sys.argv[1]])
else:
    print("both hold it", flush=True)
    sys.stdin.read()
"""


def test_the_memory_of_a_run_is_that_of_its_process_and_of_what_that_has_started() -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDING, HOLDING], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as process:  # fmt: skip
        assert process.stdout is not None
        process.stdout.readline()
        assert 64 <= watchdog.held_bytes(process.pid) / 1024**2 < 128
        process.communicate()
    assert watchdog.held_bytes(process.pid) == 0
