"""`python -m benchmarks.pdf` writes PDF files of many rows, each in a process of its own, and prints what they took."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from benchmarks.measure import ROOT
from connectors.files.report import ROWS, Facts, Part, Report
from connectors.files.writing import open_writer
from ir.types import Schema
from transforms.dtypes import from_polars

BATCH_ROWS = 50_000
CASES = (("plain", 100_000), ("plain", 1_000_000), ("rich", 100_000), ("rich", 1_000_000), ("reportlab", 5_000))
"""plain: nine columns streamed. rich: a third of the rows with wrapped text, a Greek and Cyrillic column, two levels of
groups with subtotals. reportlab: the plain rows in one Table of its platypus, as one writes it by hand."""


def plain_rows(count: int) -> pl.DataFrame:
    number = pl.int_range(count)
    moment = pl.lit(datetime(2024, 1, 1)) + pl.duration(seconds=number * 37 % 31_000_000)
    return pl.select(
        id=number,
        customer=pl.format("customer {}", number % 5000),
        city=pl.format("city {}", number % 50),
        day=moment.dt.date(),
        at=moment,
        whole=number * 7919 % 99_991,
        price=(number * 31 % 10_007) / 7,
        cost=(number * 37 % 10_007) / 7,
        fee=pl.when(number % 5 > 0).then((number * 41 % 10_007) / 7),
    )


def rich_rows(count: int) -> pl.DataFrame:
    number = pl.int_range(count)
    note = pl.format(
        "Delivered to the warehouse in {} after the second reminder, goods checked and counted by the foreman on duty, "
        "invoice number {} to follow by separate mail", number % 50, number * 7919,
    )  # fmt: skip
    return pl.select(
        region=pl.format("Region {}", number * 40 // count),
        city=pl.format("City {}", number * 2000 // count),
        id=number,
        customer=pl.format("Κατάστημα {} Москва", number % 5000),
        note=pl.when(number % 3 == 0).then(note).otherwise(pl.lit("fine")),
        day=pl.lit(datetime(2024, 1, 1)).dt.date() + pl.duration(days=number % 900),
        price=(number * 31 % 10_007) / 7,
        cost=(number * 37 % 10_007) / 7,
        pieces=number % 97,
    )


def _schema(rows: pl.DataFrame, names: list[str]) -> Schema:
    return Schema((name, kind) for name in names if (kind := from_polars(rows.schema[name])) is not None)


def _part(case: str, rows: pl.DataFrame) -> tuple[Part, Facts]:
    if case == "plain":
        return Part(columns=_schema(rows, rows.columns)), Facts()
    keys, added = ["region", "city"], ["price", "cost", "pieces"]
    levels = [rows.group_by(keys[: level + 1], maintain_order=True).agg(pl.col(added).sum(), pl.len().alias(ROWS))
              for level in range(2)]  # fmt: skip
    part = Part(columns=_schema(rows, rows.columns[2:]), group_by=_schema(rows, keys),
                totals=dict.fromkeys(added, "sum"), total_types=_schema(rows, added))  # fmt: skip
    return part, Facts(rows=rows.height, totals=rows.select(pl.col(added).sum()), subtotals=tuple(levels))


def _write(case: str, rows: pl.DataFrame, path: Path) -> None:
    part, facts = _part(case, rows)
    made = datetime(2026, 1, 31, tzinfo=UTC)
    with open_writer("pdf", path, report=Report(columns=part.columns, parts=(part,), generated_at=made)) as writer:
        writer.begin(facts)
        for batch in rows.iter_slices(BATCH_ROWS):
            writer.write(batch)


def _write_by_hand(rows: pl.DataFrame, path: Path) -> None:
    from reportlab.lib.pagesizes import A4, landscape
    from reportlab.platypus import SimpleDocTemplate, Table

    cells = [rows.columns, *([str(value) for value in row] for row in rows.iter_rows())]
    SimpleDocTemplate(str(path), pagesize=landscape(A4)).build([Table(cells, repeatRows=1)])


def _measure(case: str, count: int) -> None:
    """Print what one file took, as JSON; the rows are there before the clock starts."""
    rows = rich_rows(count) if case == "rich" else plain_rows(count)
    with tempfile.TemporaryDirectory() as folder:
        path, began = Path(folder) / "rows.pdf", time.process_time()
        if case == "reportlab":
            _write_by_hand(rows, path)
        else:
            _write(case, rows, path)
        took = time.process_time() - began
        kilobyte = 1 if sys.platform == "darwin" else 1024
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * kilobyte / 1e6
        print(json.dumps([took, peak, path.stat().st_size / 1e6]))


def main() -> None:
    print("| file | rows | CPU s | rows per CPU s | peak MB | file MB |\n|---|---:|---:|---:|---:|---:|")
    for case, count in CASES:
        command = [sys.executable, "-m", "benchmarks.pdf", case, str(count)]
        said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
        took, peak, size = json.loads(said)
        print(f"| {case} | {count:,} | {took:.1f} | {count / took:,.0f} | {peak:.0f} | {size:.1f} |", flush=True)


if __name__ == "__main__":
    if sys.argv[1:]:
        _measure(sys.argv[1], int(sys.argv[2]))
    else:
        main()
