"""The text of the files that rows hold, each read once in a run."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from connectors.ai.answering import DocumentText
from connectors.ai.remembering import Memory
from connectors.documents.document import Document
from connectors.documents.reader import DocumentReader
from connectors.plugins.files import FileStore
from connectors.problem import ConnectorProblem

if TYPE_CHECKING:
    from engine.ai_operations.effect import AiEffect
    from engine.effects.effect import Doing

Read = DocumentText | ConnectorProblem
"""A file's text, or why it has none."""
_TEXTS = "texts.db"
_AT_ONCE = 2
_NAMED = 5


class Documents:
    """Reads the files of one operation, and keeps their texts in its folder for the next attempt at the run."""

    def __init__(self, effect: AiEffect, doing: Doing) -> None:
        self._files = FileStore(doing.files)
        self._texts = Memory(doing.folder / _TEXTS)
        self._recognises = bool(effect.operation.ocr_fallback)
        self._reader = DocumentReader(ocr="if_needed" if self._recognises else "never")
        self._notes: dict[str, tuple[str, ...]] = {}
        """Of each file whose text is not all there, by its `ref`: what is missing or doubtful."""

    @property
    def remarks(self) -> tuple[str, ...]:
        """What was cut, left out or recognised, file by file."""
        said = [note for notes in self._notes.values() for note in notes]
        more = f"; and {len(said) - _NAMED:,} more" if len(said) > _NAMED else ""
        return ("; ".join(said[:_NAMED]) + more,) if said else ()

    def read_all(self, values: Iterable[Mapping[str, Any]]) -> dict[str, Read]:
        """The texts of these files, by their `ref`."""
        wanted = {str(each.get("ref")): each for each in values}
        known = self._texts.known([self._key(ref) for ref in wanted])
        found: dict[str, Read] = {}
        for ref, value in wanted.items():
            if (kept := known.get(self._key(ref))) is not None:
                found[ref] = self._text(value, **json.loads(kept))
        missing = [each for ref, each in wanted.items() if ref not in found]
        if not missing:
            return found
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="weirflow-document") as pool:
            for value, read in zip(missing, pool.map(self._read, missing), strict=True):
                found[str(value.get("ref"))] = read
        return found

    def close(self) -> None:
        self._reader.close()
        self._texts.close()

    def _read(self, value: Mapping[str, Any]) -> Read:
        name, media_type = _name(value), _type(value)
        try:
            document = self._reader.read(self._files.path(value), name=name, media_type=media_type)
        except ConnectorProblem as problem:
            return problem
        kept: dict[str, Any] = {"text": document.whole_text, "notes": list(_notes(document))}
        self._texts.remember(self._key(str(value["ref"])), json.dumps(kept, ensure_ascii=False))
        return self._text(value, **kept)

    def _text(self, value: Mapping[str, Any], *, text: str, notes: Sequence[str]) -> DocumentText:
        if notes:
            self._notes[str(value["ref"])] = tuple(f"{_name(value)}: {each}" for each in notes)
        return DocumentText(name=_name(value), text=text, media_type=_type(value))

    def _key(self, ref: str) -> str:
        return f"{ref}:{'recognised' if self._recognises else 'read'}"


def _notes(document: Document) -> Iterator[str]:
    """What people should know of a text, of the attachments in it too."""
    yield from document.notes
    if document.is_recognised:
        yield "letters were recognised in pictures, which has errors"
    if document.is_cut and not document.notes:
        yield "its text is cut where it is longer than the text of a document may be"
    for part in document.parts:
        yield from (f"{part.name}: {each}" for each in _notes(part))


def _name(value: Mapping[str, Any]) -> str:
    return str(value.get("name") or "file")


def _type(value: Mapping[str, Any]) -> str:
    return str(value.get("mime") or "")
