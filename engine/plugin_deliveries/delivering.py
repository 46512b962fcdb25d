"""One delivery by a plugin on its way: its rows wait until all are there, then the plugin's action writes them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import field
from functools import partial
from typing import TYPE_CHECKING

import polars as pl

from connectors.files.report import Provenance
from engine.effects.effect import Doing
from engine.failure import first_line
from engine.names import RunWords
from engine.output import Announce, Spools, finding_of, tell_nobody
from engine.places import report
from engine.plugin_deliveries.output import PluginOutput
from engine.result import DeliveryResult
from engine.run_folder import EFFECTS
from engine.running.cancellation import Cancelled
from engine.spool import Spool
from ir.diagnostics import Pointer, Problems
from ir.document import Document
from ir.records import dataclass
from transforms.frame import Frame
from transforms.rejects import LETTER_COLUMNS

if TYPE_CHECKING:
    from engine.plan import Plan
    from engine.running.context import Running


@dataclass(slots=True, kw_only=True, eq=False)
class PluginDelivering:
    """A delivery by a plugin. What it has called stands in the item ledger, so that a resume calls nothing again."""

    output: PluginOutput
    document: Document
    plan: Plan
    running: Running | None
    """None where it is only looked at."""
    rows: int = 0
    started: float = 0.0
    seconds: float = 0.0
    error: Exception | None = None
    spools: Spools = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    announce: Announce = field(default=tell_nobody)

    @property
    def id(self) -> str:
        return self.output.id

    @property
    def kind(self) -> str:
        return "plugin"

    @property
    def at(self) -> Pointer:
        return self.output.at

    @property
    def branch(self) -> str | None:
        return self.output.branch

    @property
    def identity(self) -> str:
        """Two deliveries may write to the same place."""
        return f"delivery:{self.output.id}"

    @property
    def shown(self) -> str:
        return self.output.shown_target

    @property
    def relations(self) -> list[str]:
        return list(dict.fromkeys(each.name for each in self.output.frames))

    @property
    def spooled(self) -> Sequence[tuple[Frame, str | None]]:
        return [(each, None) for each in self.output.frames]

    @property
    def depends_on(self) -> Sequence[str]:
        return self.output.delivery.depends_on

    def word(self, plan: Plan, words: RunWords, provenance: Provenance | None, problems: Problems) -> None:
        """Its texts are filled in call by call."""

    def open(self) -> None:
        self.rows, self.started, self.seconds, self.error = 0, time.perf_counter(), 0.0, None

    def write(self, batch: pl.DataFrame) -> bool:
        """The rows wait in their spools, which know how many there are."""
        return self.error is not None

    def fail(self, error: Exception) -> None:
        self.error = error

    def finish(self) -> DeliveryResult:
        """Have the action write the rows, or say why that failed; what was called before stands."""
        if self.error is None:
            before = time.perf_counter()
            try:
                return self._written()
            except Cancelled:
                raise
            except Exception as error:  # whatever a service says fails its own delivery only
                self.error = error
            finally:
                self.seconds += time.perf_counter() - before
        finding = finding_of(self.error, self.document, partial(report, at=self.at))
        reason = finding.message if finding is not None else first_line(self.error)
        return DeliveryResult(id=self.id, step=self.id, kind="plugin", target=self.shown, status="failed",
                              error=reason, finding=finding)  # fmt: skip

    def _written(self) -> DeliveryResult:
        effect, running = self.output.effect, self.running
        assert effect is not None
        assert effect.rows is not None
        assert running is not None
        self.announce([])
        rows = self.spools[effect.rows.name, None]
        self.rows = rows.rows
        folder = running.folder / EFFECTS / self.id
        doing = Doing(
            plan=self.plan, running=running, rows=rows,
            values={each.name: self.spools[each.name, None].scan().collect() for each in effect.values},
            result=Spool(folder, effect.schema), rejected=None, letters=Spool(folder / "letters", LETTER_COLUMNS),
            folder=folder,
        )  # fmt: skip
        found = effect.carry_out(doing)
        self.problems += [f"{self.id}: {each}" for each in found.remarks]
        if doing.letters.rows:
            running.dead.add(doing.letters.scan())
        return DeliveryResult(
            id=self.id, step=self.id, kind="plugin", target=self.shown, rows=self.rows, attempts=found.attempts,
            status="delivered" if found.is_whole else "incomplete",
            outcome={name: int(count) for name, count in found.outcome.items()},
        )  # fmt: skip
