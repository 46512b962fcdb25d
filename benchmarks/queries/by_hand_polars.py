"""The queries as one writes them for Polars: lazily, with pinned types, into a streaming sink."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl

Query = Callable[[Path, str], pl.LazyFrame]

ORDERS = pl.Schema(
    {
        "id": pl.Int64,
        "customer": pl.Int64,
        "region": pl.String,
        "product": pl.String,
        "quantity": pl.Int64,
        "price": pl.Float64,
        "status": pl.String,
        "ordered_at": pl.Datetime("us"),
    }
)
CUSTOMERS = pl.Schema({"customer": pl.Int64, "name": pl.String, "segment": pl.String, "discount": pl.Float64})
STATUSES = ["cancelled", "open", "paid", "returned", "shipped"]
AMOUNT = pl.col("quantity") * pl.col("price")


def run(name: str, data: Path, form: str, result: Path) -> None:
    """Run a query over the data of one form and write its `result`, CSV or Parquet by its ending."""
    rows = QUERIES[name](data, form)
    if result.suffix == ".csv":
        rows.sink_csv(result, datetime_format="%Y-%m-%dT%H:%M:%S")
    else:
        rows.sink_parquet(result)


def _scan(data: Path, name: str, form: str, schema: pl.Schema = ORDERS) -> pl.LazyFrame:
    path = data / f"{name}.{form}"
    return pl.scan_csv(path, schema=schema) if form == "csv" else pl.scan_parquet(path)


def group_small(data: Path, form: str) -> pl.LazyFrame:
    totals = (
        _scan(data, "orders", form)
        .group_by("region", "status")
        .agg(
            orders=pl.len(),
            pieces=pl.col("quantity").sum(),
            average_price=pl.col("price").mean(),
            last_order=pl.col("ordered_at").max(),
        )
    )
    return totals.sort("region", "status")


def group_large(data: Path, form: str) -> pl.LazyFrame:
    totals = (
        _scan(data, "orders", form)
        .group_by("customer")
        .agg(orders=pl.len(), pieces=pl.col("quantity").sum(), amount=AMOUNT.sum())
    )
    return totals.sort("customer")


def filter_map(data: Path, form: str) -> pl.LazyFrame:
    large = (pl.col("status") == "shipped") & (pl.col("quantity") >= 5) & (pl.col("region") != "islands")
    return (
        _scan(data, "orders", form)
        .filter(large)
        .select(
            "id",
            "customer",
            "quantity",
            "price",
            amount=AMOUNT,
            code=pl.col("region").str.to_uppercase() + "-" + pl.col("product"),
            day=pl.col("ordered_at").dt.date(),
        )
    )


def join(data: Path, form: str) -> pl.LazyFrame:
    customers = _scan(data, "customers", form, CUSTOMERS)
    joined = _scan(data, "orders", form).join(customers, on="customer", how="inner")
    return joined.select("id", "customer", "name", "segment", "product", to_pay=AMOUNT * (1 - pl.col("discount")))


def sort(data: Path, form: str) -> pl.LazyFrame:
    return _scan(data, "orders", form).sort("ordered_at", "id")


def dedupe(data: Path, form: str) -> pl.LazyFrame:
    return _scan(data, "orders", form).sort("ordered_at", "id").unique("customer", keep="last")


def pivot_known(data: Path, form: str) -> pl.LazyFrame:
    pieces = [pl.col("quantity").filter(pl.col("status") == each).sum().alias(each) for each in STATUSES]
    return _scan(data, "orders", form).group_by("product").agg(pieces).sort("product")


def pivot_unknown(data: Path, form: str) -> pl.LazyFrame:
    cells = _scan(data, "orders", form).group_by("product", "status").agg(pl.col("quantity").sum()).collect()
    pivoted = cells.pivot("status", index="product", values="quantity", sort_columns=True)
    return pivoted.lazy().sort("product")


def window(data: Path, form: str) -> pl.LazyFrame:
    latest = {"order_by": ["ordered_at", "id"], "descending": [True, False]}
    rows = _scan(data, "orders", form).select("id", "customer", "ordered_at", amount=AMOUNT)
    numbered = rows.sort(latest["order_by"], descending=latest["descending"]).with_columns(
        number=pl.int_range(1, pl.len() + 1).over("customer"),
        share=pl.col("amount") / pl.col("amount").sum().over("customer"),
    )
    return numbered.filter(pl.col("number") <= 3)


def top_n(data: Path, form: str) -> pl.LazyFrame:
    rows = _scan(data, "orders", form).with_columns(amount=AMOUNT)
    return rows.sort("amount", "id", descending=[True, False]).head(100)


def union(data: Path, form: str) -> pl.LazyFrame:
    parts = [_scan(data, f"orders_{part}", form).with_columns(part=pl.lit(f"orders_{part}")) for part in range(5)]
    rows = pl.concat(parts)
    totals = rows.group_by("part", "product").agg(orders=pl.len(), pieces=pl.col("quantity").sum())
    return totals.sort("part", "product")


def distinct(data: Path, form: str) -> pl.LazyFrame:
    counts = (
        _scan(data, "orders", form)
        .group_by("region")
        .agg(customers=pl.col("customer").n_unique(), products=pl.col("product").n_unique())
    )
    return counts.sort("region")


QUERIES: dict[str, Query] = {
    each.__name__: each
    for each in (
        group_small,
        group_large,
        filter_map,
        join,
        sort,
        dedupe,
        pivot_known,
        pivot_unknown,
        window,
        top_n,
        union,
        distinct,
    )
}
