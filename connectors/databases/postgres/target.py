"""PostgreSQL as a place to write to: its tables as the catalog has them, and the types of new ones."""

from __future__ import annotations

from connectors.databases.address import Address
from connectors.databases.database import TableName
from connectors.databases.postgres.session import DatabaseError, Session
from connectors.databases.postgres.table_statements import creation, shown_statements
from connectors.databases.postgres.target_types import native_type
from connectors.databases.postgres.writer import PostgresWriter
from connectors.databases.writing import TableWrite, TargetColumn, TargetTable
from connectors.problem import ConnectorProblem
from ir import types as t

_FIND = """
select c.oid::int8, c.relkind::text, n.nspname::text from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.oid = to_regclass({name})
"""
_COLUMNS = """
select a.attname::text, format_type(a.atttypid, a.atttypmod), format_type(a.atttypid, null),
    coalesce(e.typname, b.typname, y.typname)::text, coalesce(e.typtype, b.typtype, y.typtype)::text, e.oid is not null,
    case when y.typtype = 'd' and a.atttypmod = -1 then y.typtypmod else a.atttypmod end,
    a.attnotnull, a.atthasdef or a.attidentity <> '' or coalesce(y.typdefault is not null, false),
    a.attgenerated <> '' or a.attidentity = 'a'
from pg_catalog.pg_attribute a join pg_catalog.pg_type y on y.oid = a.atttypid
left join pg_catalog.pg_type b on b.oid = y.typbasetype
left join pg_catalog.pg_type e
    on e.oid = coalesce(b.typelem, y.typelem) and coalesce(b.typcategory, y.typcategory) = 'A'
where a.attrelid = $1::oid and a.attnum > 0 and not a.attisdropped order by a.attnum
"""
_UNIQUE = """
select array(select a.attname::text from pg_catalog.pg_attribute a
    where a.attrelid = i.indrelid and a.attnum = any((i.indkey::int2[])[0:i.indnkeyatts - 1]))
from pg_catalog.pg_index i where i.indrelid = $1::oid and i.indisunique and i.indisvalid and i.indimmediate
    and i.indpred is null and i.indexprs is null
"""
_NO_ROWS = {"m": "a materialized view", "S": "a sequence", "i": "an index", "I": "an index", "c": "a type",
            "t": "a table of PostgreSQL's own"}  # fmt: skip
_KINDS: dict[str, t.DataType] = {
    **dict.fromkeys(("int2", "int4", "int8"), t.Integer()),
    **dict.fromkeys(("float4", "float8"), t.Number()),
    **dict.fromkeys(("json", "jsonb"), t.Json()),
    "bool": t.Boolean(),
    "date": t.Date(),
    "time": t.Time(),
    "timestamp": t.Datetime(),
    "timestamptz": t.Datetime(zoned=True),
    "interval": t.Duration(),
}
_TEXTS = frozenset({"text", "varchar", "bpchar", "citext", "name"})
_ANY_SCALE = t.Decimal(38, 38)


class Postgres:
    """Tables of PostgreSQL."""

    dialect = "postgres"

    def describe_target(self, address: Address, table: TableName) -> TargetTable | None:
        try:
            session = Session(address)
        except DatabaseError as error:
            raise ConnectorProblem("IR639", f"cannot connect to {address.shown}: {error.said}",
                                   key=("credentials_ref",)) from None  # fmt: skip
        try:
            return _described(session, table)
        except DatabaseError as error:
            raise ConnectorProblem("IR639", f"the table {table.shown} cannot be looked up: {error.said}",
                                   key=("table",)) from None  # fmt: skip
        finally:
            session.close()

    def can_name(self, name: str) -> bool:
        return 0 < len(name.encode()) <= 63 and "\0" not in name

    def native_type(self, kind: t.DataType, *, is_key: bool) -> str | None:
        return native_type(kind)

    def statements(self, write: TableWrite, target: TargetTable | None) -> list[str]:
        made = [creation(write)] if target is None else []
        return [*made, *shown_statements(write, target)]

    def open_table(self, address: Address, write: TableWrite, target: TargetTable | None) -> PostgresWriter:
        return PostgresWriter(address, write, target)


def _described(session: Session, table: TableName) -> TargetTable | None:
    parts = ("format('%I.%I', $1::text, $2::text)", (table.schema, table.name))
    name, parameters = parts if table.schema else ("format('%I', $1::text)", (table.name,))
    found = session.row(_FIND.format(name=name), [each for each in parameters if each is not None])
    if found is None:
        return None
    oid, kind, _ = found
    if kind in _NO_ROWS:
        raise ConnectorProblem("IR630", f"{table.shown} is {_NO_ROWS[kind]}, which takes no rows", key=("table",))
    columns = tuple(_column(*row) for row in session.rows(_COLUMNS, (oid,)))
    unique = tuple(frozenset(row[0]) for row in session.rows(_UNIQUE, (oid,)))
    return TargetTable(columns=columns, unique=unique if kind != "v" else ())


def _column(name: str, native: str, bare: str, base: str, kind: str, is_list: bool, modifier: int, not_null: bool,
            has_default: bool, generated: bool) -> TargetColumn:  # fmt: skip
    found = _type(base, kind, modifier)
    also: tuple[type[t.DataType], ...] = ()
    if base in {"json", "jsonb"} and not is_list:
        also = (t.String, t.ListOf, t.Struct)
    elif base in _TEXTS and not is_list:
        also = (t.Json,)
    text_as = None if base in _TEXTS else '"bit"' if bare == "bit" else bare
    return TargetColumn(name=name, native=native, type=t.ListOf(found) if is_list else found, also=also,
                        text_as=text_as, not_null=not_null, has_default=has_default, generated=generated)  # fmt: skip


def _type(base: str, kind: str, modifier: int) -> t.DataType:
    """The type of ours; what has none is written as a text, which PostgreSQL reads in its own way."""
    if base == "numeric":
        if modifier < 4:
            return _ANY_SCALE
        precision, scale = (modifier - 4) >> 16 & 0xFFFF, (modifier - 4) & 0x7FF
        return t.Decimal(precision, scale if scale < 1024 else scale - 2048)
    return _KINDS.get(base, t.String()) if kind == "b" else t.String()


TARGET = Postgres()
