"""group by: the groups as a frame, and what the other clauses say in terms of its columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field, replace

from ir import expressions as e
from ir.records import dataclass
from transforms.aggregate import aggregate
from transforms.expressions import FUNCTIONS
from transforms.frame import Frame, free_name
from transforms.select.planning import Planning
from transforms.select.rewriting import below, column, parts, rewritten, shape


def has_aggregate(tree: e.Expression) -> bool:
    """Whether groups are needed to compute the tree; an aggregate over a window needs none itself."""
    if isinstance(tree, e.Over):
        return any(has_aggregate(each) for each in (*parts(tree.call), *tree.partition_by,
                                                    *(item.value for item in tree.order_by)))  # fmt: skip
    return _is_aggregate(tree) or any(has_aggregate(each) for each in parts(tree))


def _is_aggregate(tree: e.Expression) -> bool:
    function = FUNCTIONS.get(tree.name) if isinstance(tree, e.Call) else None
    return function is not None and function.kind == "aggregate"


@dataclass(slots=True)
class Grouping:
    """The groups of `rows` by `keys`. Trees are rewritten first, which collects the aggregates in them."""

    planning: Planning
    rows: Frame
    keys: Sequence[e.Expression]
    names: dict[object, str] = field(init=False)
    """{shape of a key: its column}."""
    aggregates: dict[object, tuple[str, e.Expression]] = field(default_factory=dict)
    good: bool = True

    def __post_init__(self) -> None:
        self.names = {}
        for key in self.keys:
            plain = isinstance(key, e.Column) and len(key.path) == 1
            name = key.path[0] if isinstance(key, e.Column) and plain else free_name("__group", self._taken())
            self.names.setdefault(shape(key), name)

    def _taken(self) -> list[str]:
        return [*self.rows.schema, *self.names.values(), *(name for name, _ in self.aggregates.values())]

    def over_groups(self, tree: e.Expression) -> e.Expression:
        """The tree in terms of the groups' columns; errors are collected for columns that groups do not have."""
        return rewritten(tree, self._rewrite)

    def _rewrite(self, part: e.Expression) -> e.Expression | None:
        name = self.names.get(shape(part))
        if name is not None:
            return column(name, part.span)
        if isinstance(part, e.Over):
            call = below(part.call, self._rewrite)
            assert isinstance(call, e.Call)
            return replace(
                part,
                call=call,
                partition_by=tuple(self.over_groups(each) for each in part.partition_by),
                order_by=tuple(replace(each, value=self.over_groups(each.value)) for each in part.order_by),
            )
        if _is_aggregate(part):
            found = self.aggregates.get(shape(part))
            if found is None:
                found = free_name("__aggregate", self._taken()), part
                self.aggregates[shape(part)] = found
            return column(found[0], part.span)
        if isinstance(part, e.Column) and part.path[0] in self.rows.schema:
            self.good = False
            shown = part.path[-1]
            self.planning.error("IR413", f'"{shown}" stands outside of an aggregate', part.span,
                                f"write an aggregate of it, such as max({shown}), or put it in group by")  # fmt: skip
            return part
        return None

    def grouped(self) -> Frame | None:
        """One row per group; without keys one row, also of no rows."""
        planning = self.planning
        if not self.good:
            return None
        keys = [(name, planning.bound(key, self.rows)) for key, name in self._named_keys()]
        results = [(name, planning.bound(tree, self.rows, "aggregate")) for name, tree in self.aggregates.values()]
        known_keys = [(name, bound) for name, bound in keys if bound is not None]
        known = [(name, bound) for name, bound in results if bound is not None]
        if len(known_keys) < len(keys) or len(known) < len(results):
            return None
        return planning.add("sql_grouped", aggregate(self.rows, known_keys, known))

    def _named_keys(self) -> list[tuple[e.Expression, str]]:
        found: dict[str, e.Expression] = {}
        for key in self.keys:
            found.setdefault(self.names[shape(key)], key)
        return [(key, name) for name, key in found.items()]
