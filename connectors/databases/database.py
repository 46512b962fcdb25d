"""What every SQL database is asked; one module each in postgres/, mysql/ and sqlite/ answers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any, Protocol

from connectors.databases.address import Address
from connectors.databases.column import Column
from ir.records import dataclass

if TYPE_CHECKING:
    import polars as pl
    from sqlglot import exp


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A statement as it is sent: the text that sqlglot generates of a tree, and the values bound to its parameters."""

    sql: str
    parameters: Sequence[Any] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TableName:
    """A table as the workflow writes it: `schema.table`, or the table alone."""

    name: str
    schema: str | None = None

    @classmethod
    def of(cls, written: str) -> TableName:
        """`sales.orders` taken apart; a part with a point in it is written in double quotes, as in SQL."""
        parts = re.findall(r'"(?:[^"]|"")+"|[^."]+', written)
        if ".".join(parts) != written or len(parts) not in {1, 2}:
            return cls(name=written)
        names = [each[1:-1].replace('""', '"') if each.startswith('"') else each for each in parts]
        return cls(name=names[1], schema=names[0]) if len(names) == 2 else cls(name=names[0])

    @property
    def shown(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name

    def expression(self) -> exp.Table:
        """The table, every part quoted."""
        from sqlglot import exp

        schema = exp.to_identifier(self.schema, quoted=True) if self.schema else None
        return exp.Table(this=exp.to_identifier(self.name, quoted=True), db=schema)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """What a server says of itself and of whom it let in; for `weirflow connections test`."""

    product: str
    version: str
    user: str | None = None
    database: str | None = None
    abilities: dict[str, bool] = field(default_factory=dict)
    """read, write, create: whether this user may."""


class SqlDatabase(Protocol):
    """A kind of database. Every method opens what it needs through connectors.databases.pools and gives it back."""

    dialect: str
    """sqlglot's name for the SQL it speaks."""

    def describe_table(self, address: Address, table: TableName) -> list[Column]:
        """The columns of a table or view, in their order, by the database's catalog.

        Raises:
            ConnectorProblem: IR56x (postgres), IR57x (mysql, sqlite): cannot connect, no such table …
        """
        ...

    def describe_query(self, address: Address, query: exp.Query, parameters: Sequence[Any]) -> list[Column]:
        """The columns of a query, which is not run."""
        ...

    def estimated_rows(self, address: Address, table: TableName) -> int | None:
        """About how many rows a table has, as the database's statistics say; None where they do not."""
        ...

    def batches(self, address: Address, statement: Statement, *, batch_rows: int) -> Iterator[pl.DataFrame]:
        """The rows of a statement as the driver gives them, in bounded memory; columns by the statement's names."""
        ...

    def by_code_point(self, value: exp.Expression) -> exp.Expression:
        """A text as it is compared and sorted by code point, whatever the collation of its column."""
        ...

    def server(self, address: Address) -> Server:
        """What answers there."""
        ...
