"""How a journal becomes one of this version: each step once, in order, whole or not at all.

A step is never changed once it was released; what the tables are today stands in `engine.journal.tables`, and a test
holds both together.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, inspect, select, text

from connectors.problem import ConnectorProblem
from engine.journal.tables import versions

STEPS: tuple[Sequence[str], ...] = (
    (
        """create table weirflow_cursors (
            tenant text not null, workflow text not null, source text not null,
            cursor text not null, origin text not null, kind text not null, value text not null,
            run_id text not null, saved_at text not null,
            primary key (tenant, workflow, source))""",
        """create table weirflow_deliveries (
            tenant text not null, run_id text not null, delivery text not null,
            workflow text not null, idempotency_key text not null, kind text not null, target text not null,
            status text not null, rows bigint, bytes bigint, sha256 text,
            started_at text not null, finished_at text,
            primary key (tenant, run_id, delivery))""",
        "create index weirflow_deliveries_by_key on weirflow_deliveries (tenant, idempotency_key)",
    ),
    (
        "alter table weirflow_deliveries add column result text",
        """create table weirflow_runs (
            tenant text not null, run_id text not null, workflow text not null, status text not null,
            kind text not null, parent text, document text not null, document_sha256 text not null,
            file text not null, base text not null, out text not null, folder text not null, engine text not null,
            inputs text not null, now text not null, options text not null, host text not null, pid integer not null,
            attempts integer not null, error text, receipt text, cancel_asked_at text,
            started_at text not null, finished_at text,
            primary key (tenant, run_id))""",
        "create index weirflow_runs_by_start on weirflow_runs (tenant, started_at)",
        """create table weirflow_steps (
            tenant text not null, run_id text not null, step text not null, kind text not null, status text not null,
            rows bigint, attempts integer not null, seconds text, spool text, error text,
            started_at text not null, finished_at text,
            primary key (tenant, run_id, step))""",
        """create table weirflow_items (
            tenant text not null, run_id text not null, delivery text not null, item bigint not null,
            idempotency_key text not null, status text not null, target text not null, attempts integer not null,
            reference text, result text, error text, started_at text not null, finished_at text,
            primary key (tenant, run_id, delivery, item))""",
        """create table weirflow_letters (
            tenant text not null, run_id text not null, step text not null, rule text not null,
            rows bigint not null, path text not null,
            primary key (tenant, run_id, step, rule))""",
        """create table weirflow_limits (
            tenant text not null, bucket text not null, state text not null, changed_at text not null,
            primary key (tenant, bucket))""",
    ),
)
"""The statements of version 1, 2, …; they run on SQLite and on PostgreSQL."""

_LOCK = 0x77656972
"""The number of the advisory lock in PostgreSQL."""


def migrate(connection: Connection) -> None:
    """Bring the journal up to this version, in the transaction that is open.

    Raises:
        ConnectorProblem: IR596 for a journal of a newer version.
    """
    alone(connection)
    found = version_of(connection)
    if found == 0:
        versions.create(connection, checkfirst=True)
    for number in range(found + 1, len(STEPS) + 1):
        for statement in STEPS[number - 1]:
            connection.execute(text(statement))
        connection.execute(versions.insert().values(version=number, applied_at=datetime.now(UTC).isoformat()))


def alone(connection: Connection) -> None:
    """Let no other run come between what this transaction reads and what it writes; SQLite never does."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def version_of(connection: Connection) -> int:
    """The version of the journal; 0 where nothing was made yet.

    Raises:
        ConnectorProblem: IR596 for one that only a newer weirflow understands.
    """
    if not inspect(connection).has_table(versions.name):
        return 0
    found: int = connection.execute(select(versions.c.version).order_by(versions.c.version.desc())).scalar() or 0
    if found > len(STEPS):
        raise ConnectorProblem(
            "IR596", f"the journal is of version {found}, and this weirflow knows {len(STEPS)}",
            hint="update weirflow, or give this run a home of its own: WEIRFLOW_HOME",
        )  # fmt: skip
    return found
