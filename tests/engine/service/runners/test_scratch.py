"""What a service that was killed has left in the folder for temporary files is removed by the next one."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from engine.service.runners.scratch import PREFIX, Scratch, remove_left


def test_only_old_folders_that_no_service_holds_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    held, other = Scratch.made(), tmp_path / "other"
    left, new, link = (tmp_path / f"{PREFIX}{each}" for each in ("left", "new", "link"))
    for each in (left, new, other):
        each.mkdir()
        (each / "spilled").write_text("x")
    link.symlink_to(other)
    for each in (held.path, left, other):
        os.utime(each, (0, 0))
    remove_left()
    assert sorted(tmp_path.iterdir()) == sorted([held.path, new, link, other])
    assert (other / "spilled").exists()
    held.remove()
    held.remove()
    assert not held.path.exists()
