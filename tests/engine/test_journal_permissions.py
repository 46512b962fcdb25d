"""Who may read the journal."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from engine.journal.journal import Journal


def test_a_journal_in_a_file_is_read_by_nobody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path))
    with Journal() as journal:
        journal.saved_cursors("orders")
        assert {stat.S_IMODE(each.stat().st_mode) for each in tmp_path.glob("journal.db*")} == {0o600}
