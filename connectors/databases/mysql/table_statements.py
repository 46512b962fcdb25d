"""The statements of one delivery to MySQL or MariaDB, as texts: every name is quoted, and no value stands in them.

Where the keys are the table's one unique index, one `insert … on duplicate key update` does it. That clause fires on
every unique index, so that with another one beside (or none at all) rows that exist are updated, then all staged rows
are marked that have a partner, and those inserted that have not. Locks on the rows and on the gaps between them keep
what was looked at as it was.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field

from connectors.databases.database import TableName
from connectors.databases.mysql.catalog_of_targets import MysqlTable
from connectors.databases.mysql.loading import FILE
from connectors.databases.mysql.target_types import native_type
from connectors.databases.writing import TableWrite, TargetTable
from ir.records import dataclass

STAGE, LAST, ROW, FOUND = "weirflow_stage", "weirflow_last", "weirflow_row", "weirflow_found"
_LETTERS_OF_KEYS = 64


def quoted(name: str) -> str:
    """A name as SQL has it."""
    return "`" + name.replace("`", "``") + "`"


def table_of(table: TableName) -> str:
    """A table as SQL has it."""
    return f"{quoted(table.schema)}.{quoted(table.name)}" if table.schema else quoted(table.name)


def listed(names: Iterable[str], of: str = "") -> str:
    """Columns with commas between them."""
    prefix = f"{of}." if of else ""
    return ", ".join(prefix + quoted(name) for name in names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What `apply` sends, in this order; None is left out."""

    update: str | None = None
    mark: str | None = None
    delete: str | None = None
    insert: str | None = None
    conflicting: bool = field(default=False)
    """Whether `insert` updates rows too."""

    @property
    def all(self) -> list[str]:
        return [each for each in (self.update, self.mark, self.delete, self.insert) if each is not None]


def work(write: TableWrite, target: TargetTable | None, *, stage: str = STAGE, nulls: bool = False) -> Work:
    """The statements for the rows of `stage`. `nulls` is whether columns that take none have some, which `merge` leaves
    as they are: `insert` would refuse such a row before it sees that there is one already."""
    unique = target is None or target.keeps_apart(write.keys)
    if write.plain:
        return Work(insert=_insert(write, stage))
    if write.action in {"insert", "upsert"}:
        return _upsert(write, target, stage, unique=unique, nulls=nulls)
    mark = None if unique and write.strategy != "error" else _mark(write, stage)
    if write.action == "delete":
        return Work(mark=mark, delete=_delete(write, stage))
    return Work(mark=mark, update=_update(write, stage) if write.values else None)


def _upsert(write: TableWrite, target: TargetTable | None, stage: str, *, unique: bool, nulls: bool) -> Work:
    is_only = target is None or (isinstance(target, MysqlTable) and target.only_keeps_apart(write.keys))
    if write.action == "insert" and write.strategy == "error":
        return Work(mark=None if unique else _mark(write, stage), insert=_insert(write, stage))
    keeps_old = write.strategy == "skip" or not write.values
    if is_only and not nulls:
        return Work(insert=_insert(write, stage) + _on_duplicate(write, keeps_old=keeps_old), conflicting=True)
    update = None if keeps_old else _update(write, stage)
    return Work(update=update, mark=_mark(write, stage), insert=_insert(write, stage) + f"\nwhere {FOUND} = 0")


def _insert(write: TableWrite, stage: str) -> str:
    return (f"insert into {table_of(write.table)} ({listed(write.columns)})\n"
            f"select {listed(write.columns)} from {stage}")  # fmt: skip


def _on_duplicate(write: TableWrite, *, keeps_old: bool) -> str:
    table = table_of(write.table)
    if keeps_old:
        key = quoted(write.keys[0])
        return f"\non duplicate key update {key} = {table}.{key}"
    changes = (f"{quoted(name)} = {_new(write, f'values({quoted(name)})', f'{table}.{quoted(name)}')}"
               for name in write.values)  # fmt: skip
    return "\non duplicate key update " + ", ".join(changes)


def _new(write: TableWrite, new: str, old: str) -> str:
    return f"coalesce({new}, {old})" if write.strategy == "merge" else new


def _same_key(write: TableWrite) -> str:
    return " and ".join(f"t.{quoted(name)} = s.{quoted(name)}" for name in write.keys)


def _update(write: TableWrite, stage: str) -> str:
    changes = (f"t.{quoted(name)} = {_new(write, f's.{quoted(name)}', f't.{quoted(name)}')}" for name in write.values)
    return (f"update {table_of(write.table)} as t join {stage} as s on {_same_key(write)}\n"
            f"set {', '.join(changes)}")  # fmt: skip


def _mark(write: TableWrite, stage: str) -> str:
    return f"update {stage} as s join {table_of(write.table)} as t on {_same_key(write)}\nset s.{FOUND} = 1"


def _delete(write: TableWrite, stage: str) -> str:
    return f"delete t from {table_of(write.table)} as t join {stage} as s on {_same_key(write)}"


def first_partner(write: TableWrite, stage: str) -> str:
    """The first staged key that the table has."""
    return (f"select {listed(write.keys, 's')} from {stage} as s join {table_of(write.table)} as t "
            f"on {_same_key(write)} limit 1")  # fmt: skip


def first_marked(write: TableWrite, stage: str, *, found: bool) -> str:
    """The first staged key that was found in the table, or not."""
    return f"select {listed(write.keys)} from {stage} where {FOUND} = {int(found)} limit 1"


def count_marked(stage: str) -> str:
    return f"select count(*) from {stage} where {FOUND} = 1"


def duplicates(write: TableWrite) -> str:
    """How many staged rows a later one with their key replaces. Sorted, since the server counts large groups slowly."""
    return (f"select coalesce(sum(n - 1), 0) from (select sql_big_result count(*) as n from {STAGE} "
            f"group by {listed(write.keys)} having count(*) > 1) as d")  # fmt: skip


def first_duplicate(write: TableWrite) -> str:
    """The first key that several staged rows have, and how many."""
    keys = listed(write.keys)
    return (f"select sql_big_result {keys}, count(*) from {STAGE} group by {keys} having count(*) > 1 "
            f"order by {keys} limit 1")  # fmt: skip


def last_of_each(write: TableWrite) -> list[str]:
    """Makes the second stage, of the last row of each key."""
    columns = listed(write.columns)
    return [
        f"create temporary table {LAST} like {STAGE}",
        f"insert into {LAST} ({columns}) select {columns} from (select {columns}, row_number() over "
        f"(partition by {listed(write.keys)} order by {ROW} desc) as weirflow_number from {STAGE}) as d "
        "where weirflow_number = 1",
    ]


def stage_definition(write: TableWrite, target: TargetTable | None) -> str:
    """The temporary table: columns of the target's own types and collations that all take null, and no index.

    Bits are staged as numbers, since LOAD DATA reads those of a bit column as letters.
    """
    own = f"{ROW} bigint, {FOUND} tinyint not null default 0"
    if target is None:
        columns = ", ".join(f"{quoted(name)} {_made(write, name)} null" for name in write.columns)
        return f"create temporary table {STAGE} ({own}, {columns}) engine = InnoDB {_LETTERS}"
    chosen = ", ".join(_staged(name, target) for name in write.columns)
    return (f"create temporary table {STAGE} ({own}) engine = InnoDB select {chosen} "
            f"from (select 1 as one) as d left join {table_of(write.table)} as t on false limit 0")  # fmt: skip


_LETTERS = "default character set utf8mb4 collate utf8mb4_bin"


def _staged(name: str, target: TargetTable) -> str:
    found = target.column(name)
    value = f"t.{quoted(name)}"
    if found is not None and found.native.lower().startswith("bit"):
        return f"cast({value} as unsigned) as {quoted(name)}"
    return value


def _made(write: TableWrite, name: str) -> str:
    return native_type(write.columns[name], is_key=name in write.keys) or "longtext"


def creation(write: TableWrite) -> str:
    """The statement that makes the target, with the keys as its primary key. Texts are compared letter by letter."""
    columns = [f"{quoted(name)} {_made(write, name)} {'not null' if name in write.keys else 'null'}"
               for name in write.columns]  # fmt: skip
    if write.keys:
        columns.append(f"primary key ({listed(write.keys)})")
    return f"create table {table_of(write.table)} (\n  " + ",\n  ".join(columns) + f"\n) engine = InnoDB {_LETTERS}"


def stage_index(write: TableWrite, target: TargetTable | None, stage: str) -> str:
    """An index on the staged keys, of texts on their first letters."""
    letters = min(_LETTERS_OF_KEYS, 700 // len(write.keys))
    parts = (quoted(name) + (f"({letters})" if _is_long(write, target, name, letters) else "") for name in write.keys)
    return f"alter table {stage} add index weirflow_key ({', '.join(parts)})"


def _is_long(write: TableWrite, target: TargetTable | None, name: str, letters: int) -> bool:
    found = target.column(name) if target is not None else None
    native = (found.native if found is not None else _made(write, name)).lower()
    word, _, size = native.partition("(")
    if word in {"char", "varchar", "binary", "varbinary"}:
        return int(size.rstrip(")") or 0) > letters
    return "text" in word or "blob" in word


def load_statement(write: TableWrite, hexadecimal: frozenset[str], *, numbered: bool) -> str:
    """LOAD DATA for the lines of connectors.databases.mysql.batch_text."""
    names = [*write.columns]
    places = {name: f"@v{number}" if name in hexadecimal else quoted(name) for number, name in enumerate(names)}
    listed_places = ", ".join([*([ROW] if numbered else []), *(places[name] for name in names)])
    meant = ", ".join(f"{quoted(name)} = unhex({places[name]})" for name in names if name in hexadecimal)
    return (f"load data local infile '{FILE}' into table {STAGE} character set utf8mb4 "
            "fields terminated by x'09' escaped by x'5c' lines terminated by x'0a' "
            f"({listed_places})" + (f" set {meant}" if meant else ""))  # fmt: skip


def insert_literals(write: TableWrite, *, numbered: bool) -> str:
    """What stands before the literals of rows."""
    return f"insert into {STAGE} ({', '.join([*([ROW] if numbered else []), listed(write.columns)])}) values "
