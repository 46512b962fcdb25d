"""The rows of a frame as a query of their database that more can be added to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from connectors.databases.column import Column
from connectors.databases.relation import DatabaseRelation
from engine.pushdown.refusal import NotPushed
from transforms import sql

if TYPE_CHECKING:
    from sqlglot import exp


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """A frame inside its database: `places` {column: what it is called in the origin of `relation`}.

    What a driver asks for in place of a column (`Column.asked`) is written over the column of the origin.
    """

    relation: DatabaseRelation
    places: Mapping[str, str]

    @classmethod
    def of(cls, relation: DatabaseRelation) -> Rows:
        return cls(relation=relation, places={each.name: each.name for each in relation.columns})

    @property
    def has_misfits(self) -> bool:
        """Whether rows may be bad, each of which has to be looked at."""
        return self.relation.may_fail or any(each.misfit is not None for each in self.relation.columns)

    def column(self, name: str) -> Column:
        return next(each for each in self.relation.columns if each.name == name)

    def place(self, name: str, table: str | None = None) -> exp.Column:
        """The column as the origin has it."""
        return sql.column(self.places[name], table)

    def filtered(self, conditions: Iterable[exp.Expression]) -> Rows:
        """Those rows for which all conditions hold; they are written over the places of `unlimited`."""
        relation = self.relation
        return replace(self, relation=replace(relation, where=(*relation.where, *conditions)))

    @property
    def unlimited(self) -> Rows:
        """The same rows as a query that takes conditions: one with a limit becomes the origin of another."""
        return self if self.relation.limit is None and not self.relation.offset else self.within()

    def ordered(self, order: Sequence[exp.Ordered]) -> Rows:
        return replace(self, relation=replace(self.relation, order=tuple(order)))

    def limited(self, count: int, offset: int = 0) -> Rows:
        rows = self.unlimited
        return replace(rows, relation=replace(rows.relation, limit=count, offset=offset or None))

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
        return Rows(relation=replace(self.relation, columns=tuple(columns)), places=places)

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
        relation = replace(self.relation, origin=self.query(), columns=tuple(columns), where=(), order=tuple(order),
                           limit=None, offset=None)  # fmt: skip
        return Rows.of(relation)

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
        from sqlglot import exp

        relation = self.relation
        asked = [sql.named(self.place(each.name), each.name) for each in relation.columns]
        found = sql.select(asked, copied(relation.origin))
        for condition in relation.where:
            found = found.where(condition.copy(), copy=False)
        if relation.order and (relation.limit is not None or relation.offset):
            found.set("order", exp.Order(expressions=[each.copy() for each in relation.order]))
        if relation.limit is not None:
            found = found.limit(relation.limit, copy=False)
        if relation.offset:
            found = found.offset(relation.offset, copy=False)
        return found


def copied(origin: exp.Table | exp.Query) -> exp.Expression:
    return cast("exp.Expression", origin.copy())


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
