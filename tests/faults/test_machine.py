"""What the machine does to a run, and that it is gone on with once there is room again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.children import Children, children
from tests.faults.files import KINDS
from tests.faults.journal_facts import delivered, last_run
from tests.faults.kinds import Case
from tests.faults.loop import RUN

CSV = next(each for each in KINDS if each.name == "csv")


@pytest.fixture(scope="module")
def forked():
    with children() as found:
        yield found


@pytest.mark.parametrize(
    ("limits", "code"),
    [({"RLIMIT_FSIZE": 20_000}, 1), ({"RLIMIT_AS": 60_000_000}, None)],
    ids=["a disk that is full", "memory that is short"],
)
def test_what_failed_for_want_of_room_is_delivered_once_there_is_some(
    forked: Children, tmp_path: Path, limits: dict[str, int], code: int | None
) -> None:
    case = Case(folder=tmp_path)
    case.env |= {"WEIRFLOW_HOME": str(tmp_path / "home")}
    CSV.prepare(case)
    stopped = forked.run((*RUN, "--engine", "polars"), name="run", folder=tmp_path, env=case.env, limits=limits)
    assert stopped.code != 0
    assert code is None or stopped.code == code, stopped.err
    assert not [each for each in case.out.rglob("*.csv") if not each.name.startswith(".")]
    assert delivered(tmp_path / "home") == []
    found = last_run(tmp_path / "home")
    arguments = RUN if found is None else ("resume", found[0])
    resumed = forked.run(arguments, name="resume", folder=tmp_path, env=case.env)
    assert resumed.code == 0, resumed.err
    assert [len((case.out / each / f"{each}.csv").read_text().splitlines()) for each in ("a", "b")] == [1501, 1501]
