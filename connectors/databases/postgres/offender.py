"""What PostgreSQL said, in our words: which constraint or column, and which row is the first that offends."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

from connectors.databases.postgres.failures import reason_of
from connectors.databases.postgres.session import DatabaseError, Session
from connectors.databases.postgres.table_statements import STAGE, staged_rows, statements_of, text
from connectors.databases.refusals import denied, failed, misfit, violated
from connectors.databases.writing import TableWrite, shown_key
from connectors.problem import ConnectorProblem
from transforms import sql

if TYPE_CHECKING:
    import polars as pl
    from sqlglot import exp

    from connectors.databases.postgres.writer import PostgresWriter

_RULES = {"23505": "unique", "23503": "foreign key", "23514": "check", "23502": "not null", "23P01": "exclusion"}
_MISFITS = {
    "22001": "too long",
    "22003": "out of range",
    "22008": "out of range",
    "22P02": "not understood",
    "22007": "not understood",
    "22P03": "not understood",
    "22021": "not storable, since it holds a zero character or is no UTF-8,",
    "22P05": "not storable in the encoding",
    "22032": "no JSON",
    "22026": "of another length",
}
_VERBS = {"insert": "insert into", "upsert": "insert into and update", "update": "update", "delete": "delete from"}
_PATIENCE_S = 60


def explained(error: DatabaseError, writer: PostgresWriter) -> ConnectorProblem:
    """The problem that an error is; where a row is at fault the stage is searched for it, in time that is bounded."""
    write = writer.write
    if error.state in _RULES:
        return _violation(error, writer)
    if error.state in _MISFITS:
        return _misfit(error, writer)
    if error.state == "42501":
        if "temporary" in error.said:
            return denied(write, "make a temporary table to stage rows for")
        return denied(write, "create the table" if writer.target is None else _verb(write))
    if error.state == "55P03":
        return failed(write, "another transaction holds a lock on its rows",
                      hint="run again when that one has ended", reason="temporary_failure")  # fmt: skip
    if error.state == "21000":
        return ConnectorProblem("IR634", f"rows of this delivery have keys that are equal to {write.table.shown}, "
                                "though they are written differently; nothing is written", key=("key_fields",),
                                hint="write such keys in one way before")  # fmt: skip
    if error.state in {"", "57P01", "57P02", "57P03"} or error.state.startswith("08"):
        return failed(write, f"the connection to {writer.address.shown} broke: {error.said}",
                      hint="run again when the server answers", reason=reason_of(error.state))  # fmt: skip
    return failed(write, error.said, reason=reason_of(error.state))


def _verb(write: TableWrite) -> str:
    """What the delivery does to rows, and so has to be allowed to."""
    if write.action == "insert" and write.keys and write.strategy in {"replace", "merge"}:
        return _VERBS["upsert"]
    return _VERBS["insert"] if write.action == "upsert" and write.strategy == "skip" else _VERBS[write.action]


def _violation(error: DatabaseError, writer: PostgresWriter) -> ConnectorProblem:
    write, rule = writer.write, _RULES[error.state]
    if error.state == "23505" and write.action == "insert" and write.keys and not writer.write.plain:
        columns = re.match(r"Key \((.*?)\)=", error.detail)
        if columns and {each.strip('" ') for each in columns[1].split(",")} == set(write.keys):
            writer.refuse_existing()
    if rule == "check" and error.constraint is None:  # no partition for the row, or the check of a view
        row = _first_offender(error, writer)
        return failed(write, f"{error.said}{f', for the row with {shown_key(row)}' if row else ''}")
    column = error.fields.get("COLUMN_NAME")
    row = _first_offender(error, writer)
    return violated(write, rule, constraint=error.constraint, column=column, said=_said(error), key=row)


def zero_character(rows: pl.DataFrame, writer: PostgresWriter) -> ConnectorProblem | None:
    """Why rows could not be staged, where one of their texts has the character that PostgreSQL stores in none."""
    import polars as pl

    write = writer.write
    for name, kind in rows.schema.items():
        if kind != pl.String:
            continue
        found = rows.filter(pl.col(name).str.contains("\0", literal=True)).head(1)
        if found.height:
            row = found.row(0, named=True)
            column = writer.target.column(name) if writer.target is not None else None
            return misfit(write, name, column.native if column is not None else str(write.columns[name]),
                          _MISFITS["22021"].rstrip(","), key={each: row[each] for each in write.keys} or None,
                          shown=row[name].replace("\0", "\\0"))  # fmt: skip
    return None


def _said(error: DatabaseError) -> str | None:
    """The detail where it names values of a constraint; not a whole row."""
    return error.detail.rstrip(".") if error.detail.startswith("Key ") else None


def _misfit(error: DatabaseError, writer: PostgresWriter) -> ConnectorProblem:
    write, said = writer.write, _MISFITS[error.state]
    place = _search(error, writer)
    if place is None:
        return failed(write, error.said, hint="cut, round or drop such values before")
    column, value = _offending_column(error, writer, place)
    if column is None:
        return failed(write, error.said, hint="cut, round or drop such values before")
    found = writer.target.column(column) if writer.target is not None else None
    native = found.native if found is not None else str(write.columns[column])
    return misfit(write, column, native, said, key=_key(writer, place), shown=value)


def _first_offender(error: DatabaseError, writer: PostgresWriter) -> dict[str, Any] | None:
    place = _search(error, writer) if writer.write.keys else None
    return _key(writer, place) if place is not None else None


def _key(writer: PostgresWriter, place: str) -> dict[str, Any] | None:
    if not writer.write.keys:
        return None
    query = sql.select(sql.columns(writer.write.keys), sql.table(STAGE)).where(_at(place), copy=False)
    found = writer.session.row(text(query))
    return dict(zip(writer.write.keys, found, strict=True)) if found is not None else None


def _search(error: DatabaseError, writer: PostgresWriter) -> str | None:
    """The place of the first staged row that meets the error by itself: half after half, each tried and undone."""
    until = time.monotonic() + _PATIENCE_S
    try:
        found = writer.session.row(f"SELECT pg_relation_size('pg_temp.{STAGE}') / current_setting('block_size')::int8")
        low, high = 0, int(found[0]) if found else 0
        while high - low > 1:
            middle = (low + high) // 2
            if time.monotonic() > until:
                return None
            if _meets(error, writer, _between(f"({low},0)", f"({middle},0)")):
                high = middle
            else:
                low = middle
        rows = writer.session.rows(
            f"SELECT ctid::text FROM {STAGE} WHERE ctid >= '({low},0)'::tid AND ctid < '({high},0)'::tid"
        )
        return next((place for (place,) in rows if _meets(error, writer, _at(place))), None)
    except DatabaseError:
        return None


def _meets(error: DatabaseError, writer: PostgresWriter, where: exp.Condition) -> bool:
    session = writer.session
    session.run("SAVEPOINT weirflow_search")
    try:
        for each in statements_of(writer.write, writer.target, where=where).work:
            session.run(text(each.statement))
        session.run("SET CONSTRAINTS ALL IMMEDIATE")
    except DatabaseError as met:
        if met.state != error.state:
            return False
        return met.constraint == error.constraint
    finally:
        session.run("ROLLBACK TO SAVEPOINT weirflow_search")
    return False


def _offending_column(error: DatabaseError, writer: PostgresWriter, place: str) -> tuple[str | None, Any]:
    """Each column of the row by itself into a table of the same types, which has no constraints."""
    write, session = writer.write, writer.session
    session.run("SAVEPOINT weirflow_column")
    session.run(f"CREATE TEMPORARY TABLE weirflow_probe ON COMMIT DROP AS SELECT * FROM "
                f"{text(write.table.expression())} WITH NO DATA")  # fmt: skip
    rows = staged_rows(write, writer.target, where=_at(place))
    found: str | None = None
    for name in write.columns:
        quoted = text(sql.column(name))
        if _refuses(session, f"INSERT INTO weirflow_probe ({quoted}) SELECT {quoted} FROM ({text(rows)}) AS r", error):
            found = name
            break
    session.run("ROLLBACK TO SAVEPOINT weirflow_column")
    if found is None:
        return None, None
    value = session.row(text(sql.select([sql.column(found)], sql.table(STAGE)).where(_at(place), copy=False)))
    return found, value[0] if value is not None else None


def _refuses(session: Session, statement: str, error: DatabaseError) -> bool:
    session.run("SAVEPOINT weirflow_value")
    try:
        session.run(statement)
    except DatabaseError as met:
        session.run("ROLLBACK TO SAVEPOINT weirflow_value")
        return met.state == error.state
    return False


def _at(place: str) -> exp.Condition:
    from sqlglot import exp

    return exp.EQ(this=sql.column("ctid"), expression=_tid(place))


def _between(low: str, high: str) -> exp.Condition:
    from sqlglot import exp

    return exp.and_(exp.GTE(this=sql.column("ctid"), expression=_tid(low)),
                    exp.LT(this=sql.column("ctid"), expression=_tid(high)), copy=False)  # fmt: skip


def _tid(place: str) -> exp.Expression:
    from sqlglot import exp

    return exp.Cast(this=exp.Literal.string(place), to=exp.var("tid"))
