"""A source that is an action of a plugin: its columns, and its rows once they are fetched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from connectors.bad_rows import BadRows
from connectors.files.reading import open_files
from connectors.inline import inline_rows
from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from engine.run_folder import FETCHED
from ir.records import dataclass
from ir.types import Schema

if TYPE_CHECKING:
    from sqlglot import exp

    from connectors.plugins.account import PluginAccount
    from connectors.plugins.pace import Pace
    from connectors.plugins.plugin import Action
    from engine.graph import SourceRelation
    from engine.increments.increments import Increment


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiRelation:
    """The rows of an action. They are fetched once a folder, as JSON lines that the file connector reads."""

    name: str
    schema: Schema
    action: Action = field(repr=False)
    account: PluginAccount = field(repr=False)
    arguments: Mapping[str, Any] = field(repr=False)
    is_pinned: bool
    """Whether its columns are declared, by the source or by the manifest; else they are those of a first page."""
    declared: tuple[str, ...] = ()
    """The columns that the source itself declares."""
    increment: Increment | None = field(default=None, repr=False, compare=False)
    """Of a source of which only what is new is read: where that starts, and how far it comes."""
    told: list[ConnectorProblem] = field(default_factory=list, repr=False, compare=False)
    """What is to be said of the last fetch."""
    on_bad_row: str | None = None
    max_bad: int | str | None = None
    bytes: int = 0
    ordered: bool = True
    fallible: tuple[str, ...] = ()
    may_fail: bool = True
    bad: BadRows | None = None

    @property
    def description(self) -> str:
        return f"{self.action.plugin.key} {self.action.name}"

    @property
    def single(self) -> bool:
        return not self.action.is_rows

    @property
    def columns(self) -> tuple[str, ...] | None:
        """The parts of each item that are kept; None for all."""
        return self.schema.names if self.is_pinned else None

    def to_polars(self, scratch: Path) -> pl.LazyFrame:
        return self.fetched(scratch).to_polars(scratch)

    def to_sql(self, scratch: Path) -> exp.Query | None:
        return None

    def to_sql_shown(self) -> exp.Query | None:
        return None

    def fetched(self, scratch: Path, pace: Pace | None = None) -> SourceRelation:
        """The same rows in a file of the folder, fetched where they do not stand there yet.

        Raises:
            ConnectorProblem: the service does not give them, or they have more bad rows than they may.
        """
        from engine.plugin_sources.fetching import fetch  # requests: what a plan does without

        place = fetch(self, scratch, pace)
        if not place.stat().st_size:
            none = inline_rows([], {name: str(kind) for name, kind in self.schema.items()}, name=self.name)
            return replace(none, description=f"{self.description}: nothing", warnings=tuple(self.told))
        config: dict[str, Any] = {"format": "ndjson", "on_bad_row": self.on_bad_row, "max_bad": self.max_bad}
        if self.is_pinned:
            config["schema"] = {name: str(kind) for name, kind in self.schema.items()}
        found = open_files(location=str(place), config={key: each for key, each in config.items() if each is not None},
                           base=scratch, policy=Policy.open(), name=self.name)  # fmt: skip
        return replace(found, description=self.description, files=(self.description,),
                       warnings=(*found.warnings, *self.told))  # fmt: skip


def place_of(name: str, scratch: Path) -> Path:
    """Where the rows of a source stand in a folder."""
    return scratch / FETCHED / f"{name}.ndjson"
