"""What models have cost, over all runs of a journal."""

from __future__ import annotations

from typing import Any

from connectors.problem import ConnectorProblem
from engine.increments.memory import journal_failure
from ir.diagnostics import WorkflowError
from ir.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """What a workflow has taken of a service on a day of UTC; `cost` in the currency of the prices, where known."""

    day: str
    service: str
    workflow: str
    calls: int
    tokens_in: int
    tokens_out: int
    cost: float

    def as_json(self) -> dict[str, Any]:
        return {"day": self.day, "service": self.service, "workflow": self.workflow, "calls": self.calls,
                "tokens_in": self.tokens_in, "tokens_out": self.tokens_out, "cost": self.cost}  # fmt: skip


def spendings(*, days: int) -> list[Spending]:
    """What the last so many days on which anything was spent have cost, the latest first.

    Raises:
        WorkflowError: IR596 where the journal cannot be read.
    """
    from engine.journal.journal import Journal
    from engine.journal.place import has_journal
    from engine.journal.spending import spent

    try:
        if not has_journal():
            return []
        with Journal() as journal, journal.looking() as connection:
            found = spent(connection, journal.tenant)
    except ConnectorProblem as problem:
        raise WorkflowError([journal_failure(problem)]) from None
    latest = sorted({each.day for each in found}, reverse=True)[:days]
    return [Spending(day=each.day, service=each.account, workflow=each.workflow, calls=each.amount.calls,
                     tokens_in=each.amount.tokens_in, tokens_out=each.amount.tokens_out, cost=each.amount.micros / 1e6)
            for each in found if each.day in latest]  # fmt: skip
