"""Columns called by more letters than PostgreSQL keeps of a name: it cuts them, and says nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

import weirflow as wf
from tests.servers.running import Database

LONG = "revenue_" + "of_all_the_orders_" * 5
OTHER = LONG + "before_tax"


def test_a_step_that_gives_a_column_a_name_too_long_for_the_database_is_done_here(
    tmp_path: Path, postgres: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP", postgres.url)
    postgres.execute("create table shop_orders (id int primary key, gross int not null, net int not null)")
    postgres.execute("insert into shop_orders values (1, 119, 100), (2, 238, 200)")
    plan = wf.compile({
        "ir_version": "3.1", "goal": "long names",
        "data_sources": [{"type": "database", "alias": "orders", "database_config": {
            "connection": {"plugin_key": "postgres", "credentials_ref": "env:SHOP"}, "table": "shop_orders"}}],
        "transforms": [
            {"type": "map", "config": {"rename": {"gross": LONG, "net": OTHER}}},
            {"type": "sort", "config": {"by": [{"field": OTHER, "direction": "desc"}], "limit": 1}},
        ],
    })  # fmt: skip
    assert plan.collect("data").to_dicts() == [{"id": 2, LONG: 238, OTHER: 200}]
