"""Files with as many rows as wanted in place of a plan's sources."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from engine.bench.domains import Column, joined_columns, key_tuples
from engine.bench.made_columns import Domain, free_column, key_column
from engine.plan import Plan
from ir import types as t
from ir.records import dataclass

SAMPLED_ROWS = 5_000
_BLOCK = 500_000
_NESTED = (t.ListOf, t.Struct, t.File, t.Duration, t.Time)
"""Types that a text file does not hold as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The first rows of a source, and how many it has."""

    rows: pl.DataFrame
    count: int


def samples_of(plan: Plan) -> dict[str, Sample]:
    """A sample of every source, by its relation's name; sources are read once to count their rows."""
    found: dict[str, Sample] = {}
    for relation in plan.compiled.graph:
        if relation.source is None or len(relation.at) != 2:
            continue  # a frame of what a source rejects is no source
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # bad rows are of no interest here
            try:
                count = relation.source.to_polars(plan.scratch()).select(pl.len()).collect(engine="streaming").item()
            except pl.exceptions.PolarsError:
                count = plan.collect(relation.name).height
            found[relation.name] = Sample(rows=plan.preview(relation.name, rows=SAMPLED_ROWS), count=count)
    return found


def make_sources(plan: Plan, samples: dict[str, Sample], rows: int, folder: Path) -> dict[str, Path]:
    """A file for every source, the largest with `rows` rows and the others in their proportion to it.

    Columns that are joined draw from one domain, so that keys find partners; a key that stood once in the sample
    stands once. Everything else follows the sample: how often each value comes, the share of nulls.
    """
    graph = plan.compiled.graph
    largest = max((each.count for each in samples.values()), default=0)
    counts = {name: max(round(rows * each.count / largest), 1) if largest else rows for name, each in samples.items()}
    domains: dict[Column, tuple[pl.Series, bool]] = {}
    for columns in joined_columns(graph):
        domains.update(_domain(plan, samples, counts, columns))
    radix = _composite_keys(plan, samples, counts)
    made: dict[str, Path] = {}
    for salt, (name, sample) in enumerate(samples.items(), 1):
        path = folder / f"{name}.{_format(plan, name)}"
        schema = graph[name].frame.schema
        ids = pl.col("id")
        columns_made: list[pl.Expr] = []
        for index, (column, kind) in enumerate(schema.items()):
            here = salt * 1000 + index
            if (name, column) in radix:
                values, step = radix[name, column]
                made_one = pl.lit(values).gather((ids // step) % len(values))
            elif (name, column) in domains:
                domain, is_key = domains[name, column]
                made_one = (
                    pl.lit(domain).gather(ids % len(domain))
                    if is_key
                    else key_column(sample.rows[column], domain, ids, here)
                )
            else:
                made_one = free_column(sample.rows[column], kind, ids, here)
            columns_made.append(made_one.alias(column))
        _write(path, _blocks(columns_made, counts[name]))
        made[name] = path
    return made


def _domain(plan: Plan, samples: dict[str, Sample], counts: dict[str, int],
            columns: set[Column]) -> Iterator[tuple[Column, tuple[pl.Series, bool]]]:  # fmt: skip
    """For each joined column the values it takes, and whether each of them stands once there."""
    seen = {each: samples[each[0]].rows[each[1]].drop_nulls() for each in sorted(columns)}
    keys = [each for each, values in seen.items() if len(values) and values.n_unique() == len(values)]
    first = next(iter(seen))
    kind = plan.compiled.graph[first[0]].frame.schema[first[1]]
    if not keys:
        shared = Domain(kind, [value for values in seen.values() for value in values.unique().to_list()])
        values = shared.values(max(len(shared.seen), 1))
        yield from ((each, (values, False)) for each in seen)
        return
    domain = Domain(kind, [value for each in keys for value in seen[each].to_list()])
    sizes = {each: counts[each[0]] for each in keys}
    fewest = domain.values(min(sizes.values()))
    for each in seen:
        yield each, ((domain.values(sizes[each]), True) if each in sizes else (fewest, False))


def _composite_keys(plan: Plan, samples: dict[str, Sample],
                    counts: dict[str, int]) -> dict[Column, tuple[pl.Series, int]]:  # fmt: skip
    """Columns that are a key only together: every combination once, as the digits of the row's number."""
    found: dict[Column, tuple[pl.Series, int]] = {}
    for name, columns in sorted(key_tuples(plan.compiled.graph)):
        rows = samples[name].rows.select(columns).drop_nulls()
        single = any(rows[each].n_unique() == rows.height for each in columns)
        if len(columns) < 2 or not rows.height or single or rows.n_unique() < rows.height:
            continue
        step = 1
        for column in columns:
            seen = rows[column].unique().to_list()
            kind = plan.compiled.graph[name].frame.schema[column]
            is_last = column == columns[-1]
            size = max(-(-counts[name] // step), len(seen)) if is_last else len(seen)
            found[name, column] = (Domain(kind, seen).values(size), step)
            step *= size
    return found


def _blocks(columns: list[pl.Expr], count: int) -> Iterator[pl.DataFrame]:
    for start in range(0, count, _BLOCK):
        ids = pl.DataFrame({"id": pl.int_range(start, min(start + _BLOCK, count), eager=True)})
        yield ids.select(columns) if columns else pl.DataFrame(height=ids.height)


def _format(plan: Plan, name: str) -> str:
    """The source's own format where it can hold the columns, else Parquet."""
    source = plan.compiled.graph[name].source
    word = str(getattr(source, "format", ""))
    kinds = [kind for _, kind in plan.compiled.graph[name].frame.schema.items()]
    fits = not any(isinstance(each, _NESTED) or each == t.Datetime(zoned=True) for each in kinds)
    if word in {"csv", "tsv"} and fits:
        return word
    if word in {"json", "ndjson"} and not any(isinstance(each, (*_NESTED, t.Decimal)) for each in kinds):
        return "ndjson"
    if word == "txt" and len(kinds) == 1:
        return "txt"
    return "parquet"


def _write(path: Path, blocks: Iterator[pl.DataFrame]) -> None:
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        writer: Any = None
        for block in blocks:
            table = block.to_arrow()
            writer = writer or pq.ParquetWriter(path, table.schema)
            writer.write_table(table.cast(writer.schema), row_group_size=122_880)
        if writer is not None:
            writer.close()
        return
    with path.open("wb") as file:
        for index, block in enumerate(blocks):
            if path.suffix == ".ndjson":
                block.write_ndjson(file)
            elif path.suffix == ".txt":
                file.write(("\n".join(block.to_series().fill_null("")) + "\n").encode())
            else:
                block.write_csv(file, include_header=index == 0, separator="\t" if path.suffix == ".tsv" else ",",
                                datetime_format="%Y-%m-%dT%H:%M:%S%.f")  # fmt: skip
