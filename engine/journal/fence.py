"""The fence of a run that a service carries out: whoever was taken over can write nothing more of it.

A worker takes a start by counting its attempt up (weirflow_starts). Every transaction of the run's process looks
whether that number still stands, and holds it until it is through: a worker that was frozen, or cut off from the
journal, is refused as soon as another one has gone on with its run.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select

from connectors.problem import ConnectorProblem
from engine.journal.tables import starts

_ATTEMPT = select(starts.c.attempt).where(
    (starts.c.tenant == bindparam("of_tenant")) & (starts.c.run_id == bindparam("of_run"))
)
_ATTEMPT_HELD = _ATTEMPT.with_for_update(read=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fence:
    """Which attempt at which run this process makes."""

    tenant: str
    run_id: str
    attempt: int

    def check(self, connection: Connection) -> None:
        """See to it that the attempt is still ours until the transaction has ended.

        Raises:
            ConnectorProblem: IR712 where another worker has taken the run over.
        """
        asked = _ATTEMPT_HELD if connection.dialect.name == "postgresql" else _ATTEMPT
        if connection.execute(asked, {"of_tenant": self.tenant, "of_run": self.run_id}).scalar() != self.attempt:
            raise ConnectorProblem("IR712", f"another worker has taken the run {self.run_id} over",
                                   hint="nothing is to be done: it goes on there")  # fmt: skip


_held: list[Fence] = []
"""Of this process: it carries out one run at a time."""


@contextmanager
def holding(fence: Fence) -> Iterator[None]:
    """In the block everything that this process writes into the journal is of that attempt."""
    _held.append(fence)
    try:
        yield
    finally:
        _held.remove(fence)


def is_fenced() -> bool:
    """Whether what this process writes is of an attempt that others may take over."""
    return bool(_held)


def check_fence(connection: Connection) -> None:
    """Refuse what is written for a run that was taken over; without a fence everything may be written.

    Raises:
        ConnectorProblem: IR712.
    """
    for each in _held:
        each.check(connection)
