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
    Column("result", Text),
    Index("weirflow_deliveries_by_key", "tenant", "idempotency_key"),
)
"""The ledger: what a run was about to deliver, and what became of it. `result` is a JSON object: of a pending delivery
the files that it is about to put in their places, of one that has ended what a run tells of it."""

runs = Table(
    "weirflow_runs",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("run_id", Text, primary_key=True),
    Column("workflow", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("parent", Text),
    Column("document", Text, nullable=False),
    Column("document_sha256", Text, nullable=False),
    Column("file", Text, nullable=False),
    Column("base", Text, nullable=False),
    Column("out", Text, nullable=False),
    Column("folder", Text, nullable=False),
    Column("engine", Text, nullable=False),
    Column("inputs", Text, nullable=False),
    Column("now", Text, nullable=False),
    Column("options", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("error", Text),
    Column("receipt", Text),
    Column("cancel_asked_at", Text),
    Column("started_at", Text, nullable=False),
    Column("finished_at", Text),
    Index("weirflow_runs_by_start", "tenant", "started_at"),
)
"""Every run: one row a run, with all that it takes to go on with it. `kind` is run or replay, and `parent` the run
whose dead letters a replay takes. `document` is the workflow as it was written, `inputs` a JSON object, `options` one
with what else was asked for and where its incremental sources start, `receipt` one with the hashes of what was read
and made."""

steps = Table(
    "weirflow_steps",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("run_id", Text, primary_key=True),
    Column("step", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("rows", BigInteger),
    Column("attempts", Integer, nullable=False),
    Column("seconds", Text),
    Column("spool", Text),
    Column("error", Text),
    Column("started_at", Text, nullable=False),
    Column("finished_at", Text),
)
"""The steps of a run that are finished once and not done again: one row a step. `spool` is the folder with its rows,
relative to the run's folder."""

items = Table(
    "weirflow_items",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("run_id", Text, primary_key=True),
    Column("delivery", Text, primary_key=True),
    Column("item", BigInteger, primary_key=True, autoincrement=False),
    Column("idempotency_key", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("reference", Text),
    Column("result", Text),
    Column("error", Text),
    Column("started_at", Text, nullable=False),
    Column("finished_at", Text),
)
"""The single messages of a delivery: one row an item that was begun. `item` counts the rows (or groups) from 0,
`idempotency_key` is made of the run, the delivery, the ordinal and the content; `reference` is what the other side
calls it, such as a Message-ID, `result` a JSON object with what it said."""

letters = Table(
    "weirflow_letters",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("run_id", Text, primary_key=True),
    Column("step", Text, primary_key=True),
    Column("rule", Text, primary_key=True),
    Column("rows", BigInteger, nullable=False),
    Column("path", Text, nullable=False),
)
"""How many dead letters of a run each source or rule made, and the file that holds them."""

limits = Table(
    "weirflow_limits",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("bucket", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("changed_at", Text, nullable=False),
)
"""The state of each rate limit that runs share: one row a connection and limit."""
