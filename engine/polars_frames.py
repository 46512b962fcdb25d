"""The graph as Polars LazyFrames."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import polars as pl

from engine.graph import Graph
from transforms.expressions import Clock
from transforms.operation import Lowering


class PolarsFrames:
    """LazyFrames of the graph's relations, each made once, for a set of `outputs` whose order shows."""

    def __init__(self, graph: Graph, *, clock: Clock, scratch: Path, outputs: Collection[str]) -> None:
        self._graph = graph
        self._clock = clock
        self._scratch = scratch
        self._ordered = graph.ordered(outputs)
        self._frames: dict[str, pl.LazyFrame] = {}

    def frame(self, name: str) -> pl.LazyFrame:
        """The relation's rows, nothing collected."""
        for each in self._graph.needed([name]):
            if each not in self._frames:
                self._frames[each] = self._made(each)
        return self._frames[name]

    def _made(self, name: str) -> pl.LazyFrame:
        relation = self._graph[name]
        if relation.operation is None:
            assert relation.source is not None
            return relation.source.to_polars(self._scratch)
        lowering = Lowering(clock=self._clock, ordered=name in self._ordered)
        return relation.operation.to_polars(*(self._frames[each] for each in relation.inputs), lowering=lowering)
