"""Every type of SQLite arrives as the table in docs/database-types.md says."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import sqlglot
from polars.testing import assert_frame_equal
from sqlglot import exp

import weirflow as wf
from connectors.databases.address import file_address
from connectors.databases.database import TableName
from connectors.databases.relation import DatabaseRelation
from connectors.databases.sqlite.database import DATABASE
from docs.generator.cells import BAD, Cell
from docs.generator.sqlite_types import CELLS
from tests.connectors.database_sources import ENGINES
from transforms import sql


def database(folder: Path, *statements: str) -> Path:
    path = folder / "shop.db"
    with closing(sqlite3.connect(path)) as connection:
        for each in statements:
            connection.execute(each)
        connection.commit()
    return path


def rows_on_both(folder: Path, frame: str = "data", *, config: Any = None, **about: Any) -> pl.DataFrame:
    found = [plan(folder, engine, config=config, **about).collect(frame) for engine in ENGINES]
    assert_frame_equal(found[0], found[1], check_exact=True)
    return found[0]


def plan(folder: Path, engine: str = "polars", *, config: Any = None, **about: Any) -> wf.Plan:
    source = {
        "type": "database", "alias": "rows_of_it", "location": "shop.db", "rejects": "odd", "config": config or {},
        "database_config": {"connection": {"plugin_key": "sqlite"}, **about},
    }  # fmt: skip
    return wf.compile({"ir_version": "3.1", "goal": "test", "data_sources": [source]}, base=folder, engine=engine)


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_a_value_arrives_as_the_table_says(cell: Cell, tmp_path: Path) -> None:
    database(tmp_path, f"create table cell (id integer primary key, v {cell.native})",
             f"insert into cell values (1, {cell.written}), (2, null)")  # fmt: skip
    about: dict[str, Any] = {"table": "cell", "order_by": [{"field": "id"}], "config": {"max_bad": 1}}

    assert str(plan(tmp_path, **about).schema()["v"]) == cell.type
    rows = rows_on_both(tmp_path, **about)["v"].to_list()
    if cell.value is BAD:
        assert rows == [None]
        assert rows_on_both(tmp_path, "odd", **about)["_row"].to_list() == [1]
    else:
        assert rows == [cell.value, None]


@pytest.mark.parametrize("cell", [each for each in CELLS if each.value is not BAD], ids=str)
def test_a_query_gives_the_same_value(cell: Cell, tmp_path: Path) -> None:
    path = database(tmp_path, f"create table cell (id integer primary key, v {cell.native})",
                    f"insert into cell values (1, {cell.written}), (2, null)")  # fmt: skip
    query = sqlglot.parse_one("select v, id from cell order by id", dialect="sqlite")
    columns = DATABASE.describe_query(file_address(path), query, ())

    assert str(columns[0].type) == cell.type
    relation = DatabaseRelation(name="rows", database=DATABASE, address=file_address(path), origin=query,
                                label="query", columns=tuple(columns))  # fmt: skip
    assert relation.to_polars().sort("id").collect()["v"].to_list() == [cell.value, None]


def test_a_column_without_a_type_whose_values_are_mixed_is_a_string(tmp_path: Path) -> None:
    database(tmp_path, "create table cell (v)", "insert into cell values (1), ('x'), (0.5), (x'00ff'), (null)")

    assert rows_on_both(tmp_path, table="cell")["v"].to_list() == ["1", "x", "0.5", "00FF", None]


def test_a_value_behind_the_sample_that_is_of_another_kind_is_a_bad_row(tmp_path: Path) -> None:
    numbers = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000) select i from n"
    database(tmp_path, "create table cell (v)", f"insert into cell {numbers}", "insert into cell values ('late')")

    rows = rows_on_both(tmp_path, table="cell")
    assert rows["v"].sum() == 20_000 * 20_001 // 2
    assert rows_on_both(tmp_path, "odd", table="cell")["v"].to_list() == ["late"]


@pytest.mark.parametrize(("native", "written", "value"), [
    ("text", "'late'", "late"), ("real", "0.5", 0.5), ("blob", "x'00ff'", "00ff"),
    ("datetime", "'2026-01-02 03:04:05'", "2026-01-02 03:04:05"), ("decimal(10,2)", "1.5", "1.50"),
])  # fmt: skip
def test_a_value_behind_many_nulls_has_the_type_of_its_column(
    tmp_path: Path, native: str, written: str, value: object
) -> None:
    numbers = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 60000) select i, null from n"
    database(tmp_path, f"create table cell (id integer primary key, v {native})", f"insert into cell {numbers}",
             f"insert into cell values (60001, {written})")  # fmt: skip

    rows = rows_on_both(tmp_path, table="cell", order_by=[{"field": "id", "direction": "desc"}], columns=["v", "id"])
    assert rows.height == 60_001
    assert rows["id"].is_sorted(descending=True)
    last = rows_on_both(tmp_path, table="cell", order_by=[{"field": "id"}])["v"][-1]
    assert last == value or str(last) == value


def test_a_strict_table_needs_no_look_for_misfits(tmp_path: Path) -> None:
    path = database(tmp_path, "create table cell (i integer, r real, t text, b blob) strict",
                    "insert into cell values (1, 2, 'x', x'ff')")  # fmt: skip

    assert rows_on_both(tmp_path, table="cell").rows() == [(1, 2.0, "x", "ff")]
    columns = DATABASE.describe_table(file_address(path), TableName(name="cell"))
    assert [each.misfit for each in columns] == [None] * 4


def test_generated_columns_are_read(tmp_path: Path) -> None:
    database(tmp_path, "create table cell (a integer, b integer generated always as (a * 2) stored, "
             "c text as (a || '!'))", "insert into cell (a) values (4)")  # fmt: skip

    assert rows_on_both(tmp_path, table="cell").to_dicts() == [{"a": 4, "b": 8, "c": "4!"}]


def test_a_text_that_is_no_utf_8_is_told(tmp_path: Path) -> None:
    database(tmp_path, "create table cell (v text)", "insert into cell values (cast(x'c328' as text))")

    with pytest.raises(wf.WorkflowError) as failure:
        plan(tmp_path, table="cell").collect()
    (found,) = failure.value.diagnostics
    assert found.code == "IR573"


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "shop.db").write_text("id,amount\n1,2\n" * 100)

    with pytest.raises(wf.WorkflowError) as failure:
        plan(tmp_path, table="cell")
    (found,) = failure.value.diagnostics
    assert found.code == "IR560"


def test_a_path_with_odd_letters_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "a b%20?#é"
    folder.mkdir()
    database(folder, "create table cell (v integer)", "insert into cell values (7)")

    assert rows_on_both(folder, table="cell")["v"].to_list() == [7]


def test_a_view_over_tables_has_their_types(tmp_path: Path) -> None:
    database(
        tmp_path, "create table orders (id integer primary key, placed date, amount decimal(8,2))",
        "insert into orders values (1, '2026-01-02', 1.25)",
        "create view recent as select placed, amount, amount * 2 as doubled, upper('x') as mark from orders",
    )  # fmt: skip

    types = [str(each) for _, each in plan(tmp_path, table="recent").schema().items()]
    assert types == ["date", "decimal(8,2)", "number", "string"]
    (row,) = rows_on_both(tmp_path, table="recent").rows()
    assert [str(each) for each in row] == ["2026-01-02", "1.25", "2.5", "X"]


def test_a_program_that_writes_does_not_stop_reading(tmp_path: Path) -> None:
    path = database(tmp_path, "pragma journal_mode = wal", "create table cell (v integer)",
                    "insert into cell values (1)")  # fmt: skip
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("begin immediate")
        writer.execute("insert into cell values (2)")

        assert rows_on_both(tmp_path, table="cell")["v"].to_list() == [1]


_ODD = [
    " 2026-01-01", "2026-01-01 ", "2026-1-1", "+2026-01-01", "2026-01-01TT10:00", "2026-01-01  10:00",
    "2026-01-01 1:00", "2026-01-01 10:00:60", "2026-01-01 10:00:00.", "2026-01-01 10:00:00.25",
    "2026-01-01 10:00+15:00", "2026-01-01 10:00 +02:00", "2026-01-01 10:00:00z", "2026-01-01 10", "2026-01-01T", "now",
    "12:00", "12:00:00.5", "12:00 ", "12:00Z", "24:00", "2026-02-29", "2024-02-29", "0000-01-01", "2026-01-01 00:00",
    "2026-01-01T00:00:00.000", "10", "", "1e3", "2026-01-01 23:59:59.999999", 1, 1.25, 10.125, 1e20, b"2026", 0.1,
    12345.678, 99999999.99,
]  # fmt: skip


@pytest.mark.parametrize("native", ["date", "datetime", "timestamptz", "time", "decimal(10,2)", "integer", "real",
                                    "boolean"])  # fmt: skip
def test_the_database_and_this_side_take_the_same_values_as_misfits(tmp_path: Path, native: str) -> None:
    path = database(tmp_path, f"create table cell (id integer primary key, v {native})")
    with closing(sqlite3.connect(path)) as connection:
        connection.executemany("insert into cell (v) values (?)", [(each,) for each in _ODD])
        connection.commit()
    address, table = file_address(path), TableName(name="cell")
    value = DATABASE.describe_table(address, table)[1]
    assert value.checked
    assert value.misfit is not None
    for number, each in enumerate(_ODD, start=1):
        which = exp.EQ(this=sql.column("id"), expression=sql.integer(number))
        relation = DatabaseRelation(name="rows", database=DATABASE, address=address, origin=table.expression(),
                                    label="table cell", columns=(value,), scope=(which,))  # fmt: skip
        asked = sql.select([value.misfit.copy()], table.expression()).where(which)
        with closing(sqlite3.connect(path)) as connection:
            (is_misfit,) = connection.execute(asked.sql("sqlite")).fetchone()
        if is_misfit:
            with pytest.raises(Exception, match="IR533"):
                relation.to_polars().collect()
        else:
            assert relation.to_polars().collect().height == 1, each


def test_a_query_is_read_with_its_inputs_bound(tmp_path: Path) -> None:
    database(
        tmp_path, "create table orders (id integer primary key, placed date, amount decimal(8,2), note)",
        "insert into orders values (1, '2026-01-02', 1.25, null), (2, '2026-02-03', 10, 'x'), (3, null, 7.5, null)",
    )  # fmt: skip
    query = (
        "select placed, amount, {{inputs.rate}} * amount as due, {{inputs.word}} as word, note from orders "
        "where placed >= {{inputs.since}} or amount < {{inputs.rate}} + 5.5"
    )
    source = {"type": "database", "location": "shop.db",
              "database_config": {"connection": {"plugin_key": "sqlite"}, "query": query}}  # fmt: skip
    document = {
        "ir_version": "3.1", "goal": "g", "data_sources": [source],
        "runtime_inputs": [{"name": "rate", "type": "number"}, {"name": "word", "type": "text"},
                           {"name": "since", "type": "date"}],
    }  # fmt: skip
    inputs = {"rate": "2", "word": "it's", "since": "2026-02-01"}
    for engine in ENGINES:
        plan = wf.compile(document, base=tmp_path, engine=engine, inputs=inputs)
        types = [str(each) for _, each in plan.schema().items()]
        assert types == ["date", "decimal(8,2)", "number", "string", "string"]
        rows = sorted(plan.collect().rows(), key=str)
        assert [tuple(str(value) for value in row) for row in rows] == [
            ("2026-01-02", "1.25", "2.5", "it's", "None"), ("2026-02-03", "10.00", "20.0", "it's", "x"),
        ]  # fmt: skip


def test_moments_are_sorted_as_the_moments_they_are_however_they_are_written(tmp_path: Path) -> None:
    written = ["2026-01-31 14:00:00.000001", "2026-01-31T14:00", "2026-01-31 16:30:00.5+02:30", "2026-01-31",
               "2026-01-31 12:00:00-02:00", "2026-01-31 14:00:00.4Z", "2026-01-31 14:00:01 -00:00"]  # fmt: skip
    path = database(tmp_path, "create table cell (at datetime)")
    with closing(sqlite3.connect(path)) as connection:
        connection.executemany("insert into cell values (?)", [(each,) for each in written])
        connection.commit()

    rows = rows_on_both(tmp_path, table="cell", order_by=[{"field": "at", "direction": "desc"}])["at"].to_list()
    assert [str(each) for each in rows] == [
        "2026-01-31 14:00:01", "2026-01-31 14:00:00.500000", "2026-01-31 14:00:00.400000", "2026-01-31 14:00:00.000001",
        "2026-01-31 14:00:00", "2026-01-31 14:00:00", "2026-01-31 00:00:00",
    ]  # fmt: skip
