"""The fence of a run that a service carries out: whoever was taken over can write nothing more of it.

A worker takes a start by counting its attempt up (weirflow_starts). Every transaction of the run's process looks
whether that number still stands, and holds it until it is through: a worker that was frozen, or cut off from the
journal, is refused as soon as another one has gone on with its run.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from connectors.problem import ConnectorProblem
from engine.journal.notes import Execute
from ir.records import dataclass

if TYPE_CHECKING:
    from sqlalchemy import Connection

_ATTEMPT = "select attempt from weirflow_starts where tenant = ? and run_id = ?"
_ATTEMPT_HELD = f"{_ATTEMPT.replace('?', '%s')} for share"


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
        self.check_by(connection.exec_driver_sql, held=connection.dialect.name == "postgresql")

    def check_by(self, execute: Execute, *, held: bool = False) -> None:
        """`check` by a statement: a file is our own for as long as we write, elsewhere the row is to be `held`."""
        asked = _ATTEMPT_HELD if held else _ATTEMPT
        found = execute(asked, (self.tenant, self.run_id)).fetchone()
        if found is None or found[0] != self.attempt:
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


def check_fence_by(execute: Execute) -> None:
    """`check_fence` in a file, where the transaction keeps everybody else from writing.

    Raises:
        ConnectorProblem: IR712.
    """
    for each in _held:
        each.check_by(execute)
