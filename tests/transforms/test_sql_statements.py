"""The sql transform: each statement means on both engines what DuckDB makes of the same text."""

from __future__ import annotations

from typing import Any

import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import weirflow as wf
from tests.workflows import both_engines, inline, workflow

ORDERS = [
    {"id": 1, "customer": "Ada", "product": "pen", "amount": 12, "day": 1},
    {"id": 2, "customer": "Bo", "product": "ink", "amount": 30, "day": 1},
    {"id": 3, "customer": "Ada", "product": "ink", "amount": None, "day": 2},
    {"id": 4, "customer": None, "product": "pen", "amount": 7, "day": 2},
    {"id": 5, "customer": "Cy", "product": "pen", "amount": 5, "day": 2},
    {"id": 6, "customer": "Ada", "product": "pen", "amount": 12, "day": 4},
]
CUSTOMERS = [
    {"name": "Ada", "city": "Oslo", "rank": 1},
    {"name": "Bo", "city": "Rome", "rank": 2},
    {"name": "Di", "city": "Oslo", "rank": 3},
    {"name": None, "city": "Bern", "rank": 4},
]


def _document(query: str, **sections: Any) -> dict[str, Any]:
    step = {"type": "sql", "config": {"query": query}}
    return workflow([inline("orders", ORDERS), inline("customers", CUSTOMERS)], transforms=[step], **sections)


def _by_duckdb(query: str) -> pl.DataFrame:
    with duckdb.connect() as connection:
        for name, rows in (("orders", ORDERS), ("customers", CUSTOMERS)):
            connection.register(name, pl.DataFrame(rows).to_arrow())
        return connection.sql(query).pl()


@pytest.mark.parametrize("query", [
    "select id, customer from orders order by id",
    "select * from orders order by id",
    "select o.* from orders as o order by o.id",
    "select * exclude (day, product) replace (amount * 2 as amount) from orders order by id",
    "from orders",
    "from orders select id, upper(product) as p",
    "select id -- one\n, /* two */ day from orders;",
    "select amount + 1 as b, b * 2 as c from orders where b > 5",
    'select id as "the id" from orders order by "the id" desc',
    "select distinct product, customer from orders",
    "select id from orders order by amount desc nulls first, id limit 3",
    "select id from orders order by amount, id desc limit 2 offset 1",
    "select id from orders order by day * -1, id",
    "select id from orders where customer is null or amount between 10 and 20",
])  # fmt: skip
def test_rows_are_selected_as_duckdb_selects_them(query):
    _compare(query)


@pytest.mark.parametrize("query", [
    "select count(*) as n, avg(amount) as a, count(customer) as c from orders",
    "select count(*) as n, sum(amount) as a from orders where id > 100",
    "select customer, sum(amount) as total from orders group by customer order by customer",
    "select customer as c, count(*) n from orders group by 1 having count(*) > 1 or max(day) = 1 order by n desc, c",
    "select day % 2 as parity, max(amount) - min(amount) as spread from orders group by parity",
    "select product, customer, count(*) as n from orders group by all",
    "select case when amount > 10 then 'big' else 'small' end as size, count(*) as n from orders "
    "group by case when amount > 10 then 'big' else 'small' end",
    "select upper(product) || '!' as p, count(*) as n from orders group by upper(product)",
    "select customer, sum(amount) filter (where product = 'pen') as pens from orders group by customer",
    "select customer, count(distinct product) as kinds from orders group by customer order by sum(id) desc",
    "select product from orders group by product having sum(amount) > 31",
])  # fmt: skip
def test_groups_are_as_duckdb_makes_them(query):
    _compare(query)


@pytest.mark.parametrize("query", [
    "select o.id, c.city from orders o join customers c on o.customer = c.name",
    "select o.id, c.city from orders o left join customers c on o.customer = c.name",
    "select o.id, o.customer, c.name, c.city from orders o right join customers c on o.customer = c.name",
    "select o.id, o.customer, c.name, c.city from orders o full outer join customers c on c.name = o.customer",
    "select o.id, c.city from orders o, customers c where o.customer = c.name and o.amount > 6",
    "select o.id, c.city from orders o cross join customers c where o.id = c.rank * 2",
    "select o.id, c.rank from orders o join customers c on o.id = c.rank * 2 and c.city = 'Oslo'",
    "select o.id, c.rank from orders o join customers c on o.day < c.rank",
    "select a.id as a, b.id as b from orders a join orders b on a.day = b.day and a.id < b.id",
    "select a.id as a, b.id as b from orders a left join orders b on a.customer = b.customer and b.amount > 10",
    "select id from orders semi join customers on customer = name",
    "select id from orders anti join customers on customer = name",
    "select id from orders anti join customers on customer = name and city = 'Oslo'",
    "select name, city, n from customers join (select customer as name, count(*) as n from orders group by customer) "
    "using (name)",
    "select name, city, n from customers full join (select customer as name, count(*) as n from orders group by 1) q "
    "using (name)",
    "select * from customers left join (select customer as name, count(*) as n from orders group by customer) "
    "using (name)",
    "select c.city, p.product, sum(p.amount) as total from customers c join orders p on p.customer = c.name "
    "join (select product, max(day) as last from orders group by product) l on l.product = p.product and l.last > 3 "
    "group by c.city, p.product",
    "select a.id as a, b.id as b from orders a left join orders b on a.day = b.day and a.id < b.id",
    "select o.id, c.name from orders o full join customers c on o.customer = c.name and o.amount > c.rank * 10",
    "select o.id, c.name, c.rank from orders o right join customers c on o.customer = c.name and o.id > c.rank + 1",
    "select o.id, c.rank from orders o left join customers c on o.day < c.rank",
    "select id from orders o semi join customers c on o.customer = c.name and o.amount > c.rank * 20",
    "select id from orders o anti join customers c on o.customer = c.name and o.amount > c.rank * 20",
    "select id from orders anti join customers on day > rank",
    "select o.id, c.rank from orders o full join customers c on o.id = c.rank and o.day = 1 and c.city = 'Oslo'",
])  # fmt: skip
def test_tables_are_joined_as_duckdb_joins_them(query):
    _compare(query)


@pytest.mark.parametrize("query", [
    "select id, row_number() over (partition by customer order by id desc) as n from orders",
    "select id from orders qualify row_number() over (partition by customer order by day desc, id desc) = 1",
    "select id, n from (select id, rank() over (order by day) as n from orders) where n > 1",
    "select id, dense_rank() over (order by day) as r, ntile(4) over (order by id) as q from orders",
    "select id, lag(amount) over (order by id) as before, lead(amount, 2) over (order by id) as after from orders",
    "select id, amount - avg(amount) over (partition by product) as off from orders",
    "select customer, sum(amount) as mine, sum(sum(amount)) over () as every from orders group by customer",
    "select id, sum(amount) over (order by id rows between 1 preceding and 1 following) as near from orders",
    "select id, first(amount) over (partition by product order by id rows 2 preceding) as before from orders",
    "select id, sum(amount) over (order by day) as running, max(id) over (order by day, id) as last from orders",
    "select customer, rank() over (order by count(*) desc) as place from orders group by customer",
    "select id, sum(amount) over (partition by upper(product) order by id % 2, id "
    "rows between 1 preceding and current row) as two from orders",
    "select id, max(amount) over (order by id rows between 1 following and unbounded following) as later from orders",
    "select id, sum(amount) over (order by day) as running, count(*) over (order by day desc) as n from orders",
    "select id, min(amount) over (partition by product order by day) as low from orders",
    "select id, last_value(id) over (order by day, id) as l, first_value(id) over (partition by day order by id) as f "
    "from orders",
    "select id, sum(amount) over (order by amount) as running from orders",
])  # fmt: skip
def test_windows_are_as_duckdb_computes_them(query):
    _compare(query)


@pytest.mark.parametrize("query", [
    "with big as (select * from orders where amount >= 10), counted as (select customer, count(*) as n from big "
    "group by all) select customer, n * 2 as twice from counted",
    "with a as (select 1 as x from orders), b as (select x + 1 as x from a) select sum(x) as s from b",
    "select id from orders where amount > 10 union all select rank from customers",
    "select customer from orders union select name from customers",
    "select id, 'order' as kind from orders union all by name select 'rank' as kind, rank as id from customers",
    "select customer from orders except select name from customers",
    "select customer from orders intersect select name from customers",
    "select id from orders union (select rank from customers intersect select day from orders) order by id desc",
    "(select id from orders order by id limit 2) union all (select rank from customers order by rank desc limit 1)",
    "with orders as (select id from orders where id > 4) select * from orders",
])  # fmt: skip
def test_queries_are_put_together_as_duckdb_does(query):
    _compare(query)


def _compare(query: str) -> None:
    found = both_engines(_document(query))
    expected = _by_duckdb(query)
    assert expected.columns == found.columns
    expected = expected.cast(dict(found.schema))
    if wf.compile(_document(query)).compiled.graph[wf.compile(_document(query)).relation("data")].frame.order is None:
        expected = expected.sort(expected.columns, nulls_last=True)
    assert_frame_equal(found, expected)


def test_an_outermost_order_by_makes_an_order_and_nothing_else_does():
    limit = {"type": "limit", "config": {"rows": 1}}
    ordered = _document("select id, day from orders order by day desc, id")
    ordered["transforms"].append(limit)
    assert both_engines(ordered).rows() == [(6, 4)]
    for query in ("select id from orders", "select id from (select id from orders order by id)"):
        unordered = _document(query)
        unordered["transforms"].append(limit)
        assert [each.code for each in wf.validate(unordered)] == ["IR420"]


def test_a_statement_reads_data_inputs_and_frames_made_above_it():
    document = _document(
        "select p.product, p.total, data.id from pens p join data on amount = total - {{inputs.off}} order by id",
        runtime_inputs=[{"name": "off", "type": "number", "default_value": 12}],
    )
    first = {"type": "filter", "config": {"where": "day < 4"}}
    pens = {"type": "sql", "output_variable": "pens", "config": {
        "query": "select product, sum(amount) as total from data where product = 'pen' group by product"}}  # fmt: skip
    document["transforms"][:0] = [first, pens]
    assert both_engines(document).rows() == [("pen", 24, 1)]


@pytest.mark.parametrize(("query", "code", "message", "hint"), [
    ("select custmer from orders", "IR401", 'there is no column "custmer" here', 'did you mean "customer"?'),
    ("select o.custmer from orders o", "IR401", '"o" has no column "custmer"', 'did you mean "customer"?'),
    ("select * from ordrs", "IR301", 'there is no frame "ordrs" here', 'did you mean "orders"?'),
    ("select id from orders o join orders p on o.id = p.id", "IR403", '"id" stands for two columns here',
     "write o.id or p.id"),
    ("select sum(amount) from orders", "IR206", "a computed column needs a name", "write as name behind it"),
    ("select customer, amount, count(*) as n from orders group by customer", "IR413",
     '"amount" stands outside of an aggregate',
     "write an aggregate of it, such as max(amount), or put it in group by"),
    ("select o.id from orders o join customers on customer = name limit 2", "IR420",
     "limit needs ordered rows, and these have no order", "write order by id before it"),
    ("select id from orders where amount", "IR411", "where is integer, not true or false",
     "compare it with something, as in amount > 0"),
    ("select id from orders where row_number() over (order by id) = 1", "IR412", "a window cannot stand here",
     "compute it in the select list, and test it in qualify"),
    ("delete from orders", "IR113", "delete is no query",
     "a sql transform is one SELECT; rows are written by delivery_rules"),
    ("select id from orders; select 2", "IR113", "select follows a complete query",
     "write one SELECT; a second one is a transform of its own"),
    ("select * from read_csv('secret.csv')", "IR113", "read_csv is a function, and rows come only from frames",
     "declare it in data_sources and write its alias here"),
    ("select * from 'secret.csv'", "IR113", "'secret.csv' stands where a frame is needed", None),
    ("select id from orders where id in (select rank from customers)", "IR113",
     "a query cannot stand in an expression",
     "use a transform: join or enrich to look rows up, sql for a whole query"),
    ("select id from orders join customers on id = name", "IR406", "the keys differ in type: integer and string",
     "cast one of them: cast(… as integer)"),
    ("select id from orders union select name from customers", "IR406",
     'the column "id" is integer before union and string after it', "cast one of them: cast(id as integer)"),
    ("select id, day from orders except select rank from customers", "IR206", "except puts 2 columns over 1",
     "select as many on both sides, or write union by name"),
    ("select id from orders order by 2", "IR206", "there is no column 2: the select list has 1", None),
    ("select distinct id from orders order by day", "IR206",
     "with distinct, rows are put in order only by what is selected", "add it to the select list"),
    ("with a as (select id from orders), a as (select day from orders) select * from a", "IR403",
     'two queries are called "a"', "give one of them another name"),
    ("select 1 as one", "IR206", "this SELECT has no from", "name the frame whose rows it reads"),
    ("select * from orders o join customers o on o.id = o.rank", "IR403", 'two tables are called "o" here',
     "give one of them another name: o as other"),
])  # fmt: skip
def test_what_a_statement_cannot_say_is_told_at_its_place(query, code, message, hint):
    [found] = wf.validate(_document(query))
    assert (found.code, found.message, found.hint) == (code, message, hint)


def test_a_problem_stands_under_its_word_in_a_statement_of_several_lines(tmp_path):
    file = tmp_path / "report.yaml"
    file.write_text(
        'ir_version: "3.1"\n'
        "goal: test\n"
        "data_sources:\n"
        "  - {type: tabular, source: inline, alias: orders, config: {rows: [{id: 1}]}}\n"
        "transforms:\n"
        "  - type: sql\n"
        "    config:\n"
        "      query: |\n"
        "        select id\n"
        "        from orders\n"
        "        order by idd\n"
    )
    [found] = wf.validate(file)
    assert found.place is not None
    assert (found.place.line, found.place.column, found.place.length) == (11, 18, 3)
