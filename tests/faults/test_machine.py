"""What the machine does to a run, and that it is gone on with once there is room again."""

from __future__ import annotations

import os
import resource
import signal
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from tests.faults.children import Children, children
from tests.faults.files import KINDS
from tests.faults.journal_facts import delivered, last_run
from tests.faults.kinds import Case, numbers
from tests.faults.loop import RUN

CSV = next(each for each in KINDS if each.name == "csv")
ROWS = 6000
"""Whose files take more room than the journal."""
GROWTH = 20_000_000
"""Bytes: half of what such a run takes beside what its process begins with."""


@pytest.fixture(scope="module")
def forked():
    with children() as found:
        yield found


@pytest.fixture
def case(tmp_path: Path) -> Case:
    found = Case(folder=tmp_path)
    found.env |= {"WEIRFLOW_HOME": str(tmp_path / "home")}
    CSV.prepare(found)
    (tmp_path / "sales.csv").write_text(numbers(ROWS))
    return found


@pytest.mark.parametrize("room", [40_000, 150_000], ids=["for the journal", "for the files"])
def test_what_failed_on_a_full_disk_is_delivered_once_there_is_room(forked: Children, case: Case, room: int) -> None:
    stopped = forked.run((*RUN, "--engine", "polars"), name="run", folder=case.folder, env=case.env,
                         limits={"RLIMIT_FSIZE": room})  # fmt: skip
    assert stopped.code == 1, stopped.err
    nothing_stands_and_a_resume_delivers(forked, case)


def test_a_run_that_is_killed_for_its_memory_is_gone_on_with(forked: Children, case: Case) -> None:
    """As the kernel does beyond the limit of a container; here a watcher does, which needs no rights."""
    stopped = forked.run((*RUN, "--engine", "polars"), name="run", folder=case.folder, env=case.env, begun=watched)
    assert stopped.code == -signal.SIGKILL, stopped.err
    nothing_stands_and_a_resume_delivers(forked, case)


def nothing_stands_and_a_resume_delivers(forked: Children, case: Case) -> None:
    home = case.folder / "home"
    assert not [each for each in case.out.rglob("*.csv") if not each.name.startswith(".")]
    assert delivered(home) == []
    found = last_run(home)
    arguments = RUN if found is None else ("resume", found[0])
    resumed = forked.run(arguments, name="resume", folder=case.folder, env=case.env)
    assert resumed.code == 0, resumed.err
    assert [len((case.out / each / f"{each}.csv").read_text().splitlines()) for each in ("a", "b")] == [ROWS + 1] * 2


def watched(pid: int) -> None:
    threading.Thread(target=kill_beyond, args=(pid, GROWTH), daemon=True).start()


def kill_beyond(pid: int, growth: int) -> None:
    """End the process once it holds so many bytes more than when it began."""
    first: int | None = None
    with suppress(OSError, ValueError, IndexError):  # it has ended
        while True:
            held = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()
            first = held if first is None else first
            if held > first + growth:
                os.kill(pid, signal.SIGKILL)
                return
