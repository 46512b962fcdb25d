"""A source whose fast scan failed, read again with care: which columns widen, and which rows are bad."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import field, replace
from pathlib import Path

import polars as pl

from connectors.bad_rows import letters
from connectors.files.bad_row_problem import BadRow, too_many
from connectors.files.mended import MendedRelation
from connectors.files.relation import FileRelation, fact_polars
from connectors.parquet_rows import ParquetRows
from connectors.problem import ConnectorProblem
from connectors.set_aside import SetAside
from ir import types as t
from ir.records import dataclass
from transforms.dtypes import polars_dtype

_SHOWN = 5
"""So many bad values an error names."""


@dataclass(slots=True, kw_only=True)
class Findings:
    """What a careful look at a source found."""

    rows: int = 0
    bad: int = 0
    misfits: int = 0
    """Values of declared columns that do not fit."""
    first: list[BadRow] = field(default_factory=list)
    widened: dict[str, BadRow] = field(default_factory=dict)
    """{column of an inferred type: the first row whose value does not fit it}"""


def read_again(relation: FileRelation, scratch: Path) -> FileRelation | MendedRelation | None:
    """The relation as it can be read, None where its rows are not what failed.

    Raises:
        ConnectorProblem: the rows are worse than the source allows.
    """
    found = look(relation, scratch)
    rule = relation.bad_row_rule
    if relation.scan is None or not (found.bad or found.widened):
        return _converting(relation)
    if found.bad and (rule.action == "error" or not rule.allows(found.bad, found.rows)):
        raise too_many(relation, found.first, found.bad, found.rows)
    scan = relation.scan.widened(found.widened)
    kinds = {name: t.String() if name in found.widened else kind for name, kind in relation.schema.items()}
    warnings = [
        ConnectorProblem(
            "IR537", f'"{name}" is string here, not {each.kind}: {each.place}, column "{name}" holds "{each.shown}"',
            key=("location",), hint=f'declare it: schema: {{"{name}": string}}, or list the text in null_values',
        )
        for name, each in found.widened.items()
    ]  # fmt: skip
    wider = replace(
        relation, scan=scan, schema=t.Schema(kinds), warnings=(*relation.warnings, *warnings), is_second=True
    )
    return _mend(wider, found, scratch) if found.bad else wider


def _converting(relation: FileRelation) -> FileRelation | None:
    """The relation read value by value, where the fast scan refuses what a conversion takes, such as "2" for 2."""
    scan = relation.scan
    if scan is None or relation.is_second:
        return None
    converting = scan.widened(())
    return replace(relation, scan=converting, is_second=True) if converting != scan else None


def look(relation: FileRelation, scratch: Path, *, at_most: int | None = None) -> Findings:
    """Read all rows with care, or until more than `at_most` are bad."""
    found = Findings()
    columns = list(relation.scan.schema.items()) if relation.scan else []
    for shown, batch in _batches(relation, scratch):
        found.rows += batch.height
        broken = batch.filter(pl.col("rule").is_not_null())
        whole = batch if broken.is_empty() else batch.filter(pl.col("rule").is_null())
        any_misfit = whole.select(pl.col(r"^m\d+$").any()).row(0)
        misfits = [index for index, is_any in enumerate(any_misfit) if is_any]
        declared = []
        for index in misfits:
            name, kind = columns[index]
            if name in relation.declared or not relation.widens:
                declared.append(index)
            elif name not in found.widened:
                row = whole.filter(f"m{index}").row(0, named=True)
                found.widened[name] = BadRow(shown, row["row"], name, row[f"t{index}"], str(kind))
        if broken.is_empty() and not declared:
            continue
        is_bad = pl.any_horizontal(pl.col("rule").is_not_null(), *(pl.col(f"m{index}") for index in declared))
        bad = batch.filter(is_bad)
        found.bad += bad.height
        found.misfits += int(
            whole.select(pl.sum_horizontal(pl.lit(0), *(pl.col(f"m{i}").sum() for i in declared))).item()
        )
        for row in bad.head(_SHOWN - len(found.first)).iter_rows(named=True):
            if row["rule"] is not None:
                found.first.append(BadRow(shown, row["row"], None, row["original"], row["rule"], row["reason"]))
                continue
            index = next(each for each in declared if row[f"m{each}"])
            name, kind = columns[index]
            found.first.append(BadRow(shown, row["row"], name, row[f"t{index}"], str(kind)))
        if at_most is not None and found.bad > at_most:
            break
    return found


def _batches(relation: FileRelation, scratch: Path) -> Iterator[tuple[str, pl.DataFrame]]:
    if relation.scan is None:
        return
    scratch.mkdir(parents=True, exist_ok=True)
    for file in relation.sources:
        for batch in relation.scan.read_carefully(file, scratch):
            yield file.shown, batch


def _mend(relation: FileRelation, found: Findings, scratch: Path) -> MendedRelation:
    """The good rows in one file, the bad ones in two."""
    folder = Path(tempfile.mkdtemp(prefix="mended-", dir=scratch))
    good = folder / "rows.parquet"
    scan, rule = relation.scan, relation.bad_row_rule
    assert scan is not None
    columns = list(scan.schema.items())
    is_declared = [name in relation.declared or not relation.widens for name, _ in columns]
    misfits = [(name, pl.col(f"m{index}"), pl.col(f"t{index}"), str(kind))
               for index, (name, kind) in enumerate(columns) if is_declared[index]]  # fmt: skip
    is_broken = pl.col("rule").is_not_null()
    is_bad = is_broken if rule.action == "null" else pl.any_horizontal(is_broken, *(each for _, each, _, _ in misfits))
    with ExitStack() as stack:
        good_rows, aside = ParquetRows(good, stack), SetAside(folder, stack)
        empty = pl.DataFrame(schema={name: polars_dtype(kind) for name, kind in relation.schema.items()})
        good_rows.write(empty)
        for number, file in enumerate(relation.sources):
            facts = [(name, kind, values[number]) for name, kind, values in relation.facts]
            texts = [pl.col(f"t{index}").alias(name) for index, (name, _) in enumerate(columns)]
            texts += [
                pl.lit(None if value is None else str(value), dtype=pl.String()).alias(name) for name, _, value in facts
            ]
            values = [pl.col(f"v{index}").alias(name) for index, (name, _) in enumerate(columns)]
            values += [fact_polars(value, kind).alias(name) for name, kind, value in facts]
            written = letters(misfits, texts, source=relation.name, file=file.shown)
            for batch in scan.read_carefully(file, scratch):
                good_rows.write(batch.filter(~is_bad).select(values))
                aside.add(batch.filter(is_bad), written, texts)
    nulled = found.misfits if rule.action == "null" else 0
    return MendedRelation.of(relation, good, nulled, aside.rows())
