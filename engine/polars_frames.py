"""The graph as Polars LazyFrames."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import polars as pl

from engine.graph import Graph, Relation, SourceRelation
from engine.whole_reading import barrier, whole_polars
from transforms.expressions import Clock
from transforms.expressions.polars_columns import all_exact
from transforms.filter import Filter
from transforms.join import Join
from transforms.map import Map
from transforms.operation import Lowering, beside
from transforms.union import Union

SPOOL_BYTES = 256_000_000
"""Sources of at most so many bytes are shared in memory between the outputs that read them."""


class PolarsFrames:
    """LazyFrames of the graph's relations, each made once, for a set of `outputs` whose order shows.

    With `counts` they are for a run: rows are counted there as they pass, and large shared work goes to disk.
    `whole` ones look at every row of their sources, so that none that is bad is passed over.
    """

    def __init__(self, graph: Graph, *, clock: Clock, scratch: Path, outputs: Collection[str],
                 counts: dict[str, int] | None = None, whole: bool = False) -> None:  # fmt: skip
        self._graph = graph
        self._whole = whole
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
                self._frames[each] = self._kept(each, made) if each in self._shared else made
        return self._frames[name]

    def input(self, name: str) -> pl.LazyFrame:
        """The first input of the relation, with the values of other frames that its expressions read."""
        operation = self._graph[name].operation
        assert operation is not None
        values = {each.frame: self.frame(each.frame) for each in operation.row_values}
        return beside(self.frame(operation.inputs[0].name), operation.row_values, values)

    def _made(self, name: str) -> pl.LazyFrame:
        relation = self._graph[name]
        if relation.operation is None:
            assert relation.source is not None
            return self._source(name, relation.source)
        rows = lowered(relation, self._frames, clock=self._clock, ordered=name in self._ordered)
        return rows if relation.hidden else self._counted(name, rows)

    def _source(self, name: str, source: SourceRelation) -> pl.LazyFrame:
        rows = source.to_polars(self._scratch)
        if not self._whole or not source.may_fail:
            return self._counted(name, rows)
        rows = whole_polars(rows, source)
        is_counted = self._counts is not None and name not in self._pushed_through
        return self._counted(name, rows) if is_counted else barrier(rows)

    def _kept(self, name: str, rows: pl.LazyFrame) -> pl.LazyFrame:
        """Rows that several outputs read, computed once.

        A cache streams to all its readers, but holds what the slowest of them has not taken yet: where that may
        be much, the rows go through a file in the run's folder instead.
        """
        if self._counts is None or self._source_bytes(name) <= SPOOL_BYTES:
            return rows.cache()
        self._scratch.mkdir(parents=True, exist_ok=True)
        path = self._scratch / f"{name}.arrow"
        rows.sink_ipc(path, compression="lz4", maintain_order=name in self._ordered, engine="streaming")
        return pl.scan_ipc(path)

    def _source_bytes(self, name: str) -> int:
        relations = (self._graph[each] for each in self._graph.needed([name]))
        return sum(relation.source.bytes for relation in relations if relation.source is not None)

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


def lowered(relation: Relation, frames: Mapping[str, pl.LazyFrame], *, clock: Clock, ordered: bool) -> pl.LazyFrame:
    """What a relation's operation makes of the frames it reads."""
    operation = relation.operation
    assert operation is not None
    values = {each.frame: frames[each.frame] for each in operation.values}
    inputs = [frames[frame.name] for frame in operation.inputs]
    if operation.row_values:
        inputs[0] = beside(inputs[0], operation.row_values, values)
    rows = operation.to_polars(*inputs, lowering=Lowering(clock=clock, ordered=ordered, values=values))
    return rows.select(all_exact(operation.schema.names)) if operation.row_values else rows


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
