"""Plans are compiled in processes of runs: what a document or its files do there ends none but that process."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.service.compiling.apart import CompilingApart
from engine.service.compiling.here import compiled
from engine.service.compiling.task import Task
from engine.service.planning import WAITING, Planner, TooManyAtOnce
from engine.service.runners import watchdog
from engine.service.settings import ServiceSettings
from tests.engine.service.carrying import Carrying, carrying
from tests.engine.service.serving import serving


def document(location: str) -> dict[str, Any]:
    return {
        "ir_version": "3.1", "goal": "Try.", "data_sources": [{"type": "file", "alias": "a", "location": location}],
        "transforms": [{"type": "filter", "config": {"where": "x > 1"}}],
        "delivery_rules": {"file_delivery": {"format": "csv"}},
    }  # fmt: skip


@pytest.fixture(scope="module")
def carried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Carrying]:
    with carrying(tmp_path_factory.mktemp("plans") / "shop") as found:
        (found.folder / "own.csv").write_text("x\n1\n2\n")
        os.mkfifo(found.folder / "late.csv")  # whoever opens it waits for somebody who writes
        yield found


@pytest.fixture
def apart(carried: Carrying) -> CompilingApart:
    return CompilingApart(ServiceSettings(folder=carried.folder), carried.pool.processes)


def task(carried: Carrying, location: str, *, kind: Any = "plan") -> Task:
    return Task(kind=kind, text=json.dumps(document(location)), file="w.json", syntax="json", base=str(carried.folder),
                inputs=None, workflow="w")  # fmt: skip


def test_a_plan_comes_out_of_the_process_as_it_was_compiled(carried: Carrying, apart: CompilingApart) -> None:
    asked = task(carried, "own.csv")
    found = apart(asked)
    assert found == compiled(asked, apart.settings)
    assert found.plan is not None
    assert found.picture is not None
    assert [each.type for each in found.picture.steps] == ["source", "relation", "delivery"]


def test_what_is_wrong_comes_out_with_its_place(carried: Carrying, apart: CompilingApart) -> None:
    asked = replace(task(carried, "own.csv", kind="validate"), text='{"ir_version": "3.1", "gaol": 1}')
    found = apart(asked)
    assert found == compiled(asked, apart.settings)
    named = [each.place for each in found.diagnostics if "gaol" in each.message]
    assert [each.column for each in named if each is not None] == [23]


def test_what_takes_too_long_too_much_or_ends_its_process_is_told_as_such(
    carried: Carrying, apart: CompilingApart, monkeypatch: pytest.MonkeyPatch
) -> None:
    dog = apart.watchdog
    late = task(carried, "late.csv")
    monkeypatch.setattr(dog, "settings", replace(dog.settings, max_seconds=0.2))
    assert told(apart, late) == [("IR713", "compiling took longer than the 0.2 s that it may")]
    monkeypatch.setattr(dog, "settings", replace(dog.settings, max_seconds=None, max_memory_bytes=1024**3))
    monkeypatch.setattr(watchdog, "held_bytes", lambda pid: 2 * 1024**3)
    assert told(apart, late) == [("IR713", "compiling took 2,048 MiB of memory, and may take 1,024 MiB")]
    monkeypatch.undo()
    killing = threading.Thread(target=kill_it, args=(apart,))
    killing.start()
    assert told(apart, late) == [("IR714", "compiling was stopped: its process was ended by SIGKILL")]
    killing.join()
    assert told(apart, task(carried, "own.csv")) == []


def told(apart: CompilingApart, asked: Task) -> list[tuple[str, str]]:
    return [(each.code, each.message) for each in apart(asked).diagnostics]


def kill_it(apart: CompilingApart) -> None:
    until = time.monotonic() + 90
    while time.monotonic() < until:
        for each in apart.watchdog.every():
            if each.has_begun:
                os.kill(each.runner.pid, signal.SIGKILL)
                return
        time.sleep(0.01)


def test_who_comes_when_many_wait_is_sent_away_at_once(carried: Carrying) -> None:
    planner = Planner(journal=carried.journal, compiles=lambda task: compiled(task, ServiceSettings(folder=Path())))
    planner._waiting = WAITING
    with pytest.raises(TooManyAtOnce):
        planner.validate("{}", file="w.json", syntax="json", base=carried.folder, inputs={})


def test_a_document_whose_file_never_comes_is_refused_and_the_service_goes_on(tmp_path: Path) -> None:
    folder, home = tmp_path / "flows", tmp_path / "home"
    base = folder / "_workflows" / "late"
    base.mkdir(parents=True)
    home.mkdir()
    (home / "config.toml").write_text("[service]\nmax_seconds = 1\n")
    os.mkfifo(base / "late.csv")
    with serving(folder, "--slots", "0", home=home) as served:
        answer = served.ask("PUT", "/api/workflows/late", document("late.csv"),
                            headers={"Content-Type": "application/json"})  # fmt: skip
        assert answer.status == 422, answer.body
        assert [each["message"] for each in answer.json["error"]["diagnostics"]] == [
            "compiling took longer than the 1 s that it may"
        ]
        assert served.ask("GET", "/api/workflows/late").status == 404
