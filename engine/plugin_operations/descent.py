"""Which frames the rows of another come from one by one, and which of their columns they still have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.effects.relation import EffectRelation
from engine.graph import Relation
from transforms.deduplicate import Deduplicate
from transforms.filter import Filter
from transforms.format import Format
from transforms.frame import Frame
from transforms.join import Join
from transforms.limit import Limit
from transforms.map import Map, is_column
from transforms.sample import Sample
from transforms.sort import Sort
from transforms.window import WindowColumns

if TYPE_CHECKING:
    from engine.compiler import Compiler


def row_by_row(frame: Frame, compiler: Compiler) -> dict[str, frozenset[str]]:
    """{visible name of a frame: its columns that stand unchanged in the rows of `frame`}, itself included."""
    visible: dict[str, list[str]] = {}
    for name, each in compiler.frames.items():
        if each is not None:
            visible.setdefault(each.name, []).append(name)
    found: dict[str, frozenset[str]] = {}
    current: Relation | None = compiler.graph[frame.name]
    kept = frozenset(frame.schema)
    while current is not None:
        for name in visible.get(current.name, []):
            found[name] = kept & frozenset(current.frame.schema)
        before = _before(current)
        kept = kept & _unchanged(current, compiler)
        current = compiler.graph[before] if before is not None else None
    return found


def _before(relation: Relation) -> str | None:
    """The relation whose rows these are, or some of them."""
    operation = relation.operation
    if isinstance(relation.source, EffectRelation):
        return relation.source.rows_of
    if isinstance(operation, Filter | Sort | Limit | Sample | Deduplicate | Format | WindowColumns | Map):
        return operation.inputs[0].name
    if isinstance(operation, Join) and operation.keeps_rows:
        return operation.inputs[0].name
    return None


def _unchanged(relation: Relation, compiler: Compiler) -> frozenset[str]:
    """Its columns that are those of the relation before, under the same name."""
    operation = relation.operation
    if isinstance(relation.source, EffectRelation) and relation.source.rows_of is not None:
        rows = compiler.graph[relation.source.rows_of].frame.schema  # what it adds has a name of its own
        return frozenset(name for name, kind in relation.frame.schema.items() if rows.get(name) == kind)
    match operation:
        case Map():
            return frozenset(name for name, bound in operation.outputs if is_column(bound, name))
        case Join():
            taken = {each.name for each in operation.taken}
            return frozenset(name for name in operation.inputs[0].schema if name not in taken)
        case None:
            return frozenset()
    before = operation.inputs[0].schema
    return frozenset(name for name, kind in relation.frame.schema.items() if before.get(name) == kind)
