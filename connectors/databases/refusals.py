"""Why rows are not written: one wording for every kind of database."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.databases.writing import TableWrite, shown_key
from connectors.problem import ConnectorProblem
from ir.reasons import RetryReason

Key = Mapping[str, object]


def no_table(write: TableWrite, near: str | None = None) -> ConnectorProblem:
    """The table does not exist; `near` is a did-you-mean."""
    return ConnectorProblem("IR630", f"there is no table {write.table.shown}", key=("table",),
                            hint=near or "write create_table: true, and the run makes it")  # fmt: skip


def null_key(write: TableWrite, column: str, rows: int) -> ConnectorProblem:
    """Keys are null, which tell no row apart."""
    what = "1 row has" if rows == 1 else f"{rows:,} rows have"
    return ConnectorProblem("IR633",
                            f'{what} no value in the key "{column}"; nothing is written to {write.table.shown}',
                            key=("key_fields", write.keys.index(column)),
                            hint="filter those rows out, or fill the column before")  # fmt: skip


def duplicate_key(write: TableWrite, key: Key, rows: int) -> ConnectorProblem:
    """Rows of one delivery have the same key, and no order says which is the last; `rows` have the first such key."""
    return ConnectorProblem(
        "IR634", f"{rows:,} rows have the key {shown_key(key)}; nothing is written to {write.table.shown}",
        key=("key_fields",), hint="sort the rows before, and the last one wins, or deduplicate them",
    )  # fmt: skip


def key_exists(write: TableWrite, key: Key) -> ConnectorProblem:
    """An insert with strategy error meets a key that the table has."""
    return ConnectorProblem(
        "IR635", f"{write.table.shown} has a row with {shown_key(key)} already; nothing is written",
        key=("operation",), hint="write operation: upsert, or conflict_strategy: skip to keep the old rows",
    )  # fmt: skip


def key_missing(write: TableWrite, key: Key) -> ConnectorProblem:
    """An update or delete with strategy error meets a key that the table has not."""
    return ConnectorProblem(
        "IR635", f"{write.table.shown} has no row with {shown_key(key)}; nothing is written",
        key=("conflict_strategy",), hint="without conflict_strategy: error such rows are ignored and counted",
    )  # fmt: skip


def violated(write: TableWrite, rule: str, *, constraint: str | None = None, column: str | None = None,
             said: str | None = None, key: Key | None = None) -> ConnectorProblem:  # fmt: skip
    """A constraint of the table forbids a row. `rule` is unique, foreign key, check or not null; `said` is which
    values the database named."""
    named = f' "{constraint}"' if constraint else ""
    where = f" on {column}" if column else ""
    row = f" by the row with {shown_key(key)}" if key else ""
    return ConnectorProblem(
        "IR636", f"the {rule} constraint{named}{where} of {write.table.shown} is broken{row}; nothing is written",
        key=("table",), hint=_VIOLATIONS.get(rule), notes=[said] if said else [],
    )  # fmt: skip


_VIOLATIONS = {
    "unique": "another row has these values: name the columns of that constraint as key_fields, or drop such rows",
    "foreign key": "the row that is referred to must stand in its table first: deliver that one before (depends_on)",
    "check": "filter such rows out, or add a validation rule that says so earlier",
    "not null": "fill the column before, or drop such rows",
}


def misfit(write: TableWrite, column: str, native: str, said: str, *, key: Key | None = None,
           shown: object = None) -> ConnectorProblem:  # fmt: skip
    """A value that its column cannot hold: too long, out of range, no such word of an enum; `said` is which."""
    value = "" if shown is None else f" {_short(shown)}"
    row = f" in the row with {shown_key(key)}" if key else ""
    return ConnectorProblem("IR637", f"the value{value}{row} is {said} for the column {column} ({native}) of "
                            f"{write.table.shown}; nothing is written", key=("table",),
                            hint="cut, round or drop such values before, or widen the column")  # fmt: skip


def denied(write: TableWrite, verb: str) -> ConnectorProblem:
    """The user of the credential lacks a right; `verb` is insert into, update, delete from, create tables in …"""
    return ConnectorProblem("IR638", f"the user of this credential may not {verb} {write.table.shown}",
                            key=("credentials_ref",), hint="grant that right, or take another credential")  # fmt: skip


def failed(write: TableWrite, said: str, *, hint: str | None = None,
           reason: RetryReason | None = None) -> ConnectorProblem:  # fmt: skip
    """Anything else: a lost connection, a lock that was not given in time. Nothing is written."""
    return ConnectorProblem("IR639", f"{write.table.shown} could not be written: {said}; nothing is written",
                            key=("table",), hint=hint, reason=reason)  # fmt: skip


def _short(value: object) -> str:
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 80 else text[:80] + "…"
