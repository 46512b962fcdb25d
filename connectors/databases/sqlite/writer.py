"""One delivery on its way into a table of SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import polars as pl

from connectors.attempt import stoppable
from connectors.databases.address import Address
from connectors.databases.ledger import find_noted, ledger_definition, ledger_table, noted
from connectors.databases.refusals import duplicate_key, key_exists, key_missing
from connectors.databases.set_statements import Work, count_duplicates, count_partners, duplicates, first_key
from connectors.databases.sqlite.offender import explained
from connectors.databases.sqlite.stage import SCHEMA, Stage
from connectors.databases.sqlite.table_statements import creation, staged_rows, statements_of, text
from connectors.databases.sqlite.target_file import LOCK_PATIENCE_S, collations, opened
from connectors.databases.writing import LedgerEntry, Outcome, TableWrite, TargetTable

if TYPE_CHECKING:
    from sqlglot import exp


class SqliteWriter:
    """Stages rows in a file beside; one transaction, begun as the file's one writer, brings them in."""

    def __init__(self, address: Address, write: TableWrite, target: TargetTable | None) -> None:
        self.address = address
        self.write = write
        self.target = target
        self._stage: Stage | None = None
        self._connection: sqlite3.Connection | None = None
        self._is_new = False

    @property
    def stage_file(self) -> Stage:
        assert self._stage is not None
        return self._stage

    @property
    def connection(self) -> sqlite3.Connection:
        assert self._connection is not None
        return self._connection

    @property
    def is_writing(self) -> bool:
        """Whether the transaction is open."""
        return self._connection is not None and self._connection.in_transaction

    def begin(self) -> None:
        def begin() -> None:
            known = {} if self.target is None else collations(self.address, self.write.table, self.write.keys)
            self._stage = Stage(self.write, self.target, known)

        self._explain(begin)

    def stage(self, batch: pl.DataFrame) -> None:
        self._explain(lambda: self.stage_file.add(batch))

    def apply(self, entry: LedgerEntry) -> Outcome:
        outcome = Outcome()

        def apply() -> None:
            nonlocal outcome
            self.stage_file.complete(indexed=not self.write.plain)
            assert self.address.path is not None
            self._is_new = not self.address.path.exists()
            self._connection = opened(self.address, create=self.target is None, patience_s=LOCK_PATIENCE_S)
            self.run(f"attach database ? as {SCHEMA}", (str(self.stage_file.path),))
            self.run("pragma foreign_keys = on")
            self.run("begin immediate")
            outcome = self._apply(entry)

        self._explain(apply)
        return outcome

    def _apply(self, entry: LedgerEntry) -> Outcome:
        if self.write.ledger and self._is_noted(entry):
            return Outcome(already=True)
        if self.target is None:
            self.run(creation(self.write))
        repeated = self._repeated()
        rows = staged_rows(self.write, last=repeated > 0)
        statements = statements_of(self.write, self.target, last=repeated > 0)
        if statements.refused is not None:
            self._refuse(statements.refused, exists=self.write.action == "insert")
        without = self.row(text(statements.ignored)) if statements.ignored is not None else None
        count = self.stage_file.count - repeated
        outcome = Outcome(duplicates=repeated, created=self.target is None)
        for each in statements.work:
            outcome = self._counted(outcome, each, rows, count)
        if self.write.action in {"update", "delete"}:
            ignored = without[0] if without is not None else count - outcome.updated - outcome.deleted
            outcome = replace(outcome, ignored=0 if self.write.strategy == "error" else ignored)
        if self.write.ledger:
            self.run(ledger_definition(self.write, dialect="sqlite"))
            statement = noted(self.write, entry, dialect="sqlite", placeholder="?")
            self.run(statement.sql, statement.parameters)
        return replace(outcome, in_ledger=self.write.ledger)

    def _counted(self, outcome: Outcome, work: Work, rows: exp.Table | exp.Query, count: int) -> Outcome:
        if work.counts == "upserted":
            found = self.row(text(count_partners(self.write, rows)))
            old = found[0] if found is not None else 0
            self.run(text(work.statement))
            return replace(outcome, inserted=count - old, updated=old)
        done = self.run(text(work.statement))
        if work.counts == "updated":
            return replace(outcome, updated=done)
        if work.counts == "deleted":
            return replace(outcome, deleted=done)
        skips = self.write.strategy == "skip" or (self.write.action != "insert" and not self.write.values)
        return replace(outcome, inserted=done, skipped=count - done if skips else 0)

    def _repeated(self) -> int:
        """How many staged rows a later one with the same key replaces."""
        if self.write.plain or self.write.distinct or not self.write.keys:
            return 0
        rows = staged_rows(self.write)
        found = self.row(text(count_duplicates(self.write, rows)))
        repeated = int(found[0]) if found is not None else 0
        if repeated and not self.write.ordered:
            order = [str(number) for number in range(1, len(self.write.keys) + 1)]
            several = self.row(text(duplicates(self.write, rows).order_by(*order, copy=False).limit(1, copy=False)))
            assert several is not None
            raise duplicate_key(self.write, dict(zip(self.write.keys, several, strict=False)), several[-1])
        return repeated

    def _refuse(self, query: exp.Select, *, exists: bool) -> None:
        key = self.row(text(query))
        if key is not None:
            values = dict(zip(self.write.keys, key, strict=True))
            raise key_exists(self.write, values) if exists else key_missing(self.write, values)

    def refuse_existing(self) -> None:
        """Raise for the first staged key that the table has; nothing where it has none."""
        self._refuse(first_key(self.write, staged_rows(self.write), exists=True), exists=True)

    def _is_noted(self, entry: LedgerEntry) -> bool:
        name = ledger_table(self.write).name
        if self.row("select 1 from main.sqlite_master where type = 'table' and name = ?", (name,)) is None:
            return False
        asked = find_noted(self.write, entry, dialect="sqlite", placeholder="?")
        return self.row(asked.sql, asked.parameters) is not None

    def commit(self) -> None:
        self._explain(self._commit)
        self._is_new = False
        self.abort()

    def _commit(self) -> None:
        self.run("commit")

    def abort(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):
                if self._connection.in_transaction:
                    self._connection.execute("rollback")
            with suppress(sqlite3.Error):
                self._connection.close()
        self._connection = None
        if self._stage is not None:
            self._stage.discard()
        self._stage = None
        if self._is_new and self.address.path is not None:
            with suppress(OSError):  # a file without a table is none that was asked for
                if self.address.path.stat().st_size == 0:
                    self.address.path.unlink()
        self._is_new = False

    def run(self, statement: str, parameters: Any = ()) -> int:
        """The number of rows that a statement changed."""
        with stoppable(self.connection.interrupt):
            return self.connection.execute(statement, tuple(parameters)).rowcount

    def row(self, statement: str, parameters: Any = ()) -> tuple[Any, ...] | None:
        """The first row of a query."""
        with stoppable(self.connection.interrupt):
            found: tuple[Any, ...] | None = self.connection.execute(statement, tuple(parameters)).fetchone()
        return found

    def _explain(self, step: Callable[[], None]) -> None:
        from adbc_driver_manager import Error

        try:
            step()
        except (sqlite3.Error, Error, OSError) as error:
            raise explained(error, self) from None
