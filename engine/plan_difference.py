"""What changes from one plan to another: steps, columns, types, statements, deliveries."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from ir.records import dataclass

DIFF_VERSION = "1.0"

Json = Mapping[str, Any]
Word = Literal["added", "removed", "renamed", "changed"]

_OWN_KEYS = (
    "kind",
    "depends_on",
    "ordered",
    "sql",
    "target",
    "format",
    "settings",
    "writing",
    "sections",
    "statements",
)
"""What is compared of a step beside its columns; the summary of a source tells the size of its files as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One thing that differs: `what` is a key of the plan, or `column NAME`; None where a side has none."""

    what: str
    old: Any
    new: Any

    def as_dict(self) -> dict[str, Any]:
        return {"what": self.what, "old": self.old, "new": self.new}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One step that differs. `old_id` is set where it had another name."""

    word: Word
    id: str
    type: str
    kind: str
    summary: str
    old_id: str | None = None
    parts: tuple[Part, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        found: dict[str, Any] = {"change": self.word, "id": self.id, "type": self.type, "kind": self.kind}
        if self.old_id is not None:
            found["old_id"] = self.old_id
        return {**found, "summary": self.summary, "parts": [each.as_dict() for each in self.parts]}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDifference:
    """All that differs; false where nothing does. `plan` are differences that belong to no step."""

    plan: tuple[Part, ...]
    steps: tuple[Change, ...]

    def __bool__(self) -> bool:
        return bool(self.plan or self.steps)

    def to_dict(self) -> dict[str, Any]:
        """The difference for tools: `equal`, then what differs in the plan as a whole and in each step."""
        return {
            "diff_version": DIFF_VERSION,
            "equal": not self,
            "plan": [each.as_dict() for each in self.plan],
            "steps": [each.as_dict() for each in self.steps],
        }

    def __str__(self) -> str:
        from engine.difference_text import difference_text

        return difference_text(self)


def plan_difference(old: Json, new: Json) -> PlanDifference:
    """What changes from `old` to `new`, both as `Plan.to_dict` gives them.

    A step keeps its identity under another name where it still does the same, so that a step put in before it
    changes its number only. The sizes of files, the reason for the engine and the workflow's name are no
    differences: they belong to the machine, the day and the file.
    """
    pairs = _pairs(old["steps"], new["steps"])
    names = {before["id"]: after["id"] for before, after in pairs}
    by_new = {after["id"]: before for before, after in pairs}
    changes: list[Change] = []
    for after in new["steps"]:
        before = by_new.get(after["id"])
        if before is None:
            changes.append(_change("added", after))
        elif change := _changed(before, after, names):
            changes.append(change)
    changes += [_change("removed", each) for each in old["steps"] if each["id"] not in names]
    return PlanDifference(plan=tuple(_of_the_whole(old, new, names)), steps=tuple(changes))


def _pairs(old: Sequence[Json], new: Sequence[Json]) -> list[tuple[Json, Json]]:
    """Each old step with the new one it has become: same name and work, then same work, then same name."""
    left, right = list(old), list(new)
    pairs: list[tuple[Json, Json]] = []
    for key in (lambda step: (step["id"], _work(step)), _work, lambda step: (step["id"], step["type"])):
        waiting: dict[Any, list[Json]] = {}
        for each in right:
            waiting.setdefault(key(each), []).append(each)
        for before in list(left):
            if matches := waiting.get(key(before)):
                after = matches.pop(0)
                pairs.append((before, after))
                left.remove(before)
                right.remove(after)
    return pairs


def _work(step: Json) -> tuple[Any, ...]:
    """What a step does, whatever it is called."""
    if step["type"] == "source":
        return ("source", repr(step.get("settings")), step["id"] if not step.get("settings") else "")
    return (step["type"], step["kind"], step["summary"])


def _change(word: Word, step: Json, **more: Any) -> Change:
    return Change(word=word, id=step["id"], type=step["type"], kind=step["kind"], summary=step["summary"], **more)


def _changed(before: Json, after: Json, names: Mapping[str, str]) -> Change | None:
    """The change of a step that stays; the names of the steps it reads are followed before they are compared."""
    parts = _columns(before.get("columns_out"), after.get("columns_out"))
    renamed = {**before, "depends_on": [names.get(each, each) for each in before["depends_on"]]}
    if isinstance(before.get("sql"), str):
        renamed["sql"] = _with_names(before["sql"], names)
    parts += [
        Part(what=key, old=renamed.get(key), new=after.get(key))
        for key in _OWN_KEYS
        if renamed.get(key) != after.get(key)
    ]
    # a step without a statement of its own, such as a check, is told by its summary alone
    if not parts and after["type"] != "source" and before["summary"] != after["summary"]:
        parts.append(Part(what="summary", old=before["summary"], new=after["summary"]))
    moved = before["id"] != after["id"]
    if not parts and not moved:
        return None
    change = _change("changed" if parts else "renamed", after, parts=tuple(parts))
    return replace(change, old_id=before["id"]) if moved else change


def _with_names(statement: str, names: Mapping[str, str]) -> str:
    """The statement over the new names of the steps it reads."""

    def renamed(found: re.Match[str]) -> str:
        name = found[2].replace('""', '"')
        return found[1] + '"' + names.get(name, name).replace('"', '""') + '"'

    return re.sub(r'((?:FROM|JOIN|,) )"((?:[^"]|"")+)"(?=$|[\s),])', renamed, statement)


def _columns(old: Mapping[str, str] | None, new: Mapping[str, str] | None) -> list[Part]:
    if old is None or new is None:
        return [] if old == new else [Part(what="columns_out", old=old, new=new)]
    parts = [
        Part(what=f"column {name}", old=old.get(name), new=new.get(name))
        for name in dict.fromkeys([*old, *new])
        if old.get(name) != new.get(name)
    ]
    if not parts and list(old) != list(new):
        parts.append(Part(what="columns_order", old=list(old), new=list(new)))
    return parts


def _of_the_whole(old: Json, new: Json, names: Mapping[str, str]) -> list[Part]:
    parts = [
        Part(what=key, old=old.get(key), new=new.get(key))
        for key in ("goal", "engine", "schedule")
        if old.get(key) != new.get(key)
    ]
    for key, followed in (("inputs", {}), ("frames", names), ("late", {})):
        before = {name: followed.get(value, value) for name, value in (old.get(key) or {}).items()}
        after = new.get(key) or {}
        word = {"inputs": "input", "frames": "frame", "late": "late frame"}[key]
        parts += [
            Part(what=f"{word} {name}", old=before.get(name), new=after.get(name))
            for name in dict.fromkeys([*before, *after])
            if before.get(name) != after.get(name)
        ]
    return parts
