"""Tables as actions of plugins, against the databases themselves."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.http.blocking import waited_for
from connectors.plugins.account import PluginAccount
from connectors.plugins.plugin import Plugin
from connectors.plugins.registry import find_plugin
from connectors.plugins.session import Outcome, Session, open_session
from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from tests.connectors.plugins.calling import FakePace

_ORDERS = """create table orders (id int primary key, region varchar(20), total decimal(10,2), day date)"""
_ROWS = """insert into orders values (1, 'north', 12.50, '2026-01-03'), (2, 'south', 9.00, null),
                                     (3, 'north', 40.00, '2026-02-01')"""


@dataclass
class Shop:
    """The table orders of a database, and the plugin that reaches it."""

    plugin: Plugin
    session: Session

    def __call__(self, action: str, key: str | None = None, **params: Any) -> Outcome:
        return waited_for(self.session.call(self.plugin.action(action), params, key=key))

    def orders(self) -> list[dict[str, Any]]:
        found = self("select_rows", table="orders", order_by=["id"]).output
        assert isinstance(found, list)
        return found


@contextmanager
def shop_of(kind: str, parts: Mapping[str, Any], policy: Policy | None = None) -> Iterator[Shop]:
    plugin = find_plugin(kind)
    account = PluginAccount(ref=None, base=Path(), policy=policy or Policy.open(), parts=parts)
    session = open_session(plugin, account, pace=FakePace())
    yield Shop(plugin, session)
    waited_for(session.close())


@pytest.fixture(params=["postgres", "mysql", "sqlite"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    if request.param == "sqlite":
        with sqlite3.connect(tmp_path / "shop.db") as connection:
            connection.execute(_ORDERS)
            connection.execute(_ROWS)
        connection.close()
        parts = {"path": str(tmp_path / "shop.db")}
    else:
        database = request.getfixturevalue("postgres" if request.param == "postgres" else "mariadb")
        database.execute(_ORDERS)
        database.execute(_ROWS)
        parts = {"url": database.url}
    with shop_of(request.param, parts) as shop:
        yield shop


def test_a_query_binds_the_values_it_names_and_keeps_the_columns_types(shop: Shop) -> None:
    found = shop("query", query="select id, total, day from orders where region = :region and day < :until order by id",
                 parameters={"region": "north", "until": "2026-02-01"}).output  # fmt: skip
    assert found == [{"id": 1, "total": Decimal("12.50"), "day": dt.date(2026, 1, 3)}]


def test_a_list_stands_for_as_many_values_as_it_has(shop: Shop) -> None:
    query = "select id from orders where id in (:ids) order by id"
    assert shop("query", query=query, parameters={"ids": [3, 1]}).output == [{"id": 1}, {"id": 3}]
    assert shop("query", query=query, parameters={"ids": []}).output == []


def test_a_value_that_looks_like_sql_is_only_ever_a_value(shop: Shop) -> None:
    hostile = "north' or '1'='1"
    assert shop("query", query="select id from orders where region = :r", parameters={"r": hostile}).output == []
    assert shop("select_rows", table="orders", where={"region": hostile}).output == []
    shop("insert_row", table="orders", row={"id": 4, "region": "x'); drop --"})
    assert shop("select_rows", table="orders", columns=["region"], where={"id": 4}).output == [
        {"region": "x'); drop --"}
    ]


@pytest.mark.parametrize("query", ["delete from orders", "select 1; select 2", "insert into orders (id) values (9)"])
def test_a_query_that_does_more_than_reading_is_refused(shop: Shop, query: str) -> None:
    with pytest.raises(ConnectorProblem) as refused:
        shop("query", query=query)
    assert (refused.value.code, refused.value.key) == ("IR564", ("config", "query"))
    assert len(shop.orders()) == 3


def test_a_name_without_a_value_and_a_value_without_a_name_are_told(shop: Shop) -> None:
    with pytest.raises(ConnectorProblem, match="names :mont, and there is no such value") as unknown:
        shop("query", query="select id from orders where day > :mont", parameters={"month": "2026-01-01"})
    assert unknown.value.hint == 'did you mean "month"?'
    with pytest.raises(ConnectorProblem, match="does not name :month"):
        shop("query", query="select id from orders", parameters={"month": 1})


def test_rows_of_a_table_are_found_by_values_nulls_and_lists(shop: Shop) -> None:
    assert shop("select_rows", table="orders", columns=["id"], where={"day": None}).output == [{"id": 2}]
    assert shop("select_rows", table="orders", columns=["id"], where={"day": "2026-01-03"}).output == [{"id": 1}]
    found = shop("select_rows", table="orders", columns=["id"], where={"id": [1, 3]}, order_by=["id desc"], limit=1)
    assert found.output == [{"id": 3}]


def test_a_table_or_column_that_is_not_there_is_named_with_what_may_be_meant(shop: Shop) -> None:
    with pytest.raises(ConnectorProblem) as table:
        shop("select_rows", table="order")
    assert table.value.code == "IR570"
    with pytest.raises(ConnectorProblem) as column:
        shop("select_rows", table="orders", where={"regoin": "north"})
    assert (column.value.hint, column.value.key) == ('did you mean "region"?', ("config", "where", "regoin"))
    with pytest.raises(ConnectorProblem) as written:
        shop("insert_row", table="orders", row={"id": 4, "regoin": "north"})
    assert written.value.code == "IR631"


def test_rows_are_added_all_of_them_or_none(shop: Shop) -> None:
    found = shop("insert_rows", table="orders", rows=[{"id": 7, "total": 5, "day": "2026-01-31"},
                                                      {"id": 8, "total": "6.5", "day": None}]).output  # fmt: skip
    assert found["inserted"] == 2
    assert shop.orders()[3] == {"id": 7, "region": None, "total": Decimal("5.00"), "day": dt.date(2026, 1, 31)}
    with pytest.raises(ConnectorProblem):
        shop("insert_rows", table="orders", rows=[{"id": 9}, {"id": 1}])
    assert [each["id"] for each in shop.orders()] == [1, 2, 3, 7, 8]


def test_the_same_call_of_the_same_item_adds_its_rows_once(shop: Shop) -> None:
    assert shop("insert_row", table="orders", row={"id": 7}, key="item-1").output["inserted"] == 1
    assert shop("insert_row", table="orders", row={"id": 7}, key="item-1").output["inserted"] == 0
    assert [each["id"] for each in shop.orders()] == [1, 2, 3, 7]


def test_rows_that_are_there_are_changed_by_their_keys(shop: Shop) -> None:
    found = shop("upsert_rows", table="orders", key_fields=["id"], rows=[{"id": 1, "total": 1}, {"id": 9, "total": 2}])
    assert (found.output["inserted"], found.output["updated"]) == (1, 1)
    assert shop("update_where", table="orders", where={"id": 2}, set={"region": "west"}).output["updated"] == 1
    assert shop("update_rows", table="orders", key_fields=["id"], rows=[{"id": 77, "total": 1}]).output["ignored"] == 1
    assert shop("delete_where", table="orders", where={"region": "north"}).output["deleted"] == 2
    assert [(each["id"], each["region"]) for each in shop.orders()] == [(2, "west"), (9, None)]


@pytest.mark.parametrize(("rows", "message"), [
    ([{"id": 4, "day": "soon"}], '"soon" does not fit date'),
    ([{"id": 4, "total": 1.005}], "1.005 does not fit decimal"),
    ([{"id": 4, "total": 1}, {"id": 5}], 'row 2 lacks the column "total"'),
])  # fmt: skip
def test_a_value_that_its_column_cannot_hold_is_refused_before_anything_is_written(
    shop: Shop, rows: list[dict[str, Any]], message: str
) -> None:
    with pytest.raises(ConnectorProblem, match=message) as refused:
        shop("insert_rows", table="orders", rows=rows)
    assert refused.value.key[:2] == ("config", "rows")
    assert len(shop.orders()) == 3


def test_a_key_that_is_null_deletes_nothing(shop: Shop) -> None:
    with pytest.raises(ConnectorProblem, match='no value in the key "id"'):
        shop("delete_where", table="orders", where={"id": None})
    assert len(shop.orders()) == 3


def test_a_dry_run_shows_statements_and_changes_nothing(shop: Shop) -> None:
    [read] = shop.session.rendered(shop.plugin.action("select_rows"), {"table": "orders", "where": {"id": 3}})
    assert "3" not in read.body["statement"]
    assert read.body["values"] == [3]
    [write] = shop.session.rendered(shop.plugin.action("insert_row"), {"table": "orders", "row": {"id": 9}})
    assert any("insert into" in each.lower() for each in write.body["statements"])
    assert write.body["rows"] == [{"id": 9}]
    assert len(shop.orders()) == 3


def test_rows_arrive_page_by_page_and_a_reading_may_end_early(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "many.db") as connection:
        connection.execute("create table n (i integer)")
        connection.executemany("insert into n values (?)", [(each,) for each in range(12_000)])
    connection.close()

    async def sizes(shop: Shop, most: int) -> list[int]:
        found: list[int] = []
        pages = shop.session.pages(shop.plugin.action("select_rows"), {"table": "n"})
        async for page in pages:
            found.append(len(page))
            if len(found) == most:
                break
        await pages.aclose()  # type: ignore[attr-defined]
        return found

    with shop_of("sqlite", {"path": str(tmp_path / "many.db")}) as shop:
        assert waited_for(sizes(shop, 99)) == [5000, 5000, 2000]
        assert waited_for(sizes(shop, 1)) == [5000]


def test_a_file_outside_the_folders_that_a_run_may_write_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConnectorProblem) as refused, shop_of("sqlite", {"path": str(tmp_path / "a.db")},
                                                             Policy.closed(tmp_path / "inside")):  # fmt: skip
        pass
    assert refused.value.code == "IR503"
