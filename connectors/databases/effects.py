"""Functions that do more than computing a value, by dialect. Users' own are looked up in the database's catalog."""

from __future__ import annotations

_WAITS = "makes the database wait"
_FILES = "reads or writes files of the server"
_LOCKS = "takes or gives up locks"
_RUNS = "runs SQL of its own"
_SETS = "changes settings or sequences"
_SERVER = "acts on the server or its other users"
_LOADS = "loads code"

_EXACT: dict[str, dict[str, str]] = {
    "postgres": {
        **dict.fromkeys(("nextval", "setval", "set_config", "setseed"), _SETS),
        **dict.fromkeys(("query_to_xml", "query_to_xmlschema", "query_to_xml_and_xmlschema", "cursor_to_xml",
                         "cursor_to_xmlschema", "ts_stat", "xpath_table", "connectby", "crosstab", "crosstab2",
                         "crosstab3", "crosstab4", "crosstabn"), _RUNS),
        **dict.fromkeys(("pg_terminate_backend", "pg_cancel_backend", "pg_reload_conf", "pg_rotate_logfile",
                         "pg_promote", "pg_notify", "pg_export_snapshot", "pg_stat_clear_snapshot",
                         "pg_log_backend_memory_contexts", "gin_clean_pending_list", "pg_import_system_collations",
                         "pg_start_backup", "pg_stop_backup", "pg_set_attribute_stats", "pg_set_relation_stats"),
                        _SERVER),
        **dict.fromkeys(("pg_stat_file", "pg_current_logfile"), _FILES),
    },
    "mysql": {
        **dict.fromkeys(("sleep", "master_pos_wait", "source_pos_wait", "wait_for_executed_gtid_set",
                         "wait_until_sql_thread_after_gtids", "master_gtid_wait"), _WAITS),
        "benchmark": "computes something over and over",
        **dict.fromkeys(("get_lock", "release_lock", "release_all_locks", "service_get_read_locks",
                         "service_get_write_locks", "service_release_locks"), _LOCKS),
        "load_file": _FILES,
        **dict.fromkeys(("nextval", "setval", "next_value_for", "last_insert_id"), _SETS),
        **dict.fromkeys(("sys_exec", "sys_eval", "sys_get", "sys_set", "lib_mysqludf_sys_info"), _SERVER),
    },
    "sqlite": {
        "load_extension": _LOADS,
        "fts3_tokenizer": _LOADS,
        **dict.fromkeys(("readfile", "writefile", "edit", "fsdir", "zipfile", "sqlar_uncompress", "lsmode"), _FILES),
        **dict.fromkeys(("eval", "exec"), _RUNS),
    },
}  # fmt: skip
_BEGINNINGS: dict[str, dict[str, str]] = {
    "postgres": {
        "pg_sleep": _WAITS,
        "lo_": "works on large objects",
        "dblink": "asks other servers",
        **dict.fromkeys(("pg_read_", "pg_ls_", "pg_file_", "adminpack"), _FILES),
        **dict.fromkeys(("pg_advisory_", "pg_try_advisory_"), _LOCKS),
        **dict.fromkeys(("table_to_xml", "schema_to_xml", "database_to_xml"), _RUNS),
        **dict.fromkeys(("pg_logical_", "pg_replication_", "pg_create_", "pg_drop_", "pg_copy_", "pg_switch_",
                         "pg_wal_replay_", "pg_backup_", "pg_stat_reset", "pg_sync_", "pg_restore_", "pg_clear_",
                         "binary_upgrade_", "brin_summarize_", "brin_desummarize_"), _SERVER),
    },
    "mysql": {"group_replication_": _SERVER, "asynchronous_connection_failover_": _SERVER, "audit_": _SERVER,
              "keyring_key_": _SERVER, "spider_": "asks other servers"},
    "sqlite": {},
}  # fmt: skip


def effect_of(function: str, dialect: str) -> str | None:
    """What a function does beside computing a value; None where nothing is known of that kind."""
    found = _EXACT[dialect].get(function)
    if found is not None:
        return found
    return next((what for start, what in _BEGINNINGS[dialect].items() if function.startswith(start)), None)
