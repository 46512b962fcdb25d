"""The workflow files of a folder, which a service runs as they are: looked at again every few seconds."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from engine.service.context import Context
from engine.service.store.workflows import forget_workflow, list_workflows, put_workflow
from ir.diagnostics import Problems, WorkflowError
from ir.loading import load
from ir.workflow import read_document

EVERY_S = 2.0
ENDINGS = (".yaml", ".yml", ".json")
MOST = 5000
"""Files that are looked into."""


class WorkflowFolder:
    """Keeps the stored workflows as the files have them."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._seen: dict[Path, tuple[int, int]] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="folder", daemon=True)

    def start(self) -> None:
        self.look()
        self._thread.start()

    def stop(self, within_s: float) -> None:
        self._stopping.set()
        self._thread.join(within_s)

    def look(self) -> None:
        """Store what is new or has changed, and forget what is gone."""
        found: dict[str, Path] = {}
        for path in files_below(self._context.settings.folder):
            with suppress(OSError):
                about = path.stat()
                name = self._stored(path, (about.st_mtime_ns, about.st_size))
                if name is not None:
                    found[name] = path
        for each in list_workflows(self._context.journal):
            if each.file is not None and not Path(each.file).exists():
                forget_workflow(self._context.journal, each.workflow)

    def _stored(self, path: Path, state: tuple[int, int]) -> str | None:
        if self._seen.get(path) == state:
            return None
        self._seen[path] = state
        try:
            document = load(path)
            problems = Problems(document)
            document, model = read_document(document, problems)
        except WorkflowError:
            return None
        if model is None or problems.errors:
            return None
        name = model.name or path.stem
        put_workflow(self._context.journal, name, text=document.text or "", model=model, base=path.parent,
                     syntax="json" if path.suffix == ".json" else "yaml", file=str(path),
                     changed_by="folder")  # fmt: skip
        return name

    def _watch(self) -> None:
        while not self._stopping.wait(EVERY_S):
            self.look()


def files_below(folder: Path) -> Iterator[Path]:
    """The files that may be workflows, by their paths; hidden folders and links are not followed."""
    count = 0
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(each for each in folders if not each.startswith((".", "_")))
        for name in sorted(files):
            path = Path(place) / name
            if name.endswith(ENDINGS) and not path.is_symlink():
                count += 1
                if count > MOST:
                    return
                yield path
