"""Writing rows to a table: what is asked of every kind of database, and what it answers.

The rows are staged in a temporary table as they come. When all of them are there and nothing speaks against them,
`apply` brings them into the target by set statements (connectors.databases.set_statements), together with the entry
of the delivery's ledger, and `commit` makes that last. Until `apply` the target is neither changed nor locked, so that
a workflow may read the table that it writes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Literal, Protocol

from connectors.databases.address import Address
from connectors.databases.database import TableName
from ir.records import dataclass
from ir.types import DataType, Schema

if TYPE_CHECKING:
    import polars as pl

Action = Literal["insert", "update", "upsert", "delete"]
Kind = type[DataType]
Strategy = Literal["replace", "merge", "skip", "error"]
_DEFAULTS: dict[Action, Strategy] = {"insert": "error", "upsert": "replace", "update": "replace", "delete": "replace"}

LEDGER = "weirflow_ledger"
"""The table of what was delivered, in the schema of the target."""


def default_strategy(action: Action) -> Strategy:
    """What is done where the key exists (or is missing), where the workflow does not say."""
    return _DEFAULTS[action]


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetColumn:
    """One column of the table that is written to.

    `type` is the type of ours whose values it holds, None where it holds none; `also` are further types of ours that
    it takes without a loss, such as strings in a uuid column, which the database checks.
    """

    name: str
    native: str
    """What the database calls its type, such as numeric(12,2)."""
    type: DataType | None
    also: tuple[Kind, ...] = ()
    text_as: str | None = None
    """What a text is cast to before it is assigned, such as uuid; None where the database takes it as it is."""
    not_null: bool = False
    has_default: bool = False
    generated: bool = False
    """Whether only the database gives it a value: a computed column, or an identity that is always generated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetTable:
    """The table as it stands; `unique` holds the columns of each constraint or index that keeps keys apart.

    Only those count that hold for every row: none with a condition or over an expression.
    """

    columns: tuple[TargetColumn, ...]
    unique: tuple[frozenset[str], ...] = ()
    any_column: bool = False
    """Whether it also takes columns that it does not have yet, as collections of documents do."""

    def column(self, name: str) -> TargetColumn | None:
        return next((each for each in self.columns if each.name == name), None)

    def keeps_apart(self, keys: tuple[str, ...]) -> bool:
        """Whether a constraint is on exactly the keys."""
        return frozenset(keys) in self.unique


@dataclass(frozen=True, slots=True, kw_only=True)
class TableWrite:
    """One delivery to a table. `columns` are those that are sent, in the order of the batches."""

    table: TableName
    action: Action
    strategy: Strategy
    columns: Schema
    keys: tuple[str, ...] = ()
    create: bool = False
    """Whether the table is made where it does not exist, with the keys as its primary key."""
    ordered: bool = False
    """Whether the rows have an order, so that the last of those with one key wins; else such rows are refused."""
    distinct: bool = False
    """Whether no two rows have the same key by the way they are made, so that nobody needs to look."""
    ledger: bool = True
    """Whether the delivery is noted in the target's own table of deliveries."""
    batch_rows: int = 50_000

    @property
    def values(self) -> tuple[str, ...]:
        """The columns that are no keys."""
        return tuple(name for name in self.columns if name not in self.keys)

    @property
    def plain(self) -> bool:
        """Whether no row is compared with those of the table."""
        return self.action == "insert" and not self.keys


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """What is noted of a delivery in the transaction of its rows; run and delivery together are its key."""

    run_id: str
    delivery: str
    workflow: str
    table: str
    at: str
    """When the run began, ISO 8601 in UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of the rows. `ignored` are those whose key the table has not (update, delete), `skipped` those
    whose key it has (skip), `duplicates` those that a later row of the same delivery replaced."""

    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    skipped: int = 0
    ignored: int = 0
    duplicates: int = 0
    created: bool = False
    """Whether the table was made."""
    in_ledger: bool = False
    """Whether the ledger has the delivery with its rows, or neither: then a second attempt is told from a second
    delivery."""
    already: bool = False
    """Whether the ledger has this delivery of this run already, so that nothing was done."""
    notes: tuple[str, ...] = ()
    """What the user should know, such as that no ledger could be kept there."""


class TableWriter(Protocol):
    """One delivery on its way into a table. Every method may raise a ConnectorProblem (connectors.databases.refusals)
    and nothing else that the database says; after one, and after anything else that goes wrong, `abort` is called."""

    def begin(self) -> None:
        """Connect and make the stage."""
        ...

    def stage(self, batch: pl.DataFrame) -> None:
        """Add rows to the stage: the columns of the delivery in their order, as Polars has their types; no key of
        them is null, which the caller has seen to."""
        ...

    def apply(self, entry: LedgerEntry) -> Outcome:
        """Bring the staged rows into the table, and note it; in one transaction, which stays open.

        A lock that others hold is waited for, and a deadlock answered by a bounded number of new attempts.
        """
        ...

    def commit(self) -> None:
        """Make it last, and give the connection back."""
        ...

    def abort(self) -> None:
        """Leave the table as it was; called in any state, more than once, and it never raises."""
        ...


class TargetDatabase(Protocol):
    """A kind of database as a place to write to; one module each gives `TARGET` (connectors.databases.registry)."""

    dialect: str
    """sqlglot's name for the SQL it speaks."""

    def describe_target(self, address: Address, table: TableName) -> TargetTable | None:
        """The table as the catalog has it; None where there is none.

        Raises:
            ConnectorProblem: the database cannot be reached, or the name is that of something that takes no rows.
        """
        ...

    def can_name(self, name: str) -> bool:
        """Whether a table or column that is made can have this name, uncut."""
        ...

    def native_type(self, kind: DataType, *, is_key: bool) -> str | None:
        """The type of a column that is made for values of this type; None where there is none."""
        ...

    def statements(self, write: TableWrite, target: TargetTable | None) -> list[str]:
        """The statements that `apply` will send, laid out for people."""
        ...

    def open_table(self, address: Address, write: TableWrite, target: TargetTable | None) -> TableWriter:
        """The writer; nothing is opened before its `begin`. `target` is None where the table is to be made."""
        ...


def shown_key(values: Mapping[str, object]) -> str:
    """A key for people: id = 7, region = "north"."""
    return ", ".join(_pairs(values))


def _pairs(values: Mapping[str, object]) -> Iterator[str]:
    for name, value in values.items():
        shown = f'"{value}"' if isinstance(value, str) else str(value)
        yield f"{name} = {shown if len(shown) <= 80 else shown[:80] + '…'}"
