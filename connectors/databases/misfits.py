"""The rows of a database that hold a value none of our types has: set aside, and left out of the statement."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from connectors.bad_rows import BadRows, became_null, letters
from connectors.databases.column import Column
from connectors.databases.relation import DatabaseRelation
from connectors.problem import ConnectorProblem
from connectors.set_aside import SetAside
from ir.records import dataclass
from transforms import sql

if TYPE_CHECKING:
    from sqlglot import exp

_SHOWN = 5
"""So many bad values an error names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    rows: int
    bad: int
    misfits: int


def read_again(relation: DatabaseRelation, scratch: Path) -> DatabaseRelation | None:
    """The source as it can be read: without its bad rows, or with null for their misfits. None where no row is bad.

    Raises:
        ConnectorProblem: more rows are bad than the source allows.
    """
    relation = relation.base or relation
    misfits = [each for each in relation.columns if each.misfit is not None]
    if not misfits:
        return None
    found = _count(relation, misfits)
    if not found.bad:
        return None
    rule = relation.rule
    if rule.action == "error" or not rule.allows(found.bad, found.rows):
        raise _too_many(relation, misfits, found)
    if rule.action == "null":
        columns = tuple(nulled(each) for each in relation.columns)
        warnings = (*relation.warnings, became_null(found.misfits, relation.name))
        return replace(relation, columns=columns, warnings=warnings, met=[])
    columns = tuple(replace(each, misfit=None) for each in relation.columns)
    relation.see_bad()
    return replace(_without(relation), columns=columns, bad=_set_aside(relation, misfits, scratch), met=[])


def nulled(column: Column) -> Column:
    """The column with null in place of what does not fit its type."""
    from sqlglot import exp

    if column.misfit is None:
        return column
    value = column.asked or sql.column(column.name)
    asked = exp.Case(ifs=[exp.If(this=_is_not(column.misfit), true=value.copy())])
    return replace(column, asked=asked, misfit=None, exact=False)


def _without(relation: DatabaseRelation) -> DatabaseRelation:
    """The source of the good rows; a limit of its own counts the bad ones too."""
    is_bad = relation.is_bad
    assert is_bad is not None
    if relation.limit is None and not relation.offset:
        return replace(relation, scope=(*relation.scope, _is_not(is_bad)))
    inner = relation.rows_of_source(sql.columns(each.name for each in relation.columns))
    return replace(relation, origin=inner, scope=(_is_not(is_bad),), limit=None, offset=None)


def _is_not(condition: exp.Expression) -> exp.Expression:
    """Whether the condition is false or null."""
    from sqlglot import exp

    return exp.Not(this=exp.Is(this=exp.Paren(this=condition.copy()), expression=exp.true()))


def _count(relation: DatabaseRelation, misfits: Sequence[Column]) -> _Found:
    """How many rows there are, how many of them are bad, and how many values are the reason."""
    from sqlglot import exp

    def times(condition: exp.Expression | None) -> exp.Expression:
        assert condition is not None
        return exp.Count(this=exp.Case(ifs=[exp.If(this=condition.copy(), true=sql.integer(1))]))

    asked = [exp.Count(this=exp.Star()), times(relation.is_bad), *(times(each.misfit) for each in misfits)]
    inner = relation.rows_of_source(sql.columns(each.name for each in relation.columns))
    named = [sql.named(each, f"n{place}") for place, each in enumerate(asked)]
    counts = pl.concat(relation.sent(sql.select(named, inner))).row(0)
    rows, bad, *each = (int(count) for count in counts)
    return _Found(rows=rows, bad=bad, misfits=sum(each))


def _bad_rows(relation: DatabaseRelation, misfits: Sequence[Column], *, at_most: int | None = None,
              ) -> Iterator[pl.DataFrame]:  # fmt: skip
    """The bad rows as texts `t0`, `t1` … in the order of the columns, with `m0` … for the misfits, and their `row`."""
    is_bad = relation.is_bad
    assert is_bad is not None
    number = sql.named(sql.row_number(keys=relation.order_keys(relation.called)), "weirflow: row")
    inner = relation.rows_of_source([*sql.columns(each.name for each in relation.columns), number])
    asked = [sql.named(sql.column("weirflow: row"), "row")]
    asked += [sql.named(_text(each), f"t{place}") for place, each in enumerate(relation.columns)]
    asked += [sql.named(_flag(each), f"m{place}") for place, each in enumerate(misfits)]
    query = sql.select(asked, inner).where(is_bad, copy=False)
    query = sql.order_by(query, [sql.column("weirflow: row")])
    if at_most is not None:
        query = query.limit(at_most, copy=False)
    for batch in relation.sent(query):
        flags = [pl.col(f"m{place}").cast(pl.Int64).cast(pl.Boolean) for place in range(len(misfits))]
        texts = [pl.col(f"t{place}").cast(pl.String) for place in range(len(relation.columns))]
        nothing = [pl.lit(None, dtype=pl.String()).alias(name) for name in ("rule", "reason", "original")]
        yield batch.select(pl.col("row").cast(pl.Int64), *texts, *flags, *nothing)


def _text(column: Column) -> exp.Expression:
    from sqlglot import exp

    value = column.text or sql.column(column.name)
    return value.copy() if column.text else exp.Cast(this=value.copy(), to=exp.DataType.build("text"))


def _flag(column: Column) -> exp.Expression:
    from sqlglot import exp

    assert column.misfit is not None
    return exp.Case(ifs=[exp.If(this=column.misfit.copy(), true=sql.integer(1))], default=sql.integer(0))


def _set_aside(relation: DatabaseRelation, misfits: Sequence[Column], scratch: Path) -> BadRows | None:
    """The bad rows in two files of scratch: as dead letters, and as they were read."""
    scratch.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="bad-", dir=scratch))
    places = {each.name: place for place, each in enumerate(relation.columns)}
    told = [(each.name, pl.col(f"m{place}"), pl.col(f"t{places[each.name]}"), str(each.type))
            for place, each in enumerate(misfits)]  # fmt: skip
    texts = [pl.col(f"t{place}").alias(name) for name, place in places.items()]
    written = letters(told, texts, source=relation.name, file=None)
    with ExitStack() as stack:
        aside = SetAside(folder, stack)
        for batch in _bad_rows(relation, misfits):
            aside.add(batch, written, texts)
    return aside.rows()


def _too_many(relation: DatabaseRelation, misfits: Sequence[Column], found: _Found) -> ConnectorProblem:
    """The first bad row at its source, some more as notes."""
    first = pl.concat(_bad_rows(relation, misfits, at_most=_SHOWN))
    places = {each.name: place for place, each in enumerate(relation.columns)}
    told: list[str] = []
    for row in first.iter_rows(named=True):
        column = next(each for place, each in enumerate(misfits) if row[f"m{place}"])
        text = row[f"t{places[column.name]}"]
        shown = text if len(text) <= 80 else text[:80] + "…"
        told.append(f'{relation.label}, row {row["row"]}, column "{column.name}": "{shown}" does not fit {column.type}')
    rule = relation.rule
    hint, notes = "a query can say what such values are", list[str]()
    if rule.action != "null":
        hint = f'on_bad_row: "null" reads such values as null, and {hint}'
    if rule.action != "error":
        notes = [*told[1:], rule.exceeded(found.bad, found.rows)]
        become = "become dead letters" if rule.action == "quarantine" else "have nulls there"
        hint += f"; max_bad: {found.bad} lets so many rows {become}"
    return ConnectorProblem("IR533", told[0], key=("database_config",), hint=hint, notes=notes)
