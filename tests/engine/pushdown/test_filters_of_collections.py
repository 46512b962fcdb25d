"""Filters that collections of MongoDB do first: the rows, and what is said of odd documents, stay the same."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest
from bson import Decimal128, Int64, ObjectId
from polars.testing import assert_frame_equal

import weirflow as wf
from tests.servers.mongodb import Documents
from tests.workflows import workflow

VALUES = [
    None, 5, Int64(6), 5.0, 5.5, float("nan"), float("inf"), -7, "a", "A", "", True, datetime(2026, 1, 31),
    Decimal128("5"), Decimal128("0.1"), 0.1, ObjectId("65b000000000000000000001"), [5, 6], {"a": 5}, 2**60,
]  # fmt: skip
CONDITIONS = {
    "integer": ["v = 5", "v <> 5", "v > 5", "v >= 5.5", "5 < v", "v in (5, 6)", "v > 5 or v < -1", "v > 5 and n > 3"],
    "number": ["v = 0.1", "v <> 5.5", "v < 5.5", "v >= 5", "v in (5, 5.5)"],
    "string": ["v = 'a'", "v <> 'a'", "v in ('a', '5')", "v = '65b000000000000000000001'"],
    "boolean": ["v = true", "v <> true"],
    "datetime with time zone": ["v >= '2026-01-31T00:00:00Z'", "v < '2026-01-31T00:00:00.5Z'"],
}


@pytest.fixture
def shop(mongodb: Documents, monkeypatch: pytest.MonkeyPatch) -> Documents:
    monkeypatch.setenv("SHOP_MONGO", mongodb.url)
    mongodb.insert("values", {"_id": 0, "n": 0}, *({"_id": n, "n": n, "v": each} for n, each in enumerate(VALUES, 1)))
    return mongodb


def plan_of(condition: str, *, pushdown: bool, config: Mapping[str, Any] | None = None) -> wf.Plan:
    asked = {"connection": {"plugin_key": "mongodb", "credentials_ref": "env:SHOP_MONGO"}, "table": "values"}
    source = {
        "type": "database",
        "alias": "values",
        "rejects": "odd",
        "database_config": asked,
        "config": dict(config or {}),
    }
    steps = [{"type": "filter", "config": {"where": condition}}]
    settings = {"engine": "polars", "pushdown": pushdown}
    return wf.compile(workflow([source], transforms=steps, settings=settings))


@pytest.mark.parametrize(("kind", "condition"), [(kind, each) for kind, many in CONDITIONS.items() for each in many])
def test_rows_and_rejects_are_those_of_a_filter_that_is_not_sent(shop: Documents, kind: str, condition: str) -> None:
    config = {"schema": {"v": kind}, "max_bad": "100%"}
    pushed, other = (plan_of(condition, pushdown=each, config=config).run() for each in (True, False))

    for frame in ("data", "odd"):
        rows = [each[frame] for each in (pushed, other)]
        assert_frame_equal(*(each.sort(each.columns[0]) for each in rows))
    assert pushed.dead_letters["count"] == other.dead_letters["count"]


@pytest.mark.parametrize(
    ("condition", "sent"),
    [
        ("v > 5", '{"v": {"$gt": 5}}'),
        ("v = 5 and n <= 3", '{"$and": [{"v": {"$eq": 5}}, {"n": {"$lte": 3}}]}'),
        ("v in (5, 6) or n = 1", '{"$or": [{"v": {"$in": [5, 6]}}, {"n": {"$eq": 1}}]}'),
        ("v + 1 > 5 and n < 3", '{"n": {"$lt": 3}}'),
        ("v + 1 > 5", None),
        ("v is null", None),
    ],
)
def test_what_is_sent_lets_odd_documents_pass(shop: Documents, condition: str, sent: str | None) -> None:
    plan = plan_of(condition, pushdown=True, config={"schema": {"v": "integer", "n": "integer", "_id": "integer"}})
    [asked] = [each for each in plan.planned().statements if each.reads == "deliveries"]

    if sent is None:
        assert asked.sql.startswith('db.getCollection("values").find({}, ')
    else:
        assert f'find({{"$or": [{sent}, ' in asked.sql
        assert (
            '{"v": {"$exists": true, "$not": {"$type": ["int", "long", "null"]}}}, {"v": {"$type": "array"}}'
            in asked.sql
        )


def test_a_column_whose_type_the_server_cannot_tell_keeps_the_filter_here(shop: Documents) -> None:
    for config in ({"schema": {"v": "decimal(10,2)"}}, {}):
        [asked] = [each for each in plan_of("n > 3", pushdown=True, config=config).planned().statements
                   if each.reads == "deliveries"]  # fmt: skip
        is_json = not config
        assert ("$or" in asked.sql) == is_json


def test_only_documents_that_may_count_are_sent(mongodb: Documents, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_MONGO", mongodb.url)
    mongodb.insert("values", *({"n": n, "v": f"name {n}"} for n in range(10)))
    [asked] = [each for each in plan_of("n > 7", pushdown=True).planned().statements if each.reads == "deliveries"]
    condition = json.loads(asked.sql.split("find(")[1].split(', {"_id": 1, ')[0])

    assert mongodb.database["values"].count_documents(condition) == 2
    assert plan_of("n > 7", pushdown=True).collect("data").height == 2


def test_a_limit_of_the_source_comes_before_the_filter(shop: Documents, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = {"connection": {"plugin_key": "mongodb", "credentials_ref": "env:SHOP_MONGO"}, "table": "values",
             "columns": ["n"], "order_by": ["_id"], "limit": 3}  # fmt: skip
    source = {"type": "database", "alias": "values", "database_config": asked}
    steps = [{"type": "filter", "config": {"where": "n > 1"}}]

    rows = wf.compile(workflow([source], transforms=steps)).collect("data")

    assert rows["n"].to_list() == [2]


def test_values_come_in_every_order_of_types(shop: Documents) -> None:
    """One odd document alone, so that each is met whatever the sample saw."""
    for kind, odd in itertools.product(["integer", "string"], VALUES[:16]):
        shop.database["values"].drop()
        shop.insert("values", {"_id": 1, "n": 1, "v": 9}, {"_id": 2, "n": 2, "v": odd})
        config = {"schema": {"v": kind}, "max_bad": "100%"}
        condition = "v = 9" if kind == "integer" else "v = '9'"
        rows = [plan_of(condition, pushdown=each, config=config).collect("data") for each in (True, False)]
        assert_frame_equal(*rows)
