"""Random aggregates and window calls made from the function table, as `expression_texts` makes scalar expressions."""

from __future__ import annotations

from hypothesis import strategies as st

from ir import types as t
from tests.conformance.expression_texts import SCOPE, argument, bound, call, forms_of
from transforms.expressions import Function, Scope
from transforms.expressions.functions import OPERATORS

AGGREGATE = Scope(schema=SCOPE.schema, kind="aggregate", ordered=True, timezone=SCOPE.timezone)
WINDOW = Scope(schema=SCOPE.schema, kind="window", ordered=True, timezone=SCOPE.timezone)
_ORDERS = (" order by nr", " order by nr desc", " order by g, nr", " order by x desc nulls first, nr")


def of_kind(*kinds: str) -> list[Function]:
    return [each for each in OPERATORS.values() if each.kind in kinds]


def is_inexact(function: Function) -> bool:
    """Statistics are numbers whose last digits depend on the order of adding."""
    return function.kind == "aggregate" and function.gives == "number"


@st.composite
def aggregates(draw: st.DrawFn, *, inexact: bool = False) -> str:
    """An aggregate of the table on random arguments, with distinct, an order and a filter where it takes them."""
    function = draw(st.sampled_from([each for each in of_kind("aggregate") if is_inexact(each) is inexact]))
    for _ in range(3):
        form = draw(st.sampled_from(forms_of(function) or ((function, ()),)))
        if inexact or (function.name == "sum" and form[1] == (t.Number(),)):
            # of small values only: what is lost beside large ones is another thing on each engine
            form = (function, tuple(kind if kind is None else t.Decimal(12, 2) for kind in form[1]))
            text = call(draw, form, 0)
        else:
            text = call(draw, form, 1)
        inside = text[:-1]
        if function.accepts_distinct and function.name != "all rows" and draw(st.integers(0, 3)) == 3:
            inside = inside.replace("(", "(distinct ", 1)
            text = inside + ")"
        elif function.accepts_order and (function.needs_order or draw(st.booleans())):
            text = inside + draw(st.sampled_from(_ORDERS)) + ")"
        if draw(st.integers(0, 2)) == 2:
            text += f" filter (where {argument(draw, t.Boolean(), 1)})"
        if bound(text, AGGREGATE) is not None:
            return text
    return "count(*)"


@st.composite
def window_calls(draw: st.DrawFn) -> str:
    """A ranking, a neighbour, or an exact aggregate beside each row."""
    functions = [each for each in of_kind("window", "aggregate") if not is_inexact(each)]
    function = draw(st.sampled_from(functions))
    for _ in range(3):
        form = draw(st.sampled_from(forms_of(function) or ((function, ()),)))
        if function.name == "sum":
            form = (function, (draw(st.sampled_from([t.Integer(), t.Decimal(12, 2)])),))
        text = call(draw, form, 1)
        if function.kind == "aggregate" and draw(st.integers(0, 4)) == 4:
            text += f" filter (where {argument(draw, t.Boolean(), 0)})"
        if bound(text, WINDOW) is not None:
            return text
    return "row_number()"
