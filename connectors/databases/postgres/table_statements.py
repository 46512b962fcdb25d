"""The statements of one delivery: the stage, the table that is made, and what brings the one into the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.databases.postgres.target_types import assigned_as, native_type, stage_type
from connectors.databases.set_statements import Statements, last_of_each, set_statements
from connectors.databases.writing import TableWrite, TargetColumn, TargetTable
from ir.types import DataType
from transforms import sql

if TYPE_CHECKING:
    from sqlglot import exp

STAGE = "weirflow_stage"
ROW = "weirflow_row"
"""What the place of a row in the stage is called: its ctid, which grows as rows are copied."""


def text(tree: exp.Expression) -> str:
    """A tree as it is sent."""
    return tree.sql("postgres", comments=False)


def stage_definition(write: TableWrite, target: TargetTable | None) -> str:
    """The temporary table that goes with the transaction."""
    from sqlglot import exp

    columns = [_definition(name, stage_type(kind, column_of(target, name))) for name, kind in write.columns.items()]
    made = exp.Create(this=exp.Schema(this=sql.table(STAGE), expressions=columns), kind="TABLE")
    return text(made).replace("CREATE TABLE", "CREATE TEMPORARY TABLE", 1) + " ON COMMIT DROP"


def column_of(target: TargetTable | None, name: str) -> TargetColumn | None:
    """The column that is written to; None in a table that is made."""
    return target.column(name) if target is not None else None


def creation(write: TableWrite) -> str:
    """The statement that makes the target, with the keys as its primary key."""
    from sqlglot import exp

    columns = [_definition(name, native_type(kind)) for name, kind in write.columns.items()]
    if write.keys:
        columns.append(exp.PrimaryKey(expressions=[exp.to_identifier(name, quoted=True) for name in write.keys]))
    return text(exp.Create(this=exp.Schema(this=write.table.expression(), expressions=columns), kind="TABLE"))


def _definition(name: str, native: str) -> exp.Expression:
    from sqlglot import exp

    return exp.ColumnDef(this=exp.to_identifier(name, quoted=True), kind=exp.var(native))


def staged_rows(write: TableWrite, target: TargetTable | None, *, where: exp.Condition | None = None,
                last: bool = False) -> exp.Table | exp.Select:  # fmt: skip
    """The staged rows as the target takes them; with `last` only the last row of each key."""
    from sqlglot import exp

    stage = sql.table(STAGE)
    values = [sql.named(_assigned(name, kind, target), name) for name, kind in write.columns.items()]
    is_plain = all(isinstance(each, exp.Column) for each in values)
    if where is None and not last and is_plain:
        return stage
    found = exp.Select(expressions=values).from_(stage, copy=False)
    if where is not None:
        found = found.where(where, copy=False)
    if not last:
        return found
    found.append("expressions", sql.named(sql.column("ctid"), ROW))
    return last_of_each(write, found, sql.column(ROW))


def _assigned(name: str, kind: DataType, target: TargetTable | None) -> exp.Expression:
    from sqlglot import exp

    to = assigned_as(kind, column_of(target, name))
    return sql.column(name) if to is None else exp.Cast(this=sql.column(name), to=exp.var(to))


def statements_of(write: TableWrite, target: TargetTable | None, *, last: bool = False,
                  where: exp.Condition | None = None) -> Statements:  # fmt: skip
    """What is sent for the staged rows, or those of them for which `where` holds."""
    unique = target is None or target.keeps_apart(write.keys)
    return set_statements(write, staged_rows(write, target, where=where, last=last), unique=unique)


def shown_statements(write: TableWrite, target: TargetTable | None) -> list[str]:
    """The set statements, laid out for people."""
    return [each.statement.sql("postgres", pretty=True) for each in statements_of(write, target).work]
