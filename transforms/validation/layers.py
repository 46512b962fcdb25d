"""The rules as layers of computed columns: each rule sees what the rules above it have left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field

from ir import types as t
from ir.records import dataclass
from transforms.expressions import Bound, SortKey
from transforms.expressions.coercion import Misfit, apply
from transforms.expressions.functions import OPERATORS as FUNCTIONS
from transforms.expressions.tree import Apply, Field, Node, OrderItem, Value, columns_of
from transforms.frame import Frame
from transforms.sort import total_order
from transforms.validation.rules import Rule
from transforms.validation.testing import Computed, Layer, Repeated, Unknown

_FALSE = Value(t.Boolean(), False)


@dataclass(slots=True)
class Layers:
    """Built rule by rule. Rules that do not need each other's result share a layer.

    `mark` begins the name of every column added: `{mark}rule` holds the number of the rule that rejected the row,
    `{mark}f3` whether the row broke rule 3, which does not reject, `{mark}v3` the column with rule 3's default.
    """

    rows: Frame
    mark: str
    done: list[Layer] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    """What the references look into, after the tested frame itself."""
    values: dict[str, str] = field(default_factory=dict)
    """Where each column stands now that got a default."""
    missing: dict[int, Node] = field(default_factory=dict)
    """{rule number: true where its value was missing when it was tested}."""
    seen: dict[int, dict[str, str]] = field(default_factory=dict)
    """{rule number: `values` when it was tested}."""
    has_rejects: bool = False
    _waiting: list[tuple[Rule, Node]] = field(default_factory=list)

    @property
    def rule(self) -> Field:
        return Field(t.Integer(), f"{self.mark}rule")

    def add(self, rule: Rule) -> None:
        """Test the rule after those before it."""
        looks_around = rule.is_unique or rule.allowed is not None
        reads = {name for node in (rule.test, rule.missing, rule.field) if node is not None
                 for name in columns_of(node)}  # fmt: skip
        given = {each.field.column for each, _ in self._waiting
                 if each.action == "use_default" and isinstance(each.field, Field)}  # fmt: skip
        if looks_around or reads & given:
            self.flush()
        self.seen[rule.number] = dict(self.values)
        broken = self._broken(rule, self._found_around(rule) if looks_around else None)
        self._waiting.append((rule, broken))

    def _now(self, node: Node) -> Node:
        """The node over the columns as the rules so far have left them."""
        return moved(node, self.values)

    def _broken(self, rule: Rule, around: Node | None) -> Node:
        """True where a row breaks the rule, never null."""
        terms: list[Node] = []
        if rule.missing is not None:
            self.missing[rule.number] = self._now(rule.missing)
            terms.append(self.missing[rule.number])
        if around is not None:
            terms.append(around)
        elif rule.written.type == "not_null":
            assert rule.field is not None
            terms.append(call("is null", self._now(rule.field)))
        elif rule.written.type == "expression":
            assert rule.test is not None
            kept = Value(t.Boolean(), not rule.written.required)
            terms.append(call("not", call("coalesce", self._now(rule.test), kept)))
        elif rule.test is not None:
            assert rule.field is not None
            known = call("not", call("is null", self._now(rule.field)))
            terms.append(call("and", known, call("not", call("coalesce", self._now(rule.test), _FALSE))))
        return _FALSE if not terms else terms[0] if len(terms) == 1 else call("or", *terms)

    def _found_around(self, rule: Rule) -> Node:
        """A column that is true where the value has stood in an earlier row, or does not stand in the reference."""
        name = f"{self.mark}b{rule.number}"
        keys = rule.keys or ((rule.field,) if rule.field is not None else ())
        named = [(f"{self.mark}k{rule.number}_{place}", self._now(key)) for place, key in enumerate(keys)]
        # a row that is rejected already counts for nobody
        tests = [] if rule.compares_nulls else [call("not", call("is null", key)) for _, key in named]
        if self.has_rejects:
            tests.append(call("is null", self.rule))
        counts = f"{self.mark}k{rule.number}"
        counted: Node = Value(t.Boolean(), True)
        if tests:
            counted = tests[0] if len(tests) == 1 else call("and", *tests)
        self.done.append(Computed(((counts, bound(counted)), *((each, bound(key)) for each, key in named))))
        if rule.allowed is not None:
            frame, column = rule.allowed
            self.frames.append(frame)
            self.done.append(Unknown(name, counts, named[0][0], len(self.frames), column))
        else:
            columns = tuple(each for each, _ in named)
            order: tuple[SortKey, ...] = ()
            if self.rows.order is None:
                order = total_order((), self.rows)[0] or tuple(SortKey(each) for each in columns)
            self.done.append(Repeated(name, counts, columns, order))
        return Field(t.Boolean(), name)

    def flush(self) -> None:
        """Turn the rules that wait into columns."""
        rejecting = [(rule, broken) for rule, broken in self._waiting if rule.rejects]
        others = [(rule, broken) for rule, broken in self._waiting if not rule.rejects]
        self._waiting.clear()
        if rejecting:
            branches: list[Node] = []
            if self.has_rejects:
                branches += [call("not", call("is null", self.rule)), self.rule]
            for rule, broken in rejecting:
                branches += [broken, Value(t.Integer(), rule.number)]
            first = Apply(t.Integer(), FUNCTIONS["case"], (*branches, Value(t.Integer(), None)))
            self.done.append(Computed(((self.rule.column, bound(first)),)))
            self.has_rejects = True
        if others:
            self.done.append(Computed(tuple((f"{self.mark}f{rule.number}", bound(self._met(rule, broken)))
                                            for rule, broken in others)))  # fmt: skip
        defaults = [rule for rule, _ in others if rule.action == "use_default"]
        if defaults:
            self.done.append(Computed(tuple(self._defaulted(rule) for rule in defaults)))
            for rule in defaults:
                assert isinstance(rule.field, Field)
                self.values[rule.field.column] = f"{self.mark}v{rule.number}"

    def _met(self, rule: Rule, broken: Node) -> Node:
        """Whether the row breaks the rule, where no rule above has rejected it."""
        if not self.has_rejects:
            return broken
        later = call(">", self.rule, Value(t.Integer(), rule.number))
        is_open = call("or", call("is null", self.rule), later)
        return Apply(t.Boolean(), FUNCTIONS["case"], (is_open, broken, _FALSE))

    def _defaulted(self, rule: Rule) -> tuple[str, Bound]:
        assert isinstance(rule.field, Field)
        kind = rule.field.type
        flag = Field(t.Boolean(), f"{self.mark}f{rule.number}")
        value = Apply(kind, FUNCTIONS["case"], (flag, Value(kind, rule.default), self._now(rule.field)))
        return f"{self.mark}v{rule.number}", bound(value)

    def failed(self, rule: Rule) -> str:
        """True for the tested rows that broke the rule, as an expression says it."""
        return f'"{self.mark}rule" = {rule.number}' if rule.rejects else f'"{self.mark}f{rule.number}"'


def call(function: str, *args: Node) -> Node:
    """A function of the table on nodes that fit it."""
    found = apply(FUNCTIONS[function], args, timezone="UTC")
    assert not isinstance(found, Misfit)
    return found


def bound(node: Node) -> Bound:
    return Bound(node, "", columns_of(node), False)


def moved(node: Node, places: dict[str, str]) -> Node:
    """The node reading other columns in place of those in `places` {column: other}."""
    match node:
        case Field(kind, column, path):
            return Field(kind, places.get(column, column), path)
        case Apply():
            return Apply(
                node.type, node.function, tuple(moved(each, places) for each in node.args), node.distinct,
                None if node.where is None else moved(node.where, places),
                tuple(OrderItem(moved(each.node, places), each.descending, each.nulls_first) for each in node.order_by),
            )  # fmt: skip
    return node


def free_mark(names: Sequence[str]) -> str:
    """What no column's name begins with."""
    mark = "__"
    while any(name.startswith(mark) for name in names):
        mark += "_"
    return mark
