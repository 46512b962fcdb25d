"""One delivery on its way into a table of MySQL or MariaDB."""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable
from dataclasses import replace

import polars as pl

from connectors.databases.address import Address
from connectors.databases.ledger import find_noted, ledger_definition, ledger_table, noted
from connectors.databases.mysql import table_statements as statements
from connectors.databases.mysql.loading import Session
from connectors.databases.mysql.offender import driver_errors, explained, number_of
from connectors.databases.mysql.staging import Stage
from connectors.databases.refusals import duplicate_key, failed, key_exists, key_missing
from connectors.databases.writing import LedgerEntry, Outcome, TableWrite, TargetTable

TURN_PATIENCE_S = 300
"""How long one delivery waits for others of ours that bring rows into the same table."""
_ATTEMPTS = 5
_DEADLOCK, _LOCK_WAIT = 1213, 1205
_AGAIN = {_DEADLOCK: _ATTEMPTS, _LOCK_WAIT: 2}
"""How often it is tried when the server ends one of two writers, or a lock is not given in time."""
_DENIED = frozenset({1044, 1142})


class MysqlWriter:
    """Stages rows by LOAD DATA in a temporary table, outside of the transaction, which is short."""

    def __init__(self, address: Address, write: TableWrite, target: TargetTable | None) -> None:
        self.address = address
        self.write = write
        self.target = target
        self.rows = statements.STAGE
        self._stage: Stage | None = None
        self._session: Session | None = None
        self._entry: LedgerEntry | None = None
        self._is_made = False
        self._has_turn = False

    @property
    def session(self) -> Session:
        assert self._session is not None
        return self._session

    @property
    def staged(self) -> Stage:
        assert self._stage is not None
        return self._stage

    def begin(self) -> None:
        def begin() -> None:
            self._session = Session(self.address, database=self.write.table.schema)
            self._stage = Stage(self.session, self.write, self.target)

        self._explain(begin)

    def stage(self, batch: pl.DataFrame) -> None:
        self._explain(lambda: self.staged.add(batch))

    def apply(self, entry: LedgerEntry) -> Outcome:
        self._entry = entry
        outcome = Outcome()

        def apply() -> None:
            nonlocal outcome
            self.staged.send()
            repeated = self._repeated()
            notes = self._make_ledger() if self.write.ledger else ()
            if self.target is None:
                self.session.run(statements.creation(self.write))  # ends a transaction, so it comes before ours
                self._is_made = True
            work = statements.work(self.write, self.target, stage=self.rows, nulls=self.staged.has_nulls)
            if work.mark is not None:
                self.session.run(statements.stage_index(self.write, self.target, self.rows))
            is_noted = self.write.ledger and not notes
            outcome = self._tried(work, entry, is_noted=is_noted)
            outcome = replace(outcome, notes=notes, in_ledger=is_noted, duplicates=0 if outcome.already else repeated)

        self._explain(apply)
        return outcome

    def _tried(self, work: statements.Work, entry: LedgerEntry, *, is_noted: bool) -> Outcome:
        """The transaction, and again where the server ended it for the sake of another."""
        attempts: dict[int, int] = {}
        while True:
            if not self.write.plain:
                self._take_turn()
            self.session.run("start transaction")
            try:
                return self._apply(work, entry, is_noted=is_noted)
            except driver_errors() as error:
                number = number_of(error)
                attempts[number] = attempts.get(number, 0) + 1
                if attempts[number] >= _AGAIN.get(number, 0):
                    raise
                self.session.run("rollback")
                time.sleep(random.uniform(0, 0.1 * 2 ** attempts[number]))

    def _apply(self, work: statements.Work, entry: LedgerEntry, *, is_noted: bool) -> Outcome:
        if is_noted and self._is_noted(entry):
            return Outcome(already=True)
        count = self.staged.count if self.rows == statements.STAGE else self.staged.distinct
        outcome = Outcome(created=self._is_made)
        if work.conflicting:
            inserted = self.session.inserted(work.all[0])
            old = count - inserted
            is_kept = self.write.strategy == "skip" or not self.write.values
            outcome = replace(outcome, inserted=inserted, updated=0 if is_kept else old, skipped=old if is_kept else 0)
        else:
            outcome = self._done(outcome, work, count)
        if is_noted:
            statement = noted(self.write, entry, dialect="mysql", placeholder="%s")
            self.session.run(statement.sql, statement.parameters)
        return outcome

    def _done(self, outcome: Outcome, work: statements.Work, count: int) -> Outcome:
        write = self.write
        # an insert is refused by what it finds before it changes anything, an upsert updates before it marks
        refuses = write.strategy == "error" and work.mark is not None
        if work.mark is not None and (refuses or work.update is None):
            self._mark(work.mark)
        if refuses:
            self._refuse(exists=write.action == "insert")
        if work.update is not None:
            outcome = replace(outcome, updated=self.session.matched(work.update))
        if work.mark is not None and not refuses and work.update is not None:
            self._mark(work.mark)
        found = self._counted(statements.count_marked(self.rows)) if work.mark is not None else None
        if work.delete is not None:
            outcome = replace(outcome, deleted=self.session.run(work.delete))
        if work.insert is not None:
            inserted = self.session.run(work.insert)
            is_kept = work.mark is not None and work.update is None and write.strategy != "error"
            return replace(outcome, inserted=inserted, skipped=count - inserted if is_kept else 0)
        return replace(outcome, ignored=count - (outcome.updated + outcome.deleted if found is None else found))

    def _mark(self, statement: str) -> None:
        self.session.run(f"update {self.rows} set {statements.FOUND} = 0 where {statements.FOUND} = 1")
        self.session.run(statement)

    def _refuse(self, *, exists: bool) -> None:
        key = self.session.row(statements.first_marked(self.write, self.rows, found=exists))
        if key is not None:
            values = dict(zip(self.write.keys, key, strict=True))
            raise key_exists(self.write, values) if exists else key_missing(self.write, values)

    def refuse_existing(self) -> None:
        """Raise for the first staged key that the table has; nothing where it has none."""
        key = self.session.row(statements.first_partner(self.write, self.rows))
        if key is not None:
            raise key_exists(self.write, dict(zip(self.write.keys, key, strict=True)))

    def _counted(self, query: str) -> int:
        found = self.session.row(query)
        return int(found[0]) if found is not None else 0

    def _repeated(self) -> int:
        """How many staged rows a later one with the same key replaces; those that stay are staged anew."""
        if self.write.plain or self.write.distinct or not self.write.keys:
            return 0
        repeated = self._counted(statements.duplicates(self.write))
        if not repeated:
            return 0
        if not self.write.ordered:
            several = self.session.row(statements.first_duplicate(self.write))
            assert several is not None
            raise duplicate_key(self.write, dict(zip(self.write.keys, several, strict=False)), several[-1])
        for each in statements.last_of_each(self.write):
            self.session.run(each)
        self.rows, self.staged.distinct = statements.LAST, self.staged.count - repeated
        return repeated

    def _take_turn(self) -> None:
        """Wait until no other delivery of ours is bringing rows into this table, so that none ends in a deadlock."""
        if self._has_turn:
            return
        place = f"{self.write.table.schema or self.address.database}.{self.write.table.name}"
        name = f"weirflow.{hashlib.sha256(place.encode()).hexdigest()[:40]}"
        found = self.session.row("select get_lock(%s, %s)", (name, TURN_PATIENCE_S))
        if found is None or found[0] != 1:
            raise failed(self.write, f"another delivery has been writing to it for {TURN_PATIENCE_S} seconds",
                         hint="run again when that one has ended")  # fmt: skip
        self._has_turn = True

    def _is_noted(self, entry: LedgerEntry) -> bool:
        asked = find_noted(self.write, entry, dialect="mysql", placeholder="%s")
        return self.session.row(asked.sql, asked.parameters) is not None

    def _make_ledger(self) -> tuple[str, ...]:
        """Make the ledger where there is none; what the user should know where that is not allowed."""
        name = statements.table_of(ledger_table(self.write))
        try:
            self.session.row(f"select 1 from {name} limit 1")
        except driver_errors() as error:
            if number_of(error) != 1146 and number_of(error) not in _DENIED:
                raise
        else:
            return ()
        definition = f"{ledger_definition(self.write, dialect='mysql')} engine = InnoDB default character set utf8mb4"
        try:
            self.session.run(definition)
        except driver_errors() as error:
            if number_of(error) not in _DENIED:
                raise
            return (f"{ledger_table(self.write).shown} may not be written there, so that a repeated run is not noticed "
                    "by the database; write ledger: false to leave it out",)  # fmt: skip
        return ()

    def commit(self) -> None:
        try:
            self.session.run("commit")
        except driver_errors() as error:
            if not self._is_committed():
                raise explained(error, self) from None
        self._is_made = False
        self.abort()

    def _is_committed(self) -> bool:
        """Whether the ledger has the delivery although the answer to `commit` was lost."""
        if self._session is not None:
            self._session.close()
        assert self._entry is not None
        if not self.write.ledger:
            return False
        try:
            self._session = Session(self.address, database=self.write.table.schema)
            return self._is_noted(self._entry)
        except driver_errors():
            return False

    def abort(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close()  # which ends the transaction, and with it every lock and temporary table
        if self._is_made:
            self._unmake()
        self._is_made = self._has_turn = False

    def _unmake(self) -> None:
        """Drop the table that was made for rows that did not come, unless somebody else put some there."""
        table = statements.table_of(self.write.table)
        try:
            session = Session(self.address, database=self.write.table.schema)
            try:
                session.run(f"lock tables {table} write")
                if session.row(f"select 1 from {table} limit 1") is None:
                    session.run(f"drop table {table}")
            finally:
                session.close()
        except driver_errors():  # the first error is the one to tell, and an empty table is no lost one
            return

    def _explain(self, step: Callable[[], None]) -> None:
        try:
            step()
        except driver_errors() as error:
            raise explained(error, self) from None
