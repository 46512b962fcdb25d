"""A collection whose documents did not fit, read again: once, into a file, so that every later look sees the same."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import field, replace
from pathlib import Path
from typing import Any

import polars as pl

from connectors.bad_rows import letters
from connectors.databases.mongodb.relation import Key, MongoRelation, broken_text, misfit, spooled
from connectors.databases.mongodb.request import BrokenDocument, documents_of
from connectors.databases.mongodb.sampled import joined, settled, type_of
from connectors.databases.mongodb.values import json_text, widened
from connectors.files.careful import BROKEN
from connectors.files.mended import MendedRelation
from connectors.parquet_rows import ParquetRows
from connectors.problem import ConnectorProblem
from connectors.set_aside import SetAside
from ir import types as t
from ir.records import dataclass
from transforms.dtypes import polars_dtype

_SHOWN = 5


@dataclass(slots=True, kw_only=True)
class _Findings:
    rows: int = 0
    bad: int = 0
    misfits: int = 0
    first: list[ConnectorProblem] = field(default_factory=list)
    kinds: dict[str, t.DataType] = field(default_factory=dict)
    """{column of a sampled type: the type that also holds the values that did not fit}"""
    examples: dict[str, str] = field(default_factory=dict)


def read_again(relation: MongoRelation, scratch: Path) -> MongoRelation | MendedRelation | None:
    """The relation as it can be read, None where all its documents fit.

    Raises:
        ConnectorProblem: IR533 where more documents are bad than the source allows.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    spool = relation.spool or _spool(relation, scratch)
    relation = replace(relation, spool=spool, met=[])
    found = _look(relation)
    rule = relation.bad_row_rule
    if not (found.bad or found.kinds):
        return None
    if found.bad and (rule.action == "error" or not rule.allows(found.bad, found.rows)):
        raise _too_many(relation, found)
    keys = {name: _wider(key, found.kinds[name]) if name in found.kinds else key for name, key in relation.keys.items()}
    warnings = [_widened(relation, name, keys[name].type, text) for name, text in found.examples.items()]
    wider = replace(relation, keys=keys, warnings=(*relation.warnings, *warnings))
    return _mended(wider, found, scratch) if found.bad else wider


def _spool(relation: MongoRelation, scratch: Path) -> Path:
    """All documents in a file of `scratch`."""
    handle, path = tempfile.mkstemp(prefix="documents-", suffix=".bson", dir=scratch)
    with open(handle, "wb") as file:
        for raw in relation.raw_batches(list(relation.keys)):
            file.write(len(raw).to_bytes(8, "little"))
            file.write(raw)
    return Path(path)


def _look(relation: MongoRelation) -> _Findings:
    assert relation.spool is not None
    found = _Findings()
    for raw in spooled(relation.spool):
        documents = documents_of(raw)
        bad: set[int] = {index for index, each in enumerate(documents) if isinstance(each, BrokenDocument)}
        readable = _readable(documents)
        relation.see(readable)
        for name, key in relation.keys.items():
            _, misfits = relation.column(name, readable)
            if not misfits:
                continue
            if not key.is_declared:
                values = [readable[index][name] for index in sorted(misfits)]
                found.examples.setdefault(name, widened(values[0]) or "")
                for each in values:
                    found.kinds[name] = joined(found.kinds.get(name, key.type), type_of(each))
                continue
            bad |= misfits
            found.misfits += len(misfits)
            for index in sorted(misfits)[: _SHOWN - len(found.first)]:
                text = widened(readable[index][name]) or ""
                found.first.append(misfit(relation, name, text, found.rows + index + 1))
        found.bad += len(bad)
        found.rows += len(documents)
    return found


def _readable(documents: Sequence[dict[str, Any] | BrokenDocument]) -> list[dict[str, Any]]:
    return [each.readable if isinstance(each, BrokenDocument) else each for each in documents]


def _wider(key: Key, kind: t.DataType) -> Key:
    """The column with a type that holds all its values: text, where they are of types that nothing else holds."""
    kind = settled(kind)
    is_mixed = kind == t.String() and key.type != t.String()
    return Key(type=kind, is_mixed=is_mixed or key.is_mixed)


def _widened(relation: MongoRelation, name: str, kind: t.DataType, text: str) -> ConnectorProblem:
    seen = relation.keys[name].type
    shown = text if len(text) <= 80 else text[:80] + "…"
    return ConnectorProblem(
        "IR537", f'"{name}" is {kind} here, not {seen}: {relation.collection} also holds "{shown}"',
        key=("database_config", "table"), hint=f'declare it: config: {{schema: {{"{name}": "{kind}"}}}}',
    )  # fmt: skip


def _too_many(relation: MongoRelation, found: _Findings) -> ConnectorProblem:
    rule = relation.bad_row_rule
    if not found.first:
        problem = broken_text(relation)
        problem.notes = (rule.exceeded(found.bad, found.rows),)
        return problem
    problem, *others = found.first
    if rule.action != "error":
        problem.notes = (*(each.message for each in others), rule.exceeded(found.bad, found.rows))
        problem.hint = f"{problem.hint}; max_bad: {found.bad} lets so many become dead letters"
    return problem


def _mended(relation: MongoRelation, found: _Findings, scratch: Path) -> MendedRelation:
    """The good rows in one file, the bad ones in two."""
    assert relation.spool is not None
    folder = Path(tempfile.mkdtemp(prefix="mended-", dir=scratch))
    good = folder / "rows.parquet"
    rule, names = relation.bad_row_rule, list(relation.keys)
    misfits = [(name, pl.col(f"m{index}"), pl.col(f"t{index}"), str(key.type))
               for index, (name, key) in enumerate(relation.keys.items()) if key.is_declared]  # fmt: skip
    is_broken = pl.col("rule").is_not_null()
    is_bad = is_broken if rule.action == "null" else pl.any_horizontal(is_broken, *(each for _, each, _, _ in misfits))
    texts = [pl.col(f"t{index}").alias(name) for index, name in enumerate(names)]
    written = letters(misfits, texts, source=relation.name, file=None)
    with ExitStack() as stack:
        good_rows, aside = ParquetRows(good, stack), SetAside(folder, stack)
        good_rows.write(pl.DataFrame(schema={name: polars_dtype(kind) for name, kind in relation.schema.items()}))
        for batch in _careful(relation):
            good_rows.write(batch.filter(~is_bad).select(pl.col(f"v{i}").alias(name) for i, name in enumerate(names)))
            aside.add(batch.filter(is_bad), written, texts)
    nulled = found.misfits if rule.action == "null" else 0
    return MendedRelation.of(relation, good, nulled, aside.rows())


def _careful(relation: MongoRelation) -> Iterator[pl.DataFrame]:
    """Careful batches (connectors.files.careful); only bad rows have their texts."""
    assert relation.spool is not None
    before = 0
    for raw in spooled(relation.spool):
        documents = documents_of(raw)
        readable = _readable(documents)
        broken = {index for index, each in enumerate(documents) if isinstance(each, BrokenDocument)}
        found = {name: relation.column(name, readable) for name in relation.keys}
        bad = broken.union(*(wrong for name, (_, wrong) in found.items() if relation.keys[name].is_declared))
        columns = [pl.int_range(before + 1, before + len(documents) + 1, eager=True).alias("row")]
        columns += _whole(readable, broken, bad)
        for index, (name, (values, wrong)) in enumerate(found.items()):
            texts = [widened(each.get(name)) if row in bad else None for row, each in enumerate(readable)]
            columns += [values.alias(f"v{index}"), pl.Series(f"t{index}", texts, dtype=pl.String()),
                        _flags(len(documents), wrong).alias(f"m{index}")]  # fmt: skip
        before += len(documents)
        yield pl.DataFrame(columns)


def _whole(documents: Sequence[Mapping[str, Any]], broken: set[int], bad: set[int]) -> list[pl.Series]:
    """The columns rule, reason and original."""
    rows = range(len(documents))
    texts = (
        ["utf-8" if row in broken else None for row in rows],
        ["a text of it is no UTF-8" if row in broken else None for row in rows],
        [json_text(documents[row]) if row in bad else None for row in rows],
    )
    return [pl.Series(name, each, dtype=pl.String()) for name, each in zip(BROKEN, texts, strict=True)]


def _flags(count: int, places: set[int]) -> pl.Series:
    if not places:
        return pl.repeat(value=False, n=count, dtype=pl.Boolean(), eager=True)
    return pl.int_range(count, eager=True).is_in(list(places))
