"""Collections as actions of a plugin, against a server that speaks MongoDB's protocol."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.http.blocking import waited_for
from connectors.plugins.account import PluginAccount
from connectors.plugins.plugin import Plugin
from connectors.plugins.registry import find_plugin
from connectors.plugins.session import Session, open_session
from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from tests.connectors.plugins.calling import FakePace
from tests.servers.mongodb import Documents


class Shop:
    """The collection orders of a database, and the plugin that reaches it."""

    def __init__(self, plugin: Plugin, session: Session, documents: Documents) -> None:
        self.plugin, self.session, self.documents = plugin, session, documents

    def __call__(self, action: str, key: str | None = None, **params: Any) -> Any:
        params = {"collection": "orders", **params}
        return waited_for(self.session.call(self.plugin.action(action), params, key=key)).output

    def orders(self) -> list[dict[str, Any]]:
        return self.documents.rows("orders")


@pytest.fixture
def shop(mongodb: Documents) -> Iterator[Shop]:
    mongodb.insert("orders", {"number": "A-1", "region": "north", "total": 12, "day": dt.datetime(2026, 1, 3)},
                   {"number": "A-2", "region": "south", "total": 9}, {"number": "A-3", "region": "north", "total": 40},
                   )  # fmt: skip
    plugin = find_plugin("mongodb")
    account = PluginAccount(ref=None, base=Path(), policy=Policy.open(), parts={"url": mongodb.url})
    session = open_session(plugin, account, pace=FakePace())
    yield Shop(plugin, session, mongodb)
    waited_for(session.close())


def test_documents_are_found_by_a_filter_sorted_and_cut(shop: Shop) -> None:
    found = shop("find", filter={"region": "north"}, fields=["number"], sort=["total desc"])
    assert found == [{"number": "A-3"}, {"number": "A-1"}]
    assert shop("find", filter={"total": {"$lt": 10}}, fields=["number"]) == [{"number": "A-2"}]
    [first] = shop("find", filter={"day": {"$date": "2026-01-03"}}, limit=1)
    assert first["day"] == "2026-01-03T00:00:00Z"


def test_a_pipeline_that_reads_runs_and_one_that_writes_is_refused(shop: Shop) -> None:
    totals = [{"$group": {"_id": "$region", "total": {"$sum": "$total"}}}, {"$sort": {"_id": 1}}]
    assert shop("aggregate", pipeline=totals) == [{"_id": "north", "total": 52}, {"_id": "south", "total": 9}]
    with pytest.raises(ConnectorProblem, match=r"\$out writes"):
        shop("aggregate", pipeline=[{"$out": "elsewhere"}])


def test_javascript_in_a_filter_is_refused(shop: Shop) -> None:
    for action in ("find", "delete_documents"):
        with pytest.raises(ConnectorProblem, match="runs JavaScript") as refused:
            shop(action, filter={"$where": "true"})
        assert refused.value.key == ("config", "filter", "$where")
    assert len(shop.orders()) == 3


def test_a_collection_that_is_not_there_is_no_empty_one(shop: Shop) -> None:
    with pytest.raises(ConnectorProblem) as refused:
        shop("find", collection="order")
    assert (refused.value.code, refused.value.hint) == ("IR570", 'did you mean "orders"?')


def test_the_same_call_of_the_same_item_adds_its_documents_once(shop: Shop) -> None:
    new = [{"number": "A-7", "day": {"$date": "2026-02-01"}}, {"number": "A-8"}]
    first = shop("insert_documents", key="item-1", documents=new)
    assert first["inserted"] == 2
    assert shop("insert_documents", key="item-1", documents=new) == first
    assert shop.orders()[3:] == [{"number": "A-7", "day": dt.datetime(2026, 2, 1)}, {"number": "A-8"}]
    shop("insert_document", key="item-2", document={"number": "A-8"})
    assert len(shop.orders()) == 6


def test_a_document_that_breaks_a_unique_index_is_named(shop: Shop) -> None:
    shop.documents.database["orders"].create_index("number", unique=True)
    with pytest.raises(ConnectorProblem, match='document 2 of 2 has values in "number" that orders has already'):
        shop("insert_documents", key="item-1", documents=[{"number": "A-7"}, {"number": "A-1"}])


def test_documents_are_changed_added_and_deleted(shop: Shop) -> None:
    assert shop("update_documents", filter={"region": "north"}, set={"open": True}, increment={"total": 1}) == {
        "matched": 2, "updated": 2}  # fmt: skip
    assert shop("upsert_documents", key_fields=["number"], documents=[{"number": "A-1", "total": 1},
                                                                     {"number": "A-9", "total": 2}]) == {
        "inserted": 1, "updated": 1, "unchanged": 0}  # fmt: skip
    assert shop("delete_documents", filter={"region": "south"}) == {"deleted": 1}
    assert [(each["number"], each["total"]) for each in shop.orders()] == [("A-1", 1), ("A-3", 41), ("A-9", 2)]


def test_what_could_hit_every_document_or_none_is_refused(shop: Shop) -> None:
    for params in ({"action": "delete_documents", "filter": {}}, {"action": "update_documents", "filter": {"a": 1}},
                   {"action": "insert_document", "document": {"$set": 1}},
                   {"action": "upsert_document", "document": {"total": 1}, "key_fields": ["number"]}):  # fmt: skip
        with pytest.raises(ConnectorProblem):
            shop(**params)
    assert len(shop.orders()) == 3


def test_a_dry_run_shows_what_is_asked_and_asks_nothing(shop: Shop) -> None:
    [read] = shop.session.rendered(shop.plugin.action("find"), {"collection": "orders", "filter": {"total": 9}})
    assert read.body == 'db.getCollection("orders").find({"total": 9})'
    shop.session.rendered(shop.plugin.action("delete_documents"), {"collection": "orders", "filter": {"total": 9}})
    assert len(shop.orders()) == 3
