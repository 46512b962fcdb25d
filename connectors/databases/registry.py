"""The kinds of databases by their plugin keys; their modules are imported when the first one is asked."""

from __future__ import annotations

from importlib import import_module
from typing import Any, cast

from connectors.databases.database import SqlDatabase
from connectors.databases.writing import TargetDatabase

_READ_BY_SQL = ("mysql", "postgres", "sqlite")
_WRITTEN = ("mongodb", *_READ_BY_SQL)


def sql_database(kind: str) -> SqlDatabase | None:
    """The database of a plugin key as it is read; None for one that speaks no SQL."""
    return cast("SqlDatabase | None", _found(kind, _READ_BY_SQL, "database", "DATABASE"))


def target_database(kind: str) -> TargetDatabase | None:
    """The database of a plugin key as it is written to; None for one that cannot be written to yet."""
    return cast("TargetDatabase | None", _found(kind, _WRITTEN, "target", "TARGET"))


def _found(kind: str, kinds: tuple[str, ...], module: str, name: str) -> Any:
    kind = "postgres" if kind == "supabase" else kind
    return getattr(import_module(f"connectors.databases.{kind}.{module}"), name) if kind in kinds else None
