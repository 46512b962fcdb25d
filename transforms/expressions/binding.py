"""Names resolved and types checked: a parsed expression becomes a typed tree, or a list of problems."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ir import expressions as e
from ir import types as t
from ir.diagnostics import did_you_mean
from ir.expression_lexer import Span
from transforms.expressions import coercion
from transforms.expressions.casts import can_cast
from transforms.expressions.dates import PARTS, part_function
from transforms.expressions.functions import FUNCTIONS, OPERATORS
from transforms.expressions.literals import INTEGER_RANGE, decimal_type
from transforms.expressions.names import resolve
from transforms.expressions.operators import operation
from transforms.expressions.problems import ExpressionProblem, ExpressionProblems
from transforms.expressions.scope import Scope
from transforms.expressions.signature import Function
from transforms.expressions.tree import (
    Apply,
    Bound,
    Field,
    Node,
    OrderItem,
    Value,
    columns_of,
    has_kind,
    is_constant,
    values_of,
)


def bind(expression: e.Expression, scope: Scope, *, text: str = "") -> Bound:
    """The expression typed against the scope.

    Raises:
        ExpressionProblems: every name, type or place that is wrong in it; none where it reads a frame whose columns
            an error elsewhere hides.
    """
    binder = Binder(scope)
    root = binder.bind(expression)
    if isinstance(root, Value) and isinstance(root.value, e.Interval):
        root = coercion.lasting(root.value)
        if root is None:
            binder.problem("IR411", "an interval of months has no length of its own", expression.span,
                           "it is added to or subtracted from a date or datetime")  # fmt: skip
    if binder.problems or root is None:
        raise ExpressionProblems(binder.problems)
    return Bound(root, text, columns_of(root), has_kind(root, "aggregate"), expression, values_of(root))


class Binder:
    """Walks a parsed expression once; a part that is wrong becomes None and causes no further problems."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.problems: list[ExpressionProblem] = []
        self._inside: str | None = None
        """The aggregate or window call whose arguments are being bound."""

    def bind(self, node: e.Expression) -> Node | None:
        return _RULES[type(node)](self, node)

    def problem(self, code: str, message: str, span: Span, hint: str | None = None) -> None:
        self.problems.append(ExpressionProblem(code=code, message=message, span=span, hint=hint))

    def all(self, nodes: Sequence[e.Expression]) -> list[Node] | None:
        """All of them bound, or None if any is wrong."""
        found = [self.bind(each) for each in nodes]
        kept = [each for each in found if each is not None]
        return kept if len(kept) == len(found) else None

    def literal(self, node: e.Literal) -> Node | None:
        value = node.value
        match value:
            case None:
                return Value(t.Null(), None)
            case bool():
                return Value(t.Boolean(), value)
            case str():
                return Value(t.String(), value)
            case float():
                return Value(t.Number(), value)
            case int() if INTEGER_RANGE[0] <= value <= INTEGER_RANGE[1]:
                return Value(t.Integer(), value)
        if isinstance(value, int):
            self.problem("IR411", "the integer does not fit 64 bits", node.span,
                         "write it with a point for a decimal, or with an exponent for a number")  # fmt: skip
            return None
        try:
            return Value(decimal_type(value), value)
        except ValueError as error:
            self.problem("IR411", str(error), node.span, "write it with an exponent for a number")
            return None

    def time_literal(self, node: e.TimeLiteral) -> Node | None:
        import datetime

        value = node.value
        if isinstance(value, datetime.datetime):
            zoned = value.tzinfo is not None
            return Value(t.Datetime(zoned), value.astimezone(datetime.UTC) if zoned else value)
        return Value(t.Date() if isinstance(value, datetime.date) else t.Time(), value)

    def interval(self, node: e.Interval) -> Node | None:
        return Value(t.Duration(), node)

    def column(self, node: e.Column) -> Node | None:
        found = resolve(node.path, self.scope, quoted=node.quoted)
        if isinstance(found, ExpressionProblem):
            self.problem(found.code, found.message, node.span, found.hint)
            return None
        if isinstance(found, Field) and self.scope.kind == "aggregate" and self._inside is None:
            self.problem("IR413", f'"{found.column}" stands outside of an aggregate', node.span,
                         f"write an aggregate of it, such as max({found.column}), or put it in group_by")  # fmt: skip
            return None
        return found

    def star(self, node: e.Star) -> Node | None:
        self.problem("IR412", "* stands only in count(*)", node.span)
        return None

    def call(self, node: e.Call) -> Node | None:
        spelled = self._other_spelling(node)
        if spelled is not None:
            return self.bind(spelled)
        function = FUNCTIONS.get(node.name)
        if function is None:
            match node.name, node.args:
                case "extract" | "date_part", (e.Literal(value=str() as part), _):
                    names = [each.name for each in PARTS]
                    self.problem("IR410", f"{part} is no part of a date", node.args[0].span,
                                 did_you_mean(part, names) or f"the parts are {', '.join(names)}")  # fmt: skip
                    return None
            self.problem("IR410", f"there is no function {node.name}", (node.span[0], node.span[0] + len(node.name)),
                         did_you_mean(node.name, FUNCTIONS) or "weirflow list functions shows them all")  # fmt: skip
            return None
        if not self._may_stand(function, node):
            return None
        outside, self._inside = self._inside, function.name if function.kind != "scalar" else self._inside
        stars = [each for each in node.args if isinstance(each, e.Star)]
        args = [] if stars else self.all(node.args)
        order = [(self.bind(item.value), item) for item in node.order_by]
        where = None if node.where is None else self.bind(node.where)
        self._inside = outside
        if args is None or (node.where is not None and where is None) or any(each is None for each, _ in order):
            return None
        if stars:
            if function.name != "count" or node.distinct:
                self.problem("IR412", "* stands only in count(*)", stars[0].span)
                return None
            function = OPERATORS["all rows"]
        if where is not None and not isinstance(where.type, t.Boolean | t.Null):
            assert node.where is not None
            self.problem("IR411", f"filter needs a condition, this is {where.type}", node.where.span)
            return None
        where = None if where is None else coercion.convert(where, t.Boolean())
        items = tuple(OrderItem(each, item.descending, item.nulls_first) for each, item in order if each is not None)
        if node.distinct and not all(each.node in args or is_constant(each.node) for each in items):
            self.problem("IR412", f"distinct values of {function.name} are ordered by themselves only", node.span,
                         "order by what stands after distinct, or leave distinct out")  # fmt: skip
            return None
        return self.apply(function, args, node.span, [each.span for each in node.args], distinct=node.distinct,
                          where=where, order_by=items)  # fmt: skip

    def over(self, node: e.Over) -> Node | None:
        self.problem("IR412", "a window cannot stand here", node.span,
                     "compute it in the select list, and test it in qualify")  # fmt: skip
        return None

    def _other_spelling(self, node: e.Call) -> e.Expression | None:
        """Calls that mean an operator or another function."""
        match node.name, node.args:
            case "mod", (x, y):
                return e.Binary("%", x, y, node.span)
            case "date_add" | "date_sub", (x, e.Interval() as interval):
                return e.Binary("+" if node.name == "date_add" else "-", x, interval, node.span)
            case "extract" | "date_part", (e.Literal(value=str() as part), x) if part_function(part):
                return e.Call(part.lower() if part.lower() in FUNCTIONS else _SHORT[part.lower()], (x,), node.span)
        return None

    def _may_stand(self, function: Function, node: e.Call) -> bool:
        where = node.span
        if function.kind == "scalar":
            if node.where or node.distinct or node.order_by:
                self.problem("IR412", f"{function.name} is no aggregate: it takes no distinct, order by or filter",
                             where)  # fmt: skip
                return False
            return True
        if self._inside is not None:
            self.problem("IR412", f"{function.name} stands inside {self._inside}", where,
                         "compute the inner one in a step before this one")  # fmt: skip
            return False
        if function.kind == "aggregate" and self.scope.kind == "scalar":
            self.problem(
                "IR412",
                f"the aggregate {function.name} cannot stand here, where each row is seen alone",
                where,
                "use a transform of type aggregate or reduce, or window for its value beside each row",
            )
            return False
        if function.kind == "window" and self.scope.kind != "window":
            self.problem("IR412", f"{function.name} needs a window", where,
                         "use a transform of type window with order_by")  # fmt: skip
            return False
        if node.distinct and not function.accepts_distinct:
            self.problem("IR412", f"distinct makes no difference in {function.name}", where, "leave distinct out")
            return False
        if node.order_by and not function.accepts_order:
            self.problem("IR412", f"order by makes no difference in {function.name}", where, "leave order by out")
            return False
        if node.where is not None and function.kind == "window":
            self.problem("IR412", f"filter cannot stand after {function.name}", where)
            return False
        if function.needs_order and not self.scope.ordered and not node.order_by:
            self.problem("IR420", f"{function.name} needs ordered rows, and these have no order", where,
                         "write order_by in the window" if self.scope.kind == "window" else
                         f"write {function.name}(x order by y), or sort the rows before" if function.accepts_order
                         else "sort the rows in a step before this one")  # fmt: skip
            return False
        return True

    def apply(
        self,
        function: Function,
        args: Sequence[Node],
        span: Span,
        spans: Sequence[Span],
        *,
        distinct: bool = False,
        where: Node | None = None,
        order_by: tuple[OrderItem, ...] = (),
    ) -> Node | None:
        """The function on the arguments, each converted to what the signature takes."""
        found = coercion.apply(function, args, timezone=self.scope.timezone)
        if isinstance(found, coercion.Misfit):
            at = spans[found.argument] if found.argument is not None and found.argument < len(spans) else span
            self.problem(found.code, found.message, at, found.hint)
            return None
        if distinct or where is not None or order_by:
            return Apply(found.type, found.function, found.args, distinct, where, order_by)
        return found

    def cast(self, node: e.Cast) -> Node | None:
        value = self.bind(node.operand)
        if value is None:
            return None
        if not can_cast(value.type, node.to):
            self.problem("IR411", f"{value.type} cannot be cast to {node.to}", node.span)
            return None
        if value.type == node.to:
            return value
        return Apply(node.to, OPERATORS["try_cast" if node.safe else "cast"], (value,))

    def case(self, node: e.Case) -> Node | None:
        tests: list[e.Expression] = [condition for condition, _ in node.branches]
        if node.operand is not None:
            operand = node.operand
            tests = [e.Binary("=", operand, each, each.span) for each in tests]
        flat: list[e.Expression] = []
        for test, (_, value) in zip(tests, node.branches, strict=True):
            flat += [test, value]
        flat.append(node.otherwise or e.Literal(None, node.span))
        bound = self.all(flat)
        return None if bound is None else self.apply(OPERATORS["case"], bound, node.span, [each.span for each in flat])

    def between(self, node: e.Between) -> Node | None:
        return self._operator("between", node.span, node.value, node.low, node.high)

    def in_list(self, node: e.InList) -> Node | None:
        if not node.choices:
            self.problem("IR411", "in () has nothing to choose from", node.span)
            return None
        return self._operator("in", node.span, node.value, *node.choices)

    def like(self, node: e.Like) -> Node | None:
        escape = [] if node.escape is None else [node.escape]
        return self._operator("ilike" if node.any_case else "like", node.span, node.value, node.pattern, *escape)

    def is_(self, node: e.Is) -> Node | None:
        name = {None: "is null", True: "is true", False: "is false"}[node.what]
        return self._operator(name, node.span, node.value)

    def unary(self, node: e.Unary) -> Node | None:
        if node.operator == "+":
            return self._operator("positive", node.span, node.value)
        return self._operator("not" if node.operator == "not" else "negative", node.span, node.value)

    def logic(self, node: e.Logic) -> Node | None:
        return self._operator(node.operator, node.span, *node.terms)

    def binary(self, node: e.Binary) -> Node | None:
        bound = self.all((node.left, node.right))
        if bound is None:
            return None
        spans = [node.left.span, node.right.span]
        found = operation(node.operator, bound[0], bound[1])
        if isinstance(found, coercion.Misfit):
            at = node.span if found.argument is None else spans[found.argument]
            self.problem(found.code, found.message, at, found.hint)
            return None
        name, left, right = found
        return self.apply(OPERATORS[name], [left, right], node.span, spans)

    def _operator(self, name: str, span: Span, *parts: e.Expression) -> Node | None:
        bound = self.all(parts)
        return None if bound is None else self.apply(OPERATORS[name], bound, span, [each.span for each in parts])


_SHORT = {"dow": "dayofweek", "doy": "dayofyear"}

_RULES: dict[type, Callable[[Binder, Any], Node | None]] = {
    e.Literal: Binder.literal,
    e.TimeLiteral: Binder.time_literal,
    e.Interval: Binder.interval,
    e.Column: Binder.column,
    e.Star: Binder.star,
    e.Call: Binder.call,
    e.Over: Binder.over,
    e.Cast: Binder.cast,
    e.Case: Binder.case,
    e.Between: Binder.between,
    e.InList: Binder.in_list,
    e.Like: Binder.like,
    e.Is: Binder.is_,
    e.Unary: Binder.unary,
    e.Binary: Binder.binary,
    e.Logic: Binder.logic,
}
