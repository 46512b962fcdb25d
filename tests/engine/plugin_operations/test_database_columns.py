"""What a query of a database's plugin gives once: rows with their columns, as a source of that database has them."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import weirflow as wf
from tests.servers.running import Database
from tests.workflows import ENGINES, inline, workflow

COLUMNS = {
    "postgres": "id bigint, total numeric(10,2), day date, seen timestamptz, is_open boolean, extra jsonb, rate float8",
    "mysql": "id bigint, total decimal(10,2), day date, seen timestamp null, is_open boolean, extra json, rate double",
}
ROWS = ("insert into orders values (1, 12.50, '2026-01-02', '2026-01-02 08:00:00', true, '{\"a\": [1]}', 0.5), "
        "(2, null, null, null, null, null, null)")  # fmt: skip


def querying(
    plugin: str, *, on_error: str = "fail", config: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    operation = {
        "id": "look", "plugin_key": plugin, "operation_type": "query", "execution_scope": "once", "on_error": on_error,
        "output_variable": "found",
        "config": config or {"query": "select * from orders where id < :most order by id", "parameters": {"most": 9}},
    }  # fmt: skip
    return workflow([inline("rows", [{"n": 1}])], plugin_operations=[operation], **more)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("plugin", "fixture"), [("postgres", "postgres"), ("mysql", "mariadb")])
def test_a_query_has_the_columns_that_a_source_would_have(
    engine: str, plugin: str, fixture: str, request: pytest.FixtureRequest, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    database: Database = request.getfixturevalue(fixture)
    database.execute(f"create table orders ({COLUMNS[plugin]})", "set time_zone = '+00:00'" if plugin == "mysql"
                     else "set time zone 'UTC'", ROWS)  # fmt: skip
    monkeypatch.setenv(f"WEIRFLOW_{plugin.upper()}", database.url)
    found = wf.compile(querying(plugin), base=tmp_path, engine=engine).run(out=tmp_path)["found"]
    source = {"type": "database", "alias": "found", "credentials_ref": plugin,
              "database_config": {"connection": {"plugin_key": plugin},
                                  "query": "select * from orders order by id"}}  # fmt: skip
    wanted = wf.compile(workflow([source]), base=tmp_path, engine=engine).collect("found")
    assert found.schema == wanted.schema
    assert found.drop("extra").rows() == wanted.drop("extra").rows()
    assert [json.loads(each) if each else None for each in found["extra"]] == [{"a": [1]}, None]
    assert found["total"].to_list() == [Decimal("12.50"), None]
    assert found["day"].to_list() == [date(2026, 1, 2), None]
    assert found["seen"].to_list() == [datetime(2026, 1, 2, 8, tzinfo=UTC), None]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    import sqlite3

    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.execute("create table orders (id integer primary key, total real)")
        connection.execute("insert into orders values (1, 12.5), (2, 7)")
    return tmp_path


LOOK = {"path": "shop.db", "query": "select id, total from orders order by id"}


@pytest.mark.parametrize("engine", ENGINES)
def test_its_columns_are_delivered_and_read_by_the_next_steps(engine: str, shop: Path) -> None:
    made = querying("sqlite", config=LOOK,
                    delivery_rules={"file_delivery": {"format": "csv", "input_source": "found", "columns": ["total"],
                                                      "filename_template": "found.csv"}})  # fmt: skip
    wf.compile(made, base=shop, engine=engine).run(out=shop / "out")
    assert (shop / "out" / "found.csv").read_text().splitlines() == ["total", "12.5", "7.0"]
    made["delivery_rules"]["file_delivery"]["columns"] = ["totla"]
    with pytest.raises(wf.WorkflowError, match="totla"):
        wf.compile(made, base=shop, engine=engine)


def test_a_query_without_rows_has_its_columns_as_well(shop: Path) -> None:
    made = querying("sqlite", config={**LOOK, "query": "select id, total from orders where id > 99"})
    found = wf.compile(made, base=shop).run(out=shop / "out")["found"]
    assert (found.columns, found.height) == (["id", "total"], 0)


@pytest.mark.parametrize("more", [{"on_error": "continue"}, {"config": {**LOOK, "result": "json"}}])
def test_rows_are_one_column_of_json_where_that_is_written_or_the_run_goes_on_without_them(
    more: dict[str, Any], shop: Path
) -> None:
    found = wf.compile(querying("sqlite", **{"config": LOOK, **more}), base=shop).run(out=shop / "out")["found"]
    assert [json.loads(each) for each in found["found"]] == [{"id": 1, "total": 12.5}, {"id": 2, "total": 7.0}]


def test_validate_asks_no_database_and_says_what_it_has_not_checked(tmp_path: Path) -> None:
    made = querying("sqlite", config=LOOK,
                    delivery_rules={"file_delivery": {"format": "csv", "input_source": "found",
                                                      "columns": ["total"]}})  # fmt: skip
    assert [(each.code, each.severity) for each in wf.validate(made, base=tmp_path)] == [("IR508", "warning")]
    assert not (tmp_path / "shop.db").exists()
    with pytest.raises(wf.WorkflowError) as stopped:
        wf.compile(querying("sqlite", config={**LOOK, "query": "select id from ordres"}), base=tmp_path)
    assert [each.code for each in stopped.value.diagnostics] == ["IR505"]
    assert not (tmp_path / "shop.db").exists()
