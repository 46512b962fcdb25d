"""`query` of a database source: one statement that reads, with inputs as bound values."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import weirflow as wf
from tests.servers.running import Database

ENGINES = ["polars", "duckdb"]
INPUTS = [
    {"name": "customer", "type": "text"}, {"name": "least", "type": "number"}, {"name": "day", "type": "date"},
    {"name": "rows", "type": "number"},
]  # fmt: skip


def document(query: str, kind: str = "postgres", **about: Any) -> dict[str, Any]:
    source = {
        "type": "database", "alias": "orders",
        "database_config": {"connection": {"plugin_key": kind, "credentials_ref": "env:SHOP"}, "query": query, **about},
    }  # fmt: skip
    return {"ir_version": "3.1", "goal": "g", "runtime_inputs": INPUTS, "data_sources": [source]}


def refused(query: str, kind: str = "postgres") -> wf.Diagnostic:
    errors = [each for each in wf.validate(document(query, kind)) if each.severity == "error"]
    assert len(errors) == 1
    return errors[0]


WRITING = [
    ("postgres", "insert into t values (1)"),
    ("postgres", "with gone as (delete from t returning *) select * from gone"),
    ("postgres", "select * into copy from t"),
    ("postgres", "select * from t for update"),
    ("postgres", "select * from (select * from t for share) x"),
    ("postgres", "copy t to program 'cat'"),
    ("postgres", "call p()"),
    ("postgres", "do $$begin end$$"),
    ("postgres", "set role postgres"),
    ("postgres", "explain analyze delete from t"),
    ("postgres", "select 1; drop table t"),
    ("postgres", "select pg_sleep(10)"),
    ("postgres", "select PG_CATALOG.PG_SLEEP(10)"),
    ("postgres", 'select "pg_sleep"(10)'),
    ("postgres", "select * from t where exists (select lo_unlink(1))"),
    ("postgres", "select setval('s', 1)"),
    ("postgres", "select nextval('s')"),
    ("postgres", "select pg_terminate_backend(1)"),
    ("postgres", "select * from dblink('host=x', 'select 1') as t(a int)"),
    ("postgres", "select pg_read_file('/etc/passwd')"),
    ("postgres", "select query_to_xml('delete from t', true, true, '')"),
    ("postgres", "select * from t order by pg_advisory_lock(1)"),
    ("mysql", "select sleep(10)"),
    ("mysql", "select benchmark(1000000, md5('x'))"),
    ("mysql", "select load_file('/etc/passwd')"),
    ("mysql", "select get_lock('x', 10)"),
    ("mysql", "select @a := 1"),
    ("mysql", "select * from t lock in share mode"),
    ("mysql", "replace into t values (1)"),
    ("mysql", "select 1 into @a"),
    ("sqlite", "pragma writable_schema = 1"),
    ("sqlite", "attach 'other.db' as other"),
    ("sqlite", "select load_extension('x')"),
    ("sqlite", "select writefile('x', 'y')"),
    ("sqlite", "vacuum"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "query"), WRITING, ids=[f"{kind} {query}"[:70] for kind, query in WRITING])
def test_a_query_that_does_more_than_reading_is_refused_before_anything_is_asked(kind: str, query: str) -> None:
    assert refused(query, kind).code in {"IR563", "IR564"}
    if "into @a" not in query and "call" not in query:
        assert refused(query, kind).code == "IR564"


@pytest.mark.parametrize(("kind", "query"), [
    ("postgres", "select count(*) filter (where b) over (partition by c) from t where d @> '{1}' and e ->> 'x' = 'y'"),
    ("postgres", "with recursive r as (select 1 n union all select n + 1 from r where n < 5) select * from r"),
    ("postgres", "select * from a join lateral (select max(x) from b where b.id = a.id) m on true"),
    ("postgres", "(select 1) union all (select 2) order by 1"),
    ("postgres", "table t"),
    ("mysql", "select group_concat(a order by b separator ','), date_format(d, '%Y-%m') from t group by c with rollup"),
    ("sqlite", "select strftime('%Y', d), json_extract(j, '$.a') from t, json_each(t.j)"),
])  # fmt: skip
def test_a_query_that_reads_passes(kind: str, query: str) -> None:
    assert [each.code for each in wf.validate(document(query, kind))] == ["IR508"]


def test_a_query_that_cannot_be_read_is_told_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "w.yaml"
    file.write_text("""ir_version: "3.1"
goal: g
data_sources:
  - type: database
    database_config:
      connection: {plugin_key: postgres, credentials_ref: env:SHOP}
      query: |
        select customer
        from orders
        wher amount > 1 limit nothing at all
""")
    [found] = [each for each in wf.validate(file) if each.severity == "error"]
    assert found.code == "IR563"
    assert found.place is not None
    assert found.place.line == 10


@pytest.mark.parametrize(("query", "message", "hint"), [
    ("select * from orders where customer = '{{inputs.customer}}'",
     "{{inputs.customer}} stands inside of a text, where nothing is filled in",
     "leave the quotes away: {{inputs.customer}}"),
    ("select * from orders where customer like '%{{inputs.customer}}%'",
     "{{inputs.customer}} stands inside of a text, where nothing is filled in",
     "put the text together: '%' || {{inputs.customer}} || '%'"),
    ("select * from {{inputs.customer}}", "{{inputs.customer}} is a value, and here stands a name",
     "write the name itself, or a query for each"),
    ("select * from orders_{{inputs.rows}}",
     "{{inputs.rows}} is a part of a name, and an input is only ever a value",
     "write a query for each such table or column"),
    ("select * from orders order by {{inputs.customer}}",
     "{{inputs.customer}} is a value, and rows are sorted and grouped by columns",
     "write the name itself, or a query for each"),
    ("select * from orders where id = $1", "the query has the parameter $1",
     "write {{inputs.name}} and declare it under runtime_inputs"),
])  # fmt: skip
def test_an_input_is_a_value_and_nothing_else(query: str, message: str, hint: str) -> None:
    found = refused(query)
    assert (found.code, found.message, found.hint) == ("IR569", message, hint)


def test_an_input_that_is_not_declared_is_told() -> None:
    found = refused("select * from orders where id = {{inputs.costumer}}")
    assert (found.code, found.hint) == ("IR302", 'did you mean "customer"?')


@pytest.fixture
def shop(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Database:
    database: Database = request.getfixturevalue(request.param)
    monkeypatch.setenv("SHOP", database.url)
    database.execute(
        "create table orders (id int primary key, customer varchar(40), amount numeric(10,2), day date)",
        "insert into orders values (1, 'Ada', 10.50, '2026-01-01'), (2, 'Bo''s', 7, '2026-01-02'), "
        "(3, null, 1.25, '2026-01-03')",
    )
    return database


def collected(shop: Database, query: str, engine: str, folder: Path, **inputs: Any) -> list[tuple[Any, ...]]:
    about = document(query, "postgres" if shop.scheme == "postgresql" else "mysql", order_by=[{"field": "id"}])
    return wf.compile(about, inputs=inputs, base=folder, engine=engine).collect("data").rows()


both = pytest.mark.parametrize("shop", ["postgres", "mariadb"], indirect=True)


@both
@pytest.mark.parametrize("engine", ENGINES)
def test_inputs_are_bound_as_what_they_are(shop: Database, engine: str, tmp_path: Path) -> None:
    query = (
        "select id, amount from orders where amount >= {{inputs.least}} and day >= {{inputs.day}} limit {{inputs.rows}}"
    )
    found = collected(shop, query, engine, tmp_path, least=7, day="2026-01-02", rows=5)
    assert found == [(2, Decimal("7.00"))]
    assert collected(shop, query, engine, tmp_path, least="1.25", day=date(2026, 1, 1), rows=1) != []


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("text", ["Bo's", "x' or 'a'='a", '" or 1=1', "\\", "?1", "😀"])
def test_inputs_are_bound_in_a_query_of_a_file(engine: str, text: str, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        connection.execute("create table orders (id integer, customer text, amount real, day text)")
        connection.executemany("insert into orders values (?, ?, ?, ?)",
                               [(1, "Ada", 10.5, "2026-01-01"), (2, text, 7.0, "2026-01-02")])  # fmt: skip
        connection.commit()
    query = "select id, {{inputs.customer}} asked from orders where customer = {{inputs.customer}} " \
            "and amount >= {{inputs.least}} and day >= {{inputs.day}} limit {{inputs.rows}}"  # fmt: skip
    about = document(query, "sqlite")
    source = about["data_sources"][0]
    source["database_config"]["connection"] = {"plugin_key": "sqlite"}
    source["location"] = "shop.db"
    inputs = {"customer": text, "least": 6.5, "day": "2026-01-02", "rows": 3}
    assert wf.compile(about, inputs=inputs, base=tmp_path, engine=engine).collect("data").rows() == [(2, text)]


@both
@pytest.mark.parametrize("text", ["Bo's", "x' or 'a'='a", "\\' or 1=1 -- ", 'x" or 1=1 #', "'; drop table orders; --",
                                  "\\", "$1", "?", "{{inputs.least}}", "/* x */", "😀"])  # fmt: skip
def test_no_text_leaves_its_place(shop: Database, text: str, tmp_path: Path) -> None:
    found = collected(shop, "select id, {{inputs.customer}} asked from orders where customer = {{inputs.customer}} "
                      "or id = 3", "polars", tmp_path, customer=text)  # fmt: skip
    assert found == [*([(2, text)] if text == "Bo's" else []), (3, text)]


@both
def test_an_input_that_is_not_given_is_null(shop: Database, tmp_path: Path) -> None:
    query = "select id from orders where {{inputs.customer}} is null or customer = {{inputs.customer}}"
    assert collected(shop, query, "polars", tmp_path) == [(1,), (2,), (3,)]


@both
def test_a_reference_in_a_comment_goes_with_the_comment(shop: Database, tmp_path: Path) -> None:
    query = "select id /* {{inputs.customer}} */ from orders -- {{inputs.customer}}\n where id = 1"
    assert collected(shop, query, "polars", tmp_path) == [(1,)]


@pytest.mark.parametrize("shop", ["mariadb"], indirect=True)
def test_a_comment_that_the_server_would_run_is_not_sent(shop: Database, tmp_path: Path) -> None:
    query = "select id from orders where id = 1 /*!50000 or id = 2 */ /*M! or id = 3 */"
    assert collected(shop, query, "polars", tmp_path) == [(1,)]


@both
def test_two_columns_of_one_name_are_told(shop: Database, tmp_path: Path) -> None:
    with pytest.raises(wf.WorkflowError) as stopped:
        collected(shop, "select a.id, b.id from orders a join orders b on a.id = b.id", "polars", tmp_path)
    found = stopped.value.diagnostics[0]
    assert found.code in {"IR563", "IR565"}
    assert "id" in found.message


@both
def test_a_column_that_is_not_there_is_told(shop: Database, tmp_path: Path) -> None:
    with pytest.raises(wf.WorkflowError) as stopped:
        collected(shop, "select id, custmer from orders", "polars", tmp_path)
    found = stopped.value.diagnostics[0]
    assert found.code == "IR565"
    assert "custmer" in found.message


@pytest.mark.parametrize("shop", ["postgres"], indirect=True)
def test_a_function_with_effects_is_refused_by_the_catalog(shop: Database, tmp_path: Path) -> None:
    shop.execute("create function noted(x int) returns int language sql volatile as 'select x'",
                 "create function told(x int) returns int language sql stable as 'select x'")  # fmt: skip
    assert collected(shop, "select told(id) id from orders where random() < 2", "polars", tmp_path) == [
        (1,),
        (2,),
        (3,),
    ]
    with pytest.raises(wf.WorkflowError, match="the query calls noted, which may have effects: it is volatile"):
        collected(shop, "select noted(id) id from orders", "polars", tmp_path)


@pytest.mark.parametrize("shop", ["postgres"], indirect=True)
@pytest.mark.parametrize("engine", ENGINES)
def test_what_a_query_computes_is_rounded_to_ten_digits(shop: Database, engine: str, tmp_path: Path) -> None:
    query = "select 1 id, avg(amount) mean, sum(amount) total, count(*) n from orders"
    assert collected(shop, query, engine, tmp_path) == [(1, Decimal("6.2500000000"), Decimal("18.7500000000"), 3)]
    assert collected(shop, "select 1 id, 1::numeric / 3 third", engine, tmp_path) == [(1, Decimal("0.3333333333"))]


@pytest.mark.parametrize("shop", ["postgres"], indirect=True)
@pytest.mark.parametrize("engine", ENGINES)
def test_many_rows_come_through_a_cursor_where_a_value_is_bound(shop: Database, engine: str, tmp_path: Path) -> None:
    query = "select i id from generate_series(1, {{inputs.rows}}::int) i"
    assert len(collected(shop, query, engine, tmp_path, rows=120_000)) == 120_000
    assert len(collected(shop, query, engine, tmp_path, rows=50_000)) == 50_000
    assert collected(shop, query, engine, tmp_path, rows=0) == []


@pytest.mark.parametrize(
    ("about", "code", "message"),
    [
        ({"table": ""}, "IR205", "at least 1 expected, this is empty"),
        ({"table": "t", "columns": []}, "IR205", "at least 1 expected, this is empty"),
        ({"table": "t", "columns": ["a", "b", "a"]}, "IR205", 'the column "a" stands twice'),
    ],
)
def test_a_source_that_names_nothing_or_the_same_twice_is_told_before_anything_is_asked(
    about: dict[str, Any], code: str, message: str
) -> None:
    source = document("select 1")
    source["data_sources"][0]["database_config"].pop("query")
    source["data_sources"][0]["database_config"] |= about

    errors = [each for each in wf.validate(source) if each.severity == "error"]

    assert [(each.code, each.message) for each in errors] == [(code, message)]
