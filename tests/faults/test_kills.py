"""A share of the fault suite that is run with every change; `make faults` runs all of it."""

from __future__ import annotations

import pytest

from tests.faults.children import Children, children
from tests.faults.files import KINDS
from tests.faults.kinds import Kind
from tests.faults.loop import Loop
from tests.faults.tables import Tables

SEED = 6
FILES = {each.name: each for each in KINDS}
SHARE: list[tuple[Kind, int]] = [
    (FILES["csv"], 2), (FILES["csv"], 4), (FILES["parquet"], 5), (FILES["xlsx"], 7), (FILES["split files"], 8),
    (Tables(name="a table of SQLite", plugin="sqlite"), 10), (Tables(name="a table of SQLite", plugin="sqlite"), 13),
]  # fmt: skip
"""Kinds of runs, and the number that draws when each is killed."""


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
    assert list(loop.kill(kind, number).broken) == []
