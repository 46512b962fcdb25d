"""What else a run was asked for than its document and inputs, as the journal keeps it: enough to go on as it began."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from engine.fields import fields_of
from engine.journal.records import SavedCursor
from ir.records import dataclass

if TYPE_CHECKING:
    from engine.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """`starts` is where the run's incremental sources start, which later runs do not change for it."""

    given_now: datetime | None = None
    asked_engine: str | None = None
    out: str | None = None
    """None where the workflow's own folder is the base of local destinations."""
    full_refresh: bool = False
    starts: tuple[SavedCursor, ...] = ()
    plugins: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """{plugin_key: version and SHA-256 of the manifest} of the plugins that it calls."""
    letters: tuple[int, ...] = ()
    """Of a replay: which dead letters of its parent it takes."""

    @classmethod
    def of(cls, plan: Plan, out: str | None) -> RunOptions:
        increments, replaying = plan.compiled.increments, plan.compiled.replaying
        starts = tuple(increments.saved().values()) if increments.known else ()
        return cls(given_now=plan.given_now, asked_engine=plan.asked_engine, out=out,
                   full_refresh=increments.full_refresh, starts=starts, plugins=dict(plan.compiled.plugins),
                   letters=() if replaying is None else replaying.letters)  # fmt: skip

    @classmethod
    def read(cls, text: str) -> RunOptions:
        found: dict[str, Any] = json.loads(text)
        now = found.pop("given_now")
        starts = tuple(SavedCursor(**each) for each in found.pop("starts"))
        plugins = {key: (version, sha256) for key, (version, sha256) in found.pop("plugins", {}).items()}
        return cls(given_now=None if now is None else datetime.fromisoformat(now), starts=starts, plugins=plugins,
                   **found)  # fmt: skip

    def as_json(self) -> str:
        """The text that `read` reads."""
        known = {**fields_of(self), "given_now": self.given_now and self.given_now.isoformat()}
        return json.dumps(known, default=fields_of)
