"""The tables of the journal as this version knows them; `engine.journal.migrations` makes them so.

Instants are ISO texts in UTC with microseconds, which sort as they are and mean the same in SQLite and PostgreSQL.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, Table, Text

DEFAULT_TENANT = "default"

metadata = MetaData()

versions = Table(
    "weirflow_versions",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("applied_at", Text, nullable=False),
)
"""The migrations that were made."""

cursors = Table(
    "weirflow_cursors",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("workflow", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("cursor", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("run_id", Text, nullable=False),
    Column("saved_at", Text, nullable=False),
)
"""How far each incremental source was read: one row a source. `origin` is what it read (a table, a query, a location),
`kind` the type of `value`."""

deliveries = Table(
    "weirflow_deliveries",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("run_id", Text, primary_key=True),
    Column("delivery", Text, primary_key=True),
    Column("workflow", Text, nullable=False),
    Column("idempotency_key", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("rows", BigInteger),
    Column("bytes", BigInteger),
    Column("sha256", Text),
    Column("started_at", Text, nullable=False),
    Column("finished_at", Text),
    Index("weirflow_deliveries_by_key", "tenant", "idempotency_key"),
)
"""The ledger: what a run was about to deliver, and what became of it."""
