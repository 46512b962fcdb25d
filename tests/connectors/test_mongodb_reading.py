"""Collections of MongoDB read as frames: which rows, and which values under which types."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from bson import Binary, Code, Decimal128, Int64, MinKey, ObjectId, Regex, Timestamp

import weirflow as wf
from connectors.databases.mongodb.request import Request
from tests.servers.mongodb import Documents

ENGINES = ["polars", "duckdb"]


def source(documents: Documents, monkeypatch: pytest.MonkeyPatch, *, config: Mapping[str, Any] | None = None,
           **asked: Any) -> dict[str, Any]:  # fmt: skip
    monkeypatch.setenv("SHOP_MONGO", documents.url)
    return {
        "type": "database", "alias": "orders",
        "database_config": {"connection": {"plugin_key": "mongodb", "credentials_ref": "env:SHOP_MONGO"},
                            "table": "orders", **asked},
        **({"config": dict(config)} if config else {}),
    }  # fmt: skip


def workflow(source: Mapping[str, Any], *transforms: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"ir_version": "3.1", "goal": "Orders", "data_sources": [source], "transforms": list(transforms), **more}


def read(source: Mapping[str, Any], engine: str = "polars", *transforms: Mapping[str, Any], **more: Any) -> list[Any]:
    """The values of the rows, without their ids."""
    plan = wf.compile(workflow(source, *transforms, **more), engine=engine)
    return [tuple(value for name, value in row.items() if name != "_id")
            for row in plan.collect("data").iter_rows(named=True)]  # fmt: skip


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("stored", "kind", "value"),
    [
        ("Jürgen 😀", "string", "Jürgen 😀"),
        (7, "integer", 7),
        (Int64(2**53 + 1), "integer", 2**53 + 1),
        (2.5, "number", 2.5),
        (float("inf"), "number", float("inf")),
        (float("nan"), "string", None),
        (True, "boolean", True),
        (Decimal128("12.50"), "decimal(38,2)", Decimal("12.50")),
        (Decimal128("-1E+3"), "decimal(38,0)", Decimal("-1000")),
        (Decimal128("NaN"), "string", None),
        (Decimal128("Infinity"), "string", "Infinity"),
        (datetime(2026, 1, 31, 9, 30, 0, 125000), "datetime with time zone",
         datetime(2026, 1, 31, 9, 30, 0, 125000, UTC)),
        (ObjectId("65b000000000000000000001"), "string", "65b000000000000000000001"),
        (Binary.from_uuid(uuid.UUID(int=5)), "string", "00000000-0000-0000-0000-000000000005"),
        (b"\x00\xff", "string", "AP8="),
        (None, "string", None),
        ([1, 2], "list(integer)", [1, 2]),
        ([1, 2.5, None], "list(number)", [1.0, 2.5, None]),
        ([1, "a"], "list(string)", ["1", "a"]),
        ([], "list(string)", []),
        ([[1], [2, 3]], "list(list(integer))", [[1], [2, 3]]),
        ([{"sku": "a", "qty": 2}, {"sku": "b"}], "list(struct(sku: string, qty: integer))",
         [{"sku": "a", "qty": 2}, {"sku": "b", "qty": None}]),
        ({"city": "Ulm", "at": {"lat": 48.4}}, "struct(city: string, at: struct(lat: number))",
         {"city": "Ulm", "at": {"lat": 48.4}}),
        ({}, "json", "{}"),
        ([1, {"a": 1}], "list(json)", ["1", '{"a": 1}']),
        (Regex("^a", "i"), "json", '{"$regularExpression": {"pattern": "^a", "options": "i"}}'),
        (Code("f()"), "json", '{"$code": "f()"}'),
        (Timestamp(5, 1), "json", '{"$timestamp": {"t": 5, "i": 1}}'),
        (MinKey(), "json", '{"$minKey": 1}'),
    ],
)  # fmt: skip
def test_a_value_arrives_under_its_type(
    mongodb: Documents, monkeypatch: pytest.MonkeyPatch, engine: str, stored: Any, kind: str, value: Any
) -> None:
    mongodb.insert("orders", {"v": stored})
    plan = wf.compile(workflow(source(mongodb, monkeypatch)), engine=engine)

    assert str(plan.schema("data")["v"]) == kind
    assert plan.collect("data")["v"].to_list() == [value]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("stored", "kind", "value"),
    [
        (7, "string", "7"),
        (7, "number", 7.0),
        (7, "decimal(10,2)", Decimal("7.00")),
        (7, "json", "7"),
        ("7", "integer", 7),
        (7.0, "integer", 7),
        (Decimal128("7.10"), "number", 7.1),
        (Decimal128("7.10"), "string", "7.10"),
        (2.5, "decimal(10,2)", Decimal("2.50")),
        (datetime(2026, 1, 31, 9, 30), "datetime", datetime(2026, 1, 31, 9, 30)),
        (datetime(2026, 1, 31), "date", date(2026, 1, 31)),
        (datetime(2026, 1, 31, 9, 30), "string", "2026-01-31T09:30:00Z"),
        ("2026-01-31", "date", date(2026, 1, 31)),
        (ObjectId("65b000000000000000000001"), "string", "65b000000000000000000001"),
        (Decimal128("1E+3"), "json", '"1E+3"'),
        ({"a": 1, "at": datetime(2026, 1, 31), "n": float("nan")}, "json",
         '{"a": 1, "at": "2026-01-31T00:00:00Z", "n": null}'),
        ({"a": 1}, "struct(a: number, b: string)", {"a": 1.0, "b": None}),
        ([1, None], "list(string)", ["1", None]),
        ([Decimal128("1.5")], "json", '["1.5"]'),
        (float("inf"), "json", '{"$numberDouble": "Infinity"}'),
    ],
)  # fmt: skip
def test_a_value_becomes_its_declared_type(
    mongodb: Documents, monkeypatch: pytest.MonkeyPatch, engine: str, stored: Any, kind: str, value: Any
) -> None:
    mongodb.insert("orders", {"v": stored})
    orders = source(mongodb, monkeypatch, config={"schema": {"v": kind}})

    assert read(orders, engine) == [(value,)]


@pytest.mark.parametrize(
    ("values", "kind", "read_as"),
    [
        ([1, 2.5], "number", [1.0, 2.5]),
        ([1, Decimal128("0.25")], "decimal(38,2)", [Decimal("1.00"), Decimal("0.25")]),
        ([Decimal128("0.5"), Decimal128("0.125")], "decimal(38,3)", [Decimal("0.500"), Decimal("0.125")]),
        ([Decimal128("0.5"), 2.5], "number", [0.5, 2.5]),
        ([1, "a"], "string", ["1", "a"]),
        ([True, "a", 2.5, datetime(2026, 1, 31), Decimal128("1.50")], "string",
         ["true", "a", "2.5", "2026-01-31T00:00:00Z", "1.50"]),
        ([ObjectId("65b000000000000000000001"), "a"], "string", ["65b000000000000000000001", "a"]),
        ([{"a": 1}, [1]], "json", ['{"a": 1}', "[1]"]),
        ([{"a": 1}, "a"], "json", ['{"a": 1}', '"a"']),
        ([{"a": 1}, {"b": [2]}], "struct(a: integer, b: list(integer))", [{"a": 1, "b": None}, {"a": None, "b": [2]}]),
        ([{"a": 1}, {"a": "x"}], "struct(a: string)", [{"a": "1"}, {"a": "x"}]),
        ([[], [1]], "list(integer)", [[], [1]]),
        ([{f"k{n}": n for n in range(65)}], "json",
         ["{" + ", ".join(f'"k{n}": {n}' for n in range(65)) + "}"]),
        ([{"a": 1, "A": 2}], "json", ['{"a": 1, "A": 2}']),
    ],
)  # fmt: skip
def test_values_of_several_types_have_the_type_that_holds_all(
    mongodb: Documents, monkeypatch: pytest.MonkeyPatch, values: list[Any], kind: str, read_as: list[Any]
) -> None:
    mongodb.insert("orders", *({"_id": number, "v": each} for number, each in enumerate(values)))
    orders = source(mongodb, monkeypatch, order_by=["_id"])
    plan = wf.compile(workflow(orders))

    assert str(plan.schema("data")["v"]) == kind
    assert plan.collect("data")["v"].to_list() == read_as


def test_a_key_that_is_missing_and_one_that_is_null_read_the_same(
    mongodb: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    mongodb.insert("orders", {"_id": 1, "v": 1}, {"_id": 2, "v": None}, {"_id": 3})

    assert read(source(mongodb, monkeypatch, order_by=["_id"])) == [(1,), (None,), (None,)]


@pytest.fixture
def shop(mongodb: Documents) -> Documents:
    mongodb.insert(
        "orders",
        {"_id": 1, "status": "open", "amount": 10, "on": datetime(2026, 1, 5), "lines": [{"sku": "a"}, {"sku": "b"}]},
        {"_id": 2, "status": "paid", "amount": 30, "on": datetime(2026, 2, 1), "lines": [{"sku": "a"}]},
        {"_id": 3, "status": "open", "amount": None, "on": datetime(2026, 3, 1), "lines": []},
        {"_id": 4, "status": "open", "amount": 20, "on": datetime(2026, 4, 1)},
    )
    return mongodb


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("asked", "ids"),
    [
        ({}, [1, 2, 3, 4]),
        ({"query": {"status": "open"}}, [1, 3, 4]),
        ({"query": '{"amount": {"$gte": 20}}'}, [2, 4]),
        ({"query": {"on": {"$gte": {"$date": "2026-02-01"}}}}, [2, 3, 4]),
        ({"query": {"on": {"$lt": {"$date": "2026-02-01T00:00:00Z"}}}}, [1]),
        ({"query": [{"$match": {"status": "open"}}, {"$skip": 1}]}, [3, 4]),
        ({"query": '[{"$match": {"status": "paid"}}]'}, [2]),
        ({"order_by": ["amount"]}, [1, 4, 2, 3]),
        ({"order_by": [{"field": "amount", "nulls": "first"}]}, [3, 1, 4, 2]),
        ({"order_by": [{"field": "amount", "direction": "desc"}]}, [2, 4, 1, 3]),
        ({"order_by": [{"field": "amount", "direction": "desc", "nulls": "first"}]}, [3, 2, 4, 1]),
        ({"order_by": ["status", {"field": "_id", "direction": "desc"}]}, [4, 3, 1, 2]),
        ({"order_by": ["_id"], "limit": 2, "offset": 1}, [2, 3]),
        ({"order_by": ["amount"], "limit": 2, "offset": 1}, [4, 2]),
        ({"query": [{"$sort": {"_id": -1}}], "limit": 2}, [4, 3]),
        ({"limit": 0}, []),
    ],
)  # fmt: skip
def test_a_source_asks_for_some_of_the_documents(
    shop: Documents, monkeypatch: pytest.MonkeyPatch, engine: str, asked: Mapping[str, Any], ids: list[int]
) -> None:
    plan = wf.compile(workflow(source(shop, monkeypatch, **asked)), engine=engine)
    found = plan.collect("data")["_id"].to_list()

    is_ordered = "order_by" in asked or "$sort" in str(asked)
    assert (found if is_ordered else sorted(found)) == ids


def test_a_pipeline_makes_its_own_columns(shop: Documents, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = [
        {"$unwind": "$lines"},
        {"$group": {"_id": "$lines.sku", "orders": {"$sum": 1}}},
        {"$project": {"_id": 0, "sku": "$_id", "orders": 1}},
        {"$sort": {"sku": 1}},
    ]

    assert read(source(shop, monkeypatch, query=pipeline)) == [(2, "a"), (1, "b")]


def test_columns_are_asked_for_in_their_order(shop: Documents, monkeypatch: pytest.MonkeyPatch) -> None:
    orders = source(shop, monkeypatch, columns=["status", "amount"], order_by=["_id"], limit=2)

    assert read(orders) == [("open", 10), ("paid", 30)]


def test_columns_that_only_a_schema_names_are_there(shop: Documents, monkeypatch: pytest.MonkeyPatch) -> None:
    orders = source(shop, monkeypatch, columns=["_id", "refund"], config={"schema": {"refund": "integer"}}, limit=1)

    assert read(orders) == [(None,)]


@pytest.mark.parametrize("engine", ENGINES)
def test_rows_are_filtered_by_any_expression(shop: Documents, monkeypatch: pytest.MonkeyPatch, engine: str) -> None:
    step = {"type": "filter", "config": {"where": "amount > 5 and length(sha256(status)) = 64"}}

    assert sorted(row[1] for row in read(source(shop, monkeypatch), engine, step)) == [10, 20, 30]


def test_only_columns_that_are_used_are_asked_for(shop: Documents, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    original = Request.raw_batches

    def watched(self: Request, collection: Any) -> Any:
        asked.append(self.projection)
        return original(self, collection)

    monkeypatch.setattr(Request, "raw_batches", watched)
    plan = wf.compile(
        workflow(source(shop, monkeypatch), {"type": "map", "config": {"columns": {}, "select": ["status"]}})
    )
    asked.clear()
    plan.collect("data")

    assert asked == [{"_id": 0, "status": 1}]


@pytest.mark.parametrize(
    ("kind", "given", "query", "ids"),
    [
        ("text", "open", {"status": "{{inputs.x}}"}, [1, 3, 4]),
        ("text", "open", '{"status": "{{inputs.x}}"}', [1, 3, 4]),
        ("number", 30, {"amount": "{{inputs.x}}"}, [2]),
        ("date", "2026-02-01", {"on": {"$gte": "{{inputs.x}}"}}, [2, 3, 4]),
        ("date", "2026-02-01", {"on": {"$gte": {"$date": "{{inputs.x}}"}}}, [2, 3, 4]),
        ("text", "pe", {"status": {"$regex": "^o{{inputs.x}}n"}}, [1, 3, 4]),
        ("text", '{"$ne": 1}', {"status": "{{inputs.x}}"}, []),
        ("text", "$status", [{"$match": {"$expr": {"$eq": ["$status", "{{inputs.x}}"]}}}], []),
        ("text", '", "$where": "1', '{"status": "{{inputs.x}}"}', []),
    ],
)
def test_an_input_is_a_value_of_its_type_in_the_query(
    shop: Documents, monkeypatch: pytest.MonkeyPatch, kind: str, given: Any, query: Any, ids: list[int]
) -> None:
    document = workflow(source(shop, monkeypatch, query=query, order_by=["_id"]),
                        runtime_inputs=[{"name": "x", "type": kind, "required": True}])  # fmt: skip
    plan = wf.compile(document, inputs={"x": given})

    assert plan.collect("data")["_id"].to_list() == ids if ids else plan.collect("data").is_empty()


def test_a_schema_is_pinned_from_the_sample(shop: Documents, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "orders.json"
    file.write_text(json.dumps(workflow(source(shop, monkeypatch))))

    pinned = wf.pin_schema(file)
    pinned.write()

    assert pinned.columns == {"orders": {
        "_id": "integer", "status": "string", "amount": "integer", "on": "datetime with time zone",
        "lines": "list(struct(sku: string))",
    }}  # fmt: skip
    assert wf.compile(file).collect("data").height == 4
    assert not wf.pin_schema(file)


def test_a_plan_shows_what_the_collection_is_asked_for(shop: Documents, monkeypatch: pytest.MonkeyPatch) -> None:
    step = {"type": "map", "config": {"columns": {"double": "amount * 2"}, "select": ["double"]}}
    orders = source(shop, monkeypatch, query={"status": "open"}, order_by=["_id"], limit=5)

    [asked] = wf.compile(workflow(orders, step)).planned().statements
    shown = wf.compile(workflow(orders, step)).explain()

    assert asked.sql == (
        'db.getCollection("orders").find({"status": "open"}, {"_id": 0, "amount": 1}).sort({"_id": 1}).limit(5)'
    )
    assert "asks mongodb test_" in shown
