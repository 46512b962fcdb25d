"""One delivery by a plugin on its way: its rows wait until all are there, then the plugin's action writes them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from engine.effects.effect import Doing
from engine.output import Output
from engine.plugin_deliveries.output import PluginOutput
from engine.result import DeliveryResult
from engine.run_folder import EFFECTS
from engine.running.cancellation import Cancelled
from engine.spool import Spool
from ir.records import dataclass
from transforms.frame import Frame
from transforms.rejects import LETTER_COLUMNS

if TYPE_CHECKING:
    from engine.plan import Plan
    from engine.running.context import Running


@dataclass(slots=True, kw_only=True, eq=False)
class PluginDelivering(Output):
    """A delivery by a plugin. What it has called stands in the item ledger, so that a resume calls nothing again."""

    output: PluginOutput
    plan: Plan
    running: Running | None
    """None where it is only looked at."""

    @property
    def compiled(self) -> PluginOutput:
        return self.output

    @property
    def spooled(self) -> Sequence[tuple[Frame, str | None]]:
        return [(each, None) for each in self.output.frames]

    def write(self, batch: pl.DataFrame) -> bool:
        """The rows wait in their spools, which know how many there are."""
        return self.error is not None

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
        return self.failed()

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
        outcome = {name: int(count) for name, count in found.outcome.items()}
        status = "delivered" if found.is_whole else "incomplete"
        return replace(self.result(status, outcome=outcome), attempts=found.attempts)
