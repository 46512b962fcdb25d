"""The orders that are read and written: 12 columns, in each database's own types."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import polars as pl

COLUMNS = ("id", "customer", "quantity", "price", "ratio", "name", "city", "note", "is_paid", "day", "at", "total")
_TYPES = {
    "postgres": ("bigint primary key", "bigint", "bigint", "numeric(12,2)", "double precision", "varchar(40)",
                 "varchar(40)", "varchar(80)", "boolean", "date", "timestamp", "bigint"),
    "mysql": ("bigint primary key", "bigint", "bigint", "decimal(12,2)", "double", "varchar(40)", "varchar(40)",
              "varchar(80)", "tinyint(1)", "date", "datetime(6)", "bigint"),
    "sqlite": ("integer primary key", "integer", "integer", "decimal(12,2)", "real", "text", "text", "text", "boolean",
               "date", "datetime", "integer"),
}  # fmt: skip


def definition(kind: str, table: str) -> str:
    """The statement that makes the table."""
    columns = ", ".join(f"{name} {native}" for name, native in zip(COLUMNS, _TYPES[kind], strict=True))
    letters = " engine = InnoDB default character set utf8mb4" if kind == "mysql" else ""
    return f"create table {table} ({columns}){letters}"


def make_orders(folder: Path, rows: int) -> Path:
    """A Parquet file of so many orders, made at first use."""
    path = folder / f"orders-{rows}.parquet"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        orders(rows).sink_parquet(path)
    return path


def orders(rows: int) -> pl.LazyFrame:
    number = pl.col("id")
    return pl.LazyFrame().select(id=pl.int_range(rows, dtype=pl.Int64)).select(
        "id",
        customer=number * 7919 % 50_000,
        quantity=number * 31 % 97,
        price=(number * 37 % 10_000_000).cast(pl.Decimal(14, 0)) / pl.lit(100).cast(pl.Decimal(5, 2)),
        ratio=number * 0.37,
        name=pl.format("customer {}", number * 7919 % 50_000),
        city=pl.format("Zürich {}", number % 300),
        note=pl.when(number % 7 > 0).then(pl.format('said "{}", and went', number * 7919 % 10_007)),
        is_paid=number % 3 == 0,
        day=(pl.lit(dt.date(2020, 1, 1)) + pl.duration(days=number % 2000)).cast(pl.Date),
        at=pl.lit(dt.datetime(2024, 1, 1)).cast(pl.Datetime("us")) + pl.duration(microseconds=number * 1_000_003),
        total=number * 3,
    ).with_columns(pl.col("price").cast(pl.Decimal(12, 2)))  # fmt: skip


def batches(path: Path, rows: int = 50_000) -> Iterator[pl.DataFrame]:
    """The file's rows, in bounded memory."""
    count = pl.scan_parquet(path).select(pl.len()).collect().item()
    for start in range(0, count, rows):
        yield pl.scan_parquet(path).slice(start, rows).collect()
