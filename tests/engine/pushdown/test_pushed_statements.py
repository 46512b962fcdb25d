"""Steps that a database does: the statement that a plan shows and a run sends, and the same rows as without."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

import weirflow as wf
from connectors.databases.sqlite.database import Sqlite
from tests.engine.pushdown.shop import make_shop, over, reasons, rows, sent, statements, table


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return make_shop(tmp_path).parent


def where(condition: str) -> dict[str, object]:
    return {"type": "filter", "config": {"where": condition}}


def test_a_filter_and_the_columns_that_are_read_stand_in_the_statement(shop: Path) -> None:
    document = over([where("amount > 5 and status = 'paid'"), {"type": "map", "config": {"select": ["id"]}}])
    assert rows(document, shop) == [(1,)]
    assert statements(document, shop) == [
        ('SELECT "id" FROM "orders" WHERE "amount" > ?1 AND ("status" COLLATE BINARY) = ?2', ("5", '"paid"'))
    ]


def test_values_are_bound_and_never_part_of_the_text(shop: Path) -> None:
    document = over([where("status = inputs.wanted or customer = 'x'' or 1=1 --'")],
                    runtime_inputs=[{"name": "wanted", "default_value": "'; drop table orders --"}])  # fmt: skip
    (text, values), *_ = statements(document, shop)
    assert "drop" not in text
    assert "1=1" not in text
    assert values == ('"\'; drop table orders --"', '"x\' or 1=1 --"')
    assert rows(document, shop) == []


def test_not_equals_keeps_null_rows_there_too(shop: Path) -> None:
    document = over([{"type": "filter", "config": {"conditions": [
        {"field": "status", "operator": "not_equals", "value": "paid"}]}},
                     {"type": "map", "config": {"select": ["id"]}}])  # fmt: skip
    assert rows(document, shop) == [(2,), (3,), (5,)]
    assert "WHERE" in statements(document, shop)[0][0]


def test_a_part_of_a_filter_that_means_something_else_there_stays_outside(shop: Path) -> None:
    document = over([where("n > 0 and upper(status) = 'PAID'"), {"type": "map", "config": {"select": ["id"]}}])
    assert rows(document, shop) == [(1,), (2,), (4,)]
    assert statements(document, shop) == [('SELECT "id", "status" FROM "orders" WHERE "n" > ?1', ("0",))]
    assert reasons(document, shop) == {
        "filter_1": "upper is computed here", "map_2": 'a part of "filter_1" is done here',
    }  # fmt: skip


def test_contains_whatever_the_case_is_not_left_to_the_database(shop: Path) -> None:
    document = over(
        [{"type": "filter", "config": {"conditions": [{"field": "customer", "operator": "contains", "value": "A"}]}}]
    )
    assert [row[0] for row in rows(document, shop)] == [1, 4]
    assert reasons(document, shop) == {"filter_1": "contains any case means something else there, or is not known"}


def test_a_sort_with_a_limit_sends_no_more_rows(shop: Path) -> None:
    document = over([{"type": "sort", "config": {"by": [{"field": "customer", "direction": "desc"}], "limit": 2}}],
                    table("orders", columns=["id", "customer"]))  # fmt: skip
    assert rows(document, shop) == [(5, "é"), (2, "Bo")]
    assert statements(document, shop) == [(
        'SELECT "id", "customer" FROM "orders" '
        'ORDER BY "orders"."customer" COLLATE BINARY DESC, "orders"."id" ASC NULLS LAST LIMIT 2',
        (),
    )]  # fmt: skip


def test_a_sort_of_all_rows_stays_with_the_engine(shop: Path) -> None:
    document = over([where("n = 1"), {"type": "sort", "config": {"by": ["id"]}}])
    assert reasons(document, shop) == {"sort_2": "the same rows are put in order here"}


def test_a_limit_over_a_source_with_an_order_is_pushed_behind_its_own(shop: Path) -> None:
    source = table("orders", columns=["id"], order_by=["id"], limit=4, offset=1)
    document = over([where("id <> 3"), {"type": "limit", "config": {"rows": 1, "offset": 1}}], source)
    assert rows(document, shop) == [(4,)]
    assert statements(document, shop) == [(
        'SELECT "id" FROM (SELECT "id" FROM "orders" ORDER BY CASE WHEN "orders"."id" IS NULL THEN 1 ELSE 0 END '
        'ASC NULLS LAST, "orders"."id" ASC NULLS LAST LIMIT 4 OFFSET 1) AS "rows" WHERE "id" <> ?1 '
        'ORDER BY CASE WHEN "rows"."id" IS NULL THEN 1 ELSE 0 END ASC NULLS LAST, "rows"."id" ASC NULLS LAST '
        "LIMIT 1 OFFSET 1",
        ("3",),
    )]  # fmt: skip


def test_groups_are_counted_in_the_database_in_the_order_of_their_keys(shop: Path) -> None:
    document = over([{"type": "aggregate", "config": {"group_by": ["customer"], "having": "orders < 2", "aggregates": {
        "orders": "count(*)", "most": "max(amount)", "paid": "count(*) filter (where status = 'paid')",
        "kinds": "count(distinct status)"}}}])  # fmt: skip
    assert rows(document, shop) == [("Bo", 1, 7.0, 0, 1), ("é", 1, 99.0, 0, 0), (None, 1, 1.25, 0, 1)]
    assert reasons(document, shop) == {}


def test_an_aggregate_whose_digits_could_differ_stays_outside(shop: Path) -> None:
    document = over([{"type": "reduce", "config": {"aggregates": {"middle": "median(n)"}}}])
    assert rows(document, shop) == [(1.5,)]
    assert reasons(document, shop) == {"reduce_1": "median is computed here"}


def test_tables_of_one_database_are_joined_there(shop: Path) -> None:
    document = over([{"type": "join", "config": {"source": "customers", "on": {"customer": "name"}, "how": "left"}},
                     where("city is not null"), {"type": "map", "config": {"select": ["id", "city"]}}],
                    table("orders"), table("customers"))  # fmt: skip
    assert rows(document, shop) == [(1, "Oslo"), (4, "Oslo"), (5, "Rome")]
    assert len(statements(document, shop)) == 1


@pytest.mark.parametrize(("how", "kept"), [("semi", [1, 2, 4, 5]), ("anti", [3])])
def test_rows_found_elsewhere_are_looked_up_there_and_null_matches_nothing(
    shop: Path, how: str, kept: list[int]
) -> None:
    document = over([{"type": "join", "config": {"source": "customers", "on": {"customer": "name"}, "how": how}},
                     {"type": "map", "config": {"select": ["id"]}}], table("orders"), table("customers"))  # fmt: skip
    assert rows(document, shop) == [(each,) for each in kept]
    assert "EXISTS" in statements(document, shop)[0][0]


def test_a_check_of_a_join_is_a_statement_of_its_own(shop: Path) -> None:
    document = over([{"type": "enrich", "config": {"source": "customers", "on": {"customer": "name"}}}],
                    table("orders"), table("customers"))  # fmt: skip
    found = wf.compile(document, base=shop).planned().statements
    assert [(each.step, each.reads) for each in found] == [("enrich_1", "deliveries"), ("enrich_1", "checks")]
    assert "LIMIT 1" in found[1].sql


def test_rows_that_two_steps_read_are_read_once_as_they_are(shop: Path) -> None:
    few = {**where("n = 1"), "input_source": "orders", "output_variable": "few"}
    many = {**where("n > 1"), "input_source": "orders", "output_variable": "many"}
    files = [{"format": "csv", "input_source": name, "filename_template": f"{name}.csv"} for name in ("few", "many")]
    document = over([few, many], delivery_rules={"file_delivery": files})
    assert [text for text, _ in statements(document, shop)] == [
        'SELECT "id", "customer", "amount", "n", "status" FROM "orders"'
    ]
    assert set(reasons(document, shop).values()) == {"several steps read the rows below it, which are read once"}


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_a_run_sends_exactly_the_statements_of_the_plan(shop: Path, engine: str) -> None:
    document = over(
        [where("amount > 5 and length(customer) > 0"),
         {"type": "enrich", "config": {"source": "customers", "on": {"customer": "name"}}},
         {"type": "map", "config": {"columns": {"more": "amount * 2"}, "drop": ["status"]}}],
        table("orders"), table("customers"),
        delivery_rules={"file_delivery": {"format": "csv", "filename_template": "x.csv"}},
    )  # fmt: skip
    plan = wf.compile(document, base=shop, engine=engine)
    with sent() as texts:
        assert plan.run().status == "succeeded"
    assert sorted(texts) == sorted(each.sql for each in plan.planned().statements)


def test_a_source_itself_has_all_of_its_columns(shop: Path) -> None:
    document = over([{"type": "map", "config": {"select": ["id"]}}])
    plan = wf.compile(document, base=shop)
    assert plan.collect("orders").width == 5
    assert plan.preview("orders", rows=1).height == 1
    assert list(plan.schema("orders")) == ["id", "customer", "amount", "n", "status"]


def test_every_form_of_a_plan_shows_the_statement(shop: Path) -> None:
    document = over([where("n = 1 and length(customer) > 1")])
    plan = wf.compile(document, base=shop)
    text = 'SELECT "id", "customer", "amount", "n", "status" FROM "orders" WHERE "n" = ?1'
    assert plan.to_dict()["statements"][0]["sql"] == text
    assert text in " ".join(plan.explain().split())
    assert '--   "n" = ?1' in plan.sql()
    assert "in the statement of" in plan.to_mermaid()
    assert "Statement to sqlite" in plan.to_html()
    assert "length is computed here" in plan.to_html()
    steps = {each["id"]: each for each in plan.to_dict()["steps"]}
    assert (steps["orders"]["statement_of"], steps["filter_1"]["outside"]) == ("filter_1", "length is computed here")
    assert json.dumps(plan.to_dict()) == json.dumps(wf.compile(document, base=shop).to_dict())


def test_the_time_of_the_run_stands_in_no_plan(shop: Path) -> None:
    document = over([where("customer > strftime(now(), '%Y')")])
    assert statements(document, shop)[0][1] == ("of the run's time",)
    assert len(rows(document, shop)) == 4


def test_pushing_can_be_switched_off(shop: Path) -> None:
    document = over([where("n = 1")], pushdown=False)
    assert statements(document, shop)[0][0] == 'SELECT "id", "customer", "amount", "n", "status" FROM "orders"'


def test_the_engine_is_chosen_for_what_the_database_leaves(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sqlite, "estimated_rows", lambda *_: 10_000_000)
    window = {"type": "window", "config": {"columns": {"place": "row_number()"}, "order_by": ["customer"]}}
    groups = {"type": "aggregate", "config": {"group_by": ["customer"], "aggregates": {"orders": "count(*)"}}}
    few = over([groups, {"type": "limit", "config": {"rows": 10}}, window])
    assert wf.compile(over([window]), base=shop).engine == "duckdb"
    assert wf.compile(few, base=shop).engine == "polars"
    few["settings"]["pushdown"] = False
    assert wf.compile(few, base=shop).engine == "duckdb"


def test_an_incremental_source_sees_every_new_row(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIRFLOW_HOME", str(shop / "home"))
    source = {**table("orders"), "config": {"incremental": {"cursor": "id", "initial": 2}}}
    document = over([where("n > 1")], source, name="new-orders")
    assert set(reasons(document, shop).values()) == {
        "every new row is seen here, so that the next run knows where to go on"
    }
    assert [row[0] for row in rows(document, shop)] == [4]


@pytest.mark.filterwarnings("ignore:1 bad row")
@pytest.mark.parametrize("pushdown", [True, False])
@pytest.mark.parametrize("engine", ["polars", "duckdb"])
@pytest.mark.parametrize(
    ("step", "wanted"),
    [
        (where("id > 2"), [(3, 7)]),
        ({"type": "reduce", "config": {"aggregates": {"rows": "count(*)", "most": "max(n)"}}}, [(2, 7)]),
        ({"type": "sort", "config": {"by": ["id"], "limit": 1}}, [(1, 5)]),
    ],
)
def test_no_bad_row_is_passed_over(
    tmp_path: Path, step: dict[str, object], wanted: list[tuple[int, ...]], engine: str, pushdown: bool
) -> None:
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        connection.execute("create table loose (id integer, n integer)")
        connection.executemany("insert into loose values (?, ?)", [(1, 5), (2, "many"), (3, 7)])
        connection.commit()
    source = {**table("loose"), "config": {"max_bad": 1}}
    document = over([step], source, pushdown=pushdown, name="loose",
                    delivery_rules={"file_delivery": {"format": "csv", "filename_template": "x.csv"}})  # fmt: skip
    plan = wf.compile(document, base=tmp_path, engine=engine)
    result = plan.run()
    assert (result.status, result.dead_letters["count"]) == ("incomplete", 1)
    assert result["data"].rows() == wanted
