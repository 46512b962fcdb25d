"""The statements of one delivery to SQLite: the table that is made, and what brings the staged rows into it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.databases.set_statements import Statements, last_of_each, set_statements
from connectors.databases.sqlite.stage import SCHEMA, STAGE
from connectors.databases.sqlite.target_types import native_type
from connectors.databases.writing import TableWrite, TargetTable
from transforms import sql

if TYPE_CHECKING:
    from sqlglot import exp


def text(tree: exp.Expression) -> str:
    """A tree as it is sent."""
    return tree.sql("sqlite", comments=False)


def creation(write: TableWrite) -> str:
    """The statement that makes the target, with the keys as its primary key."""
    return _creation(write).sql("sqlite")


def _creation(write: TableWrite) -> exp.Create:
    from sqlglot import exp

    columns: list[exp.Expression] = []
    for name, kind in write.columns.items():
        required = [exp.ColumnConstraint(kind=exp.NotNullColumnConstraint())] if name in write.keys else []
        columns.append(exp.ColumnDef(this=exp.to_identifier(name, quoted=True), kind=exp.var(native_type(kind)),
                                     constraints=required))  # fmt: skip
    if write.keys:
        columns.append(exp.PrimaryKey(expressions=[exp.to_identifier(name, quoted=True) for name in write.keys]))
    return exp.Create(this=exp.Schema(this=write.table.expression(), expressions=columns), kind="TABLE")


def row_number(write: TableWrite) -> exp.Expression:
    """The number of a row in the stage, under a name that no column has taken."""
    from sqlglot import exp

    taken = {name.lower() for name in write.columns}
    return exp.column(next(name for name in ("rowid", "_rowid_", "oid") if name not in taken))


def stage_table() -> exp.Table:
    """The stage in the file that is attached."""
    from sqlglot import exp

    return exp.Table(this=exp.to_identifier(STAGE, quoted=True), db=exp.to_identifier(SCHEMA, quoted=True))


def staged_rows(write: TableWrite, *, where: exp.Condition | None = None, last: bool = False) -> exp.Table | exp.Select:
    """The staged rows; with `last` only the last row of each key."""
    from sqlglot import exp

    if where is None and not last:
        return stage_table()
    found = exp.Select(expressions=sql.columns(write.columns)).from_(stage_table(), copy=False)
    if where is not None:
        found = found.where(where, copy=False)
    if not last:
        return found
    found.append("expressions", sql.named(row_number(write), "weirflow_row"))
    return last_of_each(write, found, sql.column("weirflow_row"))


def statements_of(write: TableWrite, target: TargetTable | None, *, last: bool = False,
                  where: exp.Condition | None = None) -> Statements:  # fmt: skip
    """What is sent for the staged rows, or those of them for which `where` holds."""
    unique = target is None or target.keeps_apart(write.keys)
    return set_statements(write, staged_rows(write, where=where, last=last), unique=unique)


def shown_statements(write: TableWrite, target: TargetTable | None) -> list[str]:
    """The statements of the transaction, laid out for people."""
    made = [_creation(write).sql("sqlite", pretty=True)] if target is None else []
    return [*made, *(each.statement.sql("sqlite", pretty=True) for each in statements_of(write, target).work)]
