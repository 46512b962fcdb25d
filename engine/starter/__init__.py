"""A first workflow with its sample data, to run at once and then to change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Literal

from ir.document import Document
from ir.loading import load
from ir.writing import to_json

WORKFLOW = "sales.yaml"


class StarterRefused(Exception):
    """A file of the starter stands in the folder already, or cannot be written there."""


def write_starter(folder: Path, *, format: Literal["yaml", "json"] = "yaml") -> list[Path]:
    """Write the starter into `folder`, which is made where it is missing: the paths written, the workflow first.

    As JSON the workflow loses its comments and keeps its descriptions. Either every file is written or none.

    Raises:
        StarterRefused: one of the files exists already, or the folder cannot be written.
    """
    texts = {folder / name: text for name, text in _texts(format)}
    for path in texts:
        if path.exists() or path.is_symlink():
            raise StarterRefused(f"{path} exists already; nothing was written: name another folder")
    try:
        with ExitStack() as undone:
            for path, text in texts.items():
                _make_folder(path.parent, undone)
                # x: a file that somebody else makes in this moment is not replaced either
                with path.open("x", encoding="utf-8", newline="\n") as stream:
                    undone.callback(path.unlink)
                    stream.write(text)
            undone.pop_all()
    except OSError as error:
        raise StarterRefused(f"{error.filename or folder}: {(error.strerror or str(error)).lower()}") from error
    return list(texts)


def _make_folder(folder: Path, undone: ExitStack) -> None:
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir()
        undone.callback(each.rmdir)


def _texts(format: Literal["yaml", "json"]) -> Iterator[tuple[str, str]]:
    """(path inside the folder, text) of each file."""
    root = files(__name__).joinpath("files")
    workflow = root.joinpath(WORKFLOW)
    if format == "yaml":
        yield WORKFLOW, workflow.read_text(encoding="utf-8")
    else:
        yield Path(WORKFLOW).with_suffix(".json").name, to_json(_document(workflow).value)
    for each in sorted(root.joinpath("data").iterdir(), key=lambda found: found.name):
        yield f"data/{each.name}", each.read_text(encoding="utf-8")


def _document(file: Traversable) -> Document:
    from importlib.resources import as_file

    with as_file(file) as path:
        return load(path)
