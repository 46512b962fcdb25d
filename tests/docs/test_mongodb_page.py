"""The page about MongoDB says what its examples do."""

from __future__ import annotations

import re
import uuid
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from bson import Binary, Code, Decimal128, MinKey, ObjectId, Regex, Timestamp

import weirflow as wf
from tests.servers.mongodb import Documents

PAGE = (Path(__file__).parents[2] / "docs" / "mongodb.md").read_text(encoding="utf-8")
EXAMPLES = [yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)]
STORED: dict[str, Any] = {
    "string": "a", "int": 1, "long": 2**40, "double": 1.5, "decimal": Decimal128("1.50"), "bool": True,
    "date": datetime(2026, 1, 31), "objectId": ObjectId("65b000000000000000000001"),
    "uuid": Binary.from_uuid(uuid.UUID(int=5)), "binData": b"\x00", "object": {"a": 1}, "array": [1],
    "regex": Regex("^a", "i"), "javascript": Code("f()"), "timestamp": Timestamp(5, 1), "minKey": MinKey(),
    "null": None,
}  # fmt: skip
TYPES = {"struct": "struct(a: integer)", "list": "list(integer)", "decimal(38,s)": "decimal(38,2)"}


@pytest.fixture
def shop(mongodb: Documents, monkeypatch: pytest.MonkeyPatch) -> Documents:
    monkeypatch.setenv("SHOP_MONGO", mongodb.url)
    return mongodb


def test_the_examples_read_and_write(shop: Documents) -> None:
    shop.insert(
        "orders",
        {
            "customer": "ann",
            "status": "open",
            "amount": Decimal128("10.50"),
            "placed": datetime(2026, 1, 5),
            "tags": [],
        },
        {"customer": "ann", "status": "open", "amount": Decimal128("1.25"), "delivery": {"city": "Ulm"}},
        {"customer": "bob", "status": "paid", "amount": Decimal128("7.00")},
    )
    reading, _, writing = EXAMPLES
    steps = [{"type": "aggregate", "config": {"group_by": ["customer"], "aggregates": {"total": "sum(amount)"}}}]
    result = wf.compile({"ir_version": "3.1", "goal": "Totals", **reading, "transforms": steps, **writing}).run()

    assert result.status == "succeeded"
    assert shop.rows("customer_totals") == [{"customer": "ann", "total": Decimal128("11.75")}]


def test_the_schema_of_the_page_reads_the_same_documents(shop: Documents) -> None:
    shop.insert("orders", {"amount": 10, "placed": datetime(2026, 1, 5), "tags": ["a"], "delivery": {"city": "Ulm"}})
    [source] = EXAMPLES[0]["data_sources"]
    source = source | EXAMPLES[1]
    source["database_config"] = {
        **source["database_config"],
        "query": {},
        "columns": ["amount", "placed", "tags", "delivery"],
    }
    [row] = wf.compile({"ir_version": "3.1", "goal": "Orders", "data_sources": [source]}).collect("data").to_dicts()

    assert [str(each) for each in row.values()] == ["10.00", "2026-01-05", "['a']", '{"city": "Ulm"}']


def test_the_table_of_types_says_what_each_arrives_as(shop: Documents) -> None:
    table = PAGE.split("| stored as | column type | value |")[1].split("\n\n")[0]
    said = {}
    for line in table.strip().splitlines()[1:]:
        _, stored, kind, *_ = (each.strip() for each in line.split("|"))
        said |= {name: TYPES.get(kind, kind) for name in re.findall(r"`(\w+)`", stored)}
    shop.insert("values", dict(STORED))
    asked = {"connection": {"plugin_key": "mongodb", "credentials_ref": "env:SHOP_MONGO"}, "table": "values"}
    plan = wf.compile({"ir_version": "3.1", "goal": "Values", "data_sources": [
        {"type": "database", "alias": "v", "database_config": asked}]})  # fmt: skip

    assert {name: str(kind) for name, kind in plan.schema("data").items() if name != "_id"} == said
    assert list(said) == list(STORED)
