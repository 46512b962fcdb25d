"""The tables of a parcel service, drawn by their numbers: the same rows on every machine.

Customers and couriers are skewed (a few send and carry much), texts, dates and amounts are missing here and there, and
some keys have no partner: customers of a region that does not exist, claims for parcels nobody posted, depots without
parcels, a tariff nobody uses.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from benchmarks.suite.small_tables import DEPOTS, TARIFFS, depots, holidays, regions, tariffs
from engine.bench.draws import below, draw, one_of

BLOCK = 1_000_000
STOPS = 3
_START = 1_672_531_200  # 2023-01-01
_DAYS = 3 * 365 + 1  # to 2025-12-31
_HOUR = 3_600


@dataclass(frozen=True, slots=True)
class Table:
    """So many numbers from 1, and the rows made of a block of them (fewer where numbers are left out)."""

    numbers: int
    rows: Callable[[pl.DataFrame, Sizes], pl.DataFrame]


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many there are of what others refer to."""

    parcels: int

    @property
    def customers(self) -> int:
        return max(self.parcels // 40, 20)

    @property
    def senders(self) -> int:
        """The customers who send at all."""
        return self.customers * 7 // 8

    @property
    def couriers(self) -> int:
        return max(self.parcels // 2_500, 30)


def make_data(folder: Path, parcels: int) -> Path:
    """`folder`/suite-N with a Parquet file a table; made once."""
    made = folder / f"suite-{parcels}"
    if (made / "complete").exists():
        return made
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir(parents=True)
    for name, small in {"regions": regions, "depots": depots, "tariffs": tariffs, "holidays": holidays}.items():
        small().write_parquet(made / f"{name}.parquet")
    sizes = Sizes(parcels)
    for name, table in tables(sizes).items():
        _write(made / f"{name}.parquet", _blocks(table, sizes))
    (made / "complete").touch()
    return made


def tables(sizes: Sizes) -> dict[str, Table]:
    """The tables that grow with the number of parcels."""
    return {
        "customers": Table(sizes.customers, customers),
        "contracts": Table(sizes.customers, contracts),
        "couriers": Table(sizes.couriers, couriers),
        "parcels": Table(sizes.parcels, parcels),
        "scans": Table(sizes.parcels * STOPS, scans),
        "deliveries": Table(sizes.parcels, deliveries),
        "claims": Table(max(sizes.parcels // 50, 10), claims),
        "invoices": Table(sizes.parcels // 4, invoices),
    }


def customers(numbers: pl.DataFrame, sizes: Sizes) -> pl.DataFrame:
    """Some belong to no region, some to one that does not exist; one in four came by another's advice."""
    n = pl.col("n")
    return numbers.select(
        customer=n,
        name=pl.format("Customer {}", n),
        segment=_some(one_of(n, 11, ["private", "shop", "industry", "public"]), n, 12, 98),
        region=_some(below(n, 13, 13) + 1, n, 14, 96),
        since=_day(below(n, 15, _DAYS + 900) - 900),
        credit_limit=_some(_money((below(n, 16, 400) + 1) * 25_000, 12), n, 17, 80),
        referred_by=_some(_skewed(n, 18, sizes.customers) + 1, n, 19, 25),
    )


def contracts(numbers: pl.DataFrame, sizes: Sizes) -> pl.DataFrame:
    """Discounts of customers for a time; an open end is null, a customer has none, one or several."""
    n = pl.col("n")
    begun = below(n, 22, _DAYS - 60)
    return numbers.select(
        contract=n,
        customer=below(n, 21, sizes.customers) + 1,
        discount=(below(n, 23, 8) * 25 / 1000).cast(pl.Decimal(4, 3)),
        valid_from=_day(begun),
        valid_to=_some(_day(begun + 60 + below(n, 24, 700)), n, 25, 70),
    )


def couriers(numbers: pl.DataFrame, sizes: Sizes) -> pl.DataFrame:
    """The last depots have none."""
    n = pl.col("n")
    return numbers.select(
        courier=n,
        depot=below(n, 31, DEPOTS - 3) + 1,
        name=pl.format("Courier {}", n),
        team=_some(one_of(n, 32, ["red", "green", "blue"]), n, 33, 90),
        hired=_day(below(n, 34, _DAYS + 2_000) - 2_000),
    )


def parcels(numbers: pl.DataFrame, sizes: Sizes) -> pl.DataFrame:
    """One in fifty was posted at a counter, without a customer; one in three declares a value."""
    n = pl.col("n")
    return numbers.select(
        parcel=n,
        customer=_some(_skewed(n, 41, sizes.senders) + 1, n, 42, 98),
        tariff=_tariff(n),
        from_depot=_skewed(n, 44, DEPOTS - 4) + 1,
        to_depot=below(n, 45, DEPOTS - 2) + 1,
        weight=(below(n, 46, 300) + 1) / 8,
        declared=_some(_money(below(n, 47, 200_000) + 100, 10), n, 48, 35),
        posted=_moment(_posted(n)),
        due=_day(_posted(n) // 86_400) + pl.duration(days=_target(n)),
    )


def scans(numbers: pl.DataFrame, sizes: Sizes) -> pl.DataFrame:
    """Up to three a parcel, on its way; one in eight was forgotten."""
    n = pl.col("n")
    parcel, stop = (n - 1) // STOPS + 1, (n - 1) % STOPS + 1
    return numbers.filter(below(n, 51, 8) > 0).select(
        scan=n,
        parcel=parcel,
        depot=below(n, 52, DEPOTS - 2) + 1,
        stop=stop,
        scanned=_moment(_posted(parcel) + stop * 5 * _HOUR + below(n, 53, 4 * _HOUR)),
        kind=one_of(n, 54, ["sorted", "loaded", "unloaded"]),
    )


def deliveries(numbers: pl.DataFrame, sizes: Sizes) -> pl.DataFrame:
    """Of 93 in 100 parcels, near their target or some days later."""
    n = pl.col("n")
    days_late = pl.when(below(n, 61, 100) < 12).then(below(n, 62, 9)).otherwise(-1)
    return numbers.filter(below(n, 63, 100) < 93).select(
        parcel=n,
        courier=_skewed(n, 64, sizes.couriers) + 1,
        delivered=_moment(_posted(n) + (_target(n) + days_late) * 24 * _HOUR + below(n, 65, 20 * _HOUR) + 16 * _HOUR),
        attempts=pl.when(below(n, 66, 10) < 8).then(1).otherwise(below(n, 67, 2) + 2),
        signed_by=_some(pl.format("{}. {}", one_of(n, 68, list("ABCDEF")), one_of(n, 69, ["Ek", "Ödman", "Lo"])),
                        n, 70, 60),
    )  # fmt: skip


def claims(numbers: pl.DataFrame, sizes: Sizes) -> pl.DataFrame:
    """For parcels, of which one in a hundred is unknown; one in three is not decided yet."""
    n = pl.col("n")
    filed = below(n, 72, _DAYS)
    decided = below(n, 73, 3) > 0
    amount = below(n, 74, 90_000) + 500
    return numbers.select(
        claim=n,
        parcel=below(n, 71, sizes.parcels + sizes.parcels // 100) + 1,
        filed=_day(filed),
        reason=_some(one_of(n, 75, ["lost", "damaged", "late", "wrong address"]), n, 76, 97),
        amount=_money(amount, 10),
        decided=pl.when(decided).then(_day(filed + 1 + below(n, 77, 90))),
        paid=pl.when(decided).then(_money(amount * below(n, 78, 5) // 4, 10)),
    )


def invoices(numbers: pl.DataFrame, sizes: Sizes) -> pl.DataFrame:
    """Dated the first of a month, due after 30 days; one in seven is not paid."""
    n = pl.col("n")
    day = _day(below(n, 82, _DAYS)).dt.truncate("1mo")
    return numbers.select(
        invoice=n,
        customer=_skewed(n, 81, sizes.customers) + 1,
        dated=day,
        due=day + pl.duration(days=30),
        amount=_money(below(n, 83, 60_000) + 300, 12),
        paid_on=_some(day + pl.duration(days=below(n, 84, 75)), n, 85, 86),
    )


def _tariff(number: pl.Expr) -> pl.Expr:
    # the last tariff is used by nobody
    return one_of(number, 43, [code for code, *_ in TARIFFS[:-1]])


def _target(number: pl.Expr) -> pl.Expr:
    return _tariff(number).replace_strict({code: days for code, *_, days in TARIFFS}, return_dtype=pl.Int64)


def _posted(number: pl.Expr) -> pl.Expr:
    """Seconds after the start."""
    return (draw(number, 49) % (_DAYS * 86_400)).cast(pl.Int64)


def _skewed(number: pl.Expr, salt: int, count: int) -> pl.Expr:
    """As `below`, but small numbers are common: half of the draws fall on the first quarter."""
    share = below(number, salt, 1 << 20)
    return share * share * count // (1 << 40)


def _some(value: pl.Expr, number: pl.Expr, salt: int, percent: int) -> pl.Expr:
    return pl.when(below(number, salt, 100) < percent).then(value)


def _money(cents: pl.Expr, precision: int) -> pl.Expr:
    return (cents / 100).cast(pl.Decimal(precision, 2))


def _moment(seconds: pl.Expr) -> pl.Expr:
    return pl.from_epoch(_START + seconds, "s").cast(pl.Datetime("us"))


def _day(days: pl.Expr) -> pl.Expr:
    return (_START // 86_400 + days).cast(pl.Int32).cast(pl.Date)


def _blocks(table: Table, sizes: Sizes) -> Iterator[pl.DataFrame]:
    for start in range(1, table.numbers + 1, BLOCK):
        numbers = pl.DataFrame({"n": pl.int_range(start, min(start + BLOCK, table.numbers + 1), eager=True)})
        yield table.rows(numbers, sizes)


def _write(path: Path, blocks: Iterator[pl.DataFrame]) -> None:
    first = next(blocks).to_arrow()
    with pq.ParquetWriter(path, first.schema) as writer:
        writer.write_table(first, row_group_size=122_880)
        for block in blocks:
            writer.write_table(block.to_arrow().cast(first.schema), row_group_size=122_880)
