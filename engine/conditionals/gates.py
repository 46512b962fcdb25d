"""Which deliveries of branches a run makes, found out as the rows pass."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import polars as pl

from engine.backends import Backend, Sink
from engine.conditionals.branch import VERDICT, Branch

if TYPE_CHECKING:
    from engine.delivery_order import Delivered
    from engine.plan import Plan


def never_delivered(plan: Plan, output: Delivered) -> str | None:
    """Why the delivery is not made, where that is known before any row is read."""
    branches = plan.compiled.branches
    branch = branches.by_name[output.branch] if output.branch is not None else None
    if branch is None or branch.is_documents:
        skipping = next((each for each in branches.skipping if each.is_taken), None)
        if skipping is not None:
            return _skips(skipping)
    return _not_taken(branch) if branch is not None and branch.is_taken is False else None


class Gates:
    """A branch of rows is open once it has one, a branch of runs where the run takes it."""

    def __init__(self, plan: Plan) -> None:
        self._branches = plan.compiled.branches
        self._with_rows: set[str] = set()
        self._taken: dict[str, int] = {}
        self._passed: set[str] = set()

    def watching(self, frame: str, sink: Sink) -> Sink:
        """The sink for the rows of this frame, which tells whether there are any."""

        def watched(batch: pl.DataFrame) -> bool:
            if batch.height:
                self._with_rows.add(frame)
            return sink(batch)

        return watched

    def sinks(self, streamed: Collection[str]) -> list[tuple[str, Sink]]:
        """What to stream beside the frames that are `streamed` anyway."""
        used = self._used
        rows = [each.frame.name for each in used if each.scope == "rows" and each.frame is not None]
        verdicts = [each.verdict.name for each in used if each.verdict is not None]
        return [
            *((name, self.watching(name, lambda batch: batch.height > 0))
              for name in dict.fromkeys(rows) if name not in streamed),
            *((name, self._verdict_sink(name)) for name in dict.fromkeys(verdicts)),
        ]  # fmt: skip

    @property
    def _used(self) -> list[Branch]:
        delivering = {each.branch for each in self._branches.scopes}
        return [*(each for each in self._branches.by_name.values() if each.name in delivering),
                *self._branches.skipping]  # fmt: skip

    def _verdict_sink(self, name: str) -> Sink:
        def sink(batch: pl.DataFrame) -> bool:
            if batch.height:
                self._taken[name] = batch[VERDICT][0]
            return False

        return sink

    def passed(self, frames: Iterable[str]) -> None:
        """Take note that all rows of these frames have passed."""
        self._passed.update(frames)

    def settle(self, backend: Backend) -> None:
        """Ask for what the pass did not tell, because it was broken off."""
        for each in self._used:
            verdict, frame = each.verdict, each.frame
            if verdict is not None and verdict.name not in self._taken:
                self._taken[verdict.name] = backend.collect(verdict.name, None)[VERDICT][0]
            elif each.scope == "rows" and frame is not None and frame.name not in self._passed | self._with_rows:
                self._passed.add(frame.name)
                try:
                    found = backend.collect(frame.name, 1).height
                except Exception:  # its rows cannot be computed: its deliveries have failed, and say why
                    found = 1
                if found:
                    self._with_rows.add(frame.name)

    def as_json(self) -> dict[str, Any]:
        """Which branches are open, once that is settled."""
        return {"with_rows": sorted(self._with_rows), "taken": self._taken}

    def restore(self, found: Mapping[str, Any]) -> None:
        """Take what an earlier attempt at the run has settled."""
        self._with_rows, self._taken = set(found["with_rows"]), dict(found["taken"])

    def closed(self, branch: str | None) -> str | None:
        """Why nothing is delivered in this branch, or in the document's own rules; None where it is."""
        found = self._branches.by_name[branch] if branch is not None else None
        if found is None or found.is_documents:
            skipping = next((each for each in self._branches.skipping if self._is_open(each)), None)
            if skipping is not None:
                return _skips(skipping)
        if found is None or self._is_open(found):
            return None
        if found.scope == "rows":
            return f"the branch {found.name} has no rows ({found.words})"
        return _not_taken(found)

    def _is_open(self, branch: Branch) -> bool:
        if branch.scope == "rows":
            return branch.frame is not None and branch.frame.name in self._with_rows
        if branch.is_taken is not None:
            return branch.is_taken
        return branch.verdict is not None and self._taken.get(branch.verdict.name) == branch.number


def _skips(branch: Branch) -> str:
    return f"the branch {branch.name} skips it ({branch.words})"


def _not_taken(branch: Branch) -> str:
    return f"the run does not take the branch {branch.name} ({branch.words})"
