"""Which branch a run takes: known when the workflow is compiled, or the one value of a frame of one row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import polars as pl

from engine.conditionals.branch import VERDICT
from engine.conditionals.conditions import as_bound, call, first_of, holds
from ir import types as t
from transforms.aggregate import aggregate
from transforms.building import Building
from transforms.expressions import Bound, Clock, to_polars
from transforms.expressions.tree import Field, FrameValue, Node, Value, is_constant
from transforms.frame import Frame
from transforms.map import project


def taken(conditions: Sequence[Bound], *, clock: Clock) -> int | None:
    """The number of the branch whose condition holds, from 1 (one more than there are where none does).

    None where a condition reads rows.
    """
    if not all(is_constant(each.root) for each in conditions):
        return None
    for number, root in enumerate(first_of([each.root for each in conditions]), 1):
        if pl.select(to_polars(as_bound(root, ""), clock=clock)).item():
            return number
    return None


def verdict(
    conditions: Sequence[Bound], data: Frame, match: Literal["any", "all"] | None, name: str, building: Building
) -> Frame:
    """A frame of one row whose column `branch` is that number."""
    matched: list[tuple[str, Bound]] = []
    roots: list[Node] = []
    for number, each in enumerate(conditions, 1):
        if not each.columns:
            roots.append(each.root)
            continue
        function = "bool_and" if match == "all" else "bool_or"
        found = call(function, holds(each.root))
        matched.append((f"match_{number}", Bound(found, each.text, each.columns, True, values=each.values)))
        over_no_rows = Value(t.Boolean(), match == "all")
        roots.append(call("coalesce", Field(t.Boolean(), f"match_{number}"), over_no_rows))
    if not matched:  # one row is needed, whatever it holds
        count = building.bound("count(*)", building.scope(data.schema, kind="aggregate"))
        assert count is not None
        matched.append(("rows", count))
    one = building.add_hidden(f"{name}_matches", aggregate(data, (), matched))
    first = first_of(roots)
    numbered = [part for number, root in enumerate(first[:-1], 1) for part in (root, Value(t.Integer(), number))]
    found = call("case", *numbered, Value(t.Integer(), len(first)))
    bound = as_bound(found, "the branch that the run takes")
    return building.add_hidden(f"{name}_verdict", project(one, [(VERDICT, bound)]))


def is_branch(frame: Frame, number: int) -> Node:
    """Whether the run takes the branch of this number."""
    return call("=", FrameValue(t.Integer(), frame.name, VERDICT), Value(t.Integer(), number))
