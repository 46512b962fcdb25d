"""The queries as one writes them for DuckDB: one statement with pinned types, copied into a file."""

from __future__ import annotations

from pathlib import Path

import duckdb

ORDERS = {
    "id": "BIGINT",
    "customer": "BIGINT",
    "region": "VARCHAR",
    "product": "VARCHAR",
    "quantity": "BIGINT",
    "price": "DOUBLE",
    "status": "VARCHAR",
    "ordered_at": "TIMESTAMP",
}
CUSTOMERS = {"customer": "BIGINT", "name": "VARCHAR", "segment": "VARCHAR", "discount": "DOUBLE"}
OPTIONS = {"csv": "(format csv, header, timestampformat '%Y-%m-%dT%H:%M:%S')", "parquet": "(format parquet)"}

QUERIES = {
    "group_small": """
        select region, status, count(*) orders, sum(quantity) pieces, avg(price) average_price,
               max(ordered_at) last_order
        from {orders} group by all order by region, status
    """,
    "group_large": """
        select customer, count(*) orders, sum(quantity)::bigint pieces, sum(quantity * price) amount
        from {orders} group by customer order by customer
    """,
    "filter_map": """
        select id, customer, quantity, price, quantity * price amount, upper(region) || '-' || product code,
               ordered_at::date as day
        from {orders} where status = 'shipped' and quantity >= 5 and region <> 'islands'
    """,
    "join": """
        select id, customer, name, segment, product, quantity * price * (1 - discount) to_pay
        from {orders} orders join {customers} customers using (customer)
    """,
    "sort": "from {orders} order by ordered_at, id",
    "dedupe": """
        from {orders} qualify row_number() over (partition by customer order by ordered_at desc, id desc) = 1
    """,
    "pivot_known": """
        select product,
               coalesce(sum(quantity) filter (status = 'cancelled'), 0) cancelled,
               coalesce(sum(quantity) filter (status = 'open'), 0) open,
               coalesce(sum(quantity) filter (status = 'paid'), 0) paid,
               coalesce(sum(quantity) filter (status = 'returned'), 0) returned,
               coalesce(sum(quantity) filter (status = 'shipped'), 0) shipped
        from {orders} group by product order by product
    """,
    "pivot_unknown": """
        from (pivot (select product, status, quantity from {orders}) on status using sum(quantity) group by product)
        order by product
    """,
    "window": """
        select id, customer, ordered_at, quantity * price amount,
               row_number() over (partition by customer order by ordered_at desc, id) number,
               quantity * price / sum(quantity * price) over (partition by customer) share
        from {orders} qualify number <= 3
    """,
    "top_n": "select *, quantity * price amount from {orders} order by amount desc, id limit 100",
    "union": """
        select part, product, count(*) orders, sum(quantity) pieces
        from ({parts}) group by all order by part, product
    """,
    "distinct": """
        select region, count(distinct customer) customers, count(distinct product) products
        from {orders} group by region order by region
    """,
}


def run(name: str, data: Path, form: str, result: Path) -> None:
    """Run a query over the data of one form and write its `result`, CSV or Parquet by its ending."""
    parts = " union all ".join(
        f"select *, 'orders_{part}' part from {_table(data / f'orders_{part}.{form}', ORDERS)}" for part in range(5)
    )
    query = QUERIES[name].format(
        orders=_table(data / f"orders.{form}", ORDERS),
        customers=_table(data / f"customers.{form}", CUSTOMERS),
        parts=parts,
    )
    with duckdb.connect() as connection:
        connection.execute(f"copy ({query}) to '{result}' {OPTIONS[result.suffix[1:]]}")


def _table(path: Path, columns: dict[str, str]) -> str:
    if path.suffix == ".parquet":
        return f"read_parquet('{path}')"
    return f"read_csv('{path}', header = true, auto_detect = false, delim = ',', quote = '\"', columns = {columns})"
