"""The gallery's page is the one that its command makes, and its pictures are there, small and not blank."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PIL import Image

from docs.gallery.pictures import PICTURES, page
from docs.gallery.rendering import MissingProgramError, rendered

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_is_what_the_command_writes() -> None:
    assert (DOCS / "gallery.md").read_text(encoding="utf-8") == page()


def test_every_picture_is_there_and_together_they_are_small() -> None:
    files = sorted(DOCS.glob("gallery/*.png"))
    assert [path.stem for path in files] == sorted(each.name for each in PICTURES)
    assert sum(path.stat().st_size for path in files) < 2_000_000
    for path in files:
        with Image.open(path) as picture:
            assert picture.width <= 900
            assert len(picture.convert("RGB").getcolors(256) or []) > 8


def test_a_program_that_is_not_installed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    (tmp_path / "page.html").write_text("<p>hello</p>")
    with pytest.raises(MissingProgramError, match="chromium"):
        rendered(tmp_path / "page.html", 0, width=100)
