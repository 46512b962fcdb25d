"""What a kind of run is to the fault suite: how it is prepared, and what of it stands outside afterwards."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from tests.faults.wires import KillingWire

NOW = "2026-01-31T06:00:00+00:00"
ROWS = 1500


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What stands of one delivery."""

    is_there: bool
    is_right: bool
    """Whether it is all that there should be, once."""
    identity: str
    """Another one once it has been made again."""
    said: str
    is_doubled: bool = False
    """Whether some of it is there more than once."""


@dataclass(slots=True, kw_only=True)
class Case:
    """One run in a folder of its own."""

    folder: Path
    env: dict[str, str] = field(default_factory=dict)
    place: str = ""
    """What is its own at a server: a table, a prefix."""

    @property
    def out(self) -> Path:
        return self.folder / "out"


class Kind(Protocol):
    """One kind of run."""

    name: str

    @property
    def wire(self) -> KillingWire | None:
        """The wire to the server that it delivers to."""
        ...

    def prepare(self, case: Case) -> None:
        """Write the workflow and its data into the folder."""
        ...

    def learn(self, case: Case) -> None:
        """Take what an undisturbed run has made as what every run should make."""
        ...

    def facts(self, case: Case) -> Mapping[str, Fact]:
        """What stands of each delivery, by its id."""
        ...

    def may_be_partial(self, delivery: str) -> bool:
        """Whether a part of it may stand after a kill: messages go one by one."""
        ...

    def leftovers(self, case: Case) -> list[str]:
        """What a kill has left beside the deliveries."""
        ...

    def tidy(self, case: Case) -> None:
        """Remove what is at a server."""
        ...


def write(case: Case, document: Mapping[str, Any]) -> None:
    whole = {"ir_version": "3.1", "name": "case", "goal": "survive", **document}
    (case.folder / "case.yaml").write_text(json.dumps(whole, indent=1))


def numbers(rows: int = ROWS, *, note_bytes: int = 20) -> str:
    """A CSV of ids from 1, a region, an amount with cents, and a note that no compression makes small."""

    def note(number: int) -> str:
        return hashlib.shake_128(str(number).encode()).hexdigest(note_bytes // 2)

    lines = (f"{each},{('north', 'south', 'west')[each % 3]},{each}.25,{note(each)}" for each in range(1, rows + 1))
    return "id,region,amount,note\n" + "\n".join(lines) + "\n"


SOURCE = {
    "type": "file", "alias": "sales", "location": "sales.csv",
    "config": {"schema": {"id": "integer", "region": "string", "amount": "decimal(12,2)", "note": "string"}},
}  # fmt: skip
SETTINGS = {"batch_rows": 250}
