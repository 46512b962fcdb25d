"""Tables of MySQL and MariaDB as the catalog has them, for writing."""

from __future__ import annotations

import re

from connectors.databases.database import TableName
from connectors.databases.mysql.loading import Session
from connectors.databases.mysql.target_types import target_column
from connectors.databases.writing import TargetTable
from connectors.problem import ConnectorProblem
from ir.records import dataclass

_TABLE = """select table_type, engine, table_name from information_schema.tables
where table_schema = coalesce(%s, database()) and table_name = %s"""
_ENGINE = "select transactions from information_schema.engines where engine = %s"
_COLUMNS = """select column_name, data_type, column_type, numeric_precision, numeric_scale, is_nullable,
    column_default is not null, lower(extra) from information_schema.columns
where table_schema = coalesce(%s, database()) and table_name = %s order by ordinal_position"""
_INDEXES = """select index_name, column_name, sub_part from information_schema.statistics
where table_schema = coalesce(%s, database()) and table_name = %s and non_unique = 0
order by index_name, seq_in_index"""
_CHECKS = """select check_clause from information_schema.check_constraints
where constraint_schema = coalesce(%s, database()) and table_name = %s and check_clause like 'json_valid(%%'"""


@dataclass(frozen=True, slots=True, kw_only=True)
class MysqlTable(TargetTable):
    """`others` is how many unique indexes there are besides those in `unique`: over the first letters of a text, or
    over expressions."""

    others: int = 0

    def only_keeps_apart(self, keys: tuple[str, ...]) -> bool:
        """Whether no constraint but that on the keys can be broken by two rows."""
        return self.keeps_apart(keys) and len(self.unique) + self.others == 1


def described(session: Session, table: TableName) -> MysqlTable | None:
    """The table; None where there is none, or this user may not see it.

    Raises:
        ConnectorProblem: IR630 for a view, IR639 for a table without transactions.
    """
    place = (table.schema, table.name)
    found = session.row(_TABLE, place)
    if found is None:
        return None
    kind, engine, _ = found
    if "VIEW" in kind.upper():
        raise ConnectorProblem("IR630", f"{table.shown} is a view, which takes no rows", key=("table",),
                               hint="name the table behind it")  # fmt: skip
    _require_transactions(session, table, engine)
    rows = session.rows(_COLUMNS, place)
    documents = _documents(session, place) if any(row[1] == "longtext" for row in rows) else frozenset()
    columns = tuple(
        target_column(name, word.lower(), native, precision=precision or 0, scale=scale or 0,
                      is_json=name in documents, not_null=nullable == "NO",
                      has_default=bool(default) or "auto_increment" in extra,
                      generated=any(each in extra for each in ("virtual", "stored", "persistent")))
        for name, word, native, precision, scale, nullable, default, extra in rows
    )  # fmt: skip
    unique, others = _unique(session, place)
    return MysqlTable(columns=columns, unique=unique, others=others)


def _require_transactions(session: Session, table: TableName, engine: str | None) -> None:
    found = session.row(_ENGINE, (engine,)) if engine else None
    if found is not None and found[0] == "YES":
        return
    raise ConnectorProblem(
        "IR639", f"{table.shown} is kept by {engine or 'no engine'}, which has no transactions: a delivery that fails "
        "would leave half of its rows", key=("table",), hint=f"alter table {table.shown} engine = InnoDB",
    )  # fmt: skip


def _unique(session: Session, place: tuple[str | None, str]) -> tuple[tuple[frozenset[str], ...], int]:
    indexes: dict[str, list[tuple[str | None, int | None]]] = {}
    for index, column, part in session.rows(_INDEXES, place):
        indexes.setdefault(index, []).append((column, part))
    whole = [each for each in indexes.values() if all(column and part is None for column, part in each)]
    return tuple(frozenset(str(column) for column, _ in each) for each in whole), len(indexes) - len(whole)


def index_columns(session: Session, table: TableName, index: str) -> list[str]:
    """The columns of a unique index."""
    return [column for name, column, _ in session.rows(_INDEXES, (table.schema, table.name)) if name == index]


def _documents(session: Session, place: tuple[str | None, str]) -> frozenset[str]:
    """The columns that MariaDB keeps as texts with a check that they are JSON."""
    import pymysql

    try:
        rows = session.rows(_CHECKS, place)
    except pymysql.err.Error:  # MySQL has a type for them, and no tables' names there
        return frozenset()
    found = (re.fullmatch(r"json_valid\(`(.+)`\)", row[0], re.IGNORECASE) for row in rows)
    return frozenset(match[1].replace("``", "`") for match in found if match)
