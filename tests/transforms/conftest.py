"""Tests of transforms run thousands of small plans on DuckDB, which they share."""

from __future__ import annotations

import pytest

from tests.shared_duckdb import shared_duckdb  # noqa: F401


@pytest.fixture(autouse=True, scope="module")
def _sessions_share_one_duckdb(shared_duckdb: None) -> None:  # noqa: F811
    """Opening one for each would be most of what these tests cost."""
