"""The rows of a frame as a query of their database that more can be added to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from connectors.databases.column import Column
from connectors.databases.relation import DatabaseRelation
from engine.pushdown.refusal import NotPushed
from ir.records import dataclass
from transforms import sql

if TYPE_CHECKING:
    from sqlglot import exp


_SHARE_KEPT = 4
"""One row in so many passes a filter, where nothing better is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """A frame inside its database: `places` {column: what it is called in the origin of `relation`}.

    What a driver asks for in place of a column (`Column.asked`) is written over the column of the origin.
    """

    relation: DatabaseRelation
    places: Mapping[str, str]
    looked_at: tuple[DatabaseRelation, ...] = ()
    """The sources below whose bad rows nothing here would show."""

    @classmethod
    def of(cls, relation: DatabaseRelation) -> Rows:
        return cls(relation=relation, places={each.name: each.name for each in relation.columns})

    @property
    def has_misfits(self) -> bool:
        """Whether rows may be bad; the statement tells of each that its conditions would leave out."""
        return self.relation.may_fail

    @property
    def settled(self) -> Rows:
        """The same rows, good as they are: the database looks for bad ones before it is asked for them."""
        if not self.has_misfits:
            return self
        relation = self.relation
        source = relation.base or relation
        columns = tuple(replace(each, misfit=None) for each in relation.columns)
        rows = replace(self, relation=relation.pushed(columns=columns, where=()), looked_at=(*self.looked_at, source))
        return rows.filtered(relation.where) if relation.where else rows

    def column(self, name: str) -> Column:
        return next(each for each in self.relation.columns if each.name == name)

    def place(self, name: str, table: str | None = None) -> exp.Column:
        """The column as the origin has it."""
        return sql.column(self.places[name], table)

    def filtered(self, conditions: Iterable[exp.Expression]) -> Rows:
        """Those rows for which all conditions hold, which are written over the places of `unlimited`.

        Bad rows pass them, so that the statement tells of each.
        """
        rows = self.unlimited
        relation, kept = rows.relation, tuple(conditions)
        some = None if relation.estimated_rows is None else -(-relation.estimated_rows // _SHARE_KEPT)
        if rows.has_misfits:
            return replace(rows, relation=relation.pushed(where=(*relation.where, *kept), estimated_rows=some))
        return replace(rows, relation=relation.pushed(scope=(*relation.scope, *kept), estimated_rows=some))

    @property
    def unlimited(self) -> Rows:
        """The same rows as a query that takes conditions: one with a limit becomes the origin of another."""
        has_limit = self.relation.limit is not None or bool(self.relation.offset)
        # where bad rows may be, a condition stands behind the limit by itself
        return self.within() if has_limit and not self.has_misfits else self

    def ordered(self, order: Sequence[exp.Ordered]) -> Rows:
        return replace(self, relation=self.relation.pushed(order=tuple(order)))

    def limited(self, count: int, offset: int = 0) -> Rows:
        rows = self.unlimited
        return replace(rows, relation=rows.relation.pushed(limit=count, offset=offset or None))

    def renamed(self, outputs: Sequence[tuple[str, str]]) -> Rows:
        """The columns `outputs` (name, old name) and no others."""
        columns: list[Column] = []
        for name, old in outputs:
            column = self.column(old)
            asked = column.asked
            if asked is None and name != self.places[old]:
                asked = self.place(old)
            columns.append(replace(column, name=name, asked=asked))
        places = {name: self.places[old] for name, old in outputs}
        return replace(self, relation=self.relation.pushed(columns=tuple(columns)), places=places)

    def within(self, *, keep_order: bool = True) -> Rows:
        """The rows as the origin of another query, in which every column has its own name.

        Raises:
            NotPushed: their order is one of a column that is not among them.
        """
        names = {place: name for name, place in reversed(list(self.places.items()))}
        columns = [self.moved(each, each.name) for each in self.relation.columns]
        order: list[exp.Ordered] = []
        for key in self.relation.order if keep_order else ():
            if any(column.name not in names for column in _columns(key)):
                raise NotPushed("its order is one of a column that is not read")
            order.append(renamed_columns(key, names))  # type: ignore[arg-type]
        relation = self.relation.pushed(origin=self.query(), columns=tuple(columns), scope=(), order=tuple(order),
                                        limit=None, offset=None)  # fmt: skip
        return replace(Rows.of(relation), looked_at=self.looked_at)

    def moved(self, column: Column, name: str) -> Column:
        """The column where the rows are the origin of another query, in which it is called `name`."""
        places = {self.places[column.name]: name}
        asked, misfit, text = (
            None if each is None else renamed_columns(each, places)
            for each in (column.asked, column.misfit, column.text)
        )
        return replace(column, name=name, asked=None if asked == sql.column(name) else asked, misfit=misfit, text=text)

    def query(self) -> exp.Select:
        """The rows with their values as the database has them, under the frame's names."""
        relation = self.relation
        asked = [sql.named(self.place(each.name), each.name) for each in relation.columns]
        found = sql.select(asked, copied(relation.origin))
        for condition in relation.scope:
            found = found.where(condition.copy(), copy=False)
        if relation.limit is not None or relation.offset:
            found = sql.order_by(found, relation.order_keys(relation.called))
        if relation.limit is not None:
            found = found.limit(relation.limit, copy=False)
        if relation.offset:
            found = found.offset(relation.offset, copy=False)
        return found


def copied(origin: exp.Table | exp.Query) -> exp.Expression:
    return cast("exp.Expression", origin.copy())


def of_table(value: exp.Expression, table: str) -> exp.Expression:
    """The value with its columns taken from that table: a bare name may mean what is selected under it."""
    from sqlglot import exp

    value = value.copy()
    for column in _columns(value):
        column.set("table", exp.to_identifier(table, quoted=True))
    return value


def _columns(tree: exp.Expression) -> list[exp.Column]:
    from sqlglot import exp

    return list(tree.find_all(exp.Column))


def renamed_columns(tree: exp.Expression, names: Mapping[str, str]) -> exp.Expression:
    """The tree with columns called otherwise."""
    tree = tree.copy()
    for column in _columns(tree):
        if column.name in names:
            column.set("this", sql.column(names[column.name]).this)
            column.set("table", None)
    return tree
