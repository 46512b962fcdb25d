"""Rows written in the workflow itself."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from connectors.bad_rows import BadRowRule, BadRows, became_null, rejects_schema
from connectors.problem import ConnectorProblem
from connectors.values import TypedValue, convert, infer_value_type, plain, text_of
from ir import types as t
from ir.records import dataclass
from ir.types import Schema
from transforms.dtypes import polars_dtype
from transforms.rejects import LETTER_COLUMNS

if TYPE_CHECKING:
    from sqlglot import exp


@dataclass(frozen=True, slots=True, kw_only=True)
class InlineRelation:
    """The rows themselves, typed; the same face as a file's."""

    schema: Schema
    frame: pl.DataFrame
    bytes: int
    description: str
    files: tuple[str, ...] = ()
    ordered: bool = True
    bad: BadRows | None = None
    warnings: tuple[ConnectorProblem, ...] = ()
    fallible: tuple[str, ...] = ()
    may_fail: bool = False

    @property
    def single(self) -> bool:
        """Whether it has one row at most."""
        return self.frame.height <= 1

    def to_polars(self, scratch: Path | None = None) -> pl.LazyFrame:
        """The rows; nothing is written to `scratch`."""
        return self.frame.lazy()

    def to_sql(self, scratch: Path | None = None) -> exp.Query | None:
        """None: DuckDB reads the Polars frame as it is."""
        return None

    def to_sql_shown(self) -> exp.Query | None:
        """None: the rows stand as a table of the source's name."""
        return None


def inline_rows(
    rows: Sequence[Mapping[str, Any]], schema: Mapping[str, str] | None = None, *, name: str = "",
    rule: BadRowRule | None = None,
) -> InlineRelation:  # fmt: skip
    """The rows as a relation: columns in the order first seen, types as declared or as the values have them.

    Raises:
        ConnectorProblem: IR531 for a value that does not fit its declared column, at the value, where `rule` allows no
            more of them; IR532 for columns whose values have several types, or that differ only in case.
    """
    rule = rule or BadRowRule()
    declared = {column: t.parse_type(text) for column, text in (schema or {}).items()}
    names = dict.fromkeys(column for row in rows for column in row) | dict.fromkeys(declared)
    _check_names(names)
    columns: dict[str, t.DataType] = {}
    typed: dict[str, list[TypedValue]] = {}
    misfits: dict[int, dict[str, str]] = {}
    for column in names:
        values = [row.get(column) for row in rows]
        kind = columns[column] = declared.get(column) or _inferred(column, values)
        typed[column] = []
        for index, value in enumerate(values):
            try:
                typed[column].append(convert(value, kind))
            except ValueError as error:
                misfits.setdefault(index, {})[column] = str(error)
                typed[column].append(None)
    if misfits and (rule.action == "error" or not rule.allows(len(misfits), len(rows))):
        raise _too_many(misfits, len(rows), rule)
    series = [pl.Series(each, values, dtype=polars_dtype(columns[each]), strict=True) for each, values in typed.items()]
    frame = pl.DataFrame(series) if series else pl.DataFrame(height=len(rows))
    bad: BadRows | None = None
    warnings: tuple[ConnectorProblem, ...] = ()
    if misfits and rule.action == "null":
        warnings = (became_null(sum(map(len, misfits.values())), name),)
    elif misfits:
        bad = _bad_rows(rows, misfits, list(names), name)
        frame = frame.filter(~pl.int_range(pl.len()).is_in(list(misfits)))
    size = sum(len(str(value)) for row in rows for value in row.values())
    many = "1 row" if len(rows) == 1 else f"{len(rows)} rows"
    return InlineRelation(schema=Schema(columns), frame=frame, bytes=size, description=f"inline: {many}", bad=bad,
                          warnings=warnings)  # fmt: skip


def _too_many(misfits: Mapping[int, Mapping[str, str]], rows: int, rule: BadRowRule) -> ConnectorProblem:
    """The first value that does not fit; more of them as notes."""
    places = [(index, column, error) for index in sorted(misfits) for column, error in misfits[index].items()]
    index, column, error = places[0]
    notes = [f'row {other + 1}, column "{name}": {why}' for other, name, why in places[1:5]]
    hint = None
    if rule.action != "error" and (rule.written or notes):
        notes.append(rule.exceeded(len(misfits), rows))
        hint = f"max_bad: {len(misfits)} lets so many become dead letters"
    return ConnectorProblem("IR531", f'row {index + 1}, column "{column}": {error}', notes=notes, hint=hint,
                            key=("config", "rows", index, column))  # fmt: skip


def _bad_rows(rows: Sequence[Mapping[str, Any]], misfits: Mapping[int, Mapping[str, str]], names: Sequence[str],
              source: str) -> BadRows:  # fmt: skip
    letters, rejects = [], []
    for index in sorted(misfits):
        row, wrong = rows[index], misfits[index]
        column = next(iter(wrong))
        reason = "; ".join(f"{each}: {why}" for each, why in wrong.items())
        original = json.dumps(plain(row), ensure_ascii=False, default=str)
        letters.append((source, None, None, index + 1, column, text_of(row.get(column)), "type", reason, original))
        rejects.append((*(text_of(row.get(each)) for each in names), reason, "type", source, index + 1))
    schema = rejects_schema(Schema({each: t.String() for each in names}))
    return BadRows(
        count=len(misfits), letters=_frame(letters, LETTER_COLUMNS).lazy(), rows=_frame(rejects, schema).lazy()
    )


def _frame(rows: list[tuple[Any, ...]], schema: Schema) -> pl.DataFrame:
    return pl.DataFrame(rows, orient="row", schema={name: polars_dtype(kind) for name, kind in schema.items()})


def _check_names(names: Mapping[str, None]) -> None:
    folded: dict[str, str] = {}
    if "" in names:
        raise ConnectorProblem("IR532", "a column has no name", key=("config", "rows"),
                               hint='write one in place of ""')  # fmt: skip
    for name in names:
        other = folded.setdefault(name.casefold(), name)
        if other != name:
            raise ConnectorProblem(
                "IR532",
                f'columns "{other}" and "{name}" differ only in case',
                key=("config", "rows"),
                hint="write one name in all rows",
            )


def _inferred(name: str, values: Sequence[Any]) -> t.DataType:
    try:
        return infer_value_type(values)
    except ValueError as error:
        raise ConnectorProblem("IR532", f'column "{name}" holds {error}', key=("config", "rows"),
                               hint=f"declare it: schema: {{{name}: string}}") from error  # fmt: skip
