"""The tables of the journal as this version knows them; `engine.journal.migrations` makes them so.

Instants are ISO texts in UTC with microseconds, which sort as they are and mean the same in SQLite and PostgreSQL.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table, Text, UniqueConstraint, text

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

spending = Table(
    "weirflow_spending",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("day", Text, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("workflow", Text, primary_key=True),
    Column("calls", BigInteger, nullable=False),
    Column("tokens_in", BigInteger, nullable=False),
    Column("tokens_out", BigInteger, nullable=False),
    Column("micros", BigInteger, nullable=False),
    Column("aside_tokens", BigInteger, nullable=False),
    Column("aside_micros", BigInteger, nullable=False),
)
"""What models have taken: one row a day (of UTC), an account and a workflow. `micros` are millionths of the currency
that prices are in; `aside_tokens` and `aside_micros` are what runs have set aside of a day's budget and not spent."""

workflows = Table(
    "weirflow_workflows",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("workflow", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("document", Text, nullable=False),
    Column("document_sha256", Text, nullable=False),
    Column("syntax", Text, nullable=False),
    Column("file", Text),
    Column("base", Text, nullable=False),
    Column("goal", Text, nullable=False),
    Column("enabled", Integer, nullable=False),
    Column("changed_by", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("changed_at", Text, nullable=False),
)
"""The workflows that a service runs: one row a workflow. `syntax` is json or yaml, `file` where it was read from (null
where somebody put it), `base` the folder that its relative locations start at; `version` counts its changes."""

switches = Table(
    "weirflow_switches",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("workflow", Text, primary_key=True),
    Column("changed_by", Text, nullable=False),
    Column("changed_at", Text, nullable=False),
)
"""The workflows that somebody has switched off: one row a name, which outlives the workflow's file."""

_READY = "status = 'queued' and dispatched_at is not null"

starts = Table(
    "weirflow_starts",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("run_id", Text, primary_key=True),
    Column("workflow", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("document", Text, nullable=False),
    Column("syntax", Text, nullable=False),
    Column("file", Text),
    Column("base", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("idempotency_key", Text),
    Column("inputs", Text, nullable=False),
    Column("options", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("worker", Text),
    Column("lease_until", Text),
    Column("losses", Integer, nullable=False),
    Column("dispatched_at", Text),
    Column("cancel_asked_at", Text),
    Column("error", Text),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", Text, nullable=False),
    Column("started_at", Text),
    Column("finished_at", Text),
    Column("problem", Text),
    UniqueConstraint("tenant", "idempotency_key"),
    Index("weirflow_starts_by_status", "tenant", "status", "asked_at"),
    Index("weirflow_starts_by_workflow", "tenant", "workflow", "asked_at"),
    Index("weirflow_starts_by_dispatch", "tenant", "dispatched_at"),
    Index("weirflow_starts_by_time", "tenant", "asked_at", "run_id"),
    Index("weirflow_starts_ready", "tenant", "priority", "asked_at", "run_id", sqlite_where=text(_READY),
          postgresql_where=text(_READY)),
)  # fmt: skip
"""The runs that a service was asked for: one row a run, before it has an entry of its own among the runs and after.
`cause` is manual, schedule, webhook, event, resume or replay, `about` a JSON object with what it was (the due time, the
event); `status` is queued, running, done, failed or cancelled. `attempt` counts the workers that took it: what a worker
writes while it holds an older number is refused, which fences one that was thought to be gone. Until `lease_until`, by
the clock of the database, nobody else takes it; `losses` counts the workers that let that pass. `dispatched_at` is when
it was handed to the queue that workers take from, null while it waits for a place. A worker that has ended a run takes
the next one by weirflow_starts_ready. `error` says why it failed, and `problem`, where it ended with a diagnostic, that
one's code, hint and place as a JSON object."""

workers = Table(
    "weirflow_workers",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("worker", Text, primary_key=True),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("slots", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("started_at", Text, nullable=False),
    Column("seen_at", Text, nullable=False),
)
"""The processes that carry runs out: one row a process. `status` is working, draining or gone."""

schedules = Table(
    "weirflow_schedules",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("workflow", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("definition", Text, nullable=False),
    Column("topic", Text),
    Column("enabled", Integer, nullable=False),
    Column("next_at", Text),
    Column("last_at", Text),
    Column("look_at", Text),
    Column("state", Text, nullable=False),
    Column("changed_at", Text, nullable=False),
    Index("weirflow_schedules_by_look", "tenant", "enabled", "look_at"),
    Index("weirflow_schedules_by_topic", "tenant", "topic"),
)
"""When workflows run by themselves: one row a workflow with a schedule. `kind` is cron, interval or event, `definition`
a JSON object with the schedule and the workflow's time zone, `topic` the event that starts it. `next_at` is the coming
time and `last_at` the last one that a run was asked for, `look_at` when the service looks at it again, `state` a JSON
object with what waits, what was missed and what was skipped."""

events = Table(
    "weirflow_events",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("tenant", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("inputs", Text, nullable=False),
    Column("happened_at", Text, nullable=False),
    Column("taken_at", Text),
    UniqueConstraint("tenant", "topic", "event"),
    Index("weirflow_events_open", "tenant", "taken_at", "number"),
)
"""What has happened that some schedule waits for: one row an event, in the order in which they happened. `topic` is its
kind and name (workflow_finished:orders, event:month-closed), `event` the id by which it is known when it comes twice,
`about` a JSON object with what it was, `taken_at` when its runs were asked for."""

arrivals = Table(
    "weirflow_arrivals",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("workflow", Text, primary_key=True),
    Column("location", Text, primary_key=True),
    Column("file", Text, primary_key=True),
    Column("version", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("seen_at", Text, nullable=False),
    Column("run_id", Text),
)
"""The files that a schedule has seen at its location: one row a file, with the version that was seen last. `status` is
growing (it may still be written), started, or there (it was there before the schedule was)."""

hooks = Table(
    "weirflow_hooks",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("workflow", Text, primary_key=True),
    Column("hook", Text, nullable=False),
    Column("former", Text),
    Column("former_until", Text),
    Column("definition", Text, nullable=False),
    Column("enabled", Integer, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("changed_at", Text, nullable=False),
    UniqueConstraint("hook"),
)
"""The addresses that events are sent to: one row a workflow with a webhook source. `hook` is the part of its URL that
cannot be guessed, `former` the one before, which still counts until `former_until`; `definition` the source's
webhook_config as a JSON object."""

inbox = Table(
    "weirflow_inbox",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("tenant", Text, nullable=False),
    Column("workflow", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("received_at", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("about", Text, nullable=False),
    Column("run_id", Text),
    UniqueConstraint("tenant", "workflow", "event"),
    Index("weirflow_inbox_open", "tenant", "run_id", "workflow", "number"),
)
"""The events that webhooks accepted: one row an event, in the order in which they were stored. `event` is the id by
which a second delivery of it is known, `body` the payload as it came, `about` a JSON object with its type and headers,
`run_id` the run that takes it (null while none does)."""

payloads = Table(
    "weirflow_payloads",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("run_id", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("body", LargeBinary, nullable=False),
)
"""What a run's webhook sources read: one row a source, its payloads as JSON lines."""

keys = Table(
    "weirflow_keys",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("secret_sha256", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("expires_at", Text),
    Column("revoked_at", Text),
    Column("used_at", Text),
)
"""The keys of the service's API: `key` is the public part, `secret_sha256` the hash of the rest, `scopes` their names
with blanks between."""

sessions = Table(
    "weirflow_sessions",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("session_sha256", Text, primary_key=True),
    Column("key", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("expires_at", Text, nullable=False),
)
"""Who is logged in to the console, by which key."""

logs = Table(
    "weirflow_logs",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("run_id", Text, primary_key=True),
    Column("attempt", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("seconds", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("text", Text, nullable=False),
)
"""What runs told while they ran, under a service: one row an event."""
