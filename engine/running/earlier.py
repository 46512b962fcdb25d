"""What earlier attempts at a run have done, which a resume does not do again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import field

from engine.journal.records import LedgerEntry
from engine.result import DeliveryResult
from engine.running.finished_pass import FinishedPass
from ir.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """Nothing of it at a run's first attempt."""

    attempts: int = 0
    entries: Mapping[str, LedgerEntry] = field(default_factory=dict)
    """What the journal says of each delivery that was begun."""
    passed: FinishedPass | None = None
    """The last pass over the sources that came to its end."""

    @property
    def delivered(self) -> dict[str, DeliveryResult]:
        """The deliveries that stand."""
        return {
            name: DeliveryResult.from_json(json.loads(entry.result))
            for name, entry in self.entries.items()
            if entry.status == "delivered" and entry.result is not None
        }

    def is_open(self, delivery: str) -> bool:
        """Whether nobody knows what became of the delivery: the run was gone before it could say."""
        entry = self.entries.get(delivery)
        return entry is not None and entry.status in {"pending", "uncertain"}

    def own_files(self, delivery: str) -> dict[str, str]:
        """The hashes of the files that the delivery was about to put in their places, which may stand there now."""
        entry = self.entries.get(delivery)
        if entry is None or entry.result is None or not self.is_open(delivery):
            return {}
        return {each["target"]: each["sha256"] for each in json.loads(entry.result).get("files", ())}


NOTHING = Earlier()
