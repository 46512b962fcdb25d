"""Write a year's ledger of 250,000 postings as `data/ledger.parquet` beside this file: the same rows every time."""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path

import polars as pl

ROWS = 250_000
ACCOUNTS = {
    1000: "Cash",
    1200: "Bank",
    1400: "Receivables",
    3300: "Payables",
    4400: "Revenue",
    5400: "Goods",
    6300: "Rent",
    6815: "Office supplies",
}


def make(folder: Path, *, rows: int = ROWS) -> Path:
    """The file written into `folder`: two postings a document, which cancel out, spread evenly over the year."""
    place = pl.int_range(rows)
    document = place // 2
    draw = (document * 2_654_435_761 + 12_345) % 4_294_967_296  # Knuth's multiplicative hash: numbers that look drawn
    cents = (draw % 250_000 + 1) * (1 - place % 2 * 2)
    account = pl.lit(pl.Series(list(ACCOUNTS))).gather((draw // 7 + place % 2 * (1 + draw % 7)) % len(ACCOUNTS))
    postings = pl.select(
        posting=place + 1,
        posted_on=pl.date(2026, 1, 1) + pl.duration(days=document * 2 * 365 // rows),
        account=account,
        account_name=account.replace_strict(ACCOUNTS),
        document=pl.format("D-{}", document + 100_000),
        text=pl.format("Transfer {}, batch {}", document + 1, draw % 97),
        amount=(cents.cast(pl.Decimal(14, 2)) * pl.lit(Decimal("0.01"))).cast(pl.Decimal(14, 2)),
        checked=draw % 5 != 0,
    )
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "ledger.parquet"
    postings.write_parquet(path)
    return path


if __name__ == "__main__":
    written = make(Path(__file__).parent / "data")
    print(f"wrote {written.name}, {ROWS:,} postings", file=sys.stderr)
