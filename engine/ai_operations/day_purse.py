"""What all runs of a journal may spend in a day, as one step of a run meets it."""

from __future__ import annotations

import threading
from dataclasses import field
from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from connectors.ai.answering import Usage
from connectors.problem import ConnectorProblem
from ir.records import dataclass

if TYPE_CHECKING:
    from connectors.ai.configuration import AiSettings
    from engine.journal.journal import Journal
    from engine.journal.spending import Amount, Aside, Books, Left

_MILLION = 1_000_000
_AHEAD = 8
"""So many calls like the one that asks are set aside at once, where the day has them."""


@dataclass(slots=True, kw_only=True)
class DayPurse:
    """See connectors.ai.spending.Wider. Without a budget it only counts."""

    settings: AiSettings
    books: Books
    _aside: Aside
    _reserved: Amount
    """By calls that are on their way."""
    _used: Amount
    """What is not written down yet."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def of(cls, settings: AiSettings, journal: Journal, workflow: str) -> DayPurse:
        """That of a workflow's runs with the service of the settings."""
        from engine.journal.spending import Amount, Aside, Books, DayBudget

        day = settings.day
        budget = DayBudget(tokens=day.max_tokens, micros=_micros(day.max_cost))
        books = Books(journal=journal, account=_account(settings.base_url or ""), workflow=workflow, budget=budget)
        return cls(settings=settings, books=books, _aside=Aside(), _reserved=Amount(), _used=Amount())

    @property
    def is_limited(self) -> bool:
        return self.settings.day.max_tokens is not None or self.settings.day.max_cost is not None

    def reserve(self, expected: Usage) -> ConnectorProblem | None:
        """Set aside what a call will take at least; the problem where the day does not have it any more."""
        if not self.is_limited:
            return None
        amount = _amount(expected)
        with self._lock:
            wanted = self._used + self._reserved + amount
            if self._passes(wanted):
                self._aside, left = self.books.enter(self._used, aside=self._aside, kept=self._reserved, more=amount,
                                                     ahead=_AHEAD)  # fmt: skip
                self._used = type(amount)()
                if left is not None:
                    return self._refused(left)
            self._reserved += amount
        return None

    def settle(self, expected: Usage, used: Usage) -> None:
        """What was set aside has become what it took."""
        with self._lock:
            if self.is_limited:
                self._reserved += -_amount(expected)
            self._used += _amount(used)

    def check(self, expected: Usage) -> None:
        """Refuse before anything is asked what the day cannot have room for.

        Raises:
            ConnectorProblem: IR763.
        """
        if self.is_limited and not (left := self.books.left()).has(_amount(expected)):
            raise self._refused(left)

    def close(self) -> None:
        """Write down what was used, and give back what was not."""
        with self._lock:
            if self._used.calls or self._aside.day:
                none = type(self._used)()
                self._aside, _ = self.books.enter(self._used, aside=self._aside, kept=none, more=none, ahead=1)
                self._used = none

    def _passes(self, wanted: Amount) -> bool:
        """Whether that is more than what is set aside of what is bounded."""
        budget = self.books.budget
        return (budget.tokens is not None and wanted.tokens > self._aside.tokens) or (
            budget.micros is not None and wanted.micros > self._aside.micros
        )

    def _refused(self, left: Left) -> ConnectorProblem:
        day, found = self.settings.day, []
        for key, limit, still in (("max_tokens_per_day", day.max_tokens, left.tokens),
                                  ("max_cost_per_day", day.max_cost, left.micros)):  # fmt: skip
            if limit is not None and still is not None:
                rest = Decimal(max(still, 0)) / (1 if key == "max_tokens_per_day" else _MILLION)
                found.append(f"{key} of [ai] is {limit:,}, and {rest.normalize():,f} is left of it")
        return ConnectorProblem(
            "IR763", f"the budget of a day is used up for {self.books.account}: {'; '.join(found)}",
            hint=f"resume the run after {left.until:%Y-%m-%d %H:%M} UTC, when the next day begins, or raise it; what "
            "was answered is remembered",
        )  # fmt: skip


def _amount(usage: Usage) -> Amount:
    from engine.journal.spending import Amount

    return Amount(calls=usage.calls, tokens_in=usage.tokens_in, tokens_out=usage.tokens_out,
                  micros=_micros(usage.cost) or 0)  # fmt: skip


def _micros(cost: Decimal | None) -> int | None:
    return None if cost is None else int((cost * _MILLION).to_integral_value(ROUND_CEILING))


def _account(base_url: str) -> str:
    """The service as people know it, without what an address may carry along."""
    parts = urlsplit(base_url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
