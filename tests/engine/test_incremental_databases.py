"""Tables and queries of which each run reads the rows past those of the last, on every kind of database."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import weirflow as wf
from engine.journal.journal import look_up_cursors
from tests.servers.running import Database

ENGINES = ("polars", "duckdb")
KINDS = ("sqlite", "mysql", "postgres")


@dataclass(frozen=True, kw_only=True)
class Shop:
    """An empty database of one kind, and workflows over it."""

    kind: str
    folder: Path
    execute: Callable[..., Any]

    def document(self, cursor: str = "id", *, table: str = "orders", **config: Any) -> dict[str, Any]:
        """A workflow that delivers the new rows of a table; of `config` cursor keys go to incremental."""
        incremental = {"cursor": cursor, **{key: config.pop(key) for key in ("initial", "lag") if key in config}}
        connection = {"plugin_key": self.kind} | ({} if self.kind == "sqlite" else {"credentials_ref": "env:SHOP"})
        source: dict[str, Any] = {
            "type": "database", "alias": "orders", "config": {"incremental": incremental},
            "database_config": {"connection": connection, **({} if "query" in config else {"table": table}), **config},
        }  # fmt: skip
        if self.kind == "sqlite":
            source["location"] = "shop.db"
        file = {"format": "ndjson", "filename_template": "out.ndjson", "options": {"overwrite": True}}
        return {"ir_version": "3.1", "name": "shop", "goal": "g", "data_sources": [source],
                "delivery_rules": {"file_delivery": [file]}}  # fmt: skip

    def run(self, document: dict[str, Any], column: str = "id", **options: Any) -> list[Any]:
        """The values of a column that a run delivers, sorted."""
        result = wf.run(document, base=self.folder, **options)
        assert result.status == "succeeded"
        assert result.plan is not None
        return sorted(result["data"][column].to_list())


@pytest.fixture
def shop_of(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Shop]:
    """shop_of(kind): an empty database of that kind."""
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path / "home"))

    def made(kind: str) -> Shop:
        if kind == "sqlite":

            def execute(*statements: str) -> None:
                with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
                    for each in statements:
                        connection.execute(each)
                    connection.commit()

            return Shop(kind=kind, folder=tmp_path, execute=execute)
        database: Database = request.getfixturevalue("mariadb" if kind == "mysql" else kind)
        monkeypatch.setenv("SHOP", database.url)
        return Shop(kind=kind, folder=tmp_path, execute=database.execute)

    return made


@pytest.fixture(params=KINDS)
def shop(request: pytest.FixtureRequest, shop_of: Callable[[str], Shop]) -> Shop:
    return shop_of(str(request.param))


@pytest.fixture
def orders(shop: Shop) -> Shop:
    """A table of three orders."""
    shop.execute(
        "create table orders (id integer primary key, region varchar(10), amount integer)",
        "insert into orders values (1, 'north', 10), (2, 'south', 20), (3, 'north', 30)",
    )
    return shop


@pytest.mark.parametrize("engine", ENGINES)
def test_each_run_reads_the_rows_past_those_of_the_last(orders: Shop, engine: str) -> None:
    assert orders.run(orders.document(), engine=engine) == [1, 2, 3]
    assert orders.run(orders.document(), engine=engine) == []
    orders.execute("insert into orders values (5, 'south', 50)")
    assert orders.run(orders.document(), engine=engine) == [5]
    orders.execute("insert into orders values (4, 'south', 40), (6, 'south', 60)")
    assert orders.run(orders.document(), engine=engine) == [6]


def test_a_run_that_finds_nothing_new_succeeds_and_says_so(orders: Shop) -> None:
    orders.run(orders.document())
    result = wf.run(orders.document(), base=orders.folder)
    assert result.as_json()["incremental"] == [{"source": "orders", "cursor": "id", "since": "3", "until": None}]
    assert (orders.folder / "out.ndjson").read_text() == ""


@pytest.mark.parametrize("engine", ENGINES)
def test_a_filter_that_the_database_makes_moves_the_cursor_by_what_was_read(orders: Shop, engine: str) -> None:
    document = orders.document() | {"filters": [{"field": "region", "operator": "equals", "value": "south"}]}
    assert orders.run(document, engine=engine) == [2]
    assert look_up_cursors("shop")[0].value in {"2", "3"}
    orders.execute("insert into orders values (4, 'south', 40), (5, 'north', 50)")
    assert orders.run(document, engine=engine) == [4]


@pytest.mark.parametrize("engine", ENGINES)
def test_groups_are_made_of_the_new_rows_all_of_which_move_the_cursor(orders: Shop, engine: str) -> None:
    group = {"type": "aggregate", "config": {"group_by": ["region"], "aggregates": {"total": "sum(amount)"}}}
    document = orders.document(columns=["region", "amount"]) | {"transforms": [group]}
    assert orders.run(document, "total", engine=engine) == [20, 40]
    assert [each.value for each in look_up_cursors("shop")] == ["3"]
    orders.execute("insert into orders values (4, 'south', 40)")
    assert orders.run(document, "total", engine=engine) == [40]


@pytest.mark.parametrize("engine", ENGINES)
def test_rows_are_joined_while_the_cursor_moves_by_all_new_ones(orders: Shop, engine: str) -> None:
    regions = {"type": "tabular", "source": "inline", "alias": "regions", "config": {"rows": [{"region": "south"}]}}
    join = {"type": "join", "config": {"source": "regions", "on": ["region"], "how": "semi"}}
    document = orders.document() | {"transforms": [join]}
    document["data_sources"].append(regions)
    assert orders.run(document, engine=engine) == [2]
    orders.execute("insert into orders values (4, 'south', 40)")
    assert orders.run(document, engine=engine) == [4]


def test_a_sort_with_a_limit_sees_every_new_row_all_the_same(orders: Shop) -> None:
    sort = {"type": "sort", "config": {"by": [{"field": "amount"}], "limit": 1}}
    document = orders.document() | {"transforms": [sort]}
    assert orders.run(document) == [1]
    assert [each.value for each in look_up_cursors("shop")] == ["3"]


def test_the_first_run_starts_at_the_initial_value(orders: Shop) -> None:
    assert orders.run(orders.document(initial=2)) == [2, 3]
    assert orders.run(orders.document(initial=2)) == []


def test_a_lag_reads_rows_again_and_those_that_came_late(orders: Shop) -> None:
    orders.execute("insert into orders values (10, 'north', 1)")
    assert orders.run(orders.document(lag=8, initial=2)) == [2, 3, 10]
    orders.execute("insert into orders values (9, 'north', 1)")
    assert orders.run(orders.document(lag=8, initial=2)) == [3, 9, 10]
    assert orders.run(orders.document(lag=100, initial=2)) == [2, 3, 9, 10]


def test_a_full_refresh_starts_over(orders: Shop) -> None:
    orders.run(orders.document())
    assert orders.run(orders.document(), full_refresh=True) == [1, 2, 3]
    orders.execute("delete from orders")
    assert orders.run(orders.document(), full_refresh=True) == []
    orders.execute("insert into orders values (1, 'north', 1)")
    assert orders.run(orders.document()) == [1]


def test_a_cursor_need_not_be_among_the_columns(orders: Shop) -> None:
    document = orders.document(columns=["amount"])
    assert orders.run(document, "amount") == [10, 20, 30]
    orders.execute("insert into orders values (4, 'south', 40)")
    assert orders.run(document, "amount") == [40]


def test_a_limit_reads_the_next_rows_each_time(orders: Shop) -> None:
    document = orders.document(order_by=["id"], limit=2)
    document["filters"] = [{"field": "region", "operator": "equals", "value": "south"}]
    assert [orders.run(document) for _ in range(3)] == [[2], [], []]
    orders.execute("insert into orders values (4, 'south', 40)")
    assert orders.run(document) == [4]


def test_a_query_has_a_cursor_for_each_of_its_inputs(orders: Shop) -> None:
    document = orders.document(query="select id, amount from orders where region = {{inputs.region}}")
    document["runtime_inputs"] = [{"name": "region", "type": "text", "required": True}]
    assert orders.run(document, inputs={"region": "south"}) == [2]
    assert orders.run(document, inputs={"region": "north"}) == [1, 3]
    orders.execute("insert into orders values (4, 'south', 40), (5, 'north', 50)")
    assert orders.run(document, inputs={"region": "south"}) == [4]
    assert orders.run(document, inputs={"region": "north"}) == [5]
    assert [each.source for each in look_up_cursors("shop")] == ["orders (region=north)", "orders (region=south)"]


@pytest.mark.parametrize(
    ("config", "key"),
    [
        ({"limit": 2}, "limit"),
        ({"limit": 2, "order_by": [{"field": "id", "direction": "desc"}]}, "limit"),
        ({"limit": 2, "order_by": ["id"], "offset": 1}, "offset"),
        ({"limit": 2, "order_by": ["id"], "columns": ["amount"]}, "columns"),
    ],
)
def test_a_limit_that_would_pass_over_rows_is_refused(orders: Shop, config: dict[str, Any], key: str) -> None:
    with pytest.raises(wf.WorkflowError) as failure:
        wf.compile(orders.document(**config), base=orders.folder)
    [found] = failure.value.diagnostics
    assert (found.code, found.pointer[-1]) == ("IR597", key)


def test_rows_without_a_cursor_value_are_read_by_a_run_that_reads_all_and_warned_of(shop: Shop) -> None:
    shop.execute("create table orders (id integer, n integer)", "insert into orders values (1, 1), (null, 2)")
    result = wf.run(shop.document(), base=shop.folder)
    assert sorted(result["data"]["n"].to_list()) == [1, 2]
    assert [each.message for each in result.warnings if isinstance(each, wf.Diagnostic)] == [
        'some rows have no id: no later run reads such rows of "orders"'
    ]
    shop.execute("insert into orders values (null, 3), (2, 4)")
    assert shop.run(shop.document(), "n") == [4]


def test_texts_are_compared_by_code_point_whatever_the_collation(shop: Shop) -> None:
    shop.execute("create table orders (id varchar(20), n integer)",
                 "insert into orders values ('B', 1), ('a', 2), ('Z', 3)")  # fmt: skip
    assert shop.run(shop.document(), "n") == [1, 2, 3]
    shop.execute("insert into orders values ('b', 4), ('A', 5), ('ä', 6)")
    assert shop.run(shop.document(), "n") == [4, 6]
    shop.execute("insert into orders values ('é''\"\\%', 7)")
    assert shop.run(shop.document(), "n") == [7]
    assert shop.run(shop.document(), "n") == []


def test_a_run_that_fails_in_part_saves_nothing(orders: Shop) -> None:
    document = orders.document()
    (orders.folder / "file").write_text("in place of a folder")
    document["delivery_rules"]["file_delivery"].append(
        {"id": "broken", "format": "csv", "filename_template": "b.csv", "destination": {"path": "file"}}
    )
    assert wf.run(document, base=orders.folder).status == "failed"
    assert orders.run(orders.document()) == [1, 2, 3]


def test_a_table_or_column_that_changed_starts_over_with_a_warning(orders: Shop) -> None:
    orders.execute("create table others (id integer, amount integer)", "insert into others values (1, 1)")
    orders.run(orders.document())
    assert [each.message for each in wf.compile(orders.document(table="others"), base=orders.folder).warnings] == [
        'the last run\'s cursor of "orders" is not used: it was of table orders'
    ]
    assert [each.message for each in wf.compile(orders.document("amount"), base=orders.folder).warnings] == [
        'the last run\'s cursor of "orders" is not used: it was of id'
    ]
    assert orders.run(orders.document("amount"), "amount") == [10, 20, 30]
    assert orders.run(orders.document("amount"), "amount") == []


def test_a_plan_shows_where_it_starts_and_what_is_sent(orders: Shop) -> None:
    orders.run(orders.document())
    plan = wf.compile(orders.document(), base=orders.folder)
    assert plan.to_dict()["steps"][0]["incremental"] == "only rows whose id is after 3, from the last run"
    assert plan.to_dict() == wf.compile(orders.document(), base=orders.folder).to_dict()


def test_a_cursor_that_is_no_column_is_refused(orders: Shop) -> None:
    with pytest.raises(wf.WorkflowError) as failure:
        wf.compile(orders.document("at"), base=orders.folder)
    [found] = failure.value.diagnostics
    assert (found.code, found.message) == ("IR521", 'table orders has no column "at"')
    assert found.pointer[-2:] == ("incremental", "cursor")


@pytest.mark.parametrize(
    ("kind", "type_"),
    [("postgres", "boolean"), ("postgres", "bytea"), ("postgres", "interval"), ("postgres", "integer[]"),
     ("mysql", "varbinary(8)"), ("mysql", "json"), ("sqlite", "blob"), ("sqlite", "boolean")],
)  # fmt: skip
def test_a_column_that_is_not_ordered_as_it_is_read_is_refused(
    shop_of: Callable[[str], Shop], kind: str, type_: str
) -> None:
    shop = shop_of(kind)
    shop.execute(f"create table orders (at {type_}, n integer)")
    with pytest.raises(wf.WorkflowError) as failure:
        wf.compile(shop.document("at"), base=shop.folder)
    assert [each.code for each in failure.value.diagnostics] == ["IR597"]


def test_a_limit_needs_an_order_that_the_database_knows(shop_of: Callable[[str], Shop]) -> None:
    shop = shop_of("sqlite")
    shop.execute("create table orders (at datetime, n integer)", "insert into orders values ('2026-01-31 14:00:00', 1)")
    document = shop.document("at", limit=1, order_by=["at"])
    with pytest.raises(wf.WorkflowError) as failure:
        wf.compile(document, base=shop.folder)
    assert [each.code for each in failure.value.diagnostics] == ["IR597"]


TYPES: Sequence[tuple[str, str, list[str], str]] = [
    ("postgres", "numeric(20,6)", ["'12345678901234.000001'", "'12345678901234.000002'"], "decimal"),
    ("postgres", "date", ["'2026-01-31'", "'2026-02-01'"], "date"),
    ("postgres", "timestamp", ["'2026-01-31 14:00:00.123456'", "'2026-01-31 14:00:00.123457'"], "datetime"),
    ("postgres", "timestamptz", ["'2026-10-25 02:30:00.000001+02'", "'2026-10-25 02:30:00.000001+01'"], "instant"),
    ("postgres", "double precision", ["0.1", "0.30000000000000004"], "number"),
    ("postgres", "bigint", ["9007199254740993", "9007199254740994"], "integer"),
    ("postgres", "uuid", ["'00000000-0000-7000-8000-000000000001'", "'00000000-0000-7000-8000-00000000000a'"], "text"),
    ("mysql", "decimal(20,6)", ["'12345678901234.000001'", "'12345678901234.000002'"], "decimal"),
    ("mysql", "date", ["'2026-01-31'", "'2026-02-01'"], "date"),
    ("mysql", "datetime(6)", ["'2026-01-31 14:00:00.123456'", "'2026-01-31 14:00:00.123457'"], "datetime"),
    ("mysql", "timestamp(6)", ["'2026-01-31 14:00:00.123456'", "'2026-01-31 14:00:00.123457'"], "instant"),
    ("mysql", "double", ["0.1", "0.30000000000000004"], "number"),
    ("mysql", "bigint", ["9007199254740993", "9007199254740994"], "integer"),
    ("sqlite", "bigint", ["9007199254740993", "9007199254740994"], "integer"),
    ("sqlite", "real", ["0.1", "0.30000000000000004"], "number"),
    ("sqlite", "date", ["'2026-01-31'", "'2026-02-01'"], "date"),
    ("sqlite", "datetime", ["'2026-01-31 14:00:00.123456'", "'2026-01-31T14:00:00.123457'"], "datetime"),
    ("sqlite", "timestamptz", ["'2026-01-31T14:00:00Z'", "'2026-01-31 13:00:00.000001-02:00'"], "instant"),
    ("sqlite", "timestamptz", ["'2026-01-31T14:00:00+02:00'", "'2026-01-31 12:00:00.000001'"], "instant"),
    ("sqlite", "decimal(12,2)", ["10", "10.01"], "decimal"),
    ("sqlite", "decimal(30,2)", ["10", "10.01"], "decimal"),
]


@pytest.mark.parametrize(
    ("kind", "type_", "values", "word"),
    [each for each in TYPES if each[0] in KINDS],
    ids=lambda each: str(each).partition("(")[0].partition(" ")[0],
)
def test_cursors_of_every_type_go_on_exactly_where_they_were(
    shop_of: Callable[[str], Shop], kind: str, type_: str, values: list[str], word: str
) -> None:
    shop = shop_of(kind)
    shop.execute(f"create table orders (at {type_}, n integer)", f"insert into orders values ({values[0]}, 1)")
    assert shop.run(shop.document("at"), "n") == [1]
    assert [each.kind for each in look_up_cursors("shop")] == [word]
    assert shop.run(shop.document("at"), "n") == []
    shop.execute(f"insert into orders values ({values[1]}, 2)")
    assert shop.run(shop.document("at"), "n") == [2]
    assert shop.run(shop.document("at"), "n") == []
