"""What every clause needs: problems at their place in the query, expressions bound, operations added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace

from ir import expressions as e
from ir.expression_lexer import Span
from ir.records import dataclass
from ir.types import Boolean, DataType, Null
from transforms.building import Building
from transforms.expressions import Bound, ExpressionProblem
from transforms.expressions.scope import OtherSide
from transforms.expressions.signature import Kind
from transforms.filter import keep_where
from transforms.frame import Frame, free_name
from transforms.map import project
from transforms.operation import Operation
from transforms.select.names import Names
from transforms.select.rewriting import column, conjunction, rewritten


@dataclass(slots=True)
class Planning:
    """A query being planned; `named` {name: frame} are the queries of its `with`, None after an error."""

    building: Building
    named: Mapping[str, Frame | None] = field(default_factory=dict)

    @property
    def outside(self) -> frozenset[str]:
        """The roots of names that are no columns: the run's inputs and frames of one row."""
        return frozenset({"inputs", *self.building.frames})

    def error(self, code: str, message: str, span: Span, hint: str | None = None) -> None:
        self.building.problems.error(code, message, at=(*self.building.at, "query"), within=span, hint=hint)

    def problem(self, found: ExpressionProblem, span: Span) -> None:
        self.error(found.code, found.message, span, found.hint)

    def add(self, word: str, operation: Operation) -> Frame:
        """The operation as a frame of its own, which the plan does not show."""
        return self.building.add_hidden(word, operation)

    def bound(
        self, tree: e.Expression, rows: Frame, kind: Kind = "scalar", *, ordered: bool | None = None
    ) -> Bound | None:
        """The resolved tree typed against the columns of `rows`, or None after errors."""
        ordered = rows.order is not None if ordered is None else ordered
        return self.building.bound_tree(tree, self.building.scope(rows.schema, kind=kind, ordered=ordered), "query")

    def resolved(
        self, tree: e.Expression, names: Names, *, through: frozenset[str] = frozenset()
    ) -> e.Expression | None:
        """The tree with the joined frame's names in it; a name of the select list stands for its expression.

        None after an error at each name that is unknown or stands for two columns.
        """
        good = True

        def resolve(part: e.Expression) -> e.Expression | None:
            nonlocal good
            if not isinstance(part, e.Column):
                return None
            found = names.find(part.path)
            if isinstance(found, ExpressionProblem):
                self.problem(found, part.span)
                good = False
                return part
            if found is not None:
                return e.Column(found, part.span, quoted=True)
            name = part.path[0]
            if name not in names.aliases or name in names.outside:
                return part
            if name in through or len(part.path) > 1:
                self.problem(names.unknown(name), part.span)
                good = False
                return part
            inner = self.resolved(names.aliases[name], names, through=through | {name})
            good &= inner is not None
            return inner or part

        made = rewritten(tree, resolve)
        return made if good else None

    def filtered(self, rows: Frame, conditions: Sequence[e.Expression], word: str) -> Frame | None:
        """The rows for which all the conditions hold, or None after errors."""
        if not conditions:
            return rows
        where = self.condition(conjunction(list(conditions)), rows, word)
        return None if where is None else self.add(f"sql_{word}", keep_where(rows, where, ""))

    def condition(self, tree: e.Expression, rows: Frame, word: str, *, other: OtherSide | None = None) -> Bound | None:
        """The condition typed against the rows, in a join against its `other` side too; None after errors."""
        scope = replace(self.building.scope(rows.schema, ordered=rows.order is not None), other=other)
        where = self.building.bound_tree(tree, scope, "query")
        if where is None or isinstance(where.type, Boolean | Null):
            return where
        self.error("IR411", f"{word} is {where.type}, not true or false", tree.span,
                   "compare it with something, as in amount > 0")  # fmt: skip
        return None

    def mapped(self, rows: Frame, outputs: Mapping[str, e.Expression], word: str) -> Frame | None:
        """The rows with exactly these columns, or None after errors."""
        bound = {name: self.bound(tree, rows) for name, tree in outputs.items()}
        known = [(name, each) for name, each in bound.items() if each is not None]
        if len(known) < len(bound):
            return None
        return self.add(f"sql_{word}", project(rows, known))

    def extended(self, rows: Frame, trees: Sequence[e.Expression], word: str) -> tuple[Frame, list[str]] | None:
        """The rows with a column for each tree: one they have where the tree is just that, else a new one."""
        names: list[str] = []
        added: dict[str, e.Expression] = {}
        for tree in trees:
            if isinstance(tree, e.Column) and len(tree.path) == 1 and tree.path[0] in rows.schema:
                names.append(tree.path[0])
                continue
            name = free_name(f"__{word}", [*rows.schema, *added])
            added[name] = tree
            names.append(name)
        if not added:
            return rows, names
        kept = {name: column(name, (0, 0)) for name in rows.schema}
        wider = self.mapped(rows, {**kept, **added}, word)
        return None if wider is None else (wider, names)

    def type_of(self, tree: e.Expression, rows: Frame) -> DataType | None:
        found = self.bound(tree, rows)
        return None if found is None else found.type
