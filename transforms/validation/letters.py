"""Quarantined rows as dead letters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

from ir import types as t
from ir.records import dataclass
from transforms import sql
from transforms.expressions import Bound, to_polars, to_sql
from transforms.expressions.functions import OPERATORS as FUNCTIONS
from transforms.expressions.tree import Apply, Field, Node, Value
from transforms.frame import Frame, Order
from transforms.operation import Lowering
from transforms.rejects import LETTER_COLUMNS
from transforms.validation.layers import Layers, bound, call, moved
from transforms.validation.outcomes import by_rule, reason_of, text
from transforms.validation.rules import Rule
from transforms.validation.testing import Picked

if TYPE_CHECKING:
    from sqlglot import exp

_ORIGINAL = "original"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where the tested rows come from: what people call it, and its file where that is one.

    `placed` says that the place of a row is what people would find it by there.
    """

    name: str
    file: str | None = None
    placed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Letters(Picked):
    """Picked rows, and as `original` their `texts` {name: text} as one JSON object."""

    texts: tuple[tuple[str, Bound], ...]

    def to_polars(self, *rows: pl.LazyFrame, lowering: Lowering) -> pl.LazyFrame:
        found = rows[0] if self.where is None else rows[0].filter(to_polars(self.where, clock=lowering.clock))
        texts = [to_polars(each, clock=lowering.clock).alias(name) for name, each in self.texts]
        return found.select(
            *(to_polars(each, clock=lowering.clock).alias(name) for name, each in self.outputs),
            pl.struct(texts).struct.json_encode().alias(_ORIGINAL),
        )

    def to_sql(self, *rows: str, lowering: Lowering) -> exp.Query:
        parts = [part for name, each in self.texts for part in (sql.text(name), to_sql(each, clock=lowering.clock))]
        original = sql.cast(sql.call("json_object", *parts), t.String())
        columns = [sql.named(to_sql(each, clock=lowering.clock), name) for name, each in self.outputs]
        found = sql.select([*columns, sql.named(original, _ORIGINAL)], rows[0])
        return found if self.where is None else found.where(to_sql(self.where, clock=lowering.clock))


def build_letters(rules: Sequence[Rule], layers: Layers, tested: Frame, row: str | None, origin: Origin,
                  step: str) -> Letters | None:  # fmt: skip
    """The letters of the rows that rules with action quarantine rejected; None where there is no such rule."""
    sending = [rule for rule in rules if rule.action == "quarantine"]
    if not sending:
        return None
    values = {
        "source": text(origin.name),
        "step": text(step),
        "file": text(origin.file),
        "row": Field(t.Integer(), row) if row else Value(t.Integer(), None),
        "column": by_rule(sending, layers, [text(rule.column) for rule in sending]),
        "text": by_rule(sending, layers, [_value(rule, layers) for rule in sending]),
        "rule": by_rule(sending, layers, [text(rule.label) for rule in sending]),
        "reason": reason_of(sending, layers),
    }
    numbers = [Value(t.Integer(), rule.number) for rule in sending]
    return Letters(
        inputs=(tested,), schema=LETTER_COLUMNS, order=Order(arrival=True) if row else None, keeps_arrival=True,
        where=bound(call("coalesce", call("in", layers.rule, *numbers), Value(t.Boolean(), False))),
        outputs=tuple((name, bound(node)) for name, node in values.items()),
        texts=tuple((name, bound(_text(Field(kind, name)))) for name, kind in layers.rows.schema.items()),
    )  # fmt: skip


def _value(rule: Rule, layers: Layers) -> Node:
    """The value that broke the rule: as it came, or the default that a rule above it gave."""
    if rule.field is None or isinstance(rule.field.type, t.ListOf | t.Struct | t.File):
        return text(None)
    return _text(moved(rule.field, layers.seen[rule.number]))


def _text(node: Node) -> Node:
    """The value's text; lists and structs stay what they are, for JSON has them."""
    if isinstance(node.type, t.String | t.Json | t.ListOf | t.Struct | t.File | t.Duration):
        return node
    if isinstance(node.type, t.Null):
        return text(None)
    return Apply(t.String(), FUNCTIONS["cast"], (node,))
