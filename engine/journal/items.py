"""The single messages of a delivery in the journal: written down before each is sent, and after."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select

from engine.journal.fence import check_fence
from engine.journal.journal import replace_row
from engine.journal.records import ItemRecord, ItemStatus, instant
from engine.journal.tables import items

if TYPE_CHECKING:
    from engine.journal.journal import Journal


class ItemLedger:
    """The items of one delivery. Several threads may write: what they ask at the same time is one transaction."""

    def __init__(self, journal: Journal, connection: Connection, run_id: str, delivery: str) -> None:
        self._tenant, self._run_id, self._delivery = journal.tenant, run_id, delivery
        self._connection = connection
        self._asked: list[_Asked] = []
        self._adding, self._committing = threading.Lock(), threading.Lock()

    def known(self) -> dict[int, ItemRecord]:
        """The items that were begun, by their ordinals."""
        found = (items.c.tenant == self._tenant) & (items.c.run_id == self._run_id)
        asked = select(items).where(found & (items.c.delivery == self._delivery))
        with self._committing, self._connection.begin():
            rows = self._connection.execute(asked).mappings()
            records = [{name: value for name, value in row.items() if name != "tenant"} for row in rows]
        return {each["item"]: ItemRecord(**each) for each in records}

    def begin(self, item: int, *, key: str, target: str, attempts: int) -> None:
        """Write down that an item is about to be sent. When this returns, it stands."""
        self._write({"item": item, "idempotency_key": key, "target": target, "attempts": attempts, "status": "pending",
                     "started_at": instant(), "reference": None, "result": None, "error": None,
                     "finished_at": None})  # fmt: skip

    def end(
        self, item: int, status: ItemStatus, *, key: str, target: str, attempts: int, reference: str | None = None,
        result: str | None = None, error: str | None = None, started_at: str = "", waits: bool = False,
    ) -> None:  # fmt: skip
        """Write down what became of it; what `waits` is written together with what comes next, which is at once."""
        now = instant()
        self._write({"item": item, "idempotency_key": key, "target": target, "attempts": attempts, "status": status,
                     "started_at": started_at or now, "reference": reference, "result": result, "error": error,
                     "finished_at": now}, waits=waits)  # fmt: skip

    def settle(self) -> None:
        """Write what still waits."""
        self._commit(None)

    def _write(self, row: dict[str, Any], *, waits: bool = False) -> None:
        mine = _Asked({"tenant": self._tenant, "run_id": self._run_id, "delivery": self._delivery, **row})
        with self._adding:
            self._asked.append(mine)
        if not waits:
            self._commit(mine)

    def _commit(self, mine: _Asked | None) -> None:
        with self._committing:  # who waited here may find that another one has written theirs
            if mine is not None and mine.is_done:
                return
            with self._adding:
                together, self._asked = self._asked, []
            if not together:
                return
            with self._connection.begin():
                check_fence(self._connection)
                for each in together:
                    replace_row(self._connection, items, each.row)
            for each in together:
                each.is_done = True


@dataclass(slots=True)
class _Asked:
    row: dict[str, Any]
    is_done: bool = False


@contextmanager
def item_ledger(journal: Journal, run_id: str, delivery: str) -> Iterator[ItemLedger]:
    """The ledger of a delivery, with a connection of its own until the delivery has ended.

    Raises:
        ConnectorProblem: IR596, here and in every method, where the journal cannot be used.
    """
    with journal.connected() as connection:
        yield ItemLedger(journal, connection, run_id, delivery)
