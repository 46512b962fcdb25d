"""What a transform may ask for while it is built from its config: frames, inputs, bound expressions."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from decimal import Decimal

from ir.diagnostics import Pointer, Problems, did_you_mean
from ir.expressions import Column, Expression, ExpressionSyntax, Literal, TimeLiteral, parse_expression
from ir.javascript import hint_for
from ir.records import dataclass
from ir.types import DataType, Schema
from transforms.expressions import Bound, ExpressionProblems, Scope, bind
from transforms.expressions.signature import Kind
from transforms.expressions.tree import Apply, Node, children
from transforms.frame import Frame
from transforms.operation import Operation
from transforms.rejects import Rejects

UNKNOWN: Expression = Literal(None, (0, 0))
"""Stands for an expression that has an error of its own, so that it causes no others."""


def column_tree(name: str) -> Column:
    """The column as an expression, whatever its name."""
    return Column((name,), (0, 0), quoted=True)


def constant_tree(value: object) -> Expression:
    """A value of a column's type as an expression."""
    if isinstance(value, datetime.date | datetime.datetime | datetime.time):
        return TimeLiteral(value, (0, 0))
    assert value is None or isinstance(value, bool | int | float | str | Decimal)
    return Literal(value, (0, 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A question that a run asks of its rows.

    Rows in `suspects` make it look at `culprits` (where there are any), and a row there stops the run before
    any delivery: the error names the row's `columns`. A `counted` check instead warns with the number in the
    one row of `suspects`, when it is not 0.
    """

    suspects: Frame
    culprits: Frame | None = None
    columns: tuple[str, ...] = ()
    counted: bool = False
    code: str
    message: str
    at: Pointer
    hint: str | None = None


@dataclass(slots=True, kw_only=True)
class Building:
    """One step being built; `at` is the place of its config in the document."""

    problems: Problems
    at: Pointer
    inputs: Mapping[str, tuple[DataType, object]]
    timezone: str = "UTC"
    find_frame: Callable[[str, Pointer], Frame | None] = field(repr=False)
    add_hidden: Callable[[str, Operation], Frame] = field(repr=False)
    checks: list[Check] = field(default_factory=list)
    rejects: list[Rejects] = field(default_factory=list)
    """The rows that the steps so far do not take; a step adds its own."""
    found_values: Mapping[Pointer, Sequence[object]] = field(default_factory=dict)
    first_passes: dict[Pointer, Frame] = field(default_factory=dict)
    frames: Mapping[str, Frame | None] = field(default_factory=dict)
    """The frames an expression may name, None where their columns are not known."""
    words: Mapping[str, object] = field(default_factory=dict)
    """The words of the run."""
    made_later: Callable[[str], str | None] = field(default=lambda _: None, repr=False)
    """What to say of a column that is missing here and that a step further down makes."""

    def error(self, code: str, message: str, *at: str | int, hint: str | None = None, on_key: bool = False,
              notes: Iterable[str] = ()) -> None:  # fmt: skip
        self.problems.error(code, message, at=(*self.at, *at), hint=hint, on_key=on_key, notes=notes)

    def warning(self, code: str, message: str, *at: str | int, hint: str | None = None, on_key: bool = False) -> None:
        self.problems.warning(code, message, at=(*self.at, *at), hint=hint, on_key=on_key)

    def needs_values(self, at: Pointer, values: Frame) -> None:
        """Have the values of the one column of `values` found by a first pass; they come as `found_values[at]`."""
        self.first_passes[at] = values

    def frame(self, name: str, *at: str | int) -> Frame | None:
        """The frame `name` refers to, or None after an error at its place."""
        return self.find_frame(name, (*self.at, *at))

    def scope(self, schema: Schema, *, kind: Kind = "scalar", ordered: bool = False) -> Scope:
        return Scope(schema=schema, inputs=self.inputs, kind=kind, ordered=ordered, timezone=self.timezone,
                     frames=self.frames, words=self.words, made_later=self.made_later)  # fmt: skip

    def bound(self, text: str, scope: Scope, *at: str | int) -> Bound | None:
        """The expression parsed and typed, or None after errors at their places inside the text."""
        place = (*self.at, *at)
        if not isinstance(text, str):
            text = str(text).lower() if isinstance(text, bool) else str(text)
        try:
            parsed = parse_expression(text)
        except ExpressionSyntax as problem:
            self.problems.error("IR113", problem.message, at=place, within=(problem.start, problem.end),
                                hint=hint_for(text, problem))  # fmt: skip
            return None
        found = self.bound_tree(parsed, scope, *at)
        return found and replace(found, text=text)

    def bound_tree(self, parsed: Expression, scope: Scope, *at: str | int) -> Bound | None:
        """The parsed expression typed, or None after errors."""
        try:
            return bind(parsed, scope)
        except ExpressionProblems as found:
            for problem in found.problems:
                self.problems.error(problem.code, problem.message, at=(*self.at, *at), within=problem.span,
                                    hint=problem.hint, notes=[f"columns here: {scope.schema.brief()}"]
                                    if problem.code == "IR401" else ())  # fmt: skip
            return None

    def cast_hint(self, name: str, kind: DataType | str) -> str:
        """How to give a column another type before this step: a map, or where there is no step before, its source."""
        written = f"{{{_flow(name)}: {_flow(str(kind))}}}"
        if self.at[:1] == ("transforms",):
            return f"put a step before it: {{type: map, config: {{cast: {written}}}}}"
        return f"declare the type at its source: config: {{schema: {written}}}"

    def column(self, name: str, schema: Schema, *at: str | int) -> bool:
        """Whether the column exists; an error with a did-you-mean if not."""
        if name in schema:
            return True
        self.error("IR401", f'there is no column "{name}" here', *at,
                   hint=self.made_later(name) or did_you_mean(name, schema.names),
                   notes=[f"columns here: {schema.brief()}"])  # fmt: skip
        return False

    def known_columns(self, names: Sequence[str], schema: Schema, *at: str | int) -> list[str]:
        """Those of `names` that exist; an error for each that does not or stands twice."""
        kept: list[str] = []
        for index, name in enumerate(names):
            if not self.column(name, schema, *at, index):
                continue
            if name in kept:
                self.error("IR403", f'the column "{name}" stands twice', *at, index)
                continue
            kept.append(name)
        return kept

    def needs_order(self, rows: Frame, what: str, *at: str | int) -> bool:
        """Whether the frame's rows have an order; an error that shows the sort to add if not."""
        if rows.order is not None:
            return True
        first = rows.schema.names[0] if len(rows.schema) else "column"
        self.error("IR420", f'{what} needs ordered rows, and the rows of "{rows.name}" have no order', *at,
                   hint=f'put a step before it: {{type: sort, config: {{by: ["{first}"]}}}}')  # fmt: skip
        return False


def _flow(text: str) -> str:
    """The text as YAML takes it inside braces."""
    return text if re.fullmatch(r"[A-Za-z_]\w*", text, re.ASCII) else f'"{text}"'


def _calls(bound: Bound) -> Iterator[Apply]:
    waiting: list[Node] = [bound.root]
    while waiting:
        each = waiting.pop()
        if isinstance(each, Apply):
            yield each
        waiting.extend(children(each))


def calls(bound: Bound, *names: str) -> bool:
    """Whether one of these functions is called in the expression."""
    return any(each.function.name in names for each in _calls(bound))


def reads_order(bound: Bound) -> bool:
    """Whether the value depends on the order in which rows stand, as first() and row_number() do."""
    return any(each.function.needs_order and not each.order_by for each in _calls(bound))


def takes_order(bound: Bound) -> bool:
    """Whether rows in another order could give another value, be it only where an order of its own has ties."""
    return any(each.function.needs_order or each.order_by for each in _calls(bound))
