"""Which rows of a join's source count where several match one input row: multiple first, last and error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from ir.expressions import Cast
from ir.expressions import Literal as Constant
from ir.types import Schema
from transforms.aggregate import aggregate
from transforms.building import Building, column_tree
from transforms.deduplicate import first_of_each
from transforms.expressions import Bound, SortKey, Window
from transforms.expressions.tree import Apply, Field, Node
from transforms.frame import Frame, Order
from transforms.join import RIGHT, How, Taken, join
from transforms.map import project
from transforms.operation import Operation
from transforms.union import union
from transforms.window import WindowColumns, window

_ROW, _PLACE = "__row", "__place"


def one_match(
    rows: Frame,
    right: Frame,
    building: Building,
    *,
    keep: Literal["first", "last"],
    how: How,
    on: Sequence[tuple[str, str]],
    taken: Sequence[Taken],
    where: Bound | None,
) -> Operation | None:
    """The join in which each input row meets only the first or last of the rows that match it.

    In right and full joins the source's rows that match no input row stay, all of them.
    """
    left_how: How = "left" if how in {"left", "full"} else "inner"
    if where is None:
        only = first_of_each(right, [key for _, key in on], keep)
        met: Operation = join(rows, building.add_hidden(f"{right.name}_{keep}", only), how=left_how, on=on,
                              taken=taken, one_match=True)  # fmt: skip
    else:
        met = _one_of_the_met(rows, right, building, keep=keep, how=left_how, on=on, taken=taken, where=where)
    if how in {"inner", "left"}:
        return met
    alone = join(right, rows, how="anti", on=[(key, name) for name, key in on], taken=(),
                 where=None if where is None else _seen_from_the_other_side(where))  # fmt: skip
    rest = building.add_hidden(f"{right.name}_alone", alone)
    sources = dict(on) | {each.name: each.source for each in taken}
    outputs: list[tuple[str, Bound]] = []
    for name, kind in met.schema.items():
        tree = column_tree(sources[name]) if name in sources else Cast(Constant(None, (0, 0)), kind, (0, 0))
        bound = building.bound_tree(tree, building.scope(rest.schema))
        assert bound is not None
        outputs.append((name, bound))
    parts = [building.add_hidden(f"{rows.name}_met", met),
             building.add_hidden(f"{right.name}_rest", project(rest, outputs))]  # fmt: skip
    return union(parts, building, [("source",), ("source",)])


def _one_of_the_met(rows: Frame, right: Frame, building: Building, *, keep: Literal["first", "last"], how: How,
                    on: Sequence[tuple[str, str]], taken: Sequence[Taken], where: Bound) -> Operation:  # fmt: skip
    """All matches of each input row, of which the one stays whose place in the source comes first or last."""
    numbered = building.add_hidden(f"{rows.name}_numbered", _numbered(rows, building))
    placed = building.add_hidden(f"{right.name}_placed", window(right, [(_PLACE, _row_number(right, building))]))
    every = join(numbered, placed, how=how, on=on, taken=[*taken, Taken(_PLACE, _PLACE)], where=where)
    both = building.add_hidden(f"{rows.name}_matches", every)
    chosen = first_of_each(replace(both, order=Order(keys=(SortKey(_PLACE),))), [_ROW], keep)
    one = building.add_hidden(f"{rows.name}_match", chosen)
    scope = building.scope(one.schema)
    names = [*rows.schema.names, *(each.name for each in taken)]
    outputs = [(name, building.bound_tree(column_tree(name), scope)) for name in names]
    summary = join(rows, right, how=how, on=on, taken=taken, where=where).summary()
    return project(one, [(name, bound) for name, bound in outputs if bound], notes=f"{summary}, the {keep} match")


def _row_number(rows: Frame, building: Building) -> Bound:
    found = building.bound("row_number()", building.scope(rows.schema, kind="window", ordered=True))
    assert found is not None
    return found


def _numbered(rows: Frame, building: Building) -> WindowColumns:
    """The rows with numbers that tell them apart and mean nothing else."""
    number = _row_number(rows, building)
    return WindowColumns(inputs=(rows,), schema=Schema([*rows.schema.items(), (_ROW, number.type)]),
                         formats=rows.formats, keeps_count=True, columns=((_ROW, number, Window()),))  # fmt: skip


def several_met(rows: Frame, doubles: Frame, right: Frame, building: Building, *, on: Sequence[tuple[str, str]],
                where: Bound | None) -> Frame:  # fmt: skip
    """The input rows that two rows of the source match; `doubles` are the keys that stand twice in it."""
    if where is None:
        return building.add_hidden(f"{right.name}_double_matches", join(rows, doubles, how="semi", on=on))
    numbered = building.add_hidden(f"{rows.name}_numbered", _numbered(rows, building))
    every = building.add_hidden(f"{rows.name}_matches", join(numbered, right, how="inner", on=on, where=where))
    scope = building.scope(every.schema)
    keys = [
        (name, building.bound_tree(column_tree(name), scope)) for name in dict.fromkeys([_ROW, *(n for n, _ in on)])
    ]
    count = building.bound("count(*)", building.scope(every.schema, kind="aggregate"))
    assert count is not None
    groups = aggregate(every, [(name, bound) for name, bound in keys if bound], [("__count", count)])
    having = building.bound("__count > 1", building.scope(groups.schema))
    return building.add_hidden(f"{right.name}_double_matches", replace(groups, having=having))


def _seen_from_the_other_side(where: Bound) -> Bound:
    """The condition with the sides of the join exchanged."""

    def turned(node: Node) -> Node:
        if isinstance(node, Field):
            return replace(node, table="" if node.table else RIGHT)
        if not isinstance(node, Apply):
            return node
        return replace(node, args=tuple(turned(each) for each in node.args))

    return replace(where, root=turned(where.root))
