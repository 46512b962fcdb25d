"""The workflow files of a folder, which a service runs as they are: looked at again every few seconds."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from connectors.problem import ConnectorProblem
from engine.service.context import Context
from engine.service.delivered_files import DeliveredFiles
from engine.service.store.workflows import find_workflow, forget_workflow, list_workflows, put_workflow
from ir.diagnostics import Diagnostic, Problems, WorkflowError
from ir.loading import load
from ir.redaction import redact
from ir.workflow import read_document

_LOG = logging.getLogger("weirflow.service")

EVERY_S = 2.0
ENDINGS = (".yaml", ".yml", ".json")
MOST = 5000
"""Files that are looked into."""
_LOOKED_AT = 65_536


class WorkflowFolder:
    """Keeps the stored workflows as the files have them."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._seen: dict[Path, tuple[int, int]] = {}
        self._names: dict[str, str] = {}
        """Of the workflows, by their files."""
        self._delivered = DeliveredFiles(context.journal)
        self._has_told = False
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
        there = set()
        paths = list(islice(files_below(self._context.settings.folder), MOST + 1))
        if len(paths) > MOST and not self._has_told:
            _LOG.warning("the folder has more than %d files that may be workflows; %s and what comes after it are not "
                         "looked into", MOST, paths[MOST].name)  # fmt: skip
        self._has_told = len(paths) > MOST
        for path in paths[:MOST]:
            with suppress(OSError):
                about = path.stat()
                there.add(str(path))
                self._look_into(path, (about.st_mtime_ns, about.st_size))
        with suppress(OSError):
            self._delivered.tidy()
        for gone in self._context.broken.keys() - there:
            del self._context.broken[gone]
        for each in list_workflows(self._context.journal):
            is_renamed = self._names.get(each.file or "", each.workflow) != each.workflow
            if each.file is not None and (is_renamed or not Path(each.file).exists()):
                forget_workflow(self._context.journal, each.workflow)

    def _look_into(self, path: Path, state: tuple[int, int]) -> None:
        try:
            self._take(path, state)
        except (ConnectorProblem, OSError):  # the journal or the disk is away: it is looked at again
            self._seen.pop(path, None)
            raise
        except Exception as error:  # a mistake of ours; what is the matter with one keeps no other from being taken
            _LOG.exception("%s cannot be taken for a fault of weirflow's own", path)
            said = f"it cannot be taken for a fault of weirflow's own: {redact(f'{type(error).__name__}: {error}')}"
            self._context.broken[str(path)] = (Diagnostic(code="IR714", message=said),)

    def _take(self, path: Path, state: tuple[int, int]) -> None:
        """Store what the file says, if it has changed. One that is no workflow is noted, and the one that was stored of
        it before stays: a file may be half written."""
        if self._seen.get(path) == state:
            return
        self._seen[path] = state
        self._context.broken.pop(str(path), None)
        try:
            document = load(path)
            problems = Problems(document)
            document, model = read_document(document, problems)
            problems.raise_errors()
        except WorkflowError as error:
            if _says_it_is_one(path):
                self._context.broken[str(path)] = tuple(error.diagnostics)
            return
        assert model is not None
        name = model.name or path.stem
        other = find_workflow(self._context.journal, name)
        as_it_is = (str(path), str(path.parent), document.text)
        if other is not None and (other.file, other.base, other.document) == as_it_is:
            self._names[str(path)] = name  # it was taken before: a service that starts again has nothing to write
            return
        if self._is_delivered(path):
            return
        if other is not None and other.file != str(path) and (other.file is None or Path(other.file).exists()):
            taken = other.file or "one that came by the API"
            self._context.broken[str(path)] = (Diagnostic(
                code="IR205", message=f'there is another workflow "{name}": {taken}', hint="give one of them a `name`",
            ),)  # fmt: skip
            return
        put_workflow(self._context.journal, name, text=document.text or "", model=model, base=path.parent,
                     syntax="json" if path.suffix == ".json" else "yaml", file=str(path),
                     changed_by="folder")  # fmt: skip
        self._names[str(path)] = name

    def _is_delivered(self, path: Path) -> bool:
        """Whether a run has delivered the file: whoever decides what it says would decide what is run, else. Where that
        cannot be told now, it is looked at again."""
        try:
            if not self._delivered.has(path):
                return False
        except (ConnectorProblem, OSError):
            del self._seen[path]
            return True
        self._context.broken[str(path)] = (Diagnostic(
            code="IR503", message=f"{path.name} was delivered by a run, and so becomes no workflow",
            hint="save it under another name if it is to be one",
        ),)  # fmt: skip
        return True

    def _watch(self) -> None:
        while not self._stopping.wait(EVERY_S):
            try:
                self.look()
            except ConnectorProblem as problem:
                _LOG.warning("the folder of workflows waits: %s", redact(problem.message))
            except Exception:  # without this loop no change of a file would be seen any more
                _LOG.exception("the folder of workflows waits for a fault of weirflow's own")


def files_below(folder: Path) -> Iterator[Path]:
    """The files that may be workflows, by their paths; hidden folders and links are not followed."""
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(each for each in folders if not each.startswith((".", "_")))
        for name in sorted(files):
            path = Path(place) / name
            if name.endswith(ENDINGS) and not path.is_symlink():
                yield path


def _says_it_is_one(path: Path) -> bool:
    """Whether a file that cannot be read as a workflow means to be one; others may have any YAML or JSON in them."""
    try:
        with path.open("rb") as file:
            return b"ir_version" in file.read(_LOOKED_AT)
    except OSError:
        return False
