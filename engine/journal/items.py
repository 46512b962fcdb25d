"""The single messages and calls of a delivery in the journal: claimed before each is sent, and noted after.

Claims and notes of many items are one transaction, written by one thread. Who claims waits for it before it sends, and
may claim a few items ahead of those on their way; the run's folder says of each claimed one whether it was begun.
"""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import cache
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from connectors.problem import ConnectorProblem
from engine.journal.fence import check_fence
from engine.journal.group_commit import GroupCommit
from engine.journal.item_log import ItemLog, proof, remove_logs
from engine.journal.records import ItemRecord, ItemStatus, instant
from engine.journal.tables import items
from ir.records import dataclass

if TYPE_CHECKING:
    from engine.journal.journal import Journal

_MOST_AT_ONCE = 512
_ON_TIME = 64
"""After so many claims that nobody had to wait for, one fewer is claimed ahead."""
UNKNOWN = "the run ended before the answer came"


@dataclass(slots=True, kw_only=True, eq=False)
class Claim:
    """An item that is, or is about to be, in the journal as one that may be sent."""

    item: int
    key: str
    target: str
    started_at: str
    stands: bool = False
    """Whether it is on the disk."""


@dataclass(frozen=True, slots=True)
class _Entry:
    item: int
    row: Mapping[str, Any] | None
    """None where there is to be no row of the item."""
    claim: Claim | None = None


class ItemLedger:
    """The items of one delivery, in one process. Threads and the loop of the requests may use it at the same time."""

    def __init__(self, journal: Journal, connection: Connection, run_id: str, delivery: str, *, log: ItemLog | None,
                 known: Mapping[int, ItemRecord], most_ahead: int) -> None:  # fmt: skip
        self._journal, self._connection = journal, connection
        self._of = {"tenant": journal.tenant, "run_id": run_id, "delivery": delivery}
        self._log, self.known = log, known
        self._most_ahead = most_ahead if log is not None else 0
        self._group = GroupCommit[_Entry](self._commit, name="items", most_at_once=_MOST_AT_ONCE)
        self._group.start()
        self._changed = threading.Condition()
        self._waiting: list[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = []
        self._put = self._written = 0
        self._open = set[int]()
        """Claimed, and neither noted nor taken back."""
        self._late_at = -1
        self._on_time = 0
        self._problem: Exception | None = None
        self.ahead = min(self._most_ahead, 1)
        """So many items may be claimed beside those on their way: more where a claim had to be waited for, and fewer
        again where none had to for a while."""

    def claim(self, item: int, *, key: str, target: str) -> Claim:
        """Have it written down that an item is about to be sent. It stands only after `wait`, or `standing`."""
        claim = Claim(item=item, key=key, target=target, started_at=instant())
        self._open.add(item)
        self._add(_Entry(item, self._row(claim, status="pending", attempts=1,
                                         reference=self._log.name if self._log else None), claim))  # fmt: skip
        return claim

    def wait(self, claim: Claim) -> None:
        """Wait until a claim stands.

        Raises:
            ConnectorProblem: IR596 or IR712, here and in every method, where the journal cannot be written.
        """
        with self._changed:
            if not claim.stands:
                self._hurry()
                self._changed.wait_for(lambda: claim.stands or self._problem is not None)
        self._check()

    async def standing(self, claim: Claim) -> None:
        """As `wait`, in a loop."""
        while not claim.stands and self._problem is None:
            loop = asyncio.get_running_loop()
            told: asyncio.Future[None] = loop.create_future()
            with self._changed:
                if claim.stands or self._problem is not None:
                    break
                self._waiting.append((loop, told))
                self._hurry()
            await told
        self._check()

    def begin(self, claim: Claim) -> None:
        """Take note that the item is sent now, the first time or again."""
        self._check()
        if self._log is not None:
            self._log.begin(claim.item)
        self._on_time += 1
        if self._on_time >= _ON_TIME:
            self._on_time, self.ahead = 0, max(self.ahead - 1, min(self._most_ahead, 1))

    def end(self, claim: Claim, status: ItemStatus, *, attempts: int = 1, reference: str | None = None,
            result: str | None = None, error: str | None = None) -> None:  # fmt: skip
        """Write down what became of it, with what comes in the same moment: the run's folder has it at once."""
        row = self._row(claim, status=status, attempts=attempts, reference=reference, result=result, error=error,
                        finished_at=instant())  # fmt: skip
        if self._log is not None:
            self._log.end(claim.item, row)
        self._open.discard(claim.item)
        self._add(_Entry(claim.item, row))

    def refuse(self, item: int, *, key: str, error: str) -> None:
        """Write down that an item failed before it was one that could be sent."""
        self.end(Claim(item=item, key=key, target="", started_at=instant()), "failed", attempts=0, error=error)

    def release(self, claim: Claim) -> None:
        """Take back the claim of an item that is not sent after all."""
        self._open.discard(claim.item)
        before = self.known.get(claim.item)
        self._add(_Entry(claim.item, None if before is None else self._stored(before)))

    def settle(self) -> None:
        """Wait until all that was noted stands."""
        with self._changed:
            mine = self._put
            self._group.hurry()
            self._changed.wait_for(lambda: self._written >= mine or self._problem is not None)
        self._check()

    def close(self) -> None:
        """Write what waits, and end. Nothing more is begun, whoever is late."""
        self._group.stop()
        if self._log is not None:
            is_known = self._problem is None and self._written >= self._put and not self._open
            self._log.close(is_needed=not is_known)

    def _hurry(self) -> None:
        """Somebody waits for a claim."""
        self._group.hurry()
        self._on_time = 0
        if self._late_at != self._written:  # once for all that wait for the same transaction
            self._late_at, self.ahead = self._written, min(2 * self.ahead + 1, self._most_ahead)

    def _check(self) -> None:
        if self._problem is not None:
            raise self._problem

    def _add(self, entry: _Entry) -> None:
        with self._changed:
            self._group.put(entry, is_urgent=False)
            self._put += 1  # last: an interrupt in between would let everybody wait for one that never comes

    def _row(self, claim: Claim, *, status: ItemStatus, attempts: int, **more: str | None) -> dict[str, Any]:
        return {**self._of, "item": claim.item, "idempotency_key": claim.key, "target": claim.target, "status": status,
                "attempts": attempts, "reference": None, "result": None, "error": None, "started_at": claim.started_at,
                "finished_at": None, **more}  # fmt: skip

    def _stored(self, record: ItemRecord) -> dict[str, Any]:
        return {**asdict(record), **self._of}

    def _commit(self, entries: Sequence[_Entry]) -> None:
        """Called by the one thread that writes."""
        problem: Exception | None = None
        if self._problem is None:
            try:
                with self._journal.at_once(self._connection):
                    check_fence(self._connection)
                    _write(self._connection, self._of, {each.item: each.row for each in entries})
            except ConnectorProblem as found:
                problem = found
            except (SQLAlchemyError, OSError) as error:
                problem = self._journal.unusable(error)
            except Exception as error:  # raised where somebody waits: this thread has nobody who would hear of it
                problem = error
        with self._changed:
            self._problem = self._problem or problem
            if self._problem is None:
                self._written += len(entries)
                for each in entries:
                    if each.claim is not None:
                        each.claim.stands = True
            waiting, self._waiting = self._waiting, []
            self._changed.notify_all()
        for loop in {loop for loop, _ in waiting}:
            loop.call_soon_threadsafe(_tell, [told for its, told in waiting if its is loop])


def _tell(waiting: Sequence[asyncio.Future[None]]) -> None:
    for each in waiting:
        if not each.done():
            each.set_result(None)


def _write(connection: Connection, of: Mapping[str, str], rows: Mapping[int, Mapping[str, Any] | None]) -> None:
    """The last word on each item."""
    stored = [row for row in rows.values() if row is not None]
    if stored:
        # as plain text: SQLAlchemy takes each row apart by itself, which is longer than SQLite needs to write it
        connection.exec_driver_sql(_replacing(connection.dialect.name), [_values(row) for row in stored])
    gone = [item for item, row in rows.items() if row is None]
    for item in gone:
        connection.execute(items.delete().where(_of_delivery(of) & (items.c.item == item)))


@cache
def _replacing(dialect: str) -> str:
    """Writes a row of these columns, in place of the one with its key."""
    keys = [each.name for each in items.primary_key.columns]
    changes = ", ".join(f"{each} = excluded.{each}" for each in _COLUMNS if each not in keys)
    marks = ", ".join(["?" if dialect == "sqlite" else "%s"] * len(_COLUMNS))
    return (f"insert into {items.name} ({', '.join(_COLUMNS)}) values ({marks}) "
            f"on conflict ({', '.join(keys)}) do update set {changes}")  # fmt: skip


_COLUMNS = tuple(each.name for each in items.columns)
_values = itemgetter(*_COLUMNS)


def _of_delivery(of: Mapping[str, str]) -> Any:
    is_of_run = (items.c.tenant == of["tenant"]) & (items.c.run_id == of["run_id"])
    return is_of_run & (items.c.delivery == of["delivery"])


def known_items(connection: Connection, tenant: str, run_id: str, delivery: str) -> dict[int, ItemRecord]:
    """The items that were begun, by their ordinals."""
    asked = select(items).where(_of_delivery({"tenant": tenant, "run_id": run_id, "delivery": delivery}))
    rows = [{name: value for name, value in row.items() if name != "tenant"}
            for row in connection.execute(asked).mappings()]  # fmt: skip
    return {row["item"]: ItemRecord(**row) for row in rows}


def items_of(journal: Journal, run_id: str, delivery: str) -> dict[int, ItemRecord]:
    """What the journal holds of a delivery's items.

    Raises:
        ConnectorProblem: IR596 where the journal cannot be used.
    """
    with journal.writing() as connection:
        return known_items(connection, journal.tenant, run_id, delivery)


@contextmanager
def item_ledger(journal: Journal, run_id: str, delivery: str, *, folder: Path, most_ahead: int = 0
                ) -> Iterator[ItemLedger]:  # fmt: skip
    """The ledger of a delivery until that has ended. What an earlier process left without a note is noted first.

    Raises:
        ConnectorProblem: IR596, here and in every method, where the journal cannot be used.
    """
    mark = hashlib.sha256(delivery.encode()).hexdigest()[:8]
    with journal.connected() as connection:
        with journal.at_once(connection):
            check_fence(connection)
            known = known_items(connection, journal.tenant, run_id, delivery)
            known = _settled(connection, journal.tenant, known, folder)
        remove_logs(folder, mark)
        ledger = ItemLedger(journal, connection, run_id, delivery, log=ItemLog.new(folder, mark), known=known,
                            most_ahead=most_ahead)  # fmt: skip
        try:
            yield ledger
        finally:
            ledger.close()


def _settled(connection: Connection, tenant: str, known: Mapping[int, ItemRecord], folder: Path
             ) -> dict[int, ItemRecord]:  # fmt: skip
    """The items, those that were claimed and not noted as what they are now known to be.

    One that was provably not sent is as if it had never been claimed, one whose note had not reached the journal has
    it, and of all others nobody knows.
    """
    found, changed = dict(known), dict[int, Mapping[str, Any] | None]()
    proofs = {name: proof(folder, name) for name in {each.reference for each in known.values()
                                                     if each.status == "pending" and each.reference}}  # fmt: skip
    for item, each in known.items():
        if each.status != "pending":
            continue
        proven = proofs.get(each.reference or "")
        if proven is not None and item not in proven.begun:
            del found[item]
            changed[item] = None
            continue
        row = {**asdict(each), "tenant": tenant, "status": "uncertain", "reference": None, "error": UNKNOWN,
               "finished_at": instant()}  # fmt: skip
        if proven is not None and item in proven.ended:
            row = dict(proven.ended[item])
        changed[item] = row
        found[item] = ItemRecord(**{name: value for name, value in row.items() if name != "tenant"})
    if changed:
        one = next(iter(known.values()))
        _write(connection, {"tenant": tenant, "run_id": one.run_id, "delivery": one.delivery}, changed)
    return found
