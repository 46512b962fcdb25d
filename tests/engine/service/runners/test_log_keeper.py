"""The thread that writes the logs of all runs goes on, whatever is the matter with the lines of one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from engine.journal.journal import Journal
from engine.service.runners import log_keeper
from engine.service.runners.log_keeper import LogKeeper
from engine.service.store.logs import LogLine


def test_lines_that_cannot_be_written_keep_those_of_no_other_run_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    written: list[str] = []

    def add(journal: Journal, lines: Sequence[LogLine]) -> None:
        if any(each.run_id == "r1" for each in lines):
            raise OverflowError("too large")
        written.extend(each.text for each in lines)

    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path))
    monkeypatch.setattr(log_keeper, "add_lines", add)
    with Journal() as journal:
        keeper = LogKeeper(journal)
        for run_id in ("r1", "r2"):
            with keeper.of(tenant="t", run_id=run_id, attempt=1) as log:
                log.say("warning", text=run_id)
        keeper.close()
    assert (written, caplog.messages) == (["r2"], ["lines of the logs of runs are lost"])
