"""Joins of two frames of one database, by equal keys."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.pushdown.meanings import Meaning, meaning_of
from engine.pushdown.refusal import NotPushed
from engine.pushdown.rows import Rows, of_table
from ir import types as t
from transforms import sql
from transforms.join import Join

if TYPE_CHECKING:
    from sqlglot import exp

    Sql = exp.Expression

_LEFT, _RIGHT = "left", "right"


def joined(left: Rows, right: Rows, operation: Join) -> Rows:
    """The join's columns under their names, in no order.

    Raises:
        NotPushed: the two are not of one database, or their keys are not compared there as we do.
    """
    from sqlglot import exp

    if left.relation.address.same_server != right.relation.address.same_server:
        raise NotPushed("the two frames are of different databases")
    if operation.how not in {"inner", "left", "semi", "anti"}:
        raise NotPushed(f"a {operation.how} join is done here")
    if operation.where is not None:
        raise NotPushed("a join with a condition beside its keys is done here")
    if any(each.default is not None for each in operation.taken):
        raise NotPushed("values for rows without a match are put in here")
    meaning = meaning_of(left.relation.database)
    on = exp.and_(*(_equal(left, right, pair, meaning) for pair in operation.on))
    asked = [sql.named(left.place(each.name, _LEFT), each.name) for each in left.relation.columns]
    columns = [left.moved(each, each.name) for each in left.relation.columns]
    for each in operation.taken:
        asked.append(sql.named(right.place(each.source, _RIGHT), each.name))
        moved = right.moved(right.column(each.source), each.name)
        columns.append(replace(moved, not_null=moved.not_null and operation.how == "inner"))
    query = sql.select(asked, _side(left, _LEFT))
    if operation.how in {"semi", "anti"}:
        found = exp.Exists(this=sql.select([sql.integer(1)], _side(right, _RIGHT)).where(on))
        query = query.where(found if operation.how == "semi" else exp.Not(this=found))
    else:
        side, kind = ("LEFT", None) if operation.how == "left" else (None, "INNER")
        query.set("joins", [exp.Join(this=_side(right, _RIGHT), side=side, kind=kind, on=on)])
    relation = left.relation.pushed(
        origin=query, columns=tuple(columns), scope=(), order=(), limit=None, offset=None,
        label=f"{left.relation.label} with {right.relation.label}",
        estimated_rows=_more(left.relation.estimated_rows, right.relation.estimated_rows),
    )  # fmt: skip
    return replace(Rows.of(relation), looked_at=(*left.looked_at, *right.looked_at))


def _equal(left: Rows, right: Rows, pair: tuple[str, str], meaning: Meaning) -> Sql:
    one, other = left.column(pair[0]), right.column(pair[1])
    if type(one.type) is not type(other.type) or isinstance(one.type, t.Number):
        raise NotPushed(f'the keys "{one.name}" and "{other.name}" are compared here')
    values = (meaning.value(one, left.place(one.name)), meaning.value(other, right.place(other.name)))
    return meaning.equal(of_table(values[0], _LEFT), of_table(values[1], _RIGHT), one.type)


def _side(rows: Rows, name: str) -> Sql:
    """One side under its name: the table itself, or what is left of it in a subquery."""
    from sqlglot import exp

    relation = rows.relation
    is_whole = not relation.scope and relation.limit is None and not relation.offset
    if is_whole and isinstance(relation.origin, exp.Table):
        table: Sql = relation.origin.copy()
        table.set("alias", exp.TableAlias(this=exp.to_identifier(name, quoted=True)))
        return table
    if is_whole and isinstance(relation.origin, exp.Query):
        return sql.subquery(relation.origin.copy(), name)
    places = [sql.column(place) for place in dict.fromkeys(rows.places.values())]
    inner = rows.query()
    inner.set("expressions", places)
    return sql.subquery(inner, name)


def _more(one: int | None, other: int | None) -> int | None:
    known = [each for each in (one, other) if each is not None]
    return max(known) if known else None
