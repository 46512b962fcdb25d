"""Every operation with every strategy, on every database, with a constraint on the keys and without: rows before and
rows after, by the table of section 13 of the language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import weirflow as wf
from tests.engine.writing_databases import WRITTEN, Target, written_database
from tests.workflows import inline, workflow

BEFORE = [(1, "ann", 10), (2, "bob", 20)]
SENT = [{"id": 2, "name": "bea", "amount": None}, {"id": 3, "name": "cas", "amount": 30}]
KNOWN = SENT[:1]
UNTOUCHED = BEFORE
REPLACED = [(1, "ann", 10), (2, "bea", None), (3, "cas", 30)]
MERGED = [(1, "ann", 10), (2, "bea", 20), (3, "cas", 30)]
KEPT = [(1, "ann", 10), (2, "bob", 20), (3, "cas", 30)]
UPDATED = [(1, "ann", 10), (2, "bea", None)]
UPDATED_WITH_MERGE = [(1, "ann", 10), (2, "bea", 20)]
DELETED = [(1, "ann", 10)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What one delivery does. `outcome` are the counts that are not 0; `refused` is the code of what stops it."""

    operation: str
    strategy: str | None
    sent: list[dict[str, Any]] = field(default_factory=lambda: SENT)
    after: list[tuple[Any, ...]]
    outcome: Mapping[str, int] = field(default_factory=dict)
    refused: str | None = None

    @property
    def name(self) -> str:
        known = "-known" if self.sent is KNOWN else ""
        return f"{self.operation}-{self.strategy or 'default'}{known}"


CASES = [
    Case(operation="insert", strategy="replace", after=REPLACED, outcome={"inserted": 1, "updated": 1}),
    Case(operation="insert", strategy="merge", after=MERGED, outcome={"inserted": 1, "updated": 1}),
    Case(operation="insert", strategy="skip", after=KEPT, outcome={"inserted": 1, "skipped": 1}),
    Case(operation="insert", strategy="error", after=UNTOUCHED, refused="IR635"),
    Case(operation="insert", strategy=None, after=UNTOUCHED, refused="IR635"),
    Case(operation="insert", strategy=None, sent=SENT[1:], after=KEPT, outcome={"inserted": 1}),
    Case(operation="upsert", strategy="replace", after=REPLACED, outcome={"inserted": 1, "updated": 1}),
    Case(operation="upsert", strategy=None, after=REPLACED, outcome={"inserted": 1, "updated": 1}),
    Case(operation="upsert", strategy="merge", after=MERGED, outcome={"inserted": 1, "updated": 1}),
    Case(operation="upsert", strategy="skip", after=KEPT, outcome={"inserted": 1, "skipped": 1}),
    Case(operation="update", strategy="replace", after=UPDATED, outcome={"updated": 1, "ignored": 1}),
    Case(operation="update", strategy=None, after=UPDATED, outcome={"updated": 1, "ignored": 1}),
    Case(operation="update", strategy="merge", after=UPDATED_WITH_MERGE, outcome={"updated": 1, "ignored": 1}),
    Case(operation="update", strategy="skip", after=UPDATED, outcome={"updated": 1, "ignored": 1}),
    Case(operation="update", strategy="error", after=UNTOUCHED, refused="IR635"),
    Case(operation="update", strategy="error", sent=KNOWN, after=UPDATED, outcome={"updated": 1}),
    Case(operation="delete", strategy="replace", after=DELETED, outcome={"deleted": 1, "ignored": 1}),
    Case(operation="delete", strategy=None, after=DELETED, outcome={"deleted": 1, "ignored": 1}),
    Case(operation="delete", strategy="merge", after=DELETED, outcome={"deleted": 1, "ignored": 1}),
    Case(operation="delete", strategy="skip", after=DELETED, outcome={"deleted": 1, "ignored": 1}),
    Case(operation="delete", strategy="error", after=UNTOUCHED, refused="IR635"),
    Case(operation="delete", strategy="error", sent=KNOWN, after=DELETED, outcome={"deleted": 1}),
]
TABLES = {
    "primary-key": "create table orders (id integer not null primary key, name varchar(20), amount integer)",
    "unique": "create table orders (id integer, name varchar(20), amount integer, unique (id))",
    "none": "create table orders (id integer, name varchar(20), amount integer)",
}
SCHEMA = {"id": "integer", "name": "string", "amount": "integer"}


@pytest.fixture(params=WRITTEN)
def target(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    yield from written_database(request.param, request, tmp_path, monkeypatch)


def delivered(target: Target, rows: list[dict[str, Any]], **delivery: Any) -> wf.RunResult:
    rules = {"database_delivery": {**target.place, "table": "orders", "id": "sent", **delivery}}
    return wf.compile(workflow([inline("rows", rows, SCHEMA)], delivery_rules=rules)).run()


@pytest.mark.parametrize("key", TABLES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_a_delivery_does_to_the_rows_of_its_table(case: Case, key: str, target: Target) -> None:
    target.run(TABLES[key], "insert into orders values (1, 'ann', 10), (2, 'bob', 20)")
    strategy = {"conflict_strategy": case.strategy} if case.strategy else {}
    result = delivered(target, case.sent, operation=case.operation, key_fields=["id"], **strategy)
    [delivery] = result.deliveries
    assert (delivery.finding.code if delivery.finding else None) == case.refused
    assert target.rows() == case.after
    assert {name: count for name, count in delivery.outcome.items() if count} == case.outcome


@pytest.mark.parametrize("key", TABLES)
def test_the_refused_delivery_names_the_first_key(key: str, target: Target) -> None:
    target.run(TABLES[key], "insert into orders values (1, 'ann', 10), (2, 'bob', 20)")
    [delivery] = delivered(target, SENT, operation="insert", key_fields=["id"]).deliveries
    assert delivery.error == "orders has a row with id = 2 already; nothing is written"


@pytest.mark.parametrize("key", TABLES)
def test_of_rows_with_one_key_the_last_one_wins(key: str, target: Target) -> None:
    target.run(TABLES[key], "insert into orders values (1, 'ann', 10), (2, 'bob', 20)")
    sent = [{"id": 2, "name": "x", "amount": 1}, {"id": 5, "name": "y", "amount": 2}, {"id": 2, "name": "z"}]
    result = delivered(target, sent, operation="upsert", key_fields=["id"])
    assert target.rows() == [(1, "ann", 10), (2, "z", None), (5, "y", 2)]
    assert result.deliveries[0].outcome["duplicates"] == 1
    assert "sent: 1 row was left out, since a later row has the same key" in result.warnings


@pytest.mark.parametrize("operation", ["insert", "upsert", "update", "delete"])
def test_rows_without_a_key_stop_the_delivery(operation: str, target: Target) -> None:
    target.run(TABLES["primary-key"], "insert into orders values (1, 'ann', 10), (2, 'bob', 20)")
    sent = [{"id": 1, "name": "x"}, {"id": None, "name": "y"}, {"id": None, "name": "z"}]
    [delivery] = delivered(target, sent, operation=operation, key_fields=["id"], conflict_strategy="skip").deliveries
    assert delivery.error == '2 rows have no value in the key "id"; nothing is written to orders'
    assert target.rows() == BEFORE


def test_a_plain_insert_needs_no_key(target: Target) -> None:
    target.run(TABLES["none"], "insert into orders values (1, 'ann', 10), (2, 'bob', 20)")
    result = delivered(target, [*SENT, *SENT])
    twice = [(2, "bea", None), (2, "bea", None), (3, "cas", 30), (3, "cas", 30)]
    assert target.rows() == sorted([*BEFORE, *twice], key=lambda row: row[:2])
    assert result.deliveries[0].outcome["inserted"] == 4


@pytest.mark.parametrize("operation", ["insert", "upsert"])
def test_a_table_that_is_made_has_the_keys_as_its_primary_key(operation: str, target: Target) -> None:
    for _ in range(2):
        result = delivered(target, SENT, operation=operation, key_fields=["id"], conflict_strategy="replace",
                           create_table=True)  # fmt: skip
        assert result.status == "succeeded"
    assert target.rows() == [(2, "bea", None), (3, "cas", 30)]
    with pytest.raises(Exception, match=r"(?i)unique|duplicate"):
        target.run("insert into orders (id) values (3)")


@pytest.mark.parametrize("key", TABLES)
def test_a_delivery_of_keys_alone_inserts_those_that_are_new(key: str, target: Target) -> None:
    target.run(TABLES[key], "insert into orders values (1, 'ann', 10), (2, 'bob', 20)")
    result = delivered(target, SENT, operation="upsert", key_fields=["id"], columns=["id"])
    assert target.rows() == [*BEFORE, (3, None, None)]
    assert {name: count for name, count in result.deliveries[0].outcome.items() if count} == {
        "inserted": 1,
        "skipped": 1,
    }


def test_no_rows_change_nothing(target: Target) -> None:
    target.run(TABLES["primary-key"], "insert into orders values (1, 'ann', 10), (2, 'bob', 20)")
    for operation in ("insert", "upsert", "update", "delete"):
        [delivery] = delivered(target, [], operation=operation, key_fields=["id"]).deliveries
        assert (delivery.status, delivery.rows) == ("delivered", 0)
    assert target.rows() == BEFORE


def test_the_ledger_stands_beside_the_table(target: Target) -> None:
    target.run(TABLES["primary-key"])
    result = delivered(target, SENT, operation="upsert", key_fields=["id"])
    [(run_id, delivery)] = target.run("select run_id, delivery from weirflow_ledger")
    assert (run_id, delivery) == (result.run_id, "sent")


def test_without_a_ledger_no_other_table_is_made(target: Target) -> None:
    target.run(TABLES["primary-key"])
    assert delivered(target, SENT, operation="upsert", key_fields=["id"], ledger=False).status == "succeeded"
    with pytest.raises(Exception, match="weirflow_ledger"):
        target.run("select * from weirflow_ledger")
