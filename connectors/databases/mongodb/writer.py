"""One delivery on its way into a collection."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import polars as pl

from connectors.databases.address import Address
from connectors.databases.mongodb.client import connected
from connectors.databases.mongodb.documents import Unfit, documents, key_of
from connectors.databases.mongodb.operations import filter_of, model_of
from connectors.databases.mongodb.refused import explained
from connectors.databases.mongodb.stage import Stage
from connectors.databases.refusals import key_exists, key_missing, misfit
from connectors.databases.writing import LEDGER, LedgerEntry, Outcome, TableWrite, TargetTable
from connectors.problem import ConnectorProblem
from ir import types as t
from transforms.expressions.polars_columns import exact

if TYPE_CHECKING:
    from pymongo.client_session import ClientSession
    from pymongo.collection import Collection
    from pymongo.database import Database

LOCK_PATIENCE_S = 60
_LOOKED_UP = 1000
_BULK = 5000
_COMMIT_ATTEMPTS = 5
_FORBIDDEN = 13
_CONFLICTS = frozenset({112, 24, 246})
"""Another writer holds a document, a lock is not given in time, the snapshot is too old."""


class MongoWriter:
    """Stages rows in a file; one transaction brings them in, where the server is a replica set or a cluster of them."""

    def __init__(self, address: Address, write: TableWrite, target: TargetTable | None) -> None:
        self.address = address
        self.write = write
        self.target = target
        self._natives = {each.name: each.native for each in target.columns} if target is not None else {}
        self._stack = ExitStack()
        self._stage: Stage | None = None
        self._database: Database[dict[str, Any]] | None = None
        self._session: ClientSession | None = None
        self._entry: LedgerEntry | None = None
        self._made = False
        self._shortened = 0

    @property
    def rows(self) -> Stage:
        assert self._stage is not None
        return self._stage

    @property
    def database(self) -> Database[dict[str, Any]]:
        assert self._database is not None
        return self._database

    @property
    def collection(self) -> Collection[dict[str, Any]]:
        return self.database[self.write.table.shown]

    @property
    def has_transactions(self) -> bool:
        """Whether the server is no lone one: that has none."""
        return self._session is not None

    def begin(self) -> None:
        self._check_names()
        self._stage = Stage(self.write)

    def _check_names(self) -> None:
        for name, kind in self.write.columns.items():
            if name.startswith("$") or "." in name or not name or "\0" in name:
                raise ConnectorProblem("IR631", f'no key of a document can be called "{name}"', key=("table",),
                                       hint="rename the column before: {type: map}")  # fmt: skip
            if name in self.write.keys and isinstance(kind, t.ListOf | t.Struct | t.Json | t.File):
                raise ConnectorProblem("IR632", f'"{name}" is {kind}, which tells no document apart',
                                       key=("key_fields", self.write.keys.index(name)))  # fmt: skip

    def stage(self, batch: pl.DataFrame) -> None:
        self.rows.add(batch)
        for name, kind in self.write.columns.items():
            if isinstance(kind, t.Datetime):
                self._shortened += int(batch.select((exact(name).dt.microsecond() % 1000 != 0).sum()).item())

    def apply(self, entry: LedgerEntry) -> Outcome:
        self._entry = entry
        self.rows.complete()
        outcome = Outcome()

        def apply() -> None:
            nonlocal outcome
            self._connect()
            notes = self._prepare()
            outcome = self._patiently(lambda: self._apply(entry))
            outcome = replace(outcome, notes=(*outcome.notes, *notes, *self._notes()),
                              in_ledger=self.write.ledger and self.has_transactions)  # fmt: skip

        self._explain(apply)
        return outcome

    def _connect(self) -> None:
        client = self._stack.enter_context(connected(self.address))
        self._database = client[self.address.database]
        told = client.admin.command("hello")
        if "setName" in told or told.get("msg") == "isdbgrid":
            self._session = self._stack.enter_context(client.start_session())

    def _prepare(self) -> list[str]:
        """Make what a transaction cannot make: the collection with its key, and the ledger."""
        from pymongo.errors import CollectionInvalid, OperationFailure

        if self.target is None:
            with suppress(CollectionInvalid):  # another made it meanwhile
                self.database.create_collection(self.write.table.shown)
                self._made = True
            if self.write.keys and self.write.keys != ("_id",):
                self.collection.create_index([(each, 1) for each in self.write.keys], unique=True)
        if not (self.write.ledger or self._locks) or self.database.list_collection_names(filter={"name": LEDGER}):
            return []
        try:
            self.database.create_collection(LEDGER)
        except CollectionInvalid:
            return []
        except OperationFailure as error:
            if error.code != _FORBIDDEN:
                raise
            self.write = replace(self.write, ledger=False)
            return [f"{LEDGER} may not be written there, so that a repeated run is not noticed by the database; "
                    "write ledger: false to leave it out"]  # fmt: skip
        return []

    @property
    def _locks(self) -> bool:
        """Whether nothing but a lock of ours keeps two writers from inserting the same key."""
        is_apart = self.target is None or self.target.keeps_apart(self.write.keys)
        return self.has_transactions and bool(self.write.keys) and not is_apart and self.write.action != "delete"

    def _patiently(self, act: Callable[[], Outcome]) -> Outcome:
        """Again from the start where another writer was faster; a transaction saw none of its work."""
        from pymongo.errors import PyMongoError

        until = time.monotonic() + LOCK_PATIENCE_S
        for attempt in range(100):
            if self._session is not None:
                self._session.start_transaction()
            try:
                return act()
            except PyMongoError as error:
                if self._session is not None and self._session.in_transaction:
                    with suppress(PyMongoError):
                        self._session.abort_transaction()
                is_passing = self._session is not None and _is_passing(error)
                if not is_passing or time.monotonic() > until:
                    raise
                time.sleep(random.uniform(0, min(0.05 * 2**attempt, 2)))
        raise AssertionError("unreachable")

    def _apply(self, entry: LedgerEntry) -> Outcome:
        write, session = self.write, self._session
        if self._locks:
            self.database[LEDGER].update_one({"_id": f"lock: {write.table.shown}"}, {"$inc": {"taken": 1}}, upsert=True,
                                             session=session)  # fmt: skip
        if write.ledger and self._is_noted(entry):
            return Outcome(already=True)
        existing = self._existing()
        outcome = Outcome(duplicates=self.rows.repeated, created=self.target is None)
        for batch in self.rows.batches(min(write.batch_rows, _BULK)):
            outcome = self._written(outcome, batch)
        if write.action in {"update", "delete"}:
            missing = self.rows.count - self.rows.repeated - (existing if existing is not None else 0)
            done = outcome.updated + outcome.deleted
            ignored = missing if existing is not None else self.rows.count - self.rows.repeated - done
            outcome = replace(outcome, ignored=0 if write.strategy == "error" else ignored)
        if write.ledger:
            self._note(entry)
        return outcome

    def _written(self, outcome: Outcome, batch: pl.DataFrame) -> Outcome:
        if not batch.height:
            return outcome
        write = self.write
        rows = self._documents(batch)
        done = self.collection.bulk_write([model_of(write, each) for each in rows], ordered=self._session is None,
                                          session=self._session)  # fmt: skip
        is_kept = write.strategy == "skip" or not write.values
        skips = write.action in {"insert", "upsert"} and is_kept
        return replace(
            outcome,
            inserted=outcome.inserted + done.inserted_count + done.upserted_count,
            updated=outcome.updated + (0 if skips else done.matched_count),
            deleted=outcome.deleted + done.deleted_count,
            skipped=outcome.skipped + (len(rows) - done.upserted_count if skips else 0),
        )

    def _documents(self, batch: pl.DataFrame) -> list[dict[str, Any]]:
        try:
            return documents(batch, self.write.columns, self._natives)
        except Unfit as error:
            key = {name: batch[name][error.position] for name in self.write.keys}
            native = self._natives.get(error.column) or "decimal"
            raise misfit(self.write, error.column, native, error.said, key=key or None,
                         shown=error.value) from None  # fmt: skip

    def _existing(self) -> int | None:
        """How many of the staged keys the collection has, where that is not seen from what is done.

        Raises:
            ConnectorProblem: IR635 for the first key that must not be there, or must.
        """
        write = self.write
        if not write.keys or not (write.strategy == "error" or self._may_repeat):
            return None
        found = 0
        for keys, there in self._looked_up():
            for key in keys:
                is_there = tuple(map(key_of, key.values())) in there
                found += is_there
                if write.strategy == "error" and is_there == (write.action == "insert"):
                    raise key_exists(write, key) if is_there else key_missing(write, key)
        return found

    @property
    def _may_repeat(self) -> bool:
        """Whether one key may stand in several documents, so that the number of changed ones tells nothing."""
        if self.write.action not in {"update", "delete"}:
            return False
        return self.target is not None and not self.target.keeps_apart(self.write.keys)

    def _looked_up(self) -> Iterator[tuple[list[dict[str, Any]], set[tuple[Any, ...]]]]:
        """Staged keys in their order, and those of them that the collection has."""
        write = self.write
        wanted = dict.fromkeys(write.keys, 1)
        for batch in self.rows.batches(_LOOKED_UP):
            keys = [filter_of(write, each) for each in self._documents(batch)]
            if not keys:
                continue
            name = write.keys[0]
            asked = {name: {"$in": [each[name] for each in keys]}} if len(write.keys) == 1 else {"$or": keys}
            found = self.collection.find(asked, {"_id": 0, **wanted}, session=self._session)
            yield keys, {tuple(key_of(each.get(key)) for key in write.keys) for each in found}

    def _is_noted(self, entry: LedgerEntry) -> bool:
        return self.database[LEDGER].find_one(_ledger_key(entry), session=self._session) is not None

    def _note(self, entry: LedgerEntry) -> None:
        told = {name: value for name, value in asdict(entry).items() if name not in {"run_id", "delivery"}}
        self.database[LEDGER].insert_one({**_ledger_key(entry), **told}, session=self._session)

    def _notes(self) -> list[str]:
        notes = []
        if not self.has_transactions:
            notes.append("the server is no replica set and has no transactions: had the delivery failed, rows written "
                         "before would have stayed")  # fmt: skip
        if self._shortened:
            notes.append(
                f"{self._shortened:,} moments lost what they had below a millisecond, which MongoDB does not keep"
            )
        return notes

    def commit(self) -> None:
        self._explain(self._commit)
        self._made = False
        self.abort()

    def _commit(self) -> None:
        from pymongo.errors import PyMongoError

        if self._session is None or not self._session.in_transaction:
            return
        for attempt in range(_COMMIT_ATTEMPTS):
            try:
                self._session.commit_transaction()
            except PyMongoError as error:
                is_unknown = error.has_error_label("UnknownTransactionCommitResult")
                if not is_unknown or attempt == _COMMIT_ATTEMPTS - 1:
                    raise
            else:
                return

    def abort(self) -> None:
        from pymongo.errors import PyMongoError

        if self._session is not None and self._session.in_transaction:
            with suppress(PyMongoError):
                self._session.abort_transaction()
        if self._made and self._database is not None:
            with suppress(PyMongoError):
                if self.collection.find_one() is None:
                    self.collection.drop()
        self._made = False
        with suppress(PyMongoError):
            self._stack.close()
        self._session = self._database = None
        if self._stage is not None:
            self._stage.discard()
        self._stage = None

    def _explain(self, step: Callable[[], None]) -> None:
        from bson.errors import BSONError
        from pymongo.errors import PyMongoError

        try:
            step()
        except (PyMongoError, BSONError, OverflowError) as error:
            problem = explained(error, self.write, self.address)
            problem.sent = self._database is not None and not self.has_transactions
            raise problem from None


def _ledger_key(entry: LedgerEntry) -> dict[str, Any]:
    return {"_id": {"run_id": entry.run_id, "delivery": entry.delivery}}


def _is_passing(error: Any) -> bool:
    """Whether the same may go well in a moment: another writer holds a document. A broken connection is none of it."""
    from pymongo.errors import ConnectionFailure

    if isinstance(error, ConnectionFailure):
        return False
    details = getattr(error, "details", None) or {}
    codes = {details.get("code"), *(each.get("code") for each in details.get("writeErrors", ()))}
    return bool(error.has_error_label("TransientTransactionError") or codes & _CONFLICTS)
