"""How a journal becomes one of this version: each step once, in order, whole or not at all.

A step is never changed once it was released; what the tables are today stands in `engine.journal.tables`, and a test
holds both together.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, inspect, select, text

from connectors.problem import ConnectorProblem
from engine.journal.tables import versions, workers

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
    (
        """create table weirflow_workflows (
            tenant text not null, workflow text not null, version integer not null, document text not null,
            document_sha256 text not null, syntax text not null, file text, base text not null, goal text not null,
            enabled integer not null, changed_by text not null, created_at text not null, changed_at text not null,
            primary key (tenant, workflow))""",
        """create table weirflow_starts (
            tenant text not null, run_id text not null, workflow text not null, version integer not null,
            document text not null, syntax text not null, file text, base text not null, cause text not null,
            about text not null, idempotency_key text, inputs text not null, options text not null,
            priority integer not null, status text not null, attempt integer not null, worker text, lease_until text,
            losses integer not null, dispatched_at text, cancel_asked_at text, error text, asked_by text not null,
            asked_at text not null, started_at text, finished_at text,
            primary key (tenant, run_id), unique (tenant, idempotency_key))""",
        "create index weirflow_starts_by_status on weirflow_starts (tenant, status, asked_at)",
        "create index weirflow_starts_by_workflow on weirflow_starts (tenant, workflow, asked_at)",
        "create index weirflow_starts_by_dispatch on weirflow_starts (tenant, dispatched_at)",
        "create index weirflow_starts_by_time on weirflow_starts (tenant, asked_at, run_id)",
        """create table weirflow_workers (
            tenant text not null, worker text not null, host text not null, pid integer not null,
            slots integer not null, status text not null, started_at text not null, seen_at text not null,
            primary key (tenant, worker))""",
        """create table weirflow_schedules (
            tenant text not null, workflow text not null, kind text not null, definition text not null, topic text,
            enabled integer not null, next_at text, last_at text, look_at text, state text not null,
            changed_at text not null,
            primary key (tenant, workflow))""",
        "create index weirflow_schedules_by_look on weirflow_schedules (tenant, enabled, look_at)",
        "create index weirflow_schedules_by_topic on weirflow_schedules (tenant, topic)",
        """create table weirflow_events (
            number {counted}, tenant text not null, topic text not null, event text not null, about text not null,
            inputs text not null, happened_at text not null, taken_at text,
            unique (tenant, topic, event))""",
        "create index weirflow_events_open on weirflow_events (tenant, taken_at, number)",
        """create table weirflow_arrivals (
            tenant text not null, workflow text not null, location text not null, file text not null,
            version text not null, status text not null, seen_at text not null, run_id text,
            primary key (tenant, workflow, location, file))""",
        """create table weirflow_hooks (
            tenant text not null, workflow text not null, hook text not null unique, former text, former_until text,
            definition text not null, enabled integer not null, created_at text not null, changed_at text not null,
            primary key (tenant, workflow))""",
        """create table weirflow_inbox (
            number {counted}, tenant text not null, workflow text not null, event text not null,
            received_at text not null, body {bytes} not null, about text not null, run_id text,
            unique (tenant, workflow, event))""",
        "create index weirflow_inbox_open on weirflow_inbox (tenant, run_id, workflow, number)",
        """create table weirflow_payloads (
            tenant text not null, run_id text not null, source text not null, body {bytes} not null,
            primary key (tenant, run_id, source))""",
        """create table weirflow_keys (
            tenant text not null, key text not null, name text not null, secret_sha256 text not null,
            scopes text not null, created_at text not null, expires_at text, revoked_at text, used_at text,
            primary key (tenant, key))""",
        """create table weirflow_sessions (
            tenant text not null, session_sha256 text not null, key text not null, created_at text not null,
            expires_at text not null,
            primary key (tenant, session_sha256))""",
        """create table weirflow_logs (
            tenant text not null, run_id text not null, attempt integer not null, number integer not null,
            at text not null, kind text not null, step text not null, rows bigint not null, seconds text not null,
            status text not null, text text not null,
            primary key (tenant, run_id, attempt, number))""",
    ),
    (
        """create table weirflow_switches (
            tenant text not null, workflow text not null, changed_by text not null, changed_at text not null,
            primary key (tenant, workflow))""",
    ),
    (
        """create table weirflow_spending (
            tenant text not null, day text not null, account text not null, workflow text not null,
            calls bigint not null, tokens_in bigint not null, tokens_out bigint not null, micros bigint not null,
            aside_tokens bigint not null, aside_micros bigint not null,
            primary key (tenant, day, account, workflow))""",
    ),
    (
        """create index weirflow_starts_ready on weirflow_starts (tenant, priority, asked_at, run_id)
            where status = 'queued' and dispatched_at is not null""",
    ),
    ("alter table weirflow_starts add column problem text",),
)
"""The statements of version 1, 2, …; they run on SQLite and on PostgreSQL, each with its own words for {counted}, a key
that counts the rows, and {bytes}."""

_WORDS = {
    "sqlite": {"counted": "integer not null primary key autoincrement", "bytes": "blob"},
    "postgresql": {"counted": "bigint generated by default as identity primary key", "bytes": "bytea"},
}

_LOCK = 0x77656972
"""The number of the advisory lock in PostgreSQL."""


class NewerJournal(ConnectorProblem):
    """Only a newer weirflow understands the journal."""


def migrate(connection: Connection) -> None:
    """Bring the journal up to this version, in the transaction that is open.

    Raises:
        ConnectorProblem: IR596 for a journal of a newer version, and for an older one that a service still uses.
    """
    alone(connection)
    found = version_of(connection)
    if found == 0:
        versions.create(connection, checkfirst=True)
    elif found < len(STEPS):
        _refuse_while_used(connection, found)
    for number in range(found + 1, len(STEPS) + 1):
        for statement in STEPS[number - 1]:
            connection.execute(text(statement.format_map(_WORDS[connection.dialect.name])))
        connection.execute(versions.insert().values(version=number, applied_at=datetime.now(UTC).isoformat()))


def _refuse_while_used(connection: Connection, version: int) -> None:
    """A service that has it open goes on as it knows it; the processes of its runs, which open it, could not."""
    if version < _WITH_WORKERS:
        return
    now = datetime.now(UTC) if connection.dialect.name != "postgresql" else (
        connection.execute(text("select clock_timestamp()")).scalar_one().astimezone(UTC)
    )  # fmt: skip
    lives = (workers.c.status != "gone") & (workers.c.seen_at > (now - SEEN_WITHIN).isoformat(timespec="microseconds"))
    found = (
        connection.execute(select(workers.c.worker).where(lives).order_by(workers.c.worker).limit(3)).scalars().all()
    )
    if found:
        raise ConnectorProblem(
            "IR596",
            f"the journal is of version {version}, and this weirflow would make {len(STEPS)} of it while a service "
            f"uses it: {', '.join(found)}",
            hint="stop its processes first (weirflow serve, weirflow worker); one that was killed counts as gone after "
                 f"{SEEN_WITHIN.seconds} seconds",
        )  # fmt: skip


_WITH_WORKERS = 3
SEEN_WITHIN = timedelta(seconds=30)
"""A process of a service is heard of at least five times within a lease."""


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
        raise NewerJournal(
            "IR596", f"the journal is of version {found}, and this weirflow knows {len(STEPS)}",
            hint="update weirflow, or give this run a home of its own: WEIRFLOW_HOME",
        )  # fmt: skip
    return found
