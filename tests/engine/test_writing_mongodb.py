"""Deliveries of a workflow to collections of MongoDB, from the plan to the report."""

from __future__ import annotations

from typing import Any

import pytest
from bson import ObjectId

import weirflow as wf
from tests.servers.mongodb import Documents
from tests.workflows import inline, workflow

ROWS = [{"id": 2, "name": "bea", "amount": None}, {"id": 3, "name": "cas", "amount": 30}]
SCHEMA = {"id": "integer", "name": "string", "amount": "integer"}


@pytest.fixture
def shop(mongodb: Documents, monkeypatch: pytest.MonkeyPatch) -> Documents:
    monkeypatch.setenv("SHOP_MONGO", mongodb.url)
    mongodb.insert("orders", {"id": 1, "name": "ann", "amount": 10}, {"id": 2, "name": "bob", "amount": 20})
    return mongodb


def plan_of(rows: Any = ROWS, schema: Any = SCHEMA, **delivery: Any) -> wf.Plan:
    rules = {"plugin_key": "mongodb", "credentials_ref": "env:SHOP_MONGO", "table": "orders", "id": "sent", **delivery}
    return wf.compile(workflow([inline("rows", rows, schema)], delivery_rules={"database_delivery": rules}))


def test_rows_are_upserted_and_counted(shop: Documents) -> None:
    result = plan_of(operation="upsert", key_fields=["id"]).run()

    [delivery] = result.deliveries
    assert result.status == "succeeded"
    assert {name: count for name, count in delivery.outcome.items() if count} == {"inserted": 1, "updated": 1}
    assert shop.rows("orders") == [{"id": 1, "name": "ann", "amount": 10}, *ROWS]


def test_a_plan_shows_what_will_be_sent_and_writes_nothing(shop: Documents) -> None:
    shown = plan_of(operation="upsert", key_fields=["id"]).explain()

    assert "bulkWrite([{updateMany: {filter: {id: <id>}" in shown
    assert len(shop.rows("orders")) == 2


@pytest.mark.parametrize(
    ("rows", "schema", "delivery", "code", "message"),
    [
        (ROWS, SCHEMA, {"table": "order"}, "IR630", "there is no table order"),
        ([{"id": "2"}], {"id": "string"}, {"operation": "upsert", "key_fields": ["id"]}, "IR632",
         '"id" is string, and the column of orders is a number'),
        ([{"id": 2, "for": "01:30:00"}], {"id": "integer", "for": "duration"}, {}, "IR632",
         'no column that can be made holds "for", which is duration'),
    ],
)  # fmt: skip
def test_what_speaks_against_a_delivery_is_said_before_it(
    shop: Documents, rows: Any, schema: Any, delivery: Any, code: str, message: str
) -> None:
    with pytest.raises(wf.WorkflowError) as raised:
        plan_of(rows, schema, **delivery)

    [problem] = [each for each in raised.value.diagnostics if each.severity == "error"]
    assert (problem.code, problem.message) == (code, message)


def test_a_refused_delivery_leaves_the_collection(shop: Documents) -> None:
    [delivery] = plan_of(operation="insert", key_fields=["id"]).run().deliveries

    assert delivery.error == "orders has a row with id = 2 already; nothing is written"
    assert len(shop.rows("orders")) == 2


def test_documents_go_round(shop: Documents) -> None:
    """What is read from a collection is written back to it under the same ids."""
    shop.database.orders.drop()
    ids = [ObjectId() for _ in range(3)]
    shop.insert("orders", *({"_id": each, "n": place} for place, each in enumerate(ids)))
    source = {"type": "database", "alias": "orders", "database_config": {
        "connection": {"plugin_key": "mongodb", "credentials_ref": "env:SHOP_MONGO"}, "table": "orders",
        "query": {"n": {"$gt": 0}},
    }}  # fmt: skip
    step = {"type": "map", "config": {"columns": {"n": "n * 10"}}}
    delivery = {"plugin_key": "mongodb", "credentials_ref": "env:SHOP_MONGO", "table": "orders", "operation": "update",
                "key_fields": ["_id"]}  # fmt: skip
    document = workflow([source], transforms=[step], delivery_rules={"database_delivery": delivery})
    result = wf.compile(document).run()

    assert result.status == "succeeded"
    assert [(each["_id"], each["n"]) for each in shop.database.orders.find().sort("n")] == [
        (ids[0], 0), (ids[1], 10), (ids[2], 20),
    ]  # fmt: skip
