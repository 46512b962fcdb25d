"""One DuckDB for the sessions of many small plans, each with a database of its own in it.

Opening a DuckDB costs twenty milliseconds of CPU, an attached database in memory two. A session that bounds its memory
or locks its files gets a DuckDB of its own, as these settings hold for the whole of one.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import duckdb
import pytest

_OF_THE_WHOLE = ("set memory_limit", "set allowed_directories", "set enable_external_access", "set lock_configuration")
_NUMBERS = itertools.count()


class SharedConnection:
    """A connection to its own database in the shared DuckDB; everything else is asked of the connection itself."""

    def __init__(self, shared: duckdb.DuckDBPyConnection, config: dict[str, Any]) -> None:
        self._config = config
        self._name: str | None = f"session_{next(_NUMBERS)}"
        self._said: list[tuple[Any, ...]] = []
        self._inner = shared.cursor()
        self._inner.execute(f"attach ':memory:' as {self._name}")
        self._inner.execute(f"use {self._name}")

    def execute(self, text: Any, *arguments: Any) -> Any:
        is_text = isinstance(text, str)
        if self._name is not None and is_text and text.startswith(_OF_THE_WHOLE):
            self._go_alone()
        elif is_text and text.startswith("set "):
            self._said.append((text, *arguments))
        return self._inner.execute(text, *arguments)

    def _go_alone(self) -> None:
        self._leave()
        self._inner = duckdb.connect(config=self._config)
        for each in self._said:
            self._inner.execute(*each)

    def cursor(self) -> duckdb.DuckDBPyConnection:
        cursor = self._inner.cursor()
        if self._name is not None:
            cursor.execute(f"use {self._name}")
        return cursor

    def close(self) -> None:
        if self._name is None:
            self._inner.close()
        else:
            self._leave()

    def _leave(self) -> None:
        with suppress(duckdb.Error):  # a statement that was stopped may hold it still
            self._inner.execute("use memory")
            self._inner.execute(f"detach {self._name}")
        self._inner.close()
        self._name = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class SharedDuckDB:
    """The module duckdb as sessions see it, whose connections share one DuckDB."""

    def __init__(self) -> None:
        self._shared = duckdb.connect(config={"preserve_insertion_order": True})

    def connect(self, *, config: dict[str, Any]) -> SharedConnection:
        return SharedConnection(self._shared, config)

    def close(self) -> None:
        self._shared.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(duckdb, name)


@pytest.fixture(scope="module")
def shared_duckdb() -> Iterator[None]:
    """In this module the sessions of plans share one DuckDB."""
    shared = SharedDuckDB()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.duckdb_session.duckdb", shared)
        yield
    shared.close()
