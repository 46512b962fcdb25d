"""The set statements that bring staged rows into a table, as trees for PostgreSQL and SQLite.

Where a constraint is on exactly the keys, one `insert … on conflict` does it, which is safe beside other writers.
Where there is none, rows that exist are updated and then those inserted that do not; the writer locks the table first.
Keys are compared by `=`: they are never null, and PostgreSQL joins by nothing else in good time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, TypeVar

from connectors.databases.writing import TableWrite
from ir.records import dataclass
from transforms import sql

if TYPE_CHECKING:
    from sqlglot import exp

Count = Literal["inserted", "updated", "deleted", "upserted"]
TARGET, STAGED = "t", "s"
_NUMBER, _ROWS = "weirflow_number", "weirflow_rows"
_Rows = TypeVar("_Rows", bound="exp.Expression")


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One statement; the number of rows it says it touched is that of `counts`.

    `upserted` rows are inserted or updated, and the writer tells the two apart in its own way.
    """

    statement: exp.Expression
    counts: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class Statements:
    """What `apply` does, in this order."""

    lock: bool = False
    """Whether other writers must wait, since nothing else keeps the keys apart."""
    refused: exp.Select | None = None
    """The first staged key that forbids the whole delivery."""
    ignored: exp.Select | None = None
    """How many staged rows have no partner in the table; only asked where the counts of `work` do not tell."""
    work: tuple[Work, ...]


def set_statements(
    write: TableWrite, rows: exp.Table | exp.Query, *, unique: bool,
    last: Callable[[str], exp.Expression] | None = None,
) -> Statements:  # fmt: skip
    """The statements that bring `rows` (the stage, or a query over it that has the columns) into the table.

    `unique` is whether a constraint is on exactly the keys. `last` is how a statement calls the new value of a column
    where a row exists, by default excluded."column".
    """
    if write.action == "insert" and write.strategy == "error":
        checks = bool(write.keys) and not unique
        refused = first_key(write, rows, exists=True) if checks else None
        return Statements(lock=checks, refused=refused, work=(Work(statement=_insert(write, rows), counts="inserted"),))
    if write.action in {"insert", "upsert"}:
        return _upsert(write, rows, unique=unique, last=last or _excluded)
    changed = _delete(write, rows) if write.action == "delete" else _update(write, rows)
    counts: Count = "deleted" if write.action == "delete" else "updated"
    return Statements(
        lock=write.strategy == "error" and not unique,
        refused=first_key(write, rows, exists=False) if write.strategy == "error" else None,
        ignored=None if unique or write.strategy == "error" else _count(_without_partner(write, rows)),
        work=(Work(statement=changed, counts=counts),) if changed is not None else (),
    )


def first_key(write: TableWrite, rows: exp.Table | exp.Query, *, exists: bool) -> exp.Select:
    """The first staged key that the table has, or has not."""
    found = _with_partner(write, rows) if exists else _without_partner(write, rows)
    return found.limit(1, copy=False)


def count_partners(write: TableWrite, rows: exp.Table | exp.Query) -> exp.Select:
    """How many staged rows have a key that the table has."""
    return _count(_with_partner(write, rows))


def _upsert(write: TableWrite, rows: exp.Table | exp.Query, *, unique: bool,
            last: Callable[[str], exp.Expression]) -> Statements:  # fmt: skip
    from sqlglot import exp

    keeps_old = write.strategy == "skip" or not write.values
    if unique:
        statement = _insert(write, rows)
        chosen = statement.expression
        if chosen.args.get("where") is None:  # without a condition SQLite takes `on` for that of a join
            chosen.where(exp.true(), copy=False)
        statement.set("conflict", _on_conflict(write, last, nothing=keeps_old))
        return Statements(work=(Work(statement=statement, counts="inserted" if keeps_old else "upserted"),))
    fresh = Work(statement=_insert(write, _new_rows(write, rows)), counts="inserted")
    changed = None if keeps_old else _update(write, rows)
    first = (Work(statement=changed, counts="updated"),) if changed is not None else ()
    return Statements(lock=True, work=(*first, fresh))


def _insert(write: TableWrite, rows: exp.Table | exp.Query) -> exp.Insert:
    from sqlglot import exp

    names = [exp.to_identifier(name, quoted=True) for name in write.columns]
    into = exp.Schema(this=write.table.expression(), expressions=names)
    return exp.Insert(this=into, expression=_selected(write, rows))


def _selected(write: TableWrite, rows: exp.Table | exp.Query) -> exp.Query:
    from sqlglot import exp

    if isinstance(rows, exp.Query) and not isinstance(rows, exp.Subquery):
        return rows.copy()
    return exp.Select(expressions=sql.columns(write.columns)).from_(rows.copy(), copy=False)


def _on_conflict(write: TableWrite, last: Callable[[str], exp.Expression], *, nothing: bool) -> exp.OnConflict:
    from sqlglot import exp

    keys = [exp.to_identifier(name, quoted=True) for name in write.keys]
    if nothing:
        return exp.OnConflict(conflict_keys=keys, action=exp.var("DO NOTHING"))
    changes = [
        exp.EQ(this=sql.column(name), expression=new_value(write, name, last(name), _old(write, name)))
        for name in write.values
    ]
    return exp.OnConflict(conflict_keys=keys, action=exp.var("DO UPDATE"), expressions=changes)


def new_value(write: TableWrite, name: str, new: exp.Expression, old: exp.Expression) -> exp.Expression:
    """What a column of an existing row becomes: with merge the old value stays where the new one is null."""
    from sqlglot import exp

    return exp.Coalesce(this=new, expressions=[old]) if write.strategy == "merge" else new


def _excluded(name: str) -> exp.Expression:
    return sql.column(name, "excluded")


def _old(write: TableWrite, name: str) -> exp.Expression:
    """The column of the table that is inserted into, which in `on conflict` goes by its own name."""
    return sql.column(name, write.table.name)


def _update(write: TableWrite, rows: exp.Table | exp.Query) -> exp.Update | None:
    """None where there is no column to set."""
    from sqlglot import exp

    if not write.values:
        return None
    changes = [
        exp.EQ(this=sql.column(name),
               expression=new_value(write, name, sql.column(name, STAGED), sql.column(name, TARGET)))
        for name in write.values
    ]  # fmt: skip
    return exp.Update(this=target(write), expressions=changes, from_=exp.From(this=staged(rows)),
                      where=exp.Where(this=same_key(write)))  # fmt: skip


def _delete(write: TableWrite, rows: exp.Table | exp.Query) -> exp.Delete:
    from sqlglot import exp

    return exp.Delete(this=target(write), where=exp.Where(this=_exists(write, rows)))


def _new_rows(write: TableWrite, rows: exp.Table | exp.Query) -> exp.Select:
    from sqlglot import exp

    chosen = exp.Select(expressions=sql.columns(write.columns, STAGED)).from_(staged(rows), copy=False)
    return chosen.where(exp.Not(this=_partner(write)), copy=False)


def _with_partner(write: TableWrite, rows: exp.Table | exp.Query) -> exp.Select:
    return _keys(write, rows).where(_partner(write), copy=False)


def _without_partner(write: TableWrite, rows: exp.Table | exp.Query) -> exp.Select:
    from sqlglot import exp

    return _keys(write, rows).where(exp.Not(this=_partner(write)), copy=False)


def _keys(write: TableWrite, rows: exp.Table | exp.Query) -> exp.Select:
    from sqlglot import exp

    return exp.Select(expressions=sql.columns(write.keys, STAGED)).from_(staged(rows), copy=False)


def _partner(write: TableWrite) -> exp.Exists:
    """Whether the table has a row with the key of a staged one."""
    from sqlglot import exp

    inner = exp.Select(expressions=[sql.integer(1)]).from_(target(write), copy=False)
    return exp.Exists(this=inner.where(same_key(write), copy=False))


def _exists(write: TableWrite, rows: exp.Table | exp.Query) -> exp.Exists:
    """Whether a staged row has the key of a row of the table."""
    from sqlglot import exp

    inner = exp.Select(expressions=[sql.integer(1)]).from_(staged(rows), copy=False)
    return exp.Exists(this=inner.where(same_key(write), copy=False))


def _count(keys: exp.Select) -> exp.Select:
    from sqlglot import exp

    counted = exp.Select(expressions=[exp.Count(this=exp.Star(), big_int=True)])
    return counted.from_(exp.Subquery(this=keys, alias=exp.TableAlias(this=exp.to_identifier("k", quoted=True))),
                         copy=False)  # fmt: skip


def same_key(write: TableWrite) -> exp.Condition:
    """Whether a row of the table and a staged one have the same key."""
    from sqlglot import exp

    return exp.and_(*(exp.EQ(this=sql.column(name, TARGET), expression=sql.column(name, STAGED))
                      for name in write.keys), copy=False)  # fmt: skip


def target(write: TableWrite) -> exp.Table:
    """The table under the name that the statements give it."""
    return _aliased(write.table.expression(), TARGET)


def staged(rows: exp.Table | exp.Query) -> exp.Expression:
    """The staged rows under the name that the statements give them."""
    from sqlglot import exp

    rows = rows.copy()
    return _aliased(rows if isinstance(rows, exp.Table | exp.Subquery) else exp.Subquery(this=rows), STAGED)


def _aliased(found: _Rows, name: str) -> _Rows:
    from sqlglot import exp

    found.set("alias", exp.TableAlias(this=exp.to_identifier(name, quoted=True)))
    return found


def last_of_each(write: TableWrite, rows: exp.Select, row: exp.Expression) -> exp.Select:
    """Of staged rows the last one of each key, by their column `row`, which grows as they are staged."""
    from sqlglot import exp

    number = exp.Window(this=exp.RowNumber(), partition_by=sql.columns(write.keys),
                        order=exp.Order(expressions=[exp.Ordered(this=row, desc=True, nulls_first=True)]))  # fmt: skip
    numbered = [*sql.columns(write.columns), sql.named(number, _NUMBER)]
    inner = exp.Select(expressions=numbered).from_(_within(rows), copy=False)
    chosen = exp.Select(expressions=sql.columns(write.columns)).from_(_within(inner), copy=False)
    return chosen.where(exp.EQ(this=sql.column(_NUMBER), expression=sql.integer(1)), copy=False)


def duplicates(write: TableWrite, rows: exp.Table | exp.Query) -> exp.Select:
    """The keys that several staged rows have, and how many rows have each."""
    from sqlglot import exp

    every = exp.Count(this=exp.Star(), big_int=True)
    found = exp.Select(expressions=[*sql.columns(write.keys), sql.named(every, _ROWS)])
    found = found.from_(staged(rows), copy=False)
    found.set("group", exp.Group(expressions=sql.columns(write.keys)))
    return found.having(exp.GT(this=every.copy(), expression=sql.integer(1)), copy=False)


def count_duplicates(write: TableWrite, rows: exp.Table | exp.Query) -> exp.Select:
    """How many staged rows a later one with their key replaces."""
    from sqlglot import exp

    more = exp.Sum(this=exp.Sub(this=sql.column(_ROWS), expression=sql.integer(1)))
    return exp.Select(expressions=[exp.Coalesce(this=more, expressions=[sql.integer(0)])]).from_(
        _within(duplicates(write, rows)), copy=False)  # fmt: skip


def _within(rows: exp.Select) -> exp.Subquery:
    from sqlglot import exp

    return exp.Subquery(this=rows, alias=exp.TableAlias(this=exp.to_identifier("d", quoted=True)))
