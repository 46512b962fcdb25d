"""Random frames as tables of a database, and random chains of steps that databases do for the most part."""

from __future__ import annotations

import datetime
import math
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
from hypothesis import strategies as st

import weirflow as wf
from ir import types as t
from tests.conformance.chains import STEPS, Columns, quoted
from tests.conformance.engines import ZONE, compiles
from tests.conformance.test_chains import document
from tests.servers.running import Database


@dataclass(frozen=True, kw_only=True)
class Store:
    """A database with the tables `main` and `other`. `columns` {name: (our type, its own)}."""

    plugin_key: str
    place: Mapping[str, Any]
    """The keys of a source that say where it is."""
    columns: Mapping[str, tuple[t.DataType, str]]
    put: Callable[[str, Sequence[str], list[tuple[Any, ...]]], None]
    """(table, its columns as SQL, rows): make the table anew."""
    is_finite: bool = False
    """Whether its numbers are finite."""

    @property
    def schema(self) -> t.Schema:
        return t.Schema({name: kind for name, (kind, _) in self.columns.items()})

    def fill(self, table: str, frame: pl.DataFrame) -> None:
        rows = [tuple(self._stored(value) for value in row) for row in frame.iter_rows()]
        self.put(table, [f"{name} {own}" for name, (_, own) in self.columns.items()], rows)

    def _stored(self, value: Any) -> Any:
        if isinstance(value, float) and self.is_finite and not math.isfinite(value):
            return None
        if self.plugin_key == "sqlite" and isinstance(value, Decimal | datetime.date):
            return str(value)
        return value

    def document(self, steps: Sequence[Mapping[str, Any]], *, pushdown: bool = True) -> dict[str, Any]:
        sources = [
            {"type": "database", "alias": name, **self.place,
             "database_config": {"connection": {"plugin_key": self.plugin_key}, "table": name}}
            for name in ("main", "other")
        ]  # fmt: skip
        return {"ir_version": "3.1", "goal": "test", "settings": {"timezone": ZONE, "pushdown": pushdown},
                "data_sources": sources, "transforms": list(steps)}  # fmt: skip


_COMMON: dict[str, tuple[t.DataType, str]] = {
    "nr": (t.Integer(), "bigint"),
    "i": (t.Integer(), "bigint"),
    "j": (t.Integer(), "bigint"),
    "x": (t.Number(), "double precision"),
    "s": (t.String(), "text"),
    "g": (t.String(), "text"),
}


def sqlite_store(folder: Path) -> Store:
    def put(table: str, columns: Sequence[str], rows: list[tuple[Any, ...]]) -> None:
        with closing(sqlite3.connect(folder / "store.db")) as connection:
            connection.execute(f"drop table if exists {table}")
            connection.execute(f"create table {table} ({', '.join(columns)})")
            if rows:
                connection.executemany(f"insert into {table} values ({', '.join('?' * len(columns))})", rows)
            connection.commit()

    columns = {
        **_COMMON,
        "d": (t.Decimal(12, 2), "decimal(12,2)"),
        "b": (t.Boolean(), "boolean"),
        "day": (t.Date(), "date"),
    }
    return Store(plugin_key="sqlite", place={"location": "store.db"}, columns=columns, put=put)


def postgres_store(database: Database) -> Store:
    columns = {
        **_COMMON,
        "d": (t.Decimal(12, 2), "numeric(12,2)"),
        "b": (t.Boolean(), "boolean"),
        "day": (t.Date(), "date"),
        "ts": (t.Datetime(), "timestamp"),
        "tz": (t.Datetime(zoned=True), "timestamptz"),
        "clock": (t.Time(), "time"),
    }
    return Store(plugin_key="postgres", place={"credentials_ref": "env:WEIRFLOW_TEST_STORE"}, columns=columns,
                 put=_putting(database, {}))  # fmt: skip


def mariadb_store(database: Database) -> Store:
    columns = {
        **_COMMON,
        "d": (t.Decimal(12, 2), "decimal(12,2)"),
        "day": (t.Date(), "date"),
        "ts": (t.Datetime(), "datetime(6)"),
    }
    return Store(plugin_key="mysql", place={"credentials_ref": "env:WEIRFLOW_TEST_STORE"}, columns=columns,
                 put=_putting(database, {"text": "varchar(400) character set utf8mb4"}), is_finite=True)  # fmt: skip


def _putting(database: Database, words: Mapping[str, str]) -> Callable[..., None]:
    def put(table: str, columns: Sequence[str], rows: list[tuple[Any, ...]]) -> None:
        typed = [" ".join(words.get(word, word) for word in each.split(" ", 1)) for each in columns]
        database.execute(f"drop table if exists {table}", f"create table {table} ({', '.join(typed)})")
        if rows:
            database.insert(table, rows)

    return put


_PUSHED = ["filter"] * 4 + ["map", "sort", "aggregate", "join", "join", "reduce", "limit", "enrich"]


def steps_over(draw: st.DrawFn, schema: t.Schema, base: Path, number: int) -> list[dict[str, Any]]:
    """One to four steps that compile, mostly such as databases do; tried over Parquet files of the same rows."""
    steps: list[dict[str, Any]] = []
    other = schema
    for _ in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from([*_PUSHED, *STEPS]))
        config = _plain(draw, kind, schema, other) or STEPS[kind](Columns(draw, schema, other, t.Schema()))
        if config is None:
            continue
        step = {"type": kind, "config": config, "input_source": steps[-1]["output_variable"] if steps else "main",
                "output_variable": f"c{number}_{len(steps)}"}  # fmt: skip
        found = compiles(document([*steps, step]), base)
        if isinstance(found, wf.Plan):
            schema = found.schema(step["output_variable"])
            steps.append(step)
    return steps


def _plain(draw: st.DrawFn, kind: str, schema: t.Schema, other: t.Schema) -> dict[str, Any] | None:
    """Mostly a config of which a database does everything."""
    of = Columns(draw, schema, other, t.Schema())
    if not draw(st.integers(0, 2)):
        return None
    if kind == "join":
        pairs = [(left, right) for left, one in schema.items() for right, another in other.items()
                 if one == another and not isinstance(one, t.Number)]  # fmt: skip
        how = draw(st.sampled_from(["inner", "left", "semi", "anti"]))
        return {"source": "other", "how": how, "on": dict([draw(st.sampled_from(pairs))])} if pairs else None
    if kind == "filter":
        parts = [_condition(of) for _ in range(draw(st.integers(1, 3)))]
        return {"where": draw(st.sampled_from([" and ", " or "])).join(parts)}
    if kind == "sort":
        by = of.sort_by()
        return None if by is None else {"by": by, "limit": draw(st.integers(1, 4))}
    if kind == "map":
        names = of.some(list(schema), most=6)
        return None if not names else {"select": names}
    if kind not in {"aggregate", "reduce"}:
        return None
    aggregates = {f"a{place}": _aggregate(of) for place in range(draw(st.integers(1, 3)))}
    if kind == "reduce":
        return {"aggregates": aggregates}
    keys = of.some([name for name in of.sortable if not isinstance(schema[name], t.Number)], most=2)
    return None if keys is None else {"group_by": keys, "aggregates": aggregates}


_CONDITIONS: Mapping[type[t.DataType], Sequence[str]] = {
    t.Integer: ["{} > 0", "{} between -3 and 3", "{} in (0, 1, -3)", "{} < 1.5", "{} is distinct from 1"],
    t.Number: ["{} > 0.5e0", "not ({} <= 2.5e0)", "{} = 0e0", "{} is null", "{} <> 1e0"],
    t.Decimal: ["{} > 0.5", "{} = 1", "not ({} > 1.25)", "{} * 2 > 1.5", "{} in (0.5, 1)"],
    t.String: ["{} = 'a'", "{} > 'Z'", "{} <> 'A'", "{} in ('a', 'b', 'é')", "{} like 'a%'", "{} like '%b%'",
               "contains({}, 'b')", "starts_with({}, 'A')", "ends_with({}, 'b')", "{} between 'A' and 'b'",
               "not ({} like '%b')"],
    t.Boolean: ["{}", "not {}", "{} is true", "{} = false"],
    t.Date: ["{} > date '2000-01-01'", "{} < today()", "year({}) = 2024", "month({}) < 7", 
             "{} between date '1970-01-01' and today()"],
    t.Datetime: ["{} is not null"],
    t.Time: ["{} > time '02:30:00'"],
}  # fmt: skip


def _condition(of: Columns) -> str:
    name = of.one([name for name, kind in of.schema.items() if type(kind) in _CONDITIONS])
    if name is None:
        return "true"
    kind = of.schema[name]
    forms = list(_CONDITIONS[type(kind)])
    if isinstance(kind, t.Datetime):
        forms = ["{} < now()"] if kind.zoned else ["{} > timestamp '2000-01-01 12:30:00'", "month({}) < 7"]
    same = [each for each, other in of.schema.items() if other == kind]
    if of.draw(st.integers(0, 5)) == 5:
        forms = [f"{{}} <= {quoted(of.draw(st.sampled_from(same)))}"]
    return of.draw(st.sampled_from(forms)).format(quoted(name))


def _aggregate(of: Columns) -> str:
    name = of.one([name for name, kind in of.schema.items() if type(kind) in _CONDITIONS])
    if name is None:
        return "count(*)"
    forms = ["count(*)", "count({})", "count(distinct {})", "min({})", "max({})"]
    if isinstance(of.schema[name], t.Integer | t.Decimal | t.Number):
        forms += ["sum({})", "avg({})"]
    found: str = of.draw(st.sampled_from(forms)).format(quoted(name))
    if of.draw(st.integers(0, 3)) == 3:
        found += f" filter (where {_condition(of)})"
    return found
