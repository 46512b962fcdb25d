"""union, except and intersect: two queries of the same columns become one."""

from __future__ import annotations

from ir import expressions as e
from ir.statement_nodes import SetOperation
from transforms.aggregate import aggregate
from transforms.deduplicate import distinct
from transforms.expressions.widening import common_type
from transforms.frame import Frame, free_name
from transforms.select.planning import Planning
from transforms.select.rewriting import column
from transforms.union import union


def set_operation(planning: Planning, written: SetOperation, left: Frame, right: Frame) -> Frame | None:
    """The rows of both sides put together, or None after errors. Nulls are equal to each other here."""
    if not written.by_name:
        placed = _by_place(planning, written, left, right)
        if placed is None:
            return None
        right = placed
    if not _meet(planning, written, left, right):
        return None
    if written.operator in {"union", "union all"}:
        together = union([left, right], planning.building, [("query",), ("query",)])
        if together is None:
            return None
        frame = planning.add("sql_union", together)
        return planning.add("sql_distinct", distinct(frame)) if written.operator == "union" else frame
    return _compared(planning, written, left, right)


def _by_place(planning: Planning, written: SetOperation, left: Frame, right: Frame) -> Frame | None:
    """The right side under the left side's names."""
    if len(left.schema) != len(right.schema):
        planning.error("IR206", f"{written.operator} puts {len(left.schema)} columns over {len(right.schema)}",
                       written.span, "select as many on both sides, or write union by name")  # fmt: skip
        return None
    if left.schema.names == right.schema.names:
        return right
    outputs = {name: column(other, written.span) for name, other in zip(left.schema, right.schema, strict=True)}
    return planning.mapped(right, outputs, "renamed")


def _meet(planning: Planning, written: SetOperation, left: Frame, right: Frame) -> bool:
    good = True
    for name, kind in left.schema.items():
        other = right.schema.get(name) or kind
        if common_type([kind, other]) is None:
            good = False
            planning.error("IR406", f'the column "{name}" is {kind} before {written.operator} and {other} after it',
                           written.span, f"cast one of them: cast({name} as {kind})")  # fmt: skip
    return good


def _compared(planning: Planning, written: SetOperation, left: Frame, right: Frame) -> Frame | None:
    """The distinct rows of the left side that the right side has too, or has not."""
    names = list(left.schema)
    side = free_name("__side", names)
    marked = []
    for number, frame in enumerate((left, right)):
        kept = {name: column(name, written.span) for name in names}
        marked.append(planning.mapped(frame, {**kept, side: e.Literal(number, written.span)}, "marked"))
    if marked[0] is None or marked[1] is None:
        return None
    together = union([marked[0], marked[1]], planning.building, [("query",), ("query",)])
    if together is None:
        return None
    both = planning.add("sql_union", together)
    first, last = (free_name(word, names) for word in ("__first", "__last"))
    keys = [(name, planning.bound(column(name, written.span), both)) for name in names]
    place = column(side, written.span)
    ends = [
        (name, planning.bound(e.Call(word, (place,), written.span), both, "aggregate"))
        for name, word in ((first, "min"), (last, "max"))
    ]
    grouped = planning.add("sql_grouped", aggregate(
        both, [(name, bound) for name, bound in keys if bound], [(name, bound) for name, bound in ends if bound],
    ))  # fmt: skip
    wanted = {first: 0, last: 1 if written.operator == "intersect" else 0}
    conditions: list[e.Expression] = [
        e.Binary("=", column(name, written.span), e.Literal(number, written.span), written.span)
        for name, number in wanted.items()
    ]
    found = planning.filtered(grouped, conditions, "kept")
    if found is None:
        return None
    return planning.mapped(found, {name: column(name, written.span) for name in names}, "selected")
