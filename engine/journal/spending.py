"""What models have taken, by day, account and workflow; and what runs have set aside of a day's budget.

Who is about to ask sets aside what that takes, and some more ahead, so that many calls are few transactions: all runs
of a journal stay within the budget together. What is spent takes the place of what was set aside. Days are those of
UTC, by the clock of the database.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, func, select, text

from engine.journal.journal import Journal, insert_new
from engine.journal.migrations import alone
from engine.journal.tables import spending
from ir.records import dataclass

_SHARED = 4
"""At most this part of what is left is set aside ahead, and so others find something, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """Calls of models: how many, their tokens, and their cost in millionths."""

    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    micros: int = 0

    @property
    def tokens(self) -> int:
        return self.tokens_in + self.tokens_out

    def __add__(self, other: Amount) -> Amount:
        return Amount(calls=self.calls + other.calls, tokens_in=self.tokens_in + other.tokens_in,
                      tokens_out=self.tokens_out + other.tokens_out, micros=self.micros + other.micros)  # fmt: skip

    def __neg__(self) -> Amount:
        return Amount(calls=-self.calls, tokens_in=-self.tokens_in, tokens_out=-self.tokens_out, micros=-self.micros)


@dataclass(frozen=True, slots=True, kw_only=True)
class Aside:
    """What is set aside of a day's budget."""

    day: str = ""
    tokens: int = 0
    micros: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DayBudget:
    """What an account may take in a day. None: anything."""

    tokens: int | None = None
    micros: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What an account has left today; negative where more was spent. None: nothing bounds it."""

    day: str
    tokens: int | None
    micros: int | None

    def has(self, amount: Amount) -> bool:
        return (self.tokens is None or amount.tokens <= self.tokens) and (
            self.micros is None or amount.micros <= self.micros
        )

    @property
    def until(self) -> datetime:
        """When the next day begins."""
        return datetime.fromisoformat(self.day).replace(tzinfo=UTC) + timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """The spending of one workflow with one account."""

    journal: Journal
    account: str
    workflow: str
    budget: DayBudget

    def enter(self, used: Amount, *, aside: Aside, kept: Amount, more: Amount, ahead: int) -> tuple[Aside, Left | None]:
        """Write down what was used, in place of what was set aside. `kept` stays set aside, and `more` with it where
        the day has it, up to so many times `ahead`; else what is left is told.

        Raises:
            ConnectorProblem: IR596 where the journal cannot be used.
        """
        with self.journal.writing() as connection:
            alone(connection)
            today = _today(connection)
            self._add(connection, today, used)
            if aside.day:
                self._set_aside(connection, Aside(day=aside.day, tokens=-aside.tokens, micros=-aside.micros))
            left = self._left(connection, today, kept)
            found = Aside(day=today, tokens=kept.tokens, micros=kept.micros)
            if left.has(more):
                found = Aside(day=today, tokens=kept.tokens + _ahead(more.tokens, left.tokens, ahead),
                              micros=kept.micros + _ahead(more.micros, left.micros, ahead))  # fmt: skip
            self._set_aside(connection, found)
        return found, None if left.has(more) else left

    def left(self) -> Left:
        """What the day has left.

        Raises:
            ConnectorProblem: IR596 where the journal cannot be used.
        """
        with self.journal.writing() as connection:
            return self._left(connection, _today(connection), Amount())

    def _left(self, connection: Connection, day: str, kept: Amount) -> Left:
        found = (spending.c.tenant == self.journal.tenant) & (spending.c.day == day)
        columns = (func.sum(spending.c.tokens_in + spending.c.tokens_out + spending.c.aside_tokens),
                   func.sum(spending.c.micros + spending.c.aside_micros))  # fmt: skip
        tokens, micros = connection.execute(select(*columns).where(found & (spending.c.account == self.account))).one()
        most = self.budget
        return Left(day=day, tokens=None if most.tokens is None else most.tokens - int(tokens or 0) - kept.tokens,
                    micros=None if most.micros is None else most.micros - int(micros or 0) - kept.micros)  # fmt: skip

    def _add(self, connection: Connection, day: str, used: Amount) -> None:
        if used != Amount():
            connection.execute(spending.update().where(self._row(connection, day)).values(
                calls=spending.c.calls + used.calls, tokens_in=spending.c.tokens_in + used.tokens_in,
                tokens_out=spending.c.tokens_out + used.tokens_out, micros=spending.c.micros + used.micros,
            ))  # fmt: skip

    def _set_aside(self, connection: Connection, aside: Aside) -> None:
        if aside.tokens or aside.micros:
            connection.execute(spending.update().where(self._row(connection, aside.day)).values(
                aside_tokens=spending.c.aside_tokens + aside.tokens,
                aside_micros=spending.c.aside_micros + aside.micros,
            ))  # fmt: skip

    def _row(self, connection: Connection, day: str) -> ColumnElement[bool]:
        """The row of a day, which is there then."""
        key = {"tenant": self.journal.tenant, "day": day, "account": self.account, "workflow": self.workflow}
        zeros = ("calls", "tokens_in", "tokens_out", "micros", "aside_tokens", "aside_micros")
        insert_new(connection, spending, {**key, **dict.fromkeys(zeros, 0)})
        found = (spending.c.tenant == key["tenant"]) & (spending.c.day == day)
        return found & (spending.c.account == self.account) & (spending.c.workflow == self.workflow)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What a workflow has taken of an account on a day."""

    day: str
    account: str
    workflow: str
    amount: Amount


def spent(connection: Connection, tenant: str) -> Sequence[Spent]:
    """All that was spent, the latest day first."""
    asked = select(spending).where((spending.c.tenant == tenant) & (spending.c.calls > 0))
    return [
        Spent(day=each.day, account=each.account, workflow=each.workflow,
              amount=Amount(calls=each.calls, tokens_in=each.tokens_in, tokens_out=each.tokens_out, micros=each.micros))
        for each in connection.execute(asked.order_by(spending.c.day.desc(), spending.c.account, spending.c.workflow))
    ]  # fmt: skip


def _ahead(amount: int, left: int | None, times: int) -> int:
    """So much is set aside for what takes at least the amount."""
    return amount if left is None else max(amount, min(amount * times, left // _SHARED))


def _today(connection: Connection) -> str:
    if connection.dialect.name == "postgresql":
        return str(
            connection.execute(text("select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD')")).scalar()
        )
    return datetime.now(UTC).date().isoformat()
