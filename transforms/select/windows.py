"""over (…): each window as columns beside the rows, and the trees that read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ir import expressions as e
from transforms.aggregate import is_sortable
from transforms.expressions import FUNCTIONS, SortKey
from transforms.frame import Frame, free_name
from transforms.select.planning import Planning
from transforms.select.rewriting import column, parts, rewritten, shape
from transforms.window import window

_SPELLINGS = {"first_value": "first", "last_value": "last"}


def has_window(tree: e.Expression) -> bool:
    """Whether an over stands in the tree."""
    return isinstance(tree, e.Over) or any(has_window(each) for each in parts(tree))


def with_windows(
    planning: Planning, rows: Frame, trees: Sequence[e.Expression]
) -> tuple[Frame, list[e.Expression]] | None:
    """The rows with a column for each window, and the trees with those columns in place of the windows."""
    found: dict[object, e.Over] = {}

    def collect(part: e.Expression) -> e.Expression | None:
        if isinstance(part, e.Over):
            found.setdefault(shape(part), part)
            return part
        return None

    for tree in trees:
        rewritten(tree, collect)
    names: dict[object, str] = {}
    current: Frame | None = rows
    for key, each in found.items():
        assert current is not None
        names[key] = free_name("__window", current.schema)
        current = _windowed(planning, current, each, names[key])
        if current is None:
            return None
    assert current is not None

    def read(part: e.Expression) -> e.Expression | None:
        return column(names[shape(part)], part.span) if isinstance(part, e.Over) else None

    return current, [rewritten(tree, read) for tree in trees]


def _windowed(planning: Planning, rows: Frame, over: e.Over, name: str) -> Frame | None:
    call = replace(over.call, name=_SPELLINGS.get(over.call.name, over.call.name))
    function = FUNCTIONS.get(call.name)
    wider = planning.extended(rows, [*over.partition_by, *(item.value for item in over.order_by)], "window_key")
    if wider is None:
        return None
    rows, columns = wider
    partition_by, ordering = columns[: len(over.partition_by)], columns[len(over.partition_by) :]
    for each, item in zip(ordering, over.order_by, strict=True):
        if not is_sortable(rows.schema[each]):
            planning.error("IR408", f"rows cannot be sorted by {rows.schema[each]}", item.value.span)
            return None
    keys = tuple(
        SortKey(each, item.descending, item.nulls_first) for each, item in zip(ordering, over.order_by, strict=True)
    )
    if not keys and call.name in {"rank", "dense_rank"}:
        planning.error("IR420", f"{call.name} needs order by: without one every row has the first rank", over.span)
        return None
    is_ranking = function is not None and function.kind == "window"
    if over.frame is not None or not keys or is_ranking:
        frame = None if over.frame == (None, None) or is_ranking else over.frame
        if over.frame is not None and is_ranking:
            planning.error("IR412", f"a frame makes no difference to {call.name}", over.span, "leave it out")
            return None
        return _added(planning, rows, call, name, partition_by, keys, frame)
    return _up_to_equals(planning, rows, call, name, partition_by, keys)


def _up_to_equals(planning: Planning, rows: Frame, call: e.Call, name: str, partition_by: list[str],
                  keys: tuple[SortKey, ...]) -> Frame | None:  # fmt: skip
    """Over the rows up to the current one and those equal to it, which is what an order alone means in SQL.

    Rows are numbered, the call is computed up to each number, and equal rows take what the last of them has.
    """
    number, running = (free_name(word, [*rows.schema, name]) for word in ("__number", "__running"))
    numbered = _added(planning, rows, e.Call("row_number", (), call.span), number, partition_by, keys, None)
    if numbered is None:
        return None
    by_number = (SortKey(number),)
    summed = _added(planning, numbered, call, running, partition_by, by_number, (None, 0))
    if summed is None:
        return None
    last = e.Call("last", (column(running, call.span),), call.span)
    equal = list(dict.fromkeys([*partition_by, *(key.column for key in keys)]))
    return _added(planning, summed, last, name, equal, by_number, None)


def _added(planning: Planning, rows: Frame, call: e.Call, name: str, partition_by: list[str],
           keys: tuple[SortKey, ...], frame: tuple[int | None, int | None] | None) -> Frame | None:  # fmt: skip
    bound = planning.bound(call, rows, "window", ordered=bool(keys) or rows.order is not None)
    if bound is None:
        return None
    if frame is not None and not keys and rows.order is None:
        planning.error("IR420", "a frame without order by needs ordered rows, and these have no order", call.span)
        return None
    operation = window(rows, [(name, bound)], partition_by=partition_by, order_by=keys, frame=frame)
    return planning.add("sql_windowed", operation)
