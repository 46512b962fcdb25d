"""One delivery on its way into a table of PostgreSQL."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import replace

import polars as pl

from connectors.databases.address import Address
from connectors.databases.ledger import find_noted, ledger_definition, ledger_table, noted
from connectors.databases.postgres.failures import reason_of
from connectors.databases.postgres.offender import explained, zero_character
from connectors.databases.postgres.session import DatabaseError, Session
from connectors.databases.postgres.table_statements import (
    STAGE,
    column_of,
    creation,
    stage_definition,
    staged_rows,
    statements_of,
    text,
)
from connectors.databases.postgres.target_types import staged
from connectors.databases.postgres.turns import take_turn
from connectors.databases.refusals import duplicate_key, failed, key_exists, key_missing
from connectors.databases.repeated_keys import RepeatedKeys
from connectors.databases.set_statements import Work, count_duplicates, count_partners, duplicates, first_key
from connectors.databases.writing import LedgerEntry, Outcome, TableWrite, TargetTable

LOCK_PATIENCE_S = 60
_ATTEMPTS = 5
_AGAIN = frozenset({"40P01", "40001"})
"""A deadlock, and a serialization failure: the server has ended one of two writers, and asks it to try again."""
_WORK_MEMORY = (
    "SELECT set_config('work_mem', '64MB', true) WHERE pg_size_bytes(current_setting('work_mem')) < 64 * 1024 ^ 2"
)
"""Enough to join the stage with the table in memory; a server's own setting is often that of many small queries."""
_TOUCHED = "SELECT n_tup_ins, n_tup_upd FROM pg_stat_xact_user_tables WHERE relid = to_regclass($1::text)"
_MADE_MEANWHILE = frozenset({"23505", "42P07"})


class PostgresWriter:
    """Stages rows by COPY in binary form; one transaction holds all that is done."""

    def __init__(self, address: Address, write: TableWrite, target: TargetTable | None) -> None:
        self.address = address
        self.write = write
        self.target = target
        self.count = 0
        self._waiting: list[pl.DataFrame] = []
        self._repeats = RepeatedKeys(write, alike=_told_apart_alike(write, target))
        self._session: Session | None = None
        self._entry: LedgerEntry | None = None

    @property
    def session(self) -> Session:
        assert self._session is not None
        return self._session

    def begin(self) -> None:
        def begin() -> None:
            self._session = Session(self.address)
            self.session.run("BEGIN")
            self.session.run(f"SET LOCAL lock_timeout = '{LOCK_PATIENCE_S}s'")
            # rows may be long in coming, and an open transaction is what keeps them
            self.session.run("SET LOCAL idle_in_transaction_session_timeout = 0")
            self.session.run(_WORK_MEMORY)
            self.session.run(stage_definition(self.write, self.target))

        self._explain(begin)

    def stage(self, batch: pl.DataFrame) -> None:
        self._waiting.append(batch)
        if sum(each.height for each in self._waiting) >= self.write.batch_rows:
            self._explain(self._copy)

    def _copy(self) -> None:
        rows = pl.concat(self._waiting) if self._waiting else None
        self._waiting = []
        if rows is None or not rows.height:
            return
        self._repeats.add(rows)
        columns = ((name, kind, column_of(self.target, name)) for name, kind in self.write.columns.items())
        try:
            self.session.ingest(STAGE, rows.select(staged(*each) for each in columns))
        except DatabaseError as error:
            raise zero_character(rows, self) or error from None
        self.count += rows.height

    def apply(self, entry: LedgerEntry) -> Outcome:
        self._entry = entry
        self._explain(self._copy)
        for attempt in range(_ATTEMPTS):
            self.session.run("SAVEPOINT weirflow")
            try:
                take_turn(self, alone=attempt > 0)
                return self._apply(entry)
            except DatabaseError as error:
                self._back(error)
                if error.state not in _AGAIN or attempt == _ATTEMPTS - 1:
                    raise explained(error, self) from None
                time.sleep(random.uniform(0, 0.1 * 2**attempt))
        raise AssertionError("unreachable")

    def _apply(self, entry: LedgerEntry) -> Outcome:
        if self.write.ledger and self._is_noted(entry):
            return Outcome(already=True)
        if self.target is None:
            self.session.run(creation(self.write))
        repeated = self._repeated()
        statements = statements_of(self.write, self.target, last=repeated > 0)
        if statements.lock or statements.refused is not None:
            self.session.run(f"ANALYZE {STAGE}")
        if statements.lock:
            self.session.run(f"LOCK TABLE {text(self.write.table.expression())} IN SHARE ROW EXCLUSIVE MODE")
        if statements.refused is not None:
            self._refuse(text(statements.refused), exists=self.write.action == "insert")
        without = self.session.row(text(statements.ignored)) if statements.ignored is not None else None
        if self.write.action in {"update", "delete"} and not statements.lock and statements.refused is None:
            self.session.run(f"ANALYZE {STAGE}")
        outcome = Outcome(duplicates=repeated, created=self.target is None)
        for each in statements.work:
            outcome = self._counted(outcome, each, self.count - repeated)
        if self.write.action in {"update", "delete"}:
            found = outcome.updated + outcome.deleted
            ignored = without[0] if without is not None else self.count - repeated - found
            if self.write.strategy == "error" and ignored > 0 and statements.refused is not None:
                self._refuse(text(statements.refused), exists=False)  # deleted by another since it was asked
            outcome = replace(outcome, ignored=ignored)
        self.session.run("SET CONSTRAINTS ALL IMMEDIATE")
        notes = self._note(entry) if self.write.ledger else ()
        return replace(outcome, notes=notes, in_ledger=self.write.ledger and not notes)

    def _counted(self, outcome: Outcome, work: Work, staged_count: int) -> Outcome:
        if work.counts == "upserted":
            new, every = self._upserted(work)
            return replace(outcome, inserted=new, updated=every - new)
        count = self.session.run(text(work.statement))
        if work.counts == "updated":
            return replace(outcome, updated=count)
        if work.counts == "deleted":
            return replace(outcome, deleted=count)
        skips = self.write.strategy == "skip" or (self.write.action != "insert" and not self.write.values)
        return replace(outcome, inserted=count, skipped=staged_count - count if skips else 0)

    def _upserted(self, work: Work) -> tuple[int, int]:
        """How many rows are new, and how many there are: the server counts both for its statistics as it goes.

        It does not for a view or a partitioned table, and counts a trigger's rows as well; then partners are counted.
        """
        self.session.run("SAVEPOINT weirflow_count")
        before = self._touched()
        every = self.session.run(text(work.statement))
        inserted, updated = (now - then for now, then in zip(self._touched(), before, strict=True))
        if inserted + updated == every:
            return inserted, every
        self.session.run("ROLLBACK TO SAVEPOINT weirflow_count")
        found = self.session.row(text(count_partners(self.write, staged_rows(self.write, self.target))))
        every = self.session.run(text(work.statement))
        return every - (found[0] if found else 0), every

    def _touched(self) -> tuple[int, int]:
        """The rows that this transaction has inserted into the table and updated there."""
        found = self.session.row(_TOUCHED, (text(self.write.table.expression()),))
        return (found[0], found[1]) if found else (0, 0)

    def _repeated(self) -> int:
        """How many staged rows a later one with the same key replaces."""
        if not self._repeats.are_possible():
            return 0
        rows = staged_rows(self.write, self.target)
        if self.write.ordered:
            found = self.session.row(text(count_duplicates(self.write, rows)))
            return int(found[0]) if found else 0
        first = duplicates(self.write, rows).order_by(*self.write_keys(), copy=False).limit(1, copy=False)
        several = self.session.row(text(first))
        if several is not None:
            raise duplicate_key(self.write, dict(zip(self.write.keys, several, strict=False)), several[-1])
        return 0

    def write_keys(self) -> list[str]:
        return [str(number) for number in range(1, len(self.write.keys) + 1)]

    def _refuse(self, query: str, *, exists: bool) -> None:
        key = self.session.row(query)
        if key is not None:
            values = dict(zip(self.write.keys, key, strict=True))
            raise key_exists(self.write, values) if exists else key_missing(self.write, values)

    def refuse_existing(self) -> None:
        """Raise for the first staged key that the table has; nothing where it has none."""
        self._refuse(text(first_key(self.write, staged_rows(self.write, self.target), exists=True)), exists=True)

    def _is_noted(self, entry: LedgerEntry) -> bool:
        name = text(ledger_table(self.write).expression())
        found = self.session.row("SELECT to_regclass($1::text) IS NOT NULL", (name,))
        if not (found and found[0]):
            return False
        asked = find_noted(self.write, entry, dialect="postgres", placeholder="$")
        self.session.run("SAVEPOINT weirflow_look")  # going back behind the turn would give it up
        try:
            return self.session.row(asked.sql, asked.parameters) is not None
        except DatabaseError as error:
            if error.state != "42501":
                raise
            self.session.run("ROLLBACK TO SAVEPOINT weirflow_look")
            return False

    def _note(self, entry: LedgerEntry) -> tuple[str, ...]:
        """Write the ledger; what the user should know where that is not allowed."""
        statement = noted(self.write, entry, dialect="postgres", placeholder="$")
        for _ in range(3):
            self.session.run("SAVEPOINT weirflow_ledger")
            try:
                self.session.run(ledger_definition(self.write, dialect="postgres"))
                self.session.run(statement.sql, statement.parameters)
            except DatabaseError as error:
                self.session.run("ROLLBACK TO SAVEPOINT weirflow_ledger")
                if error.state in {"42501", "3F000"}:
                    return (f"{ledger_table(self.write).shown} may not be written there, so that a repeated run is "
                            "not noticed by the database; write ledger: false to leave it out",)  # fmt: skip
                if error.state not in _MADE_MEANWHILE:
                    raise
                continue
            return ()
        return (f"{ledger_table(self.write).shown} could not be made beside another run",)

    def commit(self) -> None:
        try:
            self.session.run("COMMIT")
        except DatabaseError as error:
            if error.state or not self._is_committed():
                raise explained(error, self) from None
        self.abort()

    def _is_committed(self) -> bool:
        """Whether the ledger has the delivery although the answer to `commit` was lost."""
        self.abort()
        assert self._entry is not None
        if not self.write.ledger:
            return False
        try:
            self._session = Session(self.address)
            return self._is_noted(self._entry)
        except DatabaseError:
            return False

    def abort(self) -> None:
        if self._session is not None:
            self._session.close()
        self._session = None
        self._waiting = []

    def _back(self, error: DatabaseError) -> None:
        try:
            self.session.run("ROLLBACK TO SAVEPOINT weirflow")
        except DatabaseError:
            raise failed(self.write, error.said, hint="run again when the server answers",
                         reason=reason_of(error.state)) from None  # fmt: skip

    def _explain(self, step: Callable[[], None]) -> None:
        try:
            step()
        except DatabaseError as error:
            raise explained(error, self) from None


def _told_apart_alike(write: TableWrite, target: TargetTable | None) -> bool:
    """Whether the table's keys are equal only where those here are: not in uuid, citext or char(n)."""
    columns = [target.column(name) for name in write.keys] if target is not None else []
    return all(each is not None and each.native.partition("(")[0] in _ALIKE for each in columns)


_ALIKE = frozenset({"smallint", "integer", "bigint", "numeric", "text", "character varying", "boolean", "date",
                    "timestamp without time zone", "timestamp with time zone", "time without time zone"})  # fmt: skip
