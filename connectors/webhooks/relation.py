"""The rows of a webhook source: those of the payloads that a run was begun with, or none that are known yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from connectors.bad_rows import BadRowRule, BadRows
from connectors.inline import InlineRelation, inline_rows
from connectors.problem import ConnectorProblem
from connectors.webhooks.payload import rows_of
from ir import types as t
from ir.records import dataclass
from ir.types import DataType, Schema

if TYPE_CHECKING:
    from sqlglot import exp


@dataclass(frozen=True, slots=True, kw_only=True)
class PayloadRelation(InlineRelation):
    """Rows made of payloads; `is_single` where every payload is one row."""

    is_single: bool = False

    @property
    def single(self) -> bool:
        return self.is_single


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitedRelation:
    """The rows of a request that has not come: their columns are known, and they cannot be read."""

    name: str
    schema: Schema
    single: bool
    bytes: int = 0
    ordered: bool = True
    fallible: tuple[str, ...] = ()
    may_fail: bool = True
    bad: BadRows | None = None
    description: str = "webhook: each request begins a run"

    def to_polars(self, scratch: Path) -> pl.LazyFrame:
        raise not_given(self.name)

    def to_sql(self, scratch: Path) -> exp.Query | None:
        return None

    def to_sql_shown(self) -> exp.Query | None:
        return None


def not_given(name: str) -> ConnectorProblem:
    """That there are no rows without a request."""
    return ConnectorProblem("IR327", f'"{name}" is a webhook, and no request was given whose rows it would have',
                            hint="--payload FILE (payload=… in Python) stands in for one")  # fmt: skip


def payload_rows(payloads: Sequence[Any], columns: Schema | None, *, name: str, rule: BadRowRule,
                 is_single: bool) -> PayloadRelation:  # fmt: skip
    """The payloads as rows: with the `columns` that their schema names and no others, else as their values are.

    Raises:
        ConnectorProblem: IR532 for values of several types in a column, IR533 for more bad rows than may be.
    """
    rows = list(rows_of(payloads))
    if not rows and columns is None:
        raise ConnectorProblem("IR327", f'the payload of "{name}" holds no row, so that nothing tells its columns',
                               hint="write a payload_schema that names them", key=("webhook_config",))  # fmt: skip
    types = None
    if columns is not None:
        rows = [{column: _known(row.get(column), kind) for column, kind in columns.items()} for row in rows]
        types = {column: str(kind) for column, kind in columns.items()}
    try:
        made = inline_rows(rows, types, name=name, rule=rule)
    except ConnectorProblem as problem:
        raise _of_payload(problem, name) from None
    many = "1 payload" if len(payloads) == 1 else f"{len(payloads):,} payloads"
    found = {each.name: getattr(made, each.name) for each in fields(InlineRelation)}
    return PayloadRelation(**{**found, "description": f"webhook: {many}"}, is_single=is_single)


def _known(value: Any, kind: DataType) -> Any:
    """The value without the keys that its type has no fields for."""
    match kind:
        case t.Struct(known) if isinstance(value, Mapping):
            return {name: _known(value.get(name), each) for name, each in known}
        case t.ListOf(item) if isinstance(value, list):
            return [_known(each, item) for each in value]
    return value


def _of_payload(problem: ConnectorProblem, name: str) -> ConnectorProblem:
    """The problem of rows that stand in no file."""
    is_misfit = problem.code == "IR531"
    hint = problem.hint if is_misfit else "a payload_schema tells the type of each column"
    return ConnectorProblem("IR533" if is_misfit else problem.code, f'the payload of "{name}": {problem.message}',
                            notes=problem.notes, hint=hint, key=("webhook_config",))  # fmt: skip
