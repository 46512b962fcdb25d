"""The kinds of databases that rows are written to; their modules are imported when the first one is asked."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from connectors.databases.writing import TargetDatabase

_MODULES = {
    "mongodb": "connectors.databases.mongodb.target",
    "postgres": "connectors.databases.postgres.target",
    "mysql": "connectors.databases.mysql.target",
    "sqlite": "connectors.databases.sqlite.target",
}


def target_database(kind: str) -> TargetDatabase | None:
    """The database of a plugin key; None for one that cannot be written to yet."""
    module = _MODULES.get("postgres" if kind == "supabase" else kind)
    return cast("TargetDatabase", import_module(module).TARGET) if module else None
