"""Rows written to a table in one transaction, by the same writers that deliveries have."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, cast

import polars as pl

from connectors.databases.address import Address
from connectors.databases.database import TableName
from connectors.databases.refusals import no_table, null_key
from connectors.databases.registry import target_database
from connectors.databases.target_checks import check_target
from connectors.databases.writing import (
    Action,
    LedgerEntry,
    Outcome,
    Strategy,
    TableWrite,
    TargetDatabase,
    TargetTable,
    default_strategy,
)
from connectors.plugins.sql.rows import frame_of
from connectors.problem import ConnectorProblem
from ir.records import dataclass
from ir.types import Schema

COUNTS = ("inserted", "updated", "deleted", "skipped", "ignored", "duplicates")
_KEY_CHARACTERS = 190


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One call. `key` names it in the ledger of the database: what stands there is not done again."""

    action: Action
    table: str
    rows: list[Mapping[str, Any]]
    keys: tuple[str, ...] = ()
    strategy: Strategy | None = None
    key: str | None = None
    called: str = ""
    """The plugin and its action, for the ledger."""

    @classmethod
    def of(cls, action: str, params: Mapping[str, Any], *, key: str | None, called: str) -> Write:
        """The call that parameters ask for.

        Raises:
            ConnectorProblem: IR693 for a column that is compared and set to another value at once.
        """
        keys = tuple(params.get("key_fields") or ())
        rows = params["rows"] if "rows" in params else [params["row"]] if "row" in params else None
        if rows is None:
            where, values = params["where"], params.get("set") or {}
            twice = where.keys() & values.keys()
            if twice:
                raise ConnectorProblem("IR693", f'"{min(twice)}" stands under where and under set', key=("set",),
                                       hint="a key is changed by a query of the database's own")  # fmt: skip
            rows, keys = [{**where, **values}], tuple(where)
        return cls(action=cast("Action", action), table=params["table"], rows=list(rows), keys=keys,
                   strategy=params.get("conflict_strategy"), called=called,
                   key=key if action == "insert" else None)  # fmt: skip

    def facts(self, columns: Schema, table: TableName) -> TableWrite:
        """What the writer is told."""
        return TableWrite(table=table, action=self.action, strategy=self.strategy or default_strategy(self.action),
                          columns=columns, keys=self.keys, ordered=True, ledger=self.key is not None)  # fmt: skip


def write_rows(address: Address, write: Write) -> dict[str, int]:
    """What became of the rows; nothing is written where this raises.

    Raises:
        ConnectorProblem: IR63x; `sent` says that the transaction may have ended well all the same.
    """
    database, target, rows, facts = _looked_up(address, write)
    outcome = _carried_out(database, address, facts, target, rows, write)
    return {name: getattr(outcome, name) for name in COUNTS}


def statements_of(address: Address, write: Write) -> list[str]:
    """The statements that would be sent; the table is looked at, and nothing is changed."""
    database, target, _, facts = _looked_up(address, write)
    return database.statements(facts, target)


def _looked_up(address: Address, write: Write) -> tuple[TargetDatabase, TargetTable, pl.DataFrame, TableWrite]:
    """The database, the table as it stands there, the rows in its types, and what the writer is told.

    Raises:
        ConnectorProblem: IR63x where the table is not there or does not take the rows.
    """
    database = target_database(address.kind)
    table = TableName.of(write.table)
    target = database.describe_target(address, table)
    if target is None:
        raise no_table(write.facts(Schema({}), table), near="make the table first")
    rows, columns = frame_of(write.rows, table, target)
    facts = write.facts(columns, table)
    _check(facts, target, database, rows)
    return database, target, rows, facts


def _check(facts: TableWrite, target: TargetTable, database: TargetDatabase, rows: pl.DataFrame) -> None:
    missing = next((name for name in facts.keys if name not in facts.columns), None)
    if missing is not None:
        raise ConnectorProblem("IR631", f'the rows have no column "{missing}", which is a key', key=("key_fields",))
    for problem in check_target(facts, target, database):
        raise problem
    for name in facts.keys:
        count = rows[name].null_count()
        if count:
            raise null_key(facts, name, count)


def _carried_out(database: TargetDatabase, address: Address, facts: TableWrite, target: TargetTable,
                 rows: pl.DataFrame, write: Write) -> Outcome:  # fmt: skip
    entry = LedgerEntry(
        run_id="plugin", delivery=(write.key or "")[:_KEY_CHARACTERS], workflow=write.called, table=facts.table.shown,
        at=datetime.now(UTC).isoformat(timespec="seconds"),
    )  # fmt: skip
    writer = database.open_table(address, facts, target)
    try:
        writer.begin()
        writer.stage(rows)
        outcome = writer.apply(entry)
        try:
            writer.commit()
        except ConnectorProblem as problem:
            problem.sent = not (outcome.in_ledger or outcome.already)
            if problem.sent and facts.ledger:
                problem.reason = None  # no ledger could be kept: a second attempt might write the rows twice
            raise
    except BaseException:
        with suppress(Exception):  # the first error is the one to tell
            writer.abort()
        raise
    return outcome
