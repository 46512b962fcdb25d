"""The graph as Polars LazyFrames."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import polars as pl

from engine.graph import Graph
from transforms.expressions import Clock
from transforms.filter import Filter
from transforms.join import Join
from transforms.map import Map
from transforms.operation import Lowering
from transforms.union import Union


class PolarsFrames:
    """LazyFrames of the graph's relations, each made once, for a set of `outputs` whose order shows."""

    def __init__(self, graph: Graph, *, clock: Clock, scratch: Path, outputs: Collection[str],
                 counts: dict[str, int] | None = None) -> None:  # fmt: skip
        self._graph = graph
        self._counts = counts
        self._pushed_through = predicates_pass(graph)
        self._shared = set(graph.shared(outputs))
        self._clock = clock
        self._scratch = scratch
        self._ordered = graph.ordered(outputs)
        self._frames: dict[str, pl.LazyFrame] = {}

    def frame(self, name: str) -> pl.LazyFrame:
        """The relation's rows, nothing collected."""
        for each in self._graph.needed([name]):
            if each not in self._frames:
                made = self._made(each)
                # Polars finds most shared work by itself, but not all; a cache here streams to all its readers.
                self._frames[each] = made.cache() if each in self._shared else made
        return self._frames[name]

    def _made(self, name: str) -> pl.LazyFrame:
        relation = self._graph[name]
        if relation.operation is None:
            assert relation.source is not None
            return self._counted(name, relation.source.to_polars(self._scratch))
        lowering = Lowering(clock=self._clock, ordered=name in self._ordered)
        rows = relation.operation.to_polars(*(self._frames[each] for each in relation.inputs), lowering=lowering)
        return rows if relation.hidden else self._counted(name, rows)

    def _counted(self, name: str, rows: pl.LazyFrame) -> pl.LazyFrame:
        """The rows, counted as their batches pass.

        A counter costs nothing that was measurable on 10 million rows, but the optimizer moves no filter through
        it; so there is none where that would make the query slower.
        """
        counts = self._counts
        if counts is None or name in self._pushed_through:
            return rows
        counts[name] = 0

        def count(batch: pl.DataFrame) -> pl.DataFrame:
            counts[name] += batch.height
            return batch

        return rows.map_batches(count, projection_pushdown=True, slice_pushdown=True, streamable=True,
                                validate_output_schema=False)  # fmt: skip


def predicates_pass(graph: Graph) -> set[str]:
    """The relations through which the optimizer may move a later filter towards the files.

    These are joins, unions, maps and files with statistics of their own (Parquet) that a filter is made of.
    """
    below_filter: set[str] = set()
    for relation in reversed(graph.relations.values()):
        operation = relation.operation
        if operation is not None and (isinstance(operation, Filter) or relation.name in below_filter):
            below_filter.update(relation.inputs)
    return {
        name for name in below_filter
        if isinstance(graph[name].operation, Join | Union | Map)
        or (graph[name].source is not None and getattr(graph[name].source, "pushes_filters", False))
    }  # fmt: skip
