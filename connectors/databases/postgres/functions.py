"""The functions of a query as PostgreSQL's catalog has them: one that is volatile may do anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.databases.query_inputs import QUERY
from connectors.databases.read_only import function_names
from connectors.problem import ConnectorProblem

if TYPE_CHECKING:
    import psycopg
    from sqlglot import exp

_HARMLESS = (
    "random", "random_normal", "gen_random_uuid", "uuidv4", "uuidv7", "uuid_generate_v1", "uuid_generate_v1mc",
    "uuid_generate_v4", "gen_random_bytes", "clock_timestamp", "timeofday", "statement_timestamp", "currval", "lastval",
    "pg_current_wal_lsn", "pg_last_wal_replay_lsn", "pg_is_in_recovery", "pg_relation_size", "pg_total_relation_size",
    "pg_table_size", "pg_indexes_size", "pg_database_size", "pg_size_pretty", "pg_backend_pid",
    "txid_current_if_assigned", "pg_last_xact_replay_timestamp", "array_shuffle", "array_sample",
)  # fmt: skip
"""Volatile since they give another value each time, or look at what changes; they change nothing themselves."""


def check_functions(connection: psycopg.Connection[Any], query: exp.Query) -> None:
    """Refuse functions that the catalog calls volatile.

    Raises:
        ConnectorProblem: IR564 with the first of them.
    """
    from sqlglot import exp

    names = sorted({name for each in query.find_all(exp.Func) for name in function_names(each)})
    if not names:
        return
    row = connection.execute(
        """select n.nspname, p.proname
           from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
           where lower(p.proname) = any(%s) and p.provolatile = 'v' and p.prokind in ('f', 'w')
             and not (p.proname = any(%s)) order by n.nspname = 'pg_catalog', 1, 2 limit 1""",
        [names, list(_HARMLESS)],
    ).fetchone()  # fmt: skip
    if row is None:
        return
    schema, name = row
    hint = "a function that only reads can be declared stable: alter function … stable"
    raise ConnectorProblem("IR564", f"the query calls {name}, which may have effects: it is volatile", key=QUERY,
                           hint=None if schema == "pg_catalog" else hint)  # fmt: skip
