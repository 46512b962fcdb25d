"""The one relational join under all its spellings: join, enrich, data_merge, dedup against references."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import polars as pl

from ir.records import dataclass
from ir.types import DataType, Schema
from transforms import sql
from transforms.dtypes import polars_dtype
from transforms.expressions import Bound, sql_parts, to_polars, to_sql
from transforms.expressions.polars_columns import all_exact, exact
from transforms.expressions.tree import fields_of
from transforms.frame import Frame
from transforms.join_where import join_where
from transforms.operation import Lowering, Operation

if TYPE_CHECKING:
    from sqlglot import exp

How = Literal["inner", "left", "right", "full", "semi", "anti", "cross"]

_MATCHED = "__matched"
_KEY = "__key_"
_LEFT, RIGHT = "left", "right"


@dataclass(frozen=True, slots=True)
class Taken:
    """A column of the right side in the result: its `name` there, its name at the `source`, its default."""

    name: str
    source: str
    default: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Join(Operation):
    """The left frame's columns in order, then `taken` from the right one. Null keys never match.

    right and full: rows of the right side without a match have nulls on the left but for the keys, which
    stand under the left names, coalesced. semi and anti keep or drop the left rows that match.
    """

    how: How
    on: tuple[tuple[str, str], ...]
    taken: tuple[Taken, ...] = ()
    where: Bound | None = None
    """What must hold of a left and a right row beside their keys; columns of the right stand in its table."""

    @property
    def keeps_rows(self) -> bool:
        return self.keeps_count or self.how in {"semi", "anti"}

    @property
    def single(self) -> bool:
        if self.how in {"semi", "anti"} or self.keeps_count:
            return self.inputs[0].single
        return self.how in {"inner", "left", "cross"} and all(each.single for each in self.inputs)

    def summary(self) -> str:
        right = self.inputs[1].name
        on = " and ".join(left if left == right_key else f"{left} = {right_key}" for left, right_key in self.on)
        words = {"semi": "keep rows found in", "anti": "drop rows found in", "cross": "every row with every row of"}
        where = f" where {self.where.text}" if self.where is not None and self.where.text else ""
        return f"{words.get(self.how, self.how + ' with')} {right}" + (f" on {on}" if on else "") + where

    @property
    def _left(self) -> Schema:
        return self.inputs[0].schema

    def to_polars(self, *rows: pl.LazyFrame, lowering: Lowering) -> pl.LazyFrame:
        left, right = rows
        keys = [f"{_KEY}{index}" for index in range(len(self.on))]
        fields = fields_of(self.where.root) if self.where is not None else []
        read = {each.column: each.beside for each in fields if each.table}
        right = right.select(
            *(exact(source).alias(key) for key, (_, source) in zip(keys, self.on, strict=True)),
            *(exact(each.source).alias(each.name) for each in self.taken),
            *(exact(name).alias(beside) for name, beside in read.items()),
            *([pl.lit(True).alias(_MATCHED)] if self._has_defaults else []),
        )
        if self.where is not None:
            joined = join_where(
                left, right, to_polars(self.where, clock=lowering.clock), how=self.how, right_on=keys,
                left_on=[name for name, _ in self.on], left_names=self._left.names,
                right_names=[*keys, *(each.name for each in self.taken), *([_MATCHED] if self._has_defaults else [])],
            )  # fmt: skip
            return self._columns(joined, keys)
        if self.how == "cross":
            return left.join(right, how="cross").select(all_exact(self.schema.names))
        joined = left.join(
            right, left_on=all_exact(name for name, _ in self.on), right_on=keys, how=self.how,
            coalesce=False if self.how in {"right", "full"} else None,
        )  # fmt: skip
        return joined if self.how in {"semi", "anti"} else self._columns(joined, keys)

    def _columns(self, joined: pl.LazyFrame, keys: Sequence[str]) -> pl.LazyFrame:
        columns: list[pl.Expr] = []
        by_left = dict(zip((name for name, _ in self.on), keys, strict=True))
        for name in self._left:
            if self.how in {"right", "full"} and name in by_left:
                columns.append(pl.coalesce(exact(name), by_left[name]))
            else:
                columns.append(exact(name))
        for each in self.taken:
            value = exact(each.name)
            if each.default is not None:
                default = pl.lit(each.default).cast(polars_dtype(self.schema[each.name]))
                value = pl.when(pl.col(_MATCHED).is_null()).then(default).otherwise(value)
            columns.append(value.alias(each.name))
        return joined.select(columns)

    @property
    def _has_defaults(self) -> bool:
        return any(each.default is not None for each in self.taken)

    def to_sql(self, *rows: str, lowering: Lowering) -> exp.Query:
        from sqlglot import exp

        conditions: list[exp.Expression] = [
            exp.EQ(this=sql.column(left, _LEFT), expression=sql.column(right, RIGHT)) for left, right in self.on
        ]
        right_key = dict(self.on)
        columns: list[exp.Expression] = []
        for name in self._left:
            found: exp.Expression = sql.column(name, _LEFT)
            if self.how in {"right", "full"} and name in right_key:
                found = exp.Coalesce(this=found, expressions=[sql.column(right_key[name], RIGHT)])
            columns.append(sql.named(found, name))
        columns += [sql.named(self._taken_sql(each), each.name) for each in self.taken]
        query = sql.select(columns, sql.table(rows[0], _LEFT))
        words = {"inner": (None, "INNER"), "left": ("LEFT", None), "right": ("RIGHT", None), "full": ("FULL", None),
                 "semi": (None, "SEMI"), "anti": (None, "ANTI"), "cross": (None, "CROSS")}  # fmt: skip
        side, kind = words[self.how]
        source: exp.Expression = sql.table(rows[1], RIGHT)
        if self._has_defaults:
            marked = sql.select([*sql.columns(self.inputs[1].schema), sql.named(exp.true(), _MATCHED)], rows[1])
            source = sql.subquery(marked, RIGHT)
        if self.where is not None:
            conditions.append(sql.wrap(to_sql(self.where, clock=lowering.clock, table=_LEFT)))
            kind = "INNER" if self.how == "cross" else kind
        join = exp.Join(this=source, side=side, kind=kind, on=exp.and_(*conditions) if conditions else None)
        query.set("joins", [join])
        return query

    def _taken_sql(self, each: Taken) -> exp.Expression:
        from sqlglot import exp

        value = sql.column(each.source, RIGHT)
        if each.default is None:
            return value
        missing = exp.Is(this=sql.column(_MATCHED, RIGHT), expression=exp.Null())
        default = sql.literal(each.default, self.schema[each.name])
        found = exp.Case(ifs=[exp.If(this=missing, true=default)], default=value)
        return sql_parts.text_or_null(found, self.schema[each.name])


def join(left: Frame, right: Frame, *, how: How, on: Sequence[tuple[str, str]],
         taken: Sequence[Taken] = (), one_match: bool = False, where: Bound | None = None) -> Join:  # fmt: skip
    """The join operation with its schema worked out; the names of `taken` are free by then. It leaves no order.

    `one_match` says that no left row matches more than one right row.
    """
    schema: list[tuple[str, DataType]] = list(left.schema.items())
    schema += [(each.name, right.schema[each.source]) for each in taken]
    formats = dict(left.formats)
    formats |= {each.name: right.formats[each.source] for each in taken if each.source in right.formats}
    return Join(inputs=(left, right), schema=Schema(schema), formats=formats, how=how, on=tuple(on),
                taken=tuple(taken), where=where, keeps_count=one_match and how == "left")  # fmt: skip


def free_names(wanted: Mapping[str, str], left: Schema, suffix: str) -> tuple[list[Taken], list[str]]:
    """The columns of the right side under names the left one leaves free, and those that stay taken.

    `wanted` is {name in the result: name at the source}. A name both sides have gets `suffix`.
    """
    used = set(left.names)
    found: list[Taken] = []
    clashes: list[str] = []
    for name, source in wanted.items():
        free = name if name not in left else name + suffix
        if free in used or (free != name and free in wanted):
            clashes.append(free)
            continue
        used.add(free)
        found.append(Taken(free, source))
    return found, clashes
