"""A run's receipt: what it read and what it made, each by its hash."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any

from connectors.files.mended import MendedRelation
from connectors.files.relation import FileRelation
from connectors.inline import InlineRelation
from connectors.rejects import RejectsRelation
from connectors.storage.stored import Stored
from engine.effects.relation import EffectRelation
from engine.provenance import HASHED_BYTES
from engine.result import DeliveryResult
from ir.records import dataclass

if TYPE_CHECKING:
    from engine.plan import Plan


@dataclass(slots=True, kw_only=True)
class Reading:
    """The facts of the sources of one pass, found out in a thread while the engine reads the same files."""

    plan: Plan
    names: Sequence[str]
    facts: list[dict[str, Any]] = field(default_factory=list)
    _thread: threading.Thread | None = None

    def begin(self) -> None:
        self._thread = threading.Thread(target=self._look, name="receipt", daemon=True)
        self._thread.start()

    def _look(self) -> None:
        self.facts = list(facts_of_sources(self.plan, self.names))

    def end(self) -> list[dict[str, Any]]:
        """What was read."""
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        return self.facts


def facts_of_sources(plan: Plan, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    """What the relations are made of: each file by its size, time and SHA-256, each database by what it is asked.

    The hash of a file of more than 256 MB, or in a store, is null: its size, time and version tell it.
    """
    graph = plan.compiled.graph
    for name in graph.needed(names):
        source: Any = graph[name].source
        if isinstance(source, MendedRelation):
            source = source.original
        if source is None or isinstance(source, InlineRelation | RejectsRelation | EffectRelation):
            continue
        if isinstance(source, FileRelation):
            for each in source.sources:
                yield {"source": name, "kind": "file", **_file(each.stored)}
        else:
            yield {"source": name, "kind": type(source).__name__.removesuffix("Relation").lower(),
                   "place": source.description}  # fmt: skip


def _file(stored: Stored) -> dict[str, Any]:
    path = stored.path
    member = {"member": stored.member} if stored.member else {}
    if path is None:
        modified = stored.modified.isoformat() if stored.modified else None
        return {"place": stored.shown, **member, "bytes": stored.size, "modified": modified,
                "version": stored.version or None, "sha256": None}  # fmt: skip
    try:
        with path.open("rb") as file:
            before = path.stat()
            sha256 = hashlib.file_digest(file, "sha256").hexdigest() if before.st_size <= HASHED_BYTES else None
    except OSError:  # whoever reads it says so
        return {"place": stored.shown, **member, "path": str(path), "bytes": None, "modified": None, "sha256": None}
    return {"place": stored.shown, **member, "path": str(path.absolute()), "bytes": before.st_size,
            "modified": before.st_mtime_ns, "sha256": sha256}  # fmt: skip


def facts_of_deliveries(results: Sequence[DeliveryResult]) -> list[dict[str, Any]]:
    """What was made: each file by its hash, each table by its rows."""
    made: list[dict[str, Any]] = []
    for each in results:
        if each.status != "delivered":
            continue
        about = {"delivery": each.id, "kind": each.kind}
        if each.kind == "file":
            made += [{**about, "target": file.target, "rows": file.rows, "bytes": file.bytes, "sha256": file.sha256}
                     for file in each.files or (each,)]  # fmt: skip
        else:
            made.append({**about, "target": each.target, "rows": each.rows})
    return made


def changed_since(before: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]) -> list[str]:
    """The places that are others now than a receipt says; a file that was only touched has not changed."""

    def told(facts: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str, str], Any]:
        return {
            (each["source"], each["place"], each.get("member", "")): each.get("sha256")
            or (each.get("bytes"), each.get("modified"), each.get("version"))
            for each in facts
            if each["kind"] == "file"
        }

    old, new = told(before), told(now)
    return list(dict.fromkeys(key[1] for key in (*old, *new) if old.get(key) != new.get(key)))
