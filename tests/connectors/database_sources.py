"""Workflows over tables and queries of a database of the tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import weirflow as wf
from tests.servers.running import Database

ENGINES = ("polars", "duckdb")
_KEYS = {"postgresql": "postgres", "mysql": "mysql"}


def reads(database: Database, monkeypatch: pytest.MonkeyPatch, *, config: Mapping[str, Any] | None = None,
          rejects: str | None = None, transforms: Sequence[Mapping[str, Any]] = (), url: str | None = None,
          **about: Any) -> dict[str, Any]:  # fmt: skip
    """A document whose source `rows` is what `about` says (table, query, columns, order_by, limit …)."""
    monkeypatch.setenv("TEST_DATABASE", url or database.url)
    source: dict[str, Any] = {
        "type": "database", "alias": "rows_of_it", "credentials_ref": "env:TEST_DATABASE",
        "database_config": {"connection": {"plugin_key": _KEYS[database.scheme]}, **about},
    }  # fmt: skip
    if config is not None:
        source["config"] = dict(config)
    if rejects is not None:
        source["rejects"] = rejects
    return {"ir_version": "3.1", "goal": "test", "data_sources": [source], "transforms": list(transforms)}


def rows_on_both(document: Mapping[str, Any], frame: str = "data") -> pl.DataFrame:
    """The rows of a frame, which both engines give equally."""
    found = [wf.compile(document, engine=engine).collect(frame) for engine in ENGINES]
    assert_frame_equal(found[0], found[1], check_exact=True)
    return found[0]
