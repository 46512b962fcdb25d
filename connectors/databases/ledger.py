"""The ledger of deliveries that stands in the target's own database, written in the transaction of the rows."""

from __future__ import annotations

from dataclasses import astuple, fields
from typing import TYPE_CHECKING

from connectors.databases.database import Statement, TableName
from connectors.databases.writing import LEDGER, LedgerEntry, TableWrite

if TYPE_CHECKING:
    from sqlglot import exp

NAMES = tuple(each.name for each in fields(LedgerEntry))
_KEY = ("run_id", "delivery")


def ledger_table(write: TableWrite) -> TableName:
    """The ledger stands beside the table that is written to."""
    return TableName(name=LEDGER, schema=write.table.schema)


def ledger_definition(write: TableWrite, *, dialect: str) -> str:
    """The statement that makes the ledger where there is none."""
    from sqlglot import exp

    kinds = {name: exp.DataType.build("VARCHAR(190)" if name in _KEY else "TEXT") for name in NAMES}
    columns: list[exp.Expression] = [
        exp.ColumnDef(this=exp.to_identifier(name, quoted=True), kind=kinds[name],
                      constraints=[exp.ColumnConstraint(kind=exp.NotNullColumnConstraint())])
        for name in NAMES
    ]  # fmt: skip
    key = exp.PrimaryKey(expressions=[exp.to_identifier(name, quoted=True) for name in _KEY])
    made = exp.Schema(this=ledger_table(write).expression(), expressions=[*columns, key])
    return exp.Create(this=made, kind="TABLE", exists=True).sql(dialect)


def noted(write: TableWrite, entry: LedgerEntry, *, dialect: str, placeholder: str) -> Statement:
    """The statement that notes a delivery; it fails on the primary key where that was noted before.

    `placeholder` is how the driver writes a parameter: ?, %s, or $ which is numbered.
    """
    from sqlglot import exp

    places = [exp.var(f"${number}" if placeholder == "$" else placeholder) for number in range(1, len(NAMES) + 1)]
    names = [exp.to_identifier(name, quoted=True) for name in NAMES]
    into = exp.Schema(this=ledger_table(write).expression(), expressions=names)
    values = exp.Values(expressions=[exp.Tuple(expressions=places)])
    return Statement(sql=exp.Insert(this=into, expression=values).sql(dialect), parameters=astuple(entry))


def find_noted(write: TableWrite, entry: LedgerEntry, *, dialect: str, placeholder: str) -> Statement:
    """The statement that gives a row where this delivery of this run was noted before."""
    from sqlglot import exp

    tree = exp.Select(expressions=[exp.Literal.number(1)]).from_(ledger_table(write).expression(), copy=False)
    for number, name in enumerate(_KEY, 1):
        place = exp.var(f"${number}" if placeholder == "$" else placeholder)
        tree = tree.where(exp.EQ(this=exp.column(name, quoted=True), expression=place), copy=False)
    return Statement(sql=tree.sql(dialect), parameters=(entry.run_id, entry.delivery))
