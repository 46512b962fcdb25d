"""Collections of MongoDB of which each run reads the documents past those of the last."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from bson import Decimal128, Int64, ObjectId

import weirflow as wf
from engine.journal.journal import look_up_cursors
from tests.servers.mongodb import Documents


@pytest.fixture
def orders(mongodb: Documents, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Documents:
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SHOP_MONGO", mongodb.url)
    return mongodb


def document(cursor: str = "at", *, config: Mapping[str, Any] | None = None, **asked: Any) -> dict[str, Any]:
    source = {
        "type": "database", "alias": "orders", "config": {"incremental": {"cursor": cursor}, **(config or {})},
        "database_config": {"connection": {"plugin_key": "mongodb", "credentials_ref": "env:SHOP_MONGO"},
                            "table": "orders", **asked},
    }  # fmt: skip
    file = {"format": "ndjson", "filename_template": "out.ndjson", "options": {"overwrite": True}}
    return {"ir_version": "3.1", "name": "shop", "goal": "g", "data_sources": [source],
            "delivery_rules": {"file_delivery": [file]}}  # fmt: skip


def run(folder: Path, workflow: dict[str, Any], *, status: str = "succeeded", **options: Any) -> list[int]:
    result = wf.run(workflow, base=folder, **options)
    assert result.status == status
    return sorted(result["data"]["n"].to_list())


@pytest.mark.parametrize(
    ("first", "second", "kind"),
    [
        (1, Int64(2**53 + 1), "integer"),
        (0.1, 0.30000000000000004, "number"),
        (Decimal128("1.000000000000000001"), Decimal128("1.000000000000000002"), "decimal"),
        (datetime(2026, 1, 31, 9, 30, 0, 1000, UTC), datetime(2026, 1, 31, 9, 30, 0, 2000, UTC), "instant"),
        ("a", "ä", "text"),
        (ObjectId("65b000000000000000000009"), ObjectId("65b00000000000000000000a"), "text"),
    ],
    ids=["integer", "number", "decimal", "datetime", "text", "objectid"],
)
def test_each_run_reads_the_documents_past_those_of_the_last(
    orders: Documents, tmp_path: Path, first: Any, second: Any, kind: str
) -> None:
    orders.insert("orders", {"at": first, "n": 1})
    assert run(tmp_path, document()) == [1]
    assert [each.kind for each in look_up_cursors("shop")] == [kind]
    assert run(tmp_path, document()) == []
    orders.insert("orders", {"at": second, "n": 2})
    assert run(tmp_path, document()) == [2]
    assert run(tmp_path, document()) == []


def test_a_cursor_need_not_be_among_the_columns_nor_in_every_document(orders: Documents, tmp_path: Path) -> None:
    orders.insert("orders", {"at": 1, "n": 1}, {"n": 2}, {"at": 3, "n": 3})
    assert run(tmp_path, document(columns=["n"])) == [1, 2, 3]
    orders.insert("orders", {"at": 2, "n": 4}, {"at": 4, "n": 5}, {"n": 6})
    assert run(tmp_path, document(columns=["n"])) == [5]


def test_new_documents_are_found_behind_a_filter_and_a_pipeline(orders: Documents, tmp_path: Path) -> None:
    orders.insert("orders", {"at": 1, "n": 1, "open": True}, {"at": 2, "n": 2, "open": False})
    filtered = document(query={"open": True})
    assert run(tmp_path, filtered) == [1]
    orders.insert("orders", {"at": 3, "n": 3, "open": True})
    assert run(tmp_path, filtered) == [3]
    piped = document(query=[{"$match": {"open": True}}, {"$set": {"at": {"$multiply": ["$at", 10]}}}])
    assert run(tmp_path, piped, full_refresh=True) == [1, 3]
    orders.insert("orders", {"at": 4, "n": 4, "open": True})
    assert run(tmp_path, piped) == [4]


def test_bad_documents_are_set_aside_once(orders: Documents, tmp_path: Path) -> None:
    orders.insert("orders", {"at": 1, "n": 1}, {"at": 2, "n": "x"})
    workflow = document(config={"schema": {"n": "integer"}, "max_bad": 5})
    assert run(tmp_path, workflow, status="incomplete") == [1]
    assert run(tmp_path, workflow) == []


def test_decimals_and_numbers_of_a_cursor_are_compared_as_numbers(orders: Documents, tmp_path: Path) -> None:
    orders.insert("orders", {"at": Decimal128("1.5"), "n": 1})
    workflow = document(config={"schema": {"at": "decimal(10,2)"}})
    run(tmp_path, workflow)
    orders.insert("orders", {"at": 2, "n": 2}, {"at": 1.25, "n": 3})
    assert run(tmp_path, workflow) == [2]
    assert Decimal(look_up_cursors("shop")[0].value) == 2


def test_a_key_that_the_server_orders_otherwise_is_refused(orders: Documents, tmp_path: Path) -> None:
    orders.insert("orders", {"at": b"bytes", "n": 1})
    with pytest.raises(wf.WorkflowError) as failure:
        wf.compile(document(), base=tmp_path)
    [found] = failure.value.diagnostics
    assert (found.code, found.message) == ("IR597", "at is stored as bytes, which no cursor can follow")
