"""What PostgreSQL's catalog says of tables, queries and types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from connectors.databases.database import TableName
from connectors.problem import ConnectorProblem
from ir.diagnostics import did_you_mean
from ir.records import dataclass

if TYPE_CHECKING:
    import psycopg


@dataclass(frozen=True, slots=True, kw_only=True)
class PgType:
    """A type with its modifier: of a domain the type below it, of an array the type of its items as `item`."""

    name: str
    schema: str
    kind: str
    """b(ase), c(omposite), e(num), r(ange), m(ultirange), p(seudo)."""
    modifier: int
    native: str
    item: PgType | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PgColumn:
    """A column of a table, or (`is_stored` false) one that a query computes."""

    name: str
    type: PgType
    not_null: bool = False
    dimensions: int = 0
    """How many an array was declared with; PostgreSQL does not hold values to it."""
    is_stored: bool = True
    is_deterministic: bool = True
    """Whether texts that differ are not equal by its collation."""
    collation: str | None = None
    """default, or the number of another; None of what a query computes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PgTable:
    oid: int
    rows: int | None


def find_table(connection: psycopg.Connection[Any], table: TableName) -> PgTable:
    """The table, view or foreign table of that name, by the search path where no schema is written.

    Raises:
        ConnectorProblem: IR570 there is none, IR566 the user may read nothing of it.
    """
    found = connection.execute(
        """select c.oid, c.relkind::text, c.reltuples, c.relpages,
                  has_table_privilege(c.oid, 'select') or has_any_column_privilege(c.oid, 'select')
           from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
           where c.relname = %(name)s and c.relkind in ('r', 'p', 'v', 'm', 'f')
             and case when %(schema)s::text is null then pg_catalog.pg_table_is_visible(c.oid)
                      else n.nspname = %(schema)s end""",
        {"name": table.name, "schema": table.schema},
    ).fetchone()  # fmt: skip
    if found is None:
        raise _no_table(connection, table)
    oid, kind, tuples, pages, is_readable = found
    if not is_readable:
        raise ConnectorProblem("IR566", f"the user of the credential may not read {table.shown}",
                               key=("database_config", "table"), hint="grant select on it to that user")  # fmt: skip
    # nobody counts a view, and -1 is a table that nobody looked at yet
    counted = int(tuples) if kind in {"r", "p", "m"} and tuples >= 0 and (pages or tuples) else None
    return PgTable(oid=oid, rows=counted)


def _no_table(connection: psycopg.Connection[Any], table: TableName) -> ConnectorProblem:
    rows = connection.execute(
        """select n.nspname, c.relname, pg_catalog.pg_table_is_visible(c.oid)
           from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
           where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname not in ('pg_catalog', 'information_schema')
             and n.nspname not like 'pg\\_%' order by 3 desc, 1, 2 limit 2000"""
    ).fetchall()
    elsewhere = [f"{schema}.{name}" for schema, name, _ in rows if name == table.name]
    names = [_written(name) if is_visible and table.schema is None else f"{_written(schema)}.{_written(name)}"
             for schema, name, is_visible in rows]  # fmt: skip
    hint = f"write {elsewhere[0]}" if elsewhere else did_you_mean(table.shown, names)
    notes = [] if not names else [f"there are: {', '.join(names[:12])}" + (", …" if len(names) > 12 else "")]
    return ConnectorProblem("IR570", f"there is no table or view {table.shown}", key=("database_config", "table"),
                            hint=hint, notes=notes)  # fmt: skip


def _written(name: str) -> str:
    return '"' + name.replace('"', '""') + '"' if "." in name or '"' in name else name


def table_columns(connection: psycopg.Connection[Any], oid: int) -> list[PgColumn]:
    """The columns of a table or view, in their order."""
    rows = connection.execute(
        """select a.attname, a.atttypid, a.atttypmod, a.attnotnull, a.attndims, coalesce(l.collisdeterministic, true),
                  case when l.collprovider = 'd' then 'default' else l.oid::text end
           from pg_catalog.pg_attribute a left join pg_catalog.pg_collation l on l.oid = a.attcollation
           where a.attrelid = %s and a.attnum > 0 and not a.attisdropped order by a.attnum""",
        [oid],
    ).fetchall()
    is_view = connection.execute("select relkind in ('v', 'm') from pg_catalog.pg_class where oid = %s", [oid])
    computed = bool(is_view.fetchone()[0])  # type: ignore[index]
    types = types_of(connection, [(row[1], row[2]) for row in rows])
    return [
        PgColumn(name=name, type=types[oid, modifier], not_null=not_null, dimensions=dimensions,
                 is_deterministic=deterministic, is_stored=not computed, collation=collation)
        for name, oid, modifier, not_null, dimensions, deterministic, collation in rows
    ]  # fmt: skip


def query_columns(connection: psycopg.Connection[Any], statement: str) -> list[PgColumn]:
    """The columns of a query that is prepared and not run."""
    driver = connection.pgconn
    prepared = driver.prepare(b"", statement.encode())
    if prepared.status != 1:  # PGRES_COMMAND_OK
        raise _refused(prepared)
    described = driver.describe_prepared(b"")
    if described.status != 1:
        raise _refused(described)
    places = range(described.nfields)
    computed = _computed(connection, {described.ftable(place) for place in places})
    keys = [(described.ftype(place), described.fmod(place)) for place in places]
    types = types_of(connection, keys)
    origins = [(described.ftable(place), described.ftablecol(place)) for place in places]
    collations = _collations(connection, origins)
    return [
        PgColumn(name=(described.fname(place) or b"").decode(), type=types[keys[place]],
                 is_stored=described.ftable(place) not in computed,
                 is_deterministic=collations.get(origins[place], (True, None))[0],
                 collation=collations.get(origins[place], (True, None))[1])
        for place in places
    ]  # fmt: skip


def _collations(connection: psycopg.Connection[Any], columns: Sequence[tuple[int, int]],
                ) -> dict[tuple[int, int], tuple[bool, str]]:  # fmt: skip
    """Of columns of tables that are texts: whether the collation is deterministic, and which it is."""
    rows = connection.execute(
        """select a.attrelid, a.attnum, l.collisdeterministic,
                  case when l.collprovider = 'd' then 'default' else l.oid::text end
           from pg_catalog.pg_attribute a join pg_catalog.pg_collation l on l.oid = a.attcollation
           where a.attrelid = any(%s)""",
        [list({table for table, _ in columns})],
    ).fetchall()
    return {(table, place): (deterministic, collation) for table, place, deterministic, collation in rows}


def _computed(connection: psycopg.Connection[Any], tables: set[int]) -> set[int]:
    """Those whose columns are not stored: of no table, or of a view."""
    rows = connection.execute("select oid from pg_catalog.pg_class where oid = any(%s) and relkind in ('v', 'm')",
                              [list(tables)]).fetchall()  # fmt: skip
    return {0, *(row[0] for row in rows)}


def _refused(result: Any) -> Exception:
    import psycopg

    return psycopg.errors.error_from_result(result, encoding="utf-8")


def types_of(connection: psycopg.Connection[Any], wanted: Iterable[tuple[int, int]],
             ) -> Mapping[tuple[int, int], PgType]:  # fmt: skip
    """The types of (oid, modifier), with those that their domains and arrays are made of."""
    wanted = list(dict.fromkeys(wanted))
    known: dict[int, Sequence[Any]] = {}
    missing = {oid for oid, _ in wanted}
    while missing:
        rows = connection.execute(
            """select t.oid, t.typname, n.nspname, t.typtype::text, t.typbasetype, t.typtypmod, t.typndims,
                      case when t.typcategory = 'A' and t.typlen = -1 then t.typelem else 0 end
               from pg_catalog.pg_type t join pg_catalog.pg_namespace n on n.oid = t.typnamespace
               where t.oid = any(%s)""",
            [sorted(missing)],
        ).fetchall()
        known.update((row[0], row) for row in rows)
        missing = {each for row in rows for each in (row[4], row[7]) if each and each not in known}
    names = _formatted(connection, wanted)
    return {key: replace(_made(key, known), native=names[key]) for key in wanted}


def _made(key: tuple[int, int], known: Mapping[int, Sequence[Any]]) -> PgType:
    oid, modifier = key
    _, name, schema, kind, base, base_modifier, _, item = known[oid]
    if kind == "d":
        return _made((base, base_modifier if base_modifier >= 0 else modifier), known)
    # the modifier of an array is that of its items
    return PgType(name=name, schema=schema, kind=kind, modifier=modifier, native="",
                  item=_made((item, modifier), known) if item else None)  # fmt: skip


def _formatted(connection: psycopg.Connection[Any], wanted: Sequence[tuple[int, int]]) -> dict[tuple[int, int], str]:
    rows = connection.execute(
        """select o, m, pg_catalog.format_type(o, nullif(m, -1))
           from unnest(%s::oid[], %s::int[]) as wanted(o, m)""",
        [[oid for oid, _ in wanted], [modifier for _, modifier in wanted]],
    ).fetchall()
    return {(oid, modifier): name for oid, modifier, name in rows}
