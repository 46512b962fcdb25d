"""What SQLite said, in our words: which constraint or column, and which row is the first that offends."""

from __future__ import annotations

import errno
import os
import re
import sqlite3
import time
from typing import TYPE_CHECKING, Any

from connectors.databases.refusals import failed, misfit, violated
from connectors.databases.sqlite.table_statements import row_number, stage_table, statements_of, text
from connectors.problem import ConnectorProblem
from transforms import sql

if TYPE_CHECKING:
    from sqlglot import exp

    from connectors.databases.sqlite.writer import SqliteWriter

_RULES = {
    "SQLITE_CONSTRAINT_UNIQUE": "unique",
    "SQLITE_CONSTRAINT_PRIMARYKEY": "unique",
    "SQLITE_CONSTRAINT_ROWID": "unique",
    "SQLITE_CONSTRAINT_FOREIGNKEY": "foreign key",
    "SQLITE_CONSTRAINT_CHECK": "check",
    "SQLITE_CONSTRAINT_NOTNULL": "not null",
    "SQLITE_CONSTRAINT_TRIGGER": "trigger",
}
_PATIENCE_S = 60


def explained(error: Exception, writer: SqliteWriter) -> ConnectorProblem:
    """The problem that an error is; where a row is at fault the stage is searched for it, in time that is bounded."""
    write, shown = writer.write, writer.address.shown
    code = getattr(error, "sqlite_errorname", "") or ""
    if not isinstance(error, sqlite3.Error):
        return _stage_failure(error, writer)
    if code in _RULES:
        return _violation(error, _RULES[code], writer)
    if str(error).startswith("cannot store"):
        return _misfit(error, writer)
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return failed(write, f"another program holds {shown} locked",
                      hint="run again when that one has ended; readers in WAL mode do not lock it",
                      reason="temporary_failure")  # fmt: skip
    if code.startswith("SQLITE_READONLY"):
        return failed(write, f"{shown} may only be read by this user", hint="check the rights of file and folder")
    if code == "SQLITE_FULL" or code.startswith("SQLITE_IOERR"):
        return failed(write, f"the disk of {shown} is full, or fails ({error})", hint="make room there")
    if code.startswith("SQLITE_CANTOPEN"):
        return failed(write, f"{shown} cannot be opened for writing", hint="check the folder and its rights")
    if code in {"SQLITE_NOTADB", "SQLITE_CORRUPT"}:
        return failed(write, f"{shown} is no SQLite database, or a damaged one")
    return failed(write, str(error))


def _stage_failure(error: Exception, writer: SqliteWriter) -> ConnectorProblem:
    """What the stage's driver or its disk said."""
    said = str(error).splitlines()[0].rpartition(": ")[2]
    if isinstance(error, OSError) and error.errno:
        said = os.strerror(error.errno)
    is_full = "disk" in said or (isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EFBIG})
    if is_full:
        return failed(writer.write, f"the disk for temporary files is full, or fails ({said})",
                      hint="make room there, or set TMPDIR")  # fmt: skip
    return failed(writer.write, said)


def _violation(error: Exception, rule: str, writer: SqliteWriter) -> ConnectorProblem:
    write = writer.write
    named = str(error).partition(" failed: ")[2]
    columns = [each.rpartition(".")[2] for each in named.split(", ")] if rule in {"unique", "not null"} else []
    if rule == "unique" and write.action == "insert" and write.keys and set(columns) == set(write.keys):
        writer.refuse_existing()
    row = _first_offender(error, writer) if write.keys else None
    if rule == "trigger":
        return failed(write, f"a trigger of the table says: {error}")
    return violated(write, rule, constraint=named if rule == "check" else None, column=", ".join(columns) or None,
                    key=_key(writer, row))  # fmt: skip


def _misfit(error: Exception, writer: SqliteWriter) -> ConnectorProblem:
    """A strict table says: cannot store TEXT value in INTEGER column t.c."""
    found = re.search(r"cannot store (\w+) value in (\w+) column .*?([^.]+)$", str(error))
    if found is None:
        return failed(writer.write, str(error))
    row = _first_offender(error, writer)
    value = None
    if row is not None:
        asked = sql.select([sql.column(found[3])], stage_table()).where(_between(writer, row, row), copy=False)
        value = writer.row(text(asked))
    return misfit(writer.write, found[3], found[2], f"a {found[1]}", key=_key(writer, row),
                  shown=value[0] if value else None)  # fmt: skip


def _key(writer: SqliteWriter, row: int | None) -> dict[str, Any] | None:
    if row is None or not writer.write.keys:
        return None
    asked = sql.select(sql.columns(writer.write.keys), stage_table()).where(_between(writer, row, row), copy=False)
    found = writer.row(text(asked))
    return dict(zip(writer.write.keys, found, strict=True)) if found is not None else None


def _first_offender(error: Exception, writer: SqliteWriter) -> int | None:
    """The number of the first staged row that meets the error by itself: half after half, each tried and undone."""
    until = time.monotonic() + _PATIENCE_S
    if not writer.is_writing:  # said at the end, by a constraint that waits for it
        return None
    low, high = 0, writer.stage_file.count
    while high - low > 1:
        middle = (low + high) // 2
        if time.monotonic() > until:
            return None
        if _meets(error, writer, low + 1, middle):
            high = middle
        else:
            low = middle
    return high if high > low and _meets(error, writer, high, high) else None


def _meets(error: Exception, writer: SqliteWriter, first: int, last: int) -> bool:
    writer.run("savepoint weirflow_search")
    try:
        for each in statements_of(writer.write, writer.target, where=_between(writer, first, last)).work:
            writer.run(text(each.statement))
    except sqlite3.Error as met:
        return str(met) == str(error)
    finally:
        writer.run("rollback to weirflow_search")
        writer.run("release weirflow_search")
    return False


def _between(writer: SqliteWriter, first: int, last: int) -> exp.Condition:
    from sqlglot import exp

    return exp.Between(this=row_number(writer.write), low=sql.integer(first), high=sql.integer(last))
