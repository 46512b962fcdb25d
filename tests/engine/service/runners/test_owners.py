"""Whose runs a process carries out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from engine.journal.journal import Journal
from engine.service.runners import processes
from engine.service.runners.process import Owner
from engine.service.runners.processes import Processes
from engine.service.settings import ServiceSettings


class Quiet:
    """A process that does nothing."""

    pid, runs, is_alive, is_up_to_date = 0, 1, True, True

    def __init__(self, owner: Owner | None) -> None:
        self.owner = owner

    def kill(self) -> int:
        self.is_alive = False
        return 0


@contextmanager
def kept(folder: Path, monkeypatch: pytest.MonkeyPatch, **settings: Any) -> Iterator[Processes]:
    monkeypatch.setenv("WEIRFLOW_HOME", str(folder / "home"))
    monkeypatch.setattr(Processes, "_started", lambda self, owner=None: Quiet(owner))
    monkeypatch.setattr(processes, "held_bytes", lambda pid: 0)
    with Journal() as journal:
        found = Processes(ServiceSettings(folder=folder, slots=1, **settings), journal)
        yield found
        found.close()


def test_a_process_of_a_workflow_carries_out_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with kept(tmp_path, monkeypatch, own_processes=True) as found:
        taken = []
        for name in ("a", "b", "a", "a/below"):
            workflow, _, below = name.partition("/")
            taken.append(found.take(workflow, base=tmp_path / below))
            found.put_back(taken[-1], is_good=True)
        assert taken[0] is taken[2]
        assert [each.owner and each.owner.workflow for each in taken] == ["a", "b", "a", "a"]
        assert len({id(each) for each in taken}) == 3
        found.put_back(found.take("c", base=tmp_path), is_good=True)
        assert [each.is_alive for each in taken] == [True, False, True, True]  # of four the one longest idle has gone


def test_all_workflows_share_processes_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with kept(tmp_path, monkeypatch) as found:
        first = found.take("a", base=tmp_path)
        found.put_back(first, is_good=True)
        assert found.take("b", base=tmp_path) is first
