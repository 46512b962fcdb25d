"""What one run has, and hands to whatever works for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engine.dead_letters import DeadLetters
from engine.events import Progress
from engine.outbox import Outbox
from engine.policies.policies import Policies
from engine.running.cancellation import Cancellation
from engine.running.earlier import NOTHING, Earlier
from engine.running.ledger import Ledger
from ir.records import dataclass

if TYPE_CHECKING:
    from engine.journal.journal import Journal
    from engine.journal.recording import Recording


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """One run. With an `outbox` nothing is delivered; what would be stands in the folder `base`."""

    run_id: str
    base: Path
    """Of relative local destinations."""
    folder: Path
    """The run's own: spools, unpacked sources, dead letters."""
    kept: set[str]
    """What of the folder stays when the run ends, beside what always does."""
    progress: Progress
    dead: DeadLetters
    recording: Recording
    cancellation: Cancellation
    policies: Policies
    ledger: Ledger
    earlier: Earlier = NOTHING
    spooled: frozenset[str] = frozenset()
    """Relations whose rows are kept in the folder though their deliveries do not ask for it, so that a resume need not
    read them again."""
    outbox: Outbox | None = None

    @property
    def journal(self) -> Journal | None:
        """None for a run that leaves no trace, as a preview does. The first to ask waits until it is ready.

        Raises:
            WorkflowError: IR596 where it cannot be written.
        """
        return self.recording.journal

    @property
    def is_preview(self) -> bool:
        """Whether all that would be delivered goes into an outbox."""
        return self.outbox is not None

    @property
    def preview(self) -> int | None:
        """How many rows of each delivery are made; None for all."""
        return self.outbox.rows if self.outbox is not None else None
