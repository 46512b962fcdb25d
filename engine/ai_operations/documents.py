"""The text of the files that rows hold, each read once in a run."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from connectors.ai.answering import DocumentText
from connectors.ai.remembering import Memory
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


class Documents:
    """Reads the files of one operation, and keeps their texts in its folder for the next attempt at the run."""

    def __init__(self, effect: AiEffect, doing: Doing) -> None:
        self._files = FileStore(doing.files)
        self._texts = Memory(doing.folder / _TEXTS)
        self._recognises = bool(effect.operation.ocr_fallback)
        self._reader = DocumentReader(ocr="if_needed" if self._recognises else "never")

    def read_all(self, values: Iterable[Mapping[str, Any]]) -> dict[str, Read]:
        """The texts of these files, by their `ref`."""
        wanted = {str(each.get("ref")): each for each in values}
        known = self._texts.known([self._key(ref) for ref in wanted])
        found: dict[str, Read] = {}
        for ref, value in wanted.items():
            if (text := known.get(self._key(ref))) is not None:
                found[ref] = DocumentText(name=_name(value), text=json.loads(text), media_type=_type(value))
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
        text = document.whole_text
        self._texts.remember(self._key(str(value["ref"])), json.dumps(text, ensure_ascii=False))
        return DocumentText(name=name, text=text, media_type=media_type)

    def _key(self, ref: str) -> str:
        return f"{ref}:{'recognised' if self._recognises else 'read'}"


def _name(value: Mapping[str, Any]) -> str:
    return str(value.get("name") or "file")


def _type(value: Mapping[str, Any]) -> str:
    return str(value.get("mime") or "")
