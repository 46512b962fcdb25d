"""The sources of a document that is being translated: their frames, and what a reference to one means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ir.dialects.pieces import Made, Piece, elements, member, plain, with_member, word
from ir.dialects.roles import exact_role, is_exact
from ir.dialects.saying import Saying
from ir.model.source import WRITING
from ir.records import dataclass
from ir.references import frame_reference
from ir.source_names import frame_names

Parts = dict[str, Piece]


@dataclass(frozen=True, slots=True)
class Sources:
    """The sources in order, each with the name of its frame."""

    written: Sequence[dict[str, Any]]
    names: Sequence[str]
    is_merged: bool

    @classmethod
    def of(cls, root: Parts) -> Sources:
        written = [each if isinstance(each, dict) else {} for each in _list(root.get("data_sources"))]
        merge = plain(root["data_merge"]) if "data_merge" in root else {}
        named = {
            each["source_index"]: each.get("alias")
            for each in _list(merge.get("sources") if isinstance(merge, dict) else None)
            if isinstance(each, dict) and isinstance(each.get("source_index"), int)
        }
        outputs = [each.get("output_variable") for each in _list(root.get("transforms")) if isinstance(each, dict)]
        names = frame_names(
            [_text(each.get("alias")) or _text(named.get(index)) for index, each in enumerate(written)],
            [_text(each.get("source")) for each in written],
            taken={each for each in (*outputs, *named.values()) if isinstance(each, str)},
        )
        return cls(written, names, is_merged="data_merge" in root)

    def find(self, text: str) -> str | None:
        """The frame of the source that is called so: by its name, label or plugin, where only one is."""
        name = frame_reference(text) or text
        if name == "data" or name in self.names:
            return name
        for key in ("alias", "source", "plugin_key", "id"):
            found = [frame for frame, each in zip(self.names, self.written, strict=True) if each.get(key) == text]
            if len(found) == 1:
                return found[0]
        return None

    @property
    def data(self) -> str | None:
        """The frame that is `data` at the start, where that is a source of its own."""
        if self.is_merged:
            return None
        usable = [
            (each.get("role"), name)
            for each, name in zip(self.written, self.names, strict=True)
            if is_read(each) and each.get("role") not in ("deduplicate", "existing")
        ]
        return next((name for role, name in usable if role == "primary"), usable[0][1] if usable else None)


def is_read(source: dict[str, Any]) -> bool:
    """Whether a source is read as rows."""
    return source.get("role") != "destination" and _text(source.get("operation_type")) not in WRITING


def with_exact_roles(root: Parts, saying: Saying) -> Parts:
    """The document with every role in the language's word.

    A source that an enrichment or a transform looks rows up in is no reference to deduplicate against, whatever its
    role is called.
    """
    sources = Sources.of(root)
    looked_up = {name for text in _looked_up(root) if (name := sources.find(text)) is not None}
    before = elements(root.get("data_sources"))
    after = [
        _with_role(each, saying, is_looked_up=name in looked_up)
        for each, name in zip(before, sources.names, strict=True)
    ]
    if all(one is other for one, other in zip(before, after, strict=True)):
        return root
    roles = [plain(role) if (role := member(each, "role")) is not None else None for each in after]
    if "primary" not in roles and "data_merge" not in root:
        index = next(
            (
                place
                for place, name in enumerate(sources.names)
                if name not in looked_up and not roles[place] and is_read(sources.written[place])
            ),
            None,
        )
        if index and all(name in looked_up or roles[place] for place, name in enumerate(sources.names[:index])):
            after[index] = with_member(after[index], "role", Made("primary", after[index].at))
    return {**root, "data_sources": Made(after, root["data_sources"].at)}


def _with_role(source: Piece, saying: Saying, *, is_looked_up: bool) -> Piece:
    role = member(source, "role")
    if role is None:
        return source
    if is_looked_up and not is_exact(role):
        saying.problems.warning(
            "IR213",
            f'role "{role.value}" is left out: rows are looked up in this source, and '
            "none are dropped because they stand in it",
            at=role.at,
        )
        return with_member(source, "role", None)
    operation = word(member(source, "operation_type"))
    if operation in WRITING and not is_exact(role):
        saying.problems.warning(
            "IR213",
            f'role "{role.value}" is read as destination: {operation} writes to this source',
            at=role.at,
            hint="write role: destination",
        )
        return with_member(source, "role", Made("destination", role.at))
    new = exact_role(role, saying)
    return source if new is role else with_member(source, "role", new)


def _looked_up(root: Parts) -> list[str]:
    """The sources that enrichments and transforms name."""
    found: list[Any] = [
        each.get("enrichment_source") for each in _list(root.get("enrichments")) if isinstance(each, dict)
    ]
    for step in _list(root.get("transforms")):
        config = step.get("config") if isinstance(step, dict) else None
        if isinstance(config, dict):
            inner = config.get("lookup")
            found += [config.get("source"), inner.get("source") if isinstance(inner, dict) else None]
    return [each for each in found if isinstance(each, str)]


def _list(value: Any) -> list[Any]:
    value = plain(value)
    return value if isinstance(value, list) else []


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
