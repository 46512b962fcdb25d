"""Every notebook runs from top to bottom and prints what is stored in it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

from docs.notebooks import FOLDER, executed

NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def outputs(notebook: Any) -> list[list[dict[str, Any]]]:
    """What each cell prints and shows."""
    return [
        [{"text": each.get("text"), "data": each.get("data")} for each in cell.outputs]
        for cell in notebook.cells if cell.cell_type == "code"
    ]  # fmt: skip


def test_there_are_notebooks() -> None:
    assert [path.name for path in NOTEBOOKS] == ["exploring-a-plan.ipynb"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_prints_what_is_stored_in_it(path: Path) -> None:
    assert outputs(executed(path)) == outputs(nbformat.read(path, as_version=4))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_stored_notebook_names_no_place_and_no_time(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for told in (str(Path.home()), str(Path.cwd()), "/tmp/", "/site-packages/", "ipykernel_"):
        assert told not in text
    assert not re.search(r"\b20\d\d-\d\d-\d\dT\d\d:\d\d", text)


def test_what_a_cell_prints_is_one_text_in_however_many_pieces_it_comes(tmp_path: Path) -> None:
    pieces = "for each in 'abc':\n    print(each, flush=True)"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(pieces)])
    path = tmp_path / "pieces.ipynb"
    nbformat.write(notebook, path)
    assert outputs(executed(path)) == [[{"text": "a\nb\nc\n", "data": None}]]
