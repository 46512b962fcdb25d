"""The transforms by name. A new one is a module and a line here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ir.model.base import Section
from ir.records import dataclass
from transforms.aggregate import AggregateConfig, ReduceConfig, build_aggregate, build_reduce
from transforms.building import Building
from transforms.deduplicate import DeduplicateConfig, build_deduplicate
from transforms.enrich import EnrichConfig, JoinConfig, build_join
from transforms.explode import ExplodeConfig, build_explode
from transforms.filter import FilterConfig, build_filter
from transforms.flatten import FlattenConfig, build_flatten
from transforms.format import FormatConfig, build_format
from transforms.frame import Frame
from transforms.limit import LimitConfig, build_limit
from transforms.map import MapConfig, build_map
from transforms.operation import Operation
from transforms.pivot import PivotConfig, build_pivot
from transforms.sample import SampleConfig, build_sample
from transforms.sort import SortConfig, build_sort
from transforms.statement import SqlConfig, build_sql
from transforms.union import UnionConfig, build_union
from transforms.unpivot import UnpivotConfig, build_unpivot
from transforms.window import WindowConfig, build_window


@dataclass(frozen=True, slots=True)
class TransformKind:
    """A `type` of transform: the model of its config, and what builds its operation."""

    config: type[Section]
    build: Callable[[Any, Frame, Building], Operation | None]

    @property
    def doc(self) -> str:
        """What it does, in the config's own words."""
        return (self.config.__doc__ or "").strip().splitlines()[0]


TRANSFORMS: dict[str, TransformKind] = {
    "map": TransformKind(MapConfig, build_map),
    "filter": TransformKind(FilterConfig, build_filter),
    "reduce": TransformKind(ReduceConfig, build_reduce),
    "sort": TransformKind(SortConfig, build_sort),
    "deduplicate": TransformKind(DeduplicateConfig, build_deduplicate),
    "enrich": TransformKind(EnrichConfig, build_join),
    "join": TransformKind(JoinConfig, build_join),
    "union": TransformKind(UnionConfig, build_union),
    "aggregate": TransformKind(AggregateConfig, build_aggregate),
    "window": TransformKind(WindowConfig, build_window),
    "pivot": TransformKind(PivotConfig, build_pivot),
    "unpivot": TransformKind(UnpivotConfig, build_unpivot),
    "explode": TransformKind(ExplodeConfig, build_explode),
    "flatten": TransformKind(FlattenConfig, build_flatten),
    "format": TransformKind(FormatConfig, build_format),
    "limit": TransformKind(LimitConfig, build_limit),
    "sample": TransformKind(SampleConfig, build_sample),
    "sql": TransformKind(SqlConfig, build_sql),
}
