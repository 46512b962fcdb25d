"""Documents that do not fit: bad rows as in files, wider columns where a sample told their types, and plain words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import bson
import pytest
from bson import Decimal128

import weirflow as wf
from connectors.databases.mongodb.request import Request
from tests.connectors.test_mongodb_reading import ENGINES, source, workflow
from tests.servers.mongodb import Documents


@pytest.fixture
def odd(mongodb: Documents) -> Documents:
    """Five documents, the second and the fourth with no integer in `pieces`."""
    for number, pieces in enumerate([4, "many", None, {"of": 2}, 6], 1):
        mongodb.insert("orders", {"_id": number, "pieces": pieces, "customer": "Ada"})
    return mongodb


def plan_of(documents: Documents, monkeypatch: pytest.MonkeyPatch, folder: Path, engine: str,
            config: Mapping[str, Any], *transforms: Mapping[str, Any]) -> wf.Plan:  # fmt: skip
    orders = source(documents, monkeypatch, order_by=["_id"], config={"schema": {"pieces": "integer"}, **config})
    return wf.compile(workflow(orders | {"rejects": "odd"}, *transforms, **delivered("data", "odd")), engine=engine,
                      base=folder)  # fmt: skip


def delivered(*names: str) -> dict[str, Any]:
    """Each frame as a file of its own."""
    return {"delivery_rules": {"file_delivery": [
        {"format": "ndjson", "destination": {"plugin_key": "local", "path": "out"}, "input_source": name,
         "filename_template": f"{name}.ndjson"}
        for name in names
    ]}}  # fmt: skip


def rows(folder: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "out" / f"{name}.ndjson").read_text().splitlines()]


@pytest.mark.parametrize("engine", ENGINES)
def test_bad_rows_are_set_aside(odd: Documents, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, engine: str) -> None:
    result = plan_of(odd, monkeypatch, tmp_path, engine, {"max_bad": 2}).run()

    assert result.status == "incomplete"
    assert result.dead_letters["count"] == 2
    assert rows(tmp_path, "data") == [
        {"_id": 1, "pieces": 4, "customer": "Ada"},
        {"_id": 3, "pieces": None, "customer": "Ada"},
        {"_id": 5, "pieces": 6, "customer": "Ada"},
    ]
    assert rows(tmp_path, "odd") == [
        {"_id": "2", "pieces": "many", "customer": "Ada", "_reason": 'pieces: "many" does not fit integer',
         "_rule": "type", "_source": "orders", "_row": 2},
        {"_id": "4", "pieces": '{"of": 2}', "customer": "Ada",
         "_reason": 'pieces: "{"of": 2}" does not fit integer', "_rule": "type", "_source": "orders", "_row": 4},
    ]  # fmt: skip


@pytest.mark.parametrize("engine", ENGINES)
def test_bad_values_become_null_where_the_source_says_so(
    odd: Documents, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, engine: str
) -> None:
    result = plan_of(odd, monkeypatch, tmp_path, engine, {"on_bad_row": "null", "max_bad": 2}).run()

    assert [row["pieces"] for row in rows(tmp_path, "data")] == [4, None, None, None, 6]
    assert [each.code for each in result.warnings] == ["IR538"]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_bad_row_counts_though_nothing_uses_its_column(
    odd: Documents, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, engine: str
) -> None:
    steps = [
        {"type": "map", "config": {"columns": {}, "select": ["customer"]}},
        {"type": "limit", "config": {"count": 1}},
    ]
    result = plan_of(odd, monkeypatch, tmp_path, engine, {"max_bad": 2}, *steps).run()

    assert result.dead_letters["count"] == 2


def test_more_bad_rows_than_allowed_stop_the_run(
    odd: Documents, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(wf.WorkflowError) as raised:
        plan_of(odd, monkeypatch, tmp_path, "polars", {}).run()

    [problem] = raised.value.diagnostics
    assert problem.code == "IR533"
    assert problem.message == 'orders, document 2, column "pieces": "many" does not fit integer'
    assert problem.notes == (
        'orders, document 4, column "pieces": "{"of": 2}" does not fit integer',
        "2 of 5 rows are bad, more than max_bad allows (1%)",
    )
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("late", "kind", "values"),
    [
        (2.5, "number", [1.0, 2.0, 2.5, 4.0]),
        ("x", "string", ["1", "2", "x", "4"]),
        (Decimal128("0.5"), "decimal(38,1)", [Decimal("1.0"), Decimal("2.0"), Decimal("0.5"), Decimal("4.0")]),
        ([1], "json", ["1", "2", "[1]", "4"]),
    ],
)
def test_a_value_that_the_sample_did_not_show_widens_its_column(
    mongodb: Documents, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, engine: str, late: Any, kind: str,
    values: list[Any],
) -> None:  # fmt: skip
    monkeypatch.setattr("connectors.databases.mongodb.opening.SAMPLE", 2)
    mongodb.insert("orders", *({"_id": number, "v": late if number == 3 else number} for number in range(1, 5)))
    orders = source(mongodb, monkeypatch, order_by=["_id"])
    plan = wf.compile(workflow(orders, **delivered("data")), engine=engine, base=tmp_path)

    assert str(plan.schema("data")["v"]) == "integer"
    result = plan.run()

    assert result["data"]["v"].to_list() == values
    [warning] = result.warnings
    assert warning.code == "IR537"
    assert warning.message.startswith(f'"v" is {kind} here, not integer: orders also holds "')


def test_text_that_is_no_utf8_makes_a_bad_row(
    mongodb: Documents, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    mongodb.insert("orders", {"_id": 1, "pieces": 1, "customer": "Ada"})
    asked = Request.raw_batches

    def broken(self: Request, collection: Any) -> Iterator[bytes]:
        """What an old driver left on a server that did not look."""
        yield from asked(self, collection)
        yield bson.encode({"_id": 2, "pieces": 2, "customer": "B?"}).replace(b"B?", b"B\xff")

    monkeypatch.setattr(Request, "raw_batches", broken)

    result = plan_of(mongodb, monkeypatch, tmp_path, "polars", {"max_bad": 1}).run()

    assert [row["_id"] for row in rows(tmp_path, "data")] == [1]
    assert rows(tmp_path, "odd") == [
        {"_id": "2", "pieces": "2", "customer": "B\ufffd", "_reason": "a text of it is no UTF-8", "_rule": "utf-8",
         "_source": "orders", "_row": 2},
    ]  # fmt: skip
    assert result.dead_letters["count"] == 1
