"""The kinds of databases by their plugin keys; their modules are imported when the first one is asked."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import cast

from connectors.databases.database import SqlDatabase
from connectors.databases.writing import TargetDatabase

_PACKAGES = {"mongodb": "mongodb", "mysql": "mysql", "postgres": "postgres", "sqlite": "sqlite", "supabase": "postgres"}


def sql_database(kind: str) -> SqlDatabase:
    """The database of a plugin key as it is read by SQL; mongodb is not."""
    return cast("SqlDatabase", _module(kind, "database").DATABASE)


def target_database(kind: str) -> TargetDatabase:
    """The database of a plugin key as it is written to."""
    return cast("TargetDatabase", _module(kind, "target").TARGET)


def _module(kind: str, name: str) -> ModuleType:
    return import_module(f"connectors.databases.{_PACKAGES[kind]}.{name}")
