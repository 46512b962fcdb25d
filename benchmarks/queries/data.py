"""The rows the queries run over: orders, and customers one for twenty orders."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from engine.bench.draws import below, draw, one_of

FORMATS = ("csv", "parquet")
BLOCK = 1_000_000
PARTS = 5
REGIONS = [
    "north",
    "north east",
    "east",
    "south east",
    "south",
    "south west",
    "west",
    "north west",
    "centre",
    "islands",
]
STATUSES = ["shipped", "returned", "open", "cancelled", "paid"]
SEGMENTS = ["consumer", "trade", "public", "export"]
_DATETIME = "%Y-%m-%dT%H:%M:%S"
_START = 1_640_995_200  # 2022-01-01
_SECONDS = 3 * 365 * 86_400


def make_data(folder: Path, rows: int) -> Path:
    """`folder`/rows with orders and customers as CSV and Parquet, and the orders in five parts; made once.

    About 62 bytes an order as CSV, so 20 million orders are 1.2 GB.
    """
    made = folder / str(rows)
    if (made / "complete").exists():
        return made
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir(parents=True)
    write(made / "customers", customers(rows))
    write(made / "orders", orders(rows))
    for part in range(PARTS):
        write(made / f"orders_{part}", orders(rows // PARTS, first=part * (rows // PARTS)))
    (made / "complete").touch()
    return made


def make_orders(folder: Path, rows: int, form: str) -> Path:
    """`folder`/rows-form with orders and customers of that form alone; made once.

    They are drawn and written a million at a time, so that memory does not bound how many there may be.
    """
    made = folder / f"{rows}-{form}"
    if (made / "complete").exists():
        return made
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir(parents=True)
    write(made / "customers", customers(rows), forms=[form])
    write(made / "orders", orders(rows), forms=[form])
    (made / "complete").touch()
    return made


def customer_count(rows: int) -> int:
    return max(rows // 20, 1)


def orders(rows: int, *, first: int = 0) -> Iterator[pl.DataFrame]:
    """Blocks of orders with the numbers from `first`, drawn among the customers of so many rows."""
    number = pl.col("id")
    for start in range(first, first + rows, BLOCK):
        ids = pl.DataFrame({"id": pl.int_range(start, min(start + BLOCK, first + rows), eager=True)})
        yield ids.select(
            "id",
            customer=below(number, 1, customer_count(rows)) + 1,
            region=one_of(number, 2, REGIONS),
            product=pl.format("P{}", (below(number, 3, 20_000) + 10_000).cast(pl.String)),
            quantity=below(number, 4, 20) + 1,
            price=(below(number, 5, 20_000) + 99) / 100,
            status=one_of(number, 6, STATUSES),
            ordered_at=pl.from_epoch(_START + (draw(number, 7) % _SECONDS).cast(pl.Int64), "s").cast(pl.Datetime("us")),
        )


def customers(rows: int) -> Iterator[pl.DataFrame]:
    """Blocks of the customers of so many orders."""
    number = pl.col("customer")
    count = customer_count(rows)
    for start in range(1, count + 1, BLOCK):
        ids = pl.DataFrame({"customer": pl.int_range(start, min(start + BLOCK, count + 1), eager=True)})
        yield ids.select(
            "customer",
            name=pl.format("Customer {}", number),
            segment=one_of(number, 11, SEGMENTS),
            discount=below(number, 12, 30) / 100,
        )


def write(stem: Path, blocks: Iterable[pl.DataFrame], *, forms: Collection[str] = FORMATS) -> None:
    """The blocks as one file of each form."""
    parquet: pq.ParquetWriter | None = None
    with ExitStack() as files:
        csv = files.enter_context(stem.with_name(stem.name + ".csv").open("wb")) if "csv" in forms else None
        for index, block in enumerate(blocks):
            if csv:
                block.write_csv(csv, include_header=index == 0, datetime_format=_DATETIME)
            if "parquet" in forms:
                table = block.to_arrow()
                if parquet is None:
                    path = stem.with_name(stem.name + ".parquet")
                    parquet = files.enter_context(pq.ParquetWriter(path, table.schema))
                parquet.write_table(table.cast(parquet.schema), row_group_size=122_880)
