"""The groups of a delivery: by which columns, and where each one's rows lie in its spool."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import TYPE_CHECKING

import polars as pl

from engine.spool import Spool
from ir.diagnostics import Pointer
from ir.records import dataclass
from transforms.expressions.polars_columns import exact

if TYPE_CHECKING:
    from engine.compiler import Compiler


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouped:
    """The columns that make groups and what stands for a value that is missing in one."""

    columns: tuple[str, ...] = ()
    empty_names: Mapping[str, str] = field(default_factory=dict)
    at: Pointer = ()


def grouped_by(compiler: Compiler) -> Grouped:
    """What the document says: its grouping, else its first partition."""
    workflow = compiler.workflow
    partitions = workflow.partitions
    empty = {each.field: each.handle_empty.partition_name for each in partitions if each.handle_empty is not None}
    if workflow.grouping is not None:
        return Grouped(columns=tuple(workflow.grouping.group_by), empty_names=empty, at=("grouping", "group_by"))
    if partitions:
        return Grouped(columns=(partitions[0].field,), empty_names=empty, at=("partitions", 0, "field"))
    return Grouped()


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring rows with the same values in the group's columns."""

    key: tuple[object, ...]
    first: int
    rows: int


def runs_of(spool: Spool, columns: tuple[str, ...]) -> Iterator[Run]:
    """The groups in the order of their rows, which come sorted by `columns`; a group may lie in several batches."""
    last: Run | None = None
    at = 0
    for batch in spool.batches():
        keys = batch.select(pl.struct(exact(name) for name in columns).rle().alias("run")).unnest("run")
        for length, value in zip(keys["len"].to_list(), keys["value"].to_list(), strict=True):
            key = tuple(value.values())
            if last is not None and last.key == key:
                last = Run(key, last.first, last.rows + length)
            else:
                if last is not None:
                    yield last
                last = Run(key, at, length)
            at += length
    if last is not None:
        yield last
