"""What answers have cost so far, and whether the next one may still be asked for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import field
from decimal import Decimal
from typing import Protocol

from connectors.ai.answering import Usage
from connectors.ai.configuration import Budget, Model
from connectors.problem import ConnectorProblem
from ir.records import dataclass

_MILLION = Decimal(1_000_000)


class Wider(Protocol):
    """A purse around another one, which has to have room too."""

    @property
    def is_limited(self) -> bool: ...

    def reserve(self, expected: Usage) -> ConnectorProblem | None: ...

    def settle(self, expected: Usage, used: Usage) -> None: ...

    def check(self, expected: Usage) -> None: ...


@dataclass(slots=True, kw_only=True)
class Purse:
    """The spending of one step, or of a whole run, under its budget. What is asked at the same time is reserved, so
    that many calls at once cannot pass the budget together."""

    budget: Budget = field(default_factory=Budget)
    spent: Usage = field(default_factory=Usage)
    what: str = "this step"
    also: Wider | None = None
    """The purse of the whole run, or of a day, which has to have room too."""
    _reserved: Usage = field(default_factory=Usage)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_limited(self) -> bool:
        """Whether there is a budget at all."""
        return self.budget != Budget() or (self.also is not None and self.also.is_limited)

    def reserve(self, expected: Usage) -> ConnectorProblem | None:
        """Set aside what a call will take at least; the problem where the budget does not have it any more."""
        if not self.is_limited:
            return None
        with self._lock:
            problem = next(self._passed(self.spent + self._reserved + expected, "would take it beyond"), None)
            if problem is None and self.also is not None:
                problem = self.also.reserve(expected)
            if problem is None:
                self._reserved += expected
            return problem

    def settle(self, expected: Usage, used: Usage) -> None:
        """What was set aside has become what it took."""
        with self._lock:
            self.spent += used
            if self.is_limited:
                before = self._reserved
                self._reserved = Usage(
                    calls=before.calls - expected.calls, tokens_in=before.tokens_in - expected.tokens_in,
                    tokens_out=before.tokens_out - expected.tokens_out,
                    cost=(before.cost or Decimal(0)) - (expected.cost or Decimal(0)),
                )  # fmt: skip
        if self.also is not None:
            self.also.settle(expected, used)

    def check(self, expected: Usage) -> None:
        """Refuse before anything is asked what the budget cannot have room for.

        Raises:
            ConnectorProblem: IR763.
        """
        for problem in self._passed(self.spent + expected, "needs at least"):
            raise problem
        if self.also is not None:
            self.also.check(expected)

    def _passed(self, after: Usage, verb: str) -> Iterator[ConnectorProblem]:
        limits = (("max_calls", self.budget.max_calls, after.calls, "calls"),
                  ("max_tokens", self.budget.max_tokens, after.tokens_in + after.tokens_out, "tokens"),
                  ("max_cost", self.budget.max_cost, after.cost or Decimal(0), ""))  # fmt: skip
        for key, limit, value, unit in limits:
            if limit is None or value <= limit:
                continue
            seen = f"{value:,.4f}".rstrip("0").rstrip(".") if isinstance(value, Decimal) else f"{value:,} {unit}"
            said = (f"{self.what} needs at least {seen}, and {key} is {limit:,}" if verb == "needs at least"
                    else f"the budget of {self.what} is used up: {key} is {limit:,}")  # fmt: skip
            hint = f"raise {key}, or ask about fewer rows; what was answered is remembered"
            yield ConnectorProblem("IR763", said, key=(key,), hint=hint)


def cost_of(model: Model, tokens_in: int, tokens_out: int) -> Decimal | None:
    """What so many tokens cost; None where a price is not known."""
    if model.price_in is None or model.price_out is None:
        return None
    return (model.price_in * tokens_in + model.price_out * tokens_out) / _MILLION


def tokens_of(text: str) -> int:
    """About how many tokens a text has: a token is about four bytes of UTF-8."""
    return (len(text) if text.isascii() else len(text.encode("utf-8", "replace"))) // 4 + 1
