"""Rows written to collections of MongoDB, on a replica set and on a server without transactions."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from bson import Binary, Decimal128, ObjectId

from connectors.databases.address import address_of
from connectors.databases.database import TableName
from connectors.databases.mongodb.target import TARGET
from connectors.databases.writing import LEDGER, LedgerEntry, Outcome, TableWrite, default_strategy
from connectors.problem import ConnectorProblem
from connectors.secrets.secret import Secret
from ir.types import Schema, parse_type
from tests.servers.mongodb import Documents
from transforms.dtypes import polars_dtype

TYPES = {"id": "integer", "name": "string", "amount": "integer"}
BEFORE = [{"id": 1, "name": "ann", "amount": 10}, {"id": 2, "name": "bob", "amount": 20}]
SENT = [{"id": 2, "name": "bea", "amount": None}, {"id": 3, "name": "cas", "amount": 30}]


@pytest.fixture(params=["mongodb", "mongodb_standalone"])
def documents(request: pytest.FixtureRequest) -> Documents:
    return request.getfixturevalue(request.param)  # type: ignore[no-any-return]


def deliver(
    documents: Documents, rows: Sequence[Mapping[str, Any]], action: Any, strategy: Any = None, *,
    keys: Sequence[str] = ("id",), types: Mapping[str, str] = TYPES, run: str = "r1", port: int | None = None,
    **more: Any,
) -> Outcome:  # fmt: skip
    schema = Schema({name: parse_type(text) for name, text in types.items()})
    write = TableWrite(table=TableName.of("orders"), action=action, strategy=strategy or default_strategy(action),
                       columns=schema, keys=tuple(keys), **{"ordered": True, **more})  # fmt: skip
    options = "&directConnection=true&serverSelectionTimeoutMS=500" if port else ""
    url = documents.url_as(documents.access.user, documents.access.password, port=port, options=options)
    address = address_of("mongodb", Secret("env:X", url), base=Path())
    writer = TARGET.open_table(address, write, TARGET.describe_target(address, write.table))
    frame = pl.DataFrame(
        [dict(each) for each in rows], schema={name: polars_dtype(kind) for name, kind in schema.items()}
    )
    try:
        writer.begin()
        writer.stage(frame)
        outcome = writer.apply(LedgerEntry(run_id=run, delivery="sent", workflow="w", table="orders", at="2026-01-31"))
        writer.commit()
    finally:
        writer.abort()
    return outcome


def counts(outcome: Outcome) -> dict[str, int]:
    names = ("inserted", "updated", "deleted", "skipped", "ignored", "duplicates")
    return {name: count for name in names if (count := getattr(outcome, name))}


def rows(documents: Documents) -> list[dict[str, Any]]:
    return sorted(documents.rows("orders"), key=lambda row: row["id"])


REPLACED = [BEFORE[0], *SENT]
MERGED = [BEFORE[0], {"id": 2, "name": "bea", "amount": 20}, SENT[1]]
KEPT = [*BEFORE, SENT[1]]
UPDATED = REPLACED[:2]


@pytest.mark.parametrize("has_index", [True, False], ids=["unique", "none"])
@pytest.mark.parametrize(
    ("action", "strategy", "after", "outcome"),
    [
        ("insert", "replace", REPLACED, {"inserted": 1, "updated": 1}),
        ("insert", "merge", MERGED, {"inserted": 1, "updated": 1}),
        ("insert", "skip", KEPT, {"inserted": 1, "skipped": 1}),
        ("upsert", "replace", REPLACED, {"inserted": 1, "updated": 1}),
        ("upsert", "merge", MERGED, {"inserted": 1, "updated": 1}),
        ("upsert", "skip", KEPT, {"inserted": 1, "skipped": 1}),
        ("update", "replace", UPDATED, {"updated": 1, "ignored": 1}),
        ("update", "merge", MERGED[:2], {"updated": 1, "ignored": 1}),
        ("update", "skip", UPDATED, {"updated": 1, "ignored": 1}),
        ("delete", "replace", BEFORE[:1], {"deleted": 1, "ignored": 1}),
        ("delete", "merge", BEFORE[:1], {"deleted": 1, "ignored": 1}),
        ("delete", "skip", BEFORE[:1], {"deleted": 1, "ignored": 1}),
    ],
)
def test_what_a_delivery_does_to_the_documents(
    documents: Documents, has_index: bool, action: str, strategy: str, after: list[Any], outcome: Mapping[str, int]
) -> None:
    documents.insert("orders", *map(dict, BEFORE))
    if has_index:
        documents.database.orders.create_index("id", unique=True)
    types = {"id": "integer"} if action == "delete" else TYPES

    assert counts(deliver(documents, SENT, action, strategy, types=types)) == outcome
    assert rows(documents) == after


@pytest.mark.parametrize("has_index", [True, False], ids=["unique", "none"])
@pytest.mark.parametrize(
    ("action", "sent", "message"),
    [
        ("insert", [SENT[1], SENT[0]], "orders has a row with id = 2 already; nothing is written"),
        ("update", [SENT[0], SENT[1]], "orders has no row with id = 3; nothing is written"),
        ("delete", [SENT[0], SENT[1]], "orders has no row with id = 3; nothing is written"),
    ],
)
def test_a_refused_delivery_names_the_first_key_and_writes_nothing(
    documents: Documents, has_index: bool, action: str, sent: list[Any], message: str
) -> None:
    documents.insert("orders", *map(dict, BEFORE))
    if has_index:
        documents.database.orders.create_index("id", unique=True)

    with pytest.raises(ConnectorProblem) as raised:
        deliver(documents, sent, action, "error")

    assert (raised.value.code, raised.value.message) == ("IR635", message)
    assert rows(documents) == BEFORE
    assert documents.rows(LEDGER) == []


def test_several_documents_with_the_key_are_all_meant(documents: Documents) -> None:
    documents.insert("orders", {"id": 2, "name": "a"}, {"id": 2, "name": "b"}, {"id": 3, "name": "c"})

    assert counts(deliver(documents, [{"id": 2, "name": "x"}, {"id": 9, "name": "y"}], "update")) == {
        "updated": 2, "ignored": 1,
    }  # fmt: skip
    assert [each["name"] for each in rows(documents)] == ["x", "x", "c"]
    assert counts(deliver(documents, [{"id": 2}], "delete", types={"id": "integer"}, run="r2")) == {"deleted": 2}


def test_fields_that_are_not_sent_stay(documents: Documents) -> None:
    documents.insert("orders", {"id": 2, "name": "bob", "tags": ["a"], "amount": 20})
    deliver(documents, SENT, "upsert", types={"id": "integer", "amount": "integer"})

    assert rows(documents) == [{"id": 2, "name": "bob", "tags": ["a"], "amount": None}, {"id": 3, "amount": 30}]


def test_of_rows_with_one_key_the_last_one_wins(documents: Documents) -> None:
    sent = [{"id": 5, "name": "y"}, {"id": 2, "name": "x"}, {"id": 2, "name": "z"}]

    assert counts(deliver(documents, sent, "upsert", create=True)) == {"inserted": 2, "duplicates": 1}
    assert [each["name"] for each in rows(documents)] == ["z", "y"]


def test_rows_with_one_key_and_no_order_are_refused(documents: Documents) -> None:
    sent = [{"id": 5}, {"id": 2}, {"id": 2}]
    with pytest.raises(ConnectorProblem) as raised:
        deliver(documents, sent, "upsert", create=True, ordered=False)

    assert (raised.value.code, raised.value.message) == (
        "IR634",
        "2 rows have the key id = 2; nothing is written to orders",
    )


def test_keys_of_several_columns_tell_documents_apart(documents: Documents) -> None:
    documents.insert("orders", {"id": 1, "region": "n", "amount": 1}, {"id": 1, "region": "s", "amount": 2})
    types = {"id": "integer", "region": "string", "amount": "integer"}
    sent = [{"id": 1, "region": "s", "amount": 5}, {"id": 2, "region": "s", "amount": 6}]

    outcome = deliver(documents, sent, "upsert", keys=["id", "region"], types=types)
    assert counts(outcome) == {"inserted": 1, "updated": 1}
    with pytest.raises(ConnectorProblem, match='orders has a row with id = 1, region = "s" already'):
        deliver(documents, sent, "insert", keys=["id", "region"], types=types, run="r2")
    assert sorted(each["amount"] for each in documents.rows("orders")) == [1, 5, 6]


def test_a_collection_is_made_with_its_key(documents: Documents) -> None:
    outcome = deliver(documents, SENT, "insert", create=True)

    assert outcome.created
    assert documents.database.orders.index_information()["id_1"]["unique"]
    assert rows(documents) == SENT


def test_a_collection_that_was_made_goes_when_the_delivery_fails(documents: Documents) -> None:
    with pytest.raises(ConnectorProblem, match="IR635"):
        deliver(documents, SENT, "update", "error", create=True)

    assert "orders" not in documents.database.list_collection_names()


@pytest.mark.parametrize(
    ("kind", "value", "stored"),
    [
        ("decimal(10,2)", Decimal("1.50"), Decimal128("1.50")),
        ("date", date(2026, 1, 31), datetime(2026, 1, 31)),
        ("datetime", datetime(2026, 1, 31, 9, 30, 0, 125000), datetime(2026, 1, 31, 9, 30, 0, 125000)),
        ("datetime with time zone", datetime(2026, 1, 31, 9, 30, tzinfo=UTC), datetime(2026, 1, 31, 9, 30)),
        ("number", float("inf"), float("inf")),
        ("boolean", True, True),
        ("integer", 2**60, 2**60),
        ("list(decimal(10,2))", [Decimal("1.50"), None], [Decimal128("1.50"), None]),
        ("struct(on: date, n: integer)", {"on": date(2026, 1, 31), "n": 1}, {"on": datetime(2026, 1, 31), "n": 1}),
        ("json", '{"a": [1, {"b": null}]}', {"a": [1, {"b": None}]}),
    ],
)
def test_a_value_is_stored_under_its_bson_type(mongodb: Documents, kind: str, value: Any, stored: Any) -> None:
    deliver(mongodb, [{"id": 1, "v": value}], "insert", types={"id": "integer", "v": kind}, create=True)

    assert rows(mongodb) == [{"id": 1, "v": stored}]


def test_ids_and_uuids_are_written_as_the_collection_has_them(mongodb: Documents) -> None:
    known, other = ObjectId(), ObjectId()
    mongodb.insert("orders", {"_id": known, "token": Binary(bytes(16), 4), "amount": 1})
    types = {"_id": "string", "token": "string", "amount": "integer"}
    sent = [{"_id": str(known), "token": "00000000-0000-0000-0000-000000000005", "amount": 2},
            {"_id": str(other), "token": None, "amount": 3}]  # fmt: skip

    assert counts(deliver(mongodb, sent, "upsert", keys=["_id"], types=types)) == {"inserted": 1, "updated": 1}
    assert list(mongodb.database.orders.find().sort("amount")) == [
        {"_id": known, "token": Binary(bytes(15) + b"\x05", 4), "amount": 2},
        {"_id": other, "token": None, "amount": 3},
    ]  # fmt: skip
    with pytest.raises(ConnectorProblem) as raised:
        deliver(mongodb, [{"_id": "x", "amount": 1}], "upsert", keys=["_id"], types=types, run="r2")
    assert raised.value.message == (
        'the value "x" in the row with _id = "x" is no id of 24 hex digits for the column _id (objectId) of orders; '
        "nothing is written"
    )


def test_moments_below_a_millisecond_are_told(mongodb: Documents) -> None:
    outcome = deliver(mongodb, [{"id": 1, "v": datetime(2026, 1, 31, 9, 30, 0, 1)}], "insert",
                      types={"id": "integer", "v": "datetime"}, create=True)  # fmt: skip

    assert outcome.notes == ("1 moments lost what they had below a millisecond, which MongoDB does not keep",)


@pytest.mark.parametrize("name", ["a.b", "$a", ""])
def test_a_column_that_no_key_can_be_called_is_refused(mongodb: Documents, name: str) -> None:
    with pytest.raises(ConnectorProblem, match="no key of a document can be called"):
        deliver(mongodb, [{"id": 1, name: 1}], "insert", types={"id": "integer", name: "integer"}, create=True)


def test_another_unique_index_refuses_a_row_and_nothing_is_written(mongodb: Documents) -> None:
    mongodb.insert("orders", *map(dict, BEFORE))
    mongodb.database.orders.create_index("name", unique=True)

    with pytest.raises(ConnectorProblem) as raised:
        deliver(mongodb, [{"id": 7, "name": "new"}, {"id": 8, "name": "ann"}], "upsert")

    assert raised.value.code == "IR636"
    assert raised.value.message == (
        "the unique constraint on name of orders is broken by the row with id = 8; nothing is written"
    )
    assert rows(mongodb) == BEFORE


def test_a_run_is_noted_and_not_repeated(documents: Documents) -> None:
    deliver(documents, SENT, "insert", create=True)
    again = deliver(documents, [{"id": 9, "name": "x"}], "insert", create=True)

    assert again.already
    assert rows(documents) == SENT
    assert list(documents.database[LEDGER].find()) == [
        {"_id": {"run_id": "r1", "delivery": "sent"}, "workflow": "w", "table": "orders", "at": "2026-01-31"}
    ]


def test_without_transactions_the_user_is_told(mongodb_standalone: Documents, mongodb: Documents) -> None:
    assert deliver(mongodb, SENT, "insert", create=True).notes == ()
    [note] = deliver(mongodb_standalone, SENT, "insert", create=True).notes
    assert note.startswith("the server is no replica set and has no transactions")


def test_two_writers_at_once_lose_nothing(mongodb: Documents) -> None:
    mongodb.insert("orders", {"id": 0, "name": "", "amount": 0})
    failed: list[BaseException] = []

    def write(who: str) -> None:
        try:
            sent = [{"id": number, "name": who, "amount": number} for number in range(300)]
            deliver(mongodb, sent, "upsert", run=who)
        except BaseException as error:
            failed.append(error)

    writers = [threading.Thread(target=write, args=(who,)) for who in ("ann", "bob")]
    for each in writers:
        each.start()
    for each in writers:
        each.join(timeout=90)

    assert not failed
    found = rows(mongodb)
    assert [each["id"] for each in found] == list(range(300))
    assert len({each["name"] for each in found}) == 1


def test_a_connection_that_breaks_leaves_the_collection_as_it_was(mongodb: Documents) -> None:
    from tests.servers.wire import wire_to

    mongodb.insert("orders", *map(dict, BEFORE))
    with wire_to(mongodb.access.host, mongodb.access.port, direction="up") as wire:
        wire.cut_after = 300_000
        sent = [{"id": number, "name": "x" * 100, "amount": 1} for number in range(5000)]
        with pytest.raises(ConnectorProblem) as raised:
            deliver(mongodb, sent, "upsert", port=wire.port)

    assert raised.value.code in {"IR639", "IR580"}
    assert rows(mongodb) == BEFORE


def test_what_will_be_sent_is_shown(mongodb: Documents) -> None:
    schema = Schema({name: parse_type(text) for name, text in TYPES.items()})
    write = TableWrite(table=TableName.of("orders"), action="upsert", strategy="replace", columns=schema, keys=("id",))

    assert TARGET.statements(write, None) == [
        'db.createCollection("orders")',
        'db.getCollection("orders").createIndex({id: 1}, {unique: true})',
        'db.getCollection("orders").bulkWrite([{updateMany: {filter: {id: <id>}, '
        "update: {$set: {name: <name>, amount: <amount>}}, upsert: true}}, …])",
        f'db.getCollection("{LEDGER}").insertOne({{_id: {{run_id: <run_id>, delivery: <delivery>}}, …}})',
    ]
