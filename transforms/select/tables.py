"""The from of a SELECT: frames, queries and joins become one frame and the names of its columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field, replace

from ir import expressions as e
from ir.diagnostics import did_you_mean
from ir.records import dataclass
from ir.statement_nodes import Derived, Joined, Query, Table, TableName
from transforms.expressions import ExpressionProblem
from transforms.expressions.scope import OtherSide
from transforms.expressions.widening import common_type
from transforms.frame import Frame, free_name
from transforms.join import RIGHT, How, Taken, join
from transforms.select.names import Names, TableNames
from transforms.select.planning import Planning
from transforms.select.rewriting import column, columns_in, conjunction, conjuncts

Rows = tuple[Frame, Names]


@dataclass(slots=True)
class Tables:
    """`where` are the conditions of the SELECT, out of which the tables between commas take theirs."""

    planning: Planning
    query: Callable[[Query], Frame | None]
    where: list[e.Expression] = field(default_factory=list)

    def rows(self, table: Table) -> Rows | None:
        """The table's rows, or None after errors."""
        match table:
            case TableName():
                return self._frame(table)
            case Derived():
                frame = self.query(table.query)
                return None if frame is None else self._named(frame, table.alias)
            case Joined():
                return self._joined(table)

    def _frame(self, table: TableName) -> Rows | None:
        planning = self.planning
        if table.name in planning.named:
            frame = planning.named[table.name]
            return None if frame is None else self._named(frame, table.alias)
        building = planning.building
        known = [*building.frames, "data", *planning.named]
        if table.name not in known:
            planning.error("IR301", f'there is no frame "{table.name}" here', table.span,
                           did_you_mean(table.name, known) or f"the frames here are: {', '.join(known)}")  # fmt: skip
            return None
        found = building.frame(table.name, "query")
        return None if found is None else self._named(found, table.alias)

    def _named(self, frame: Frame, alias: str | None) -> Rows:
        columns = {name: name for name in frame.schema}
        return frame, Names((TableNames(alias, columns),), self.planning.outside)

    def _joined(self, table: Joined) -> Rows | None:
        left, right = self.rows(table.left), self.rows(table.right)
        if left is None or right is None:
            return None
        for each in right[1].tables:
            if each.alias is not None and any(each.alias == other.alias for other in left[1].tables):
                self.planning.error("IR403", f'two tables are called "{each.alias}" here', table.span,
                                    f"give one of them another name: {each.alias} as other")  # fmt: skip
                return None
        if table.using:
            return self._on_same_names(table, left, right)
        conditions = conjuncts(table.on) if table.on is not None else []
        if table.comma:
            mine = [each for each in self.where if _key(each, left[1], right[1]) is not None]
            conditions = mine
            self.where = [each for each in self.where if each not in mine]
        pairs = [found for each in conditions if (found := _key(each, left[1], right[1])) is not None]
        rest = [each for each in conditions if _key(each, left[1], right[1]) is None]
        return self._on(table, left, right, pairs, rest)

    def _on(self, table: Joined, left: Rows, right: Rows, pairs: list[tuple[e.Expression, e.Expression]],
            rest: list[e.Expression]) -> Rows | None:  # fmt: skip
        planning = self.planning
        how: How = table.how
        if how != "inner" and how != "cross":
            # a condition that only the right side has to meet decides there who can match
            early = [each for each in rest if how in {"left", "semi", "anti"} and _is_within(each, right[1])]
            rest = [each for each in rest if each not in early]
            reduced = self._reduced(right, early)
            if reduced is None:
                return None
            right = reduced
            if rest or not pairs:
                return self._under(table, left, right, pairs, rest)
        if not pairs:
            how = "cross"
        keyed = self._keyed(left, right, pairs, apart=how in {"right", "full"})
        if keyed is None:
            return None
        left, right, on = keyed
        frame, names = _side_by_side(planning, left, right, how, on)
        if how in {"semi", "anti"}:
            names = left[1]
        return self._reduced((frame, names), rest) if rest else (frame, names)

    def _under(self, table: Joined, left: Rows, right: Rows, pairs: list[tuple[e.Expression, e.Expression]],
               rest: list[e.Expression]) -> Rows | None:  # fmt: skip
        """An outer, semi or anti join that has a condition beside its keys, or no keys at all."""
        planning = self.planning
        renamed = _renamed(left[0], right[1])
        apart = planning.mapped(right[0], {new: column(old, table.span) for old, new in renamed.items()}, "renamed")
        if apart is None:
            return None
        names = tuple(
            replace(each, columns={shown: renamed[old] for shown, old in each.columns.items()})
            for each in right[1].tables
        )
        right = apart, replace(right[1], tables=names)
        every = e.Literal(1, table.span)
        keyed = self._keyed(left, right, pairs or [(every, every)], apart=table.how in {"right", "full"})
        if keyed is None:
            return None
        left, right, on = keyed
        both = left[1].beside(right[1], {name: name for name in right[0].schema})
        where = None
        if rest:
            condition = planning.resolved(conjunction(rest), both)
            if condition is None:
                return None
            where = planning.condition(condition, left[0], "on", other=OtherSide(name="", table=RIGHT,
                                                                                schema=right[0].schema))  # fmt: skip
            if where is None:
                return None
        one_sided = table.how in {"semi", "anti"}
        taken = [] if one_sided else [Taken(name, name) for name in renamed.values()]
        operation = join(left[0], right[0], how=table.how, on=on, taken=taken, where=where)
        return planning.add("sql_joined", operation), left[1] if one_sided else both

    def _reduced(self, rows: Rows, conditions: list[e.Expression]) -> Rows | None:
        frame, names = rows
        resolved = [self.planning.resolved(each, names) for each in conditions]
        known = [each for each in resolved if each is not None]
        if len(known) < len(resolved):
            return None
        found = self.planning.filtered(frame, known, "on")
        return None if found is None else (found, names)

    def _keyed(self, left: Rows, right: Rows, pairs: list[tuple[e.Expression, e.Expression]], *,
               apart: bool) -> tuple[Rows, Rows, list[tuple[str, str]]] | None:  # fmt: skip
        """Both sides with a column for each key. `apart` keeps the keys from the columns that are shown."""
        planning = self.planning
        sides: list[list[e.Expression]] = [[], []]
        for pair in pairs:
            trees = [planning.resolved(tree, rows[1]) for tree, rows in zip(pair, (left, right), strict=True)]
            if trees[0] is None or trees[1] is None:
                return None
            kinds = [planning.type_of(tree, rows[0]) for tree, rows in zip(trees, (left, right), strict=True) if tree]
            if any(kind is None for kind in kinds):
                return None
            common = common_type([kind for kind in kinds if kind is not None])
            if common is None:
                planning.error("IR406", f"the keys differ in type: {kinds[0]} and {kinds[1]}", pair[1].span,
                               f"cast one of them: cast(… as {kinds[0]})")  # fmt: skip
                return None
            for side, tree, kind in zip(sides, trees, kinds, strict=True):
                assert tree is not None
                cast = kind != common or (apart and side is sides[0])
                side.append(e.Cast(tree, common, tree.span) if cast else tree)
        made = []
        for (frame, names), trees_of in zip((left, right), sides, strict=True):
            wider = planning.extended(frame, trees_of, "key")
            if wider is None:
                return None
            made.append(((wider[0], names), wider[1]))
        (left, left_keys), (right, right_keys) = made
        return left, right, list(dict.fromkeys(zip(left_keys, right_keys, strict=True)))

    def _on_same_names(self, table: Joined, left: Rows, right: Rows) -> Rows | None:
        """using (k): the key stands once, and has a value wherever one side has one."""
        on: list[tuple[str, str]] = []
        for name, span in table.using:
            found = [rows[1].find((name,)) for rows in (left, right)]
            for each in found:
                if isinstance(each, ExpressionProblem):
                    self.planning.problem(each, span)
                    return None
            assert isinstance(found[0], tuple)
            assert isinstance(found[1], tuple)
            kinds = left[0].schema[found[0][0]], right[0].schema[found[1][0]]
            if kinds[0] != kinds[1]:
                self.planning.error("IR406", f'the keys differ in type: "{name}" is {kinds[0]} and {kinds[1]}', span,
                                    "write on, and cast one of them")  # fmt: skip
                return None
            on.append((found[0][0], found[1][0]))
        frame, names = _side_by_side(self.planning, left, right, table.how, on, merged=True)
        return frame, (left[1] if table.how in {"semi", "anti"} else names)


def _renamed(left: Frame, right: Names, keys: Mapping[str, str] | None = None) -> dict[str, str]:
    """{column of the right side: a name that the left side leaves free, or that of the key it is merged with}."""
    used = list(left.schema)
    renamed = dict(keys or {})
    for table in right.tables:
        for shown, source in table.columns.items():
            if source in renamed:
                continue
            plain = shown if shown.casefold() not in {name.casefold() for name in used} else f"{table.alias}.{shown}"
            renamed[source] = free_name(plain, used)
            used.append(renamed[source])
    return renamed


def _side_by_side(planning: Planning, left: Rows, right: Rows, how: How, on: list[tuple[str, str]], *,
                  merged: bool = False) -> Rows:  # fmt: skip
    """The join with every column that has a name; `merged` keys are the left side's columns."""
    keys = {source: name for name, source in on} if merged else {}
    renamed = _renamed(left[0], right[1], keys)
    taken = [Taken(name, source) for source, name in renamed.items() if source not in keys]
    if how in {"semi", "anti"}:
        taken = []
    operation = join(left[0], right[0], how=how, on=on, taken=taken)
    return planning.add("sql_joined", operation), left[1].beside(right[1], renamed)


def _key(condition: e.Expression, left: Names, right: Names) -> tuple[e.Expression, e.Expression] | None:
    """The sides of an equation between the two tables, the left table's first."""
    if not isinstance(condition, e.Binary) or condition.operator != "=":
        return None
    for one, other in ((condition.left, condition.right), (condition.right, condition.left)):
        if _is_within(one, left) and _is_within(other, right) and not (_touches(one, right) or _touches(other, left)):
            return one, other
    return None


def _is_within(tree: e.Expression, names: Names) -> bool:
    """Whether the tree has columns and all of them are of these tables."""
    columns = list(columns_in(tree))
    return bool(columns) and all(isinstance(names.find(each.path), tuple) for each in columns)


def _touches(tree: e.Expression, names: Names) -> bool:
    return any(isinstance(names.find(each.path), tuple) for each in columns_in(tree))
