"""One SELECT, clause by clause in the order in which SQL computes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import field, replace
from typing import Literal

from ir import expressions as e
from ir.expression_lexer import Span
from ir.records import dataclass
from ir.statement_nodes import AllColumns, Item, Query, Select
from transforms.aggregate import is_sortable
from transforms.deduplicate import distinct
from transforms.expressions import SortKey
from transforms.frame import Frame, free_name
from transforms.select.grouping import Grouping, has_aggregate
from transforms.select.names import Names
from transforms.select.planning import Planning
from transforms.select.rewriting import column, conjuncts, shape
from transforms.select.tables import Tables
from transforms.select.windows import has_window, with_windows
from transforms.sort import sort


@dataclass(slots=True)
class Selecting:
    """The outputs and sort keys of one SELECT on their way; trees are resolved, then rewritten clause by clause."""

    planning: Planning
    query: Callable[[Query], Frame | None]
    outputs: dict[str, e.Expression] = field(default_factory=dict)
    names: Names = field(default_factory=Names)

    def planned(self, select: Select, order_by: Sequence[e.SortItem]) -> Frame | None:
        """The rows of the SELECT, in order where `order_by` gives one; None after errors."""
        planning = self.planning
        if select.table is None:
            planning.error("IR206", "this SELECT has no from", select.span, "name the frame whose rows it reads")
            return None
        tables = Tables(planning, self.query, conjuncts(select.where) if select.where is not None else [])
        found = tables.rows(select.table)
        if found is None:
            return None
        rows: Frame | None
        rows, names = found
        self.names = replace(names, aliases={each.name: each.value for each in select.items
                                             if isinstance(each, Item) and each.name is not None})  # fmt: skip
        assert rows is not None
        where = self._resolved(tables.where)
        if where is None or not self._list(select):
            return None
        having = self._resolved([select.having] if select.having is not None else [])
        qualify = self._resolved([select.qualify] if select.qualify is not None else [])
        keys = self._keys(order_by)
        groups = self._groups(select)
        if having is None or qualify is None or keys is None or groups is None:
            return None
        rows = planning.filtered(rows, where, "where")
        if rows is None:
            return None
        every = [*self.outputs.values(), *having, *qualify, *(tree for tree, _ in keys)]
        if groups or select.group_by_all or any(has_aggregate(each) for each in every):
            grouping = Grouping(planning, rows, groups)
            self.outputs = {name: grouping.over_groups(tree) for name, tree in self.outputs.items()}
            having, qualify = [[grouping.over_groups(each) for each in some] for some in (having, qualify)]
            keys = [(grouping.over_groups(tree), item) for tree, item in keys]
            rows = grouping.grouped()
            rows = planning.filtered(rows, having, "having") if rows is not None else None
        elif having:
            planning.error("IR206", "having has no groups to look at", having[0].span, "write where, or add group by")
            return None
        if rows is None:
            return None
        trees = [*self.outputs.values(), *qualify, *(tree for tree, _ in keys)]
        if any(has_window(each) for each in trees):
            windowed = with_windows(planning, rows, trees)
            if windowed is None:
                return None
            rows, trees = windowed
            self.outputs = dict(zip(self.outputs, trees, strict=False))
            behind = trees[len(self.outputs) :]
            qualify, keys = (
                behind[: len(qualify)],
                [(tree, item) for tree, (_, item) in zip(behind[len(qualify) :], keys, strict=True)],
            )
        rows = planning.filtered(rows, qualify, "qualify")
        return None if rows is None else self._projected(select, rows, keys)

    def _resolved(self, trees: Sequence[e.Expression]) -> list[e.Expression] | None:
        found = [self.planning.resolved(each, self.names) for each in trees]
        known = [each for each in found if each is not None]
        return known if len(known) == len(found) else None

    def _list(self, select: Select) -> bool:
        """Whether the select list could be read into `outputs`."""
        good = True
        for each in select.items:
            if isinstance(each, AllColumns):
                good &= self._all_columns(each)
                continue
            if each.name is None:
                self.planning.error("IR206", "a computed column needs a name", each.span, "write as name behind it")
                good = False
                continue
            tree = self.planning.resolved(each.value, self.names, through=frozenset({each.name}))
            good &= tree is not None and self._output(each.name, tree, each.span)
        return good

    def _output(self, name: str, tree: e.Expression, span: Span) -> bool:
        other = next((each for each in self.outputs if each.casefold() == name.casefold()), None)
        if other is not None:
            self.planning.error("IR403", f'the name "{name}" would stand for two columns', span,
                                "give one of them another name with as, or leave it out of * with exclude")  # fmt: skip
            return False
        self.outputs[name] = tree
        return True

    def _all_columns(self, stars: AllColumns) -> bool:
        tables = [each for each in self.names.tables if stars.table in (None, each.alias)]
        if not tables:
            self.planning.error("IR301", f'there is no table "{stars.table}" in from', stars.span)
            return False
        shown: dict[str, str] = {}
        good = True
        for table in tables:
            for name, source in table.columns.items():
                if source in shown.values():
                    continue
                if name in shown and name not in {left_out for left_out, _ in stars.exclude}:
                    self.planning.error("IR403", f'* has two columns "{name}"', stars.span,
                                        f"leave one out: {table.alias}.* exclude ({name})")  # fmt: skip
                    good = False
                shown[name] = source
        for name, span in stars.exclude:
            if shown.pop(name, None) is None:
                self.planning.error("IR401", f'there is no column "{name}" to leave out', span)
                good = False
        replaced: dict[str, e.Expression] = {}
        for name, tree in stars.replace:
            if name not in shown:
                self.planning.error("IR401", f'there is no column "{name}" to replace', tree.span)
                good = False
            found = self.planning.resolved(tree, self.names)
            if found is not None:
                replaced[name] = found
            good &= found is not None
        for name, source in shown.items():
            good = good and self._output(name, replaced.get(name, column(source, stars.span)), stars.span)
        return good

    def _groups(self, select: Select) -> list[e.Expression] | None:
        if select.group_by_all:
            return [tree for tree in self.outputs.values() if not has_aggregate(tree)]
        found: list[e.Expression] = []
        for each in select.group_by:
            at = self._position(each)
            if at is False:
                return None
            tree = at if at is not None else self.planning.resolved(each, self.names)
            if tree is None:
                return None
            found.append(tree)
        return found

    def _position(self, tree: e.Expression) -> e.Expression | Literal[False] | None:
        """The output that a number stands for, None for anything else, False after an error."""
        if not isinstance(tree, e.Literal) or not isinstance(tree.value, int) or isinstance(tree.value, bool):
            return None
        if not 1 <= tree.value <= len(self.outputs):
            self.planning.error("IR206", f"there is no column {tree.value}: the select list has {len(self.outputs)}",
                                tree.span)  # fmt: skip
            return False
        return list(self.outputs.values())[tree.value - 1]

    def _keys(self, order_by: Sequence[e.SortItem]) -> list[tuple[e.Expression, e.SortItem]] | None:
        """What the rows are put in order by; a name of the select list goes before a column of the tables."""
        keys: list[tuple[e.Expression, e.SortItem]] = []
        for item in order_by:
            at = self._position(item.value)
            if at is False:
                return None
            tree = at if isinstance(at, e.Expression) else None
            if tree is None and isinstance(item.value, e.Column) and len(item.value.path) == 1:
                tree = self.outputs.get(item.value.path[0])
            if tree is None:
                tree = self.planning.resolved(item.value, self.names)
            if tree is None:
                return None
            keys.append((tree, item))
        return keys

    def _projected(self, select: Select, rows: Frame, keys: list[tuple[e.Expression, e.SortItem]]) -> Frame | None:
        """The outputs and nothing else, doubles dropped, in order."""
        planning = self.planning
        by_shape = {shape(tree): name for name, tree in reversed(self.outputs.items())}
        behind: dict[str, e.Expression] = {}
        sort_by: list[SortKey] = []
        for tree, item in keys:
            name = by_shape.get(shape(tree))
            if name is None:
                if select.distinct:
                    planning.error("IR206", "with distinct, rows are put in order only by what is selected",
                                   item.value.span, "add it to the select list")  # fmt: skip
                    return None
                name = free_name("__order", [*self.outputs, *behind])
                behind[name] = tree
            sort_by.append(SortKey(name, item.descending, item.nulls_first))
        found = planning.mapped(rows, {**self.outputs, **behind}, "selected")
        if found is None:
            return None
        if select.distinct:
            found = planning.add("sql_distinct", distinct(found))
        if not sort_by:
            return found
        for key, (_, item) in zip(sort_by, keys, strict=True):
            if not is_sortable(found.schema[key.column]):
                planning.error("IR408", f"rows cannot be sorted by {found.schema[key.column]}", item.value.span)
                return None
        found = planning.add("sql_sorted", sort(found, tuple(sort_by)))
        if behind:
            found = planning.mapped(found, {name: column(name, (0, 0)) for name in self.outputs}, "selected")
        return found
