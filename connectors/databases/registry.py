"""The kinds of databases by their plugin keys; their modules are imported when the first one is asked."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from connectors.databases.database import SqlDatabase

_MODULES = {
    "mysql": "connectors.databases.mysql.database",
    "postgres": "connectors.databases.postgres.database",
    "sqlite": "connectors.databases.sqlite.database",
}


def sql_database(kind: str) -> SqlDatabase | None:
    """The database of a plugin key; None for one that speaks no SQL."""
    module = _MODULES.get("postgres" if kind == "supabase" else kind)
    return cast("SqlDatabase", import_module(module).DATABASE) if module else None
