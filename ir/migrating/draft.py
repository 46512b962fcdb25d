"""The new document while it is written: its sections, the names that are taken, and what is said about each part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from ir.dialects.free_names import name_of
from ir.migrating.account import Account
from ir.migrating.meanings import Meanings
from ir.migrating.program import Operation
from ir.records import dataclass

Words = dict[str, Any]


@dataclass(slots=True)
class Draft:
    """Sections of the new document."""

    account: Account
    sources: list[Words] = field(default_factory=list)
    transforms: list[Words] = field(default_factory=list)
    ai: list[Words] = field(default_factory=list)
    plugins: list[Words] = field(default_factory=list)
    conditionals: list[Words] = field(default_factory=list)
    rules: Words = field(default_factory=dict)
    rendering: Words = field(default_factory=dict)
    constraints: Words = field(default_factory=dict)
    grouping: list[str] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    read_later: frozenset[str] = frozenset()
    """The variables that something in the program reads."""

    def name(self, wanted: str) -> str:
        """A name that is free, as near to the wanted one as can be."""
        base = name_of(wanted)
        found, number = base, 2
        while found in self.taken:
            found, number = f"{base}_{number}", number + 1
        self.taken.add(found)
        return found

    def start(self) -> str:
        """The frame that steps read which read nothing: the first source, or one row that is made for them."""
        if not self.sources:
            name = self.name("start")
            self.sources.append(
                {"type": "tabular", "source": "inline", "alias": name, "config": {"rows": [{"started": True}]}}
            )
            self.account.changed(
                ("data_sources",),
                "data_sources",
                f"data_sources {name}",
                "nothing was read, and a workflow has at least one source: a single row stands in",
            )
        return str(self.sources[0]["alias"])

    def at_most(self, number: int | None) -> None:
        """So many things at once, as the original did in one place: the largest of these numbers holds for the run."""
        if number is not None and number > 1:
            concurrency = self.constraints.setdefault("concurrency", {})
            concurrency["max_concurrent_operations"] = max(number, concurrency.get("max_concurrent_operations", 1))

    def document(self, goal: str, name: str | None, inputs: list[Words]) -> Words:
        """The new document, its keys in the order of the reference."""
        self.start()
        if self.grouping:
            self.rules.setdefault("send_when_no_results", True)
        found: Words = {"ir_version": "3.1"}
        if name:
            found["name"] = name
        found |= {
            "goal": goal,
            "runtime_inputs": inputs,
            "data_sources": self.sources,
            "transforms": self.transforms,
            "ai_operations": self.ai,
            "plugin_operations": self.plugins,
            "conditionals": self.conditionals,
            "grouping": {"group_by": self.grouping} if self.grouping else {},
            "rendering": self.rendering,
            "delivery_rules": self.rules,
            "execution_constraints": self.constraints,
        }
        return {key: each for key, each in found.items() if each or key == "goal"}


@dataclass(slots=True)
class Where:
    """The place of the program at which a step is written."""

    meanings: Meanings
    rules: Words
    """The delivery_rules that messages go to: the document's, or those of a branch."""
    is_branch: bool = False
    """Whether the steps are done only in some runs."""
    last_message: str | None = None
    last_effect: str | None = None
    path: list[Any] = field(default_factory=list)
    """The conditions that hold here, of branches of the run."""

    def inside(self, **changes: Any) -> Where:
        """A place within this one."""
        made = Where(self.meanings.inside(), self.rules, self.is_branch, None, self.last_effect, list(self.path))
        for key, each in changes.items():
            setattr(made, key, each)
        return made


def described(step: Words, operation: Operation) -> Words:
    """The step with what the original said about it in words, and with its own settings."""
    settings = {key: each for key, each in operation.settings.items() if key != "open"}
    if operation.description:
        step = {**step, "description": operation.description}
    return {**step, **settings}


def without_failures(settings: Mapping[str, Any]) -> Words:
    """The settings without on_error, which transforms, sources and deliveries have not."""
    return {key: each for key, each in settings.items() if key != "on_error"}
