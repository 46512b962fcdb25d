"""A share of the fault suite that is run with every change; `make faults` runs all of it."""

from __future__ import annotations

import pytest

from tests.faults.children import Children, children
from tests.faults.files import KINDS
from tests.faults.kinds import Kind
from tests.faults.loop import Loop
from tests.faults.mails import Mails
from tests.faults.tables import Tables
from tests.faults.wires import killing_wire
from tests.servers.running import Database
from tests.servers.smtp import MailServer

SEED = 6
FILES = {each.name: each for each in KINDS}
SHARE: list[tuple[Kind, int]] = [
    (FILES["csv"], 1), (FILES["reading: a first pass"], 23), (FILES["split files"], 8),
    (Tables(name="a table of SQLite", plugin="sqlite"), 1),
]  # fmt: skip
"""Kinds of runs, and the number that draws when each is killed: at commits and effects, which never depend on time."""


@pytest.fixture(scope="module")
def forked():
    with children() as found:
        yield found


@pytest.fixture(scope="module")
def loop(forked: Children, tmp_path_factory: pytest.TempPathFactory) -> Loop:
    return Loop(seed=SEED, folder=tmp_path_factory.mktemp("faults"), children=forked, engines=("polars",))


@pytest.mark.parametrize(("kind", "number"), SHARE, ids=[f"{kind.name} {number}" for kind, number in SHARE])
def test_a_run_that_is_killed_is_gone_on_with_and_nothing_is_half_there_or_twice(
    loop: Loop, kind: Kind, number: int
) -> None:
    survives(loop, kind, number)


def test_a_run_that_is_killed_as_it_writes_to_postgresql_leaves_each_row_once(loop: Loop, postgres: Database) -> None:
    with killing_wire(postgres.host, postgres.port) as wire:
        survives(loop, Tables(name="a table of PostgreSQL", plugin="postgres", database=postgres, wire=wire), 1)


def test_a_run_that_is_killed_as_it_sends_mails_sends_none_twice(loop: Loop) -> None:
    with MailServer().running() as server, killing_wire("127.0.0.1", server.port) as wire:
        survives(loop, Mails(name="mails", server=server, wire=wire), 2)


def survives(loop: Loop, kind: Kind, number: int) -> None:
    outcome = loop.kill(kind, number)
    assert list(outcome.broken) == []
    assert outcome.kills, f"nothing was killed at {outcome.moments}"
