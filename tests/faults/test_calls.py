"""Runs that end in the middle of calls: what a service was asked stands once, and a resume goes on behind it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.answers import Answers
from tests.faults.calls import ROWS, Calls, Desk
from tests.faults.children import Children, children
from tests.faults.journal_facts import asked, is_uncertain, last_run
from tests.faults.kinds import Case
from tests.faults.loop import RUN, Loop
from tests.faults.wires import KillingWire, killing_wire
from tests.servers.model import ModelServer


@pytest.fixture(scope="module")
def forked() -> Iterator[Children]:
    with children() as found:
        yield found


@pytest.fixture
def desk() -> Iterator[Desk]:
    with Desk().running() as service:
        yield service


@pytest.fixture
def wire(desk: Desk) -> Iterator[KillingWire]:
    with killing_wire("127.0.0.1", desk.url.rpartition(":")[2]) as found:
        yield found


@pytest.fixture
def kind(desk: Desk, wire: KillingWire) -> Calls:
    return Calls(name="calls of a service", desk=desk, wire=wire)


@pytest.fixture
def case(kind: Calls, tmp_path: Path) -> Case:
    found = Case(folder=tmp_path, place="here")
    found.env |= {"WEIRFLOW_HOME": str(tmp_path / "home")}
    kind.prepare(found)
    return found


def all_is_there_once(kind: Calls, case: Case) -> None:
    wrong = [f"{name}: {fact.said}" for name, fact in kind.facts(case).items() if not fact.is_right or fact.is_doubled]
    assert wrong == []


@pytest.mark.parametrize("number", [23, 12], ids=["at a commit", "at a request"])
def test_a_run_that_is_killed_in_the_middle_of_calls_makes_none_of_them_twice(
    forked: Children, kind: Calls, tmp_path: Path, number: int
) -> None:
    loop = Loop(seed=6, folder=tmp_path, children=forked, engines=("polars",))
    outcome = loop.kill(kind, number)
    assert list(outcome.broken) == []
    assert outcome.kills, f"nothing was killed at {outcome.moments}"


def test_a_run_that_is_killed_as_it_asks_a_model_delivers_every_answer(forked: Children, tmp_path: Path) -> None:
    with ModelServer().running() as model, killing_wire("127.0.0.1", model.url.rpartition(":")[2]) as wire:
        asking = Answers(name="answers of a model", model=model, wire=wire)
        outcome = Loop(seed=7, folder=tmp_path, children=forked, engines=("polars",)).kill(asking, 6)
    assert list(outcome.broken) == []
    assert outcome.kills, f"nothing was killed at {outcome.moments}"


def test_a_run_that_is_interrupted_finishes_the_call_it_has_begun(
    forked: Children, kind: Calls, case: Case, desk: Desk
) -> None:
    running: list[int] = []
    desk.fail("POST", "/here/orders", skip=4, action=lambda: os.kill(running[0], signal.SIGINT))
    stopped = forked.run((*RUN, "--engine", "polars"), name="run", folder=case.folder, env=case.env,
                         begun=running.append)  # fmt: skip
    assert stopped.code == 130, stopped.err
    ordered = sorted(number for _, number in desk.orders)
    assert ordered == list(range(1, len(ordered) + 1))
    assert 5 <= len(ordered) < ROWS
    assert not desk.marks
    known = asked(case.folder / "home", "select item, status from weirflow_items where delivery = 'orders'")
    assert sorted(known) == [(each, "sent") for each in range(len(ordered))]
    going_on(forked, case)
    all_is_there_once(kind, case)


@pytest.mark.parametrize("room", [40_000, 120_000], ids=["at its beginning", "in the middle"])
def test_a_disk_that_is_full_in_the_middle_of_calls_makes_none_of_them_twice(
    forked: Children, kind: Calls, case: Case, desk: Desk, room: int
) -> None:
    stopped = forked.run((*RUN, "--engine", "polars"), name="run", folder=case.folder, env=case.env,
                         limits={"RLIMIT_FSIZE": room})  # fmt: skip
    assert stopped.code == 1, stopped.err
    assert "Traceback" not in stopped.err
    assert not (case.out / "list.csv").exists()
    going_on(forked, case)
    all_is_there_once(kind, case)


def going_on(forked: Children, case: Case) -> None:
    run = last_run(case.folder / "home")
    arguments = RUN if run is None else ("resume", run[0])
    resumed = forked.run(arguments, name="resume", folder=case.folder, env=case.env)
    # a call whose answer found no room to be written down may or may not have taken effect, and is not made again
    assert resumed.code == (3 if is_uncertain(case.folder / "home") else 0), resumed.err
