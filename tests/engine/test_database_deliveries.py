"""Deliveries to tables beside other deliveries, and what is said of them before and after."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import weirflow as wf
from tests.engine.writing_databases import Target, of_file
from tests.workflows import ENGINES, inline, workflow

ROWS = [{"id": 1, "name": "ann"}, {"id": 2, "name": "bob"}]
SCHEMA = {"id": "integer", "name": "string"}
TABLE = "create table orders (id integer primary key, name text)"


@pytest.fixture
def shop(tmp_path: Path) -> Target:
    return of_file(tmp_path / "shop.db")


def document(
    target: Target, *, rows: Any = ROWS, rules: Mapping[str, Any] | None = None, **delivery: Any
) -> dict[str, Any]:
    table = {**target.place, "table": "orders", "operation": "upsert", "key_fields": ["id"], **delivery}
    return workflow([inline("rows", rows, SCHEMA)], delivery_rules={"database_delivery": table, **(rules or {})})


def codes(found: wf.WorkflowError) -> list[tuple[str, str]]:
    return [(each.code, "/".join(map(str, each.pointer))) for each in found.diagnostics]


@pytest.mark.parametrize("engine", ENGINES)
def test_both_engines_deliver_the_same_rows(engine: str, shop: Target) -> None:
    shop.run(TABLE)
    result = wf.compile(document(shop), engine=engine).run()
    assert (result.status, result.deliveries[0].rows) == ("succeeded", 2)
    assert shop.rows() == [(1, "ann"), (2, "bob")]


def test_validate_opens_no_database(tmp_path: Path) -> None:
    nowhere = of_file(tmp_path / "missing.db")
    assert wf.validate(document(nowhere)) == []
    assert not (tmp_path / "missing.db").exists()
    with pytest.raises(wf.WorkflowError) as failure:
        wf.compile(document(nowhere))
    assert codes(failure.value) == [("IR630", "delivery_rules/database_delivery/table")]


def test_a_credential_is_not_asked_by_validate(shop: Target) -> None:
    wanted = document(shop, plugin_key="postgres", path=None, credentials_ref="env:NOT_SET_ANYWHERE")
    assert wf.validate(wanted) == []


def test_the_plan_says_what_is_done_and_shows_the_statement(shop: Target) -> None:
    shop.run(TABLE)
    plan = wf.compile(document(shop, id="sent"))
    [step] = [each for each in plan.steps if each.type == "delivery"]
    assert step.summary == f"upserts into sqlite table orders of {shop.place['path']} by id, the new row wins"
    assert (step.kind, step.columns_out) == ("table", {"id": "integer", "name": "string"})
    assert step.settings == {"operation": "upsert", "key_fields": ["id"], "path": shop.place["path"]}
    assert "ON CONFLICT" in step.statements[0]
    assert "ON CONFLICT" in plan.explain()
    assert json.loads(json.dumps(plan.to_dict()))["steps"][-1]["statements"] == list(step.statements)
    assert "upserts into" in plan.to_html()
    assert "upserts into" in plan.to_mermaid()


def test_a_changed_strategy_is_a_difference_of_plans(shop: Target) -> None:
    shop.run(TABLE)
    before, after = wf.compile(document(shop)), wf.compile(document(shop, conflict_strategy="merge"))
    [change] = after.diff(before).steps
    assert {part.what for part in change.parts} == {"settings", "statements"}


def test_a_script_of_polars_shows_the_rows_that_would_be_sent(shop: Target) -> None:
    shop.run(TABLE)
    script = wf.compile(document(shop, id="sent")).to_polars_code()
    assert "# sent: upserts into sqlite table orders" in script
    assert script.rstrip().endswith("print(rows.collect())")


def test_a_preview_writes_a_file_and_no_table(shop: Target, tmp_path: Path) -> None:
    shop.run(TABLE)
    result = wf.compile(document(shop)).run(preview=1, out=tmp_path / "outbox")
    assert (tmp_path / "outbox" / "sqlite" / "orders.csv").read_text() == "id,name\n1,ann\n"
    assert result.deliveries[0].status == "delivered"
    assert shop.rows() == []
    assert shop.run("select name from sqlite_master") == [("orders",)]


def test_a_rehearsal_writes_nothing(shop: Target) -> None:
    wf.compile(document(shop, create_table=True)).rehearse()
    assert not Path(shop.place["path"]).exists()


def test_a_benchmark_leaves_the_table_alone(shop: Target) -> None:
    shop.run(TABLE)
    wf.bench(document(shop), rows=[10], engines="polars", runs=1, steps=False)
    assert shop.rows() == []


def test_the_result_has_the_counts(shop: Target) -> None:
    shop.run(TABLE, "insert into orders values (2, 'old')")
    found = wf.compile(document(shop)).run().as_json()["deliveries"]
    assert found[0]["outcome"] == {
        "inserted": 1,
        "updated": 1,
        "deleted": 0,
        "skipped": 0,
        "ignored": 0,
        "duplicates": 0,
    }
    assert (found[0]["kind"], found[0]["rows"]) == ("table", 2)


def test_a_rule_that_stops_the_run_leaves_the_table_as_it_was(shop: Target) -> None:
    shop.run(TABLE)
    stopped = {**document(shop), "validation_rules": [{"expression": "id < 2", "action": "error"}]}
    with pytest.raises(wf.WorkflowError):
        wf.compile(stopped).run()
    assert shop.rows() == []


def test_rows_that_cannot_be_computed_leave_the_table_as_it_was(shop: Target) -> None:
    shop.run(TABLE)
    cast = {"type": "map", "config": {"columns": {"id": "cast(name as integer)"}}}
    with pytest.raises(wf.WorkflowError):
        wf.compile({**document(shop), "transforms": [cast]}).run()
    assert shop.rows() == []


def test_a_delivery_that_fails_stops_only_what_depends_on_it(shop: Target, tmp_path: Path) -> None:
    shop.run("create table orders (id integer primary key, name text check (name <> 'bob'))")
    files = [
        {"format": "csv", "id": "after", "depends_on": ["sent"], "filename_template": "after.csv"},
        {"format": "csv", "id": "beside", "filename_template": "beside.csv"},
    ]
    result = wf.compile(document(shop, id="sent", rules={"file_delivery": files})).run(out=tmp_path / "out")
    assert {each.id: each.status for each in result.deliveries} == {
        "sent": "failed", "after": "skipped", "beside": "delivered"
    }  # fmt: skip
    assert {each.error for each in result.deliveries if each.status == "skipped"} == {
        'it depends on "sent", which was not delivered'
    }
    assert [each.name for each in (tmp_path / "out").iterdir()] == ["beside.csv"]
    assert result.exit_code == 1


def test_deliveries_are_completed_in_the_order_of_the_document_and_after_those_they_depend_on(shop: Target) -> None:
    shop.run(TABLE, "create table lines (id integer primary key, name text)")
    tables = [
        {**shop.place, "table": "orders", "id": "a", "depends_on": ["b"]},
        {**shop.place, "table": "lines", "id": "b"},
    ]
    rules = {"file_delivery": {"format": "csv", "id": "f", "options": {"overwrite": True}}, "database_delivery": tables}
    plan = wf.compile(workflow([inline("rows", ROWS, SCHEMA)], delivery_rules=rules))
    assert [each.id for each in plan.compiled.outputs] == ["f", "b", "a"]


def test_a_workflow_may_read_the_table_that_it_writes(shop: Target) -> None:
    shop.run(TABLE, "insert into orders values (1, 'ann'), (2, 'bob')")
    config = {"connection": {"plugin_key": "sqlite"}, "table": "orders", "order_by": ["id"]}
    source = {"type": "database", "alias": "rows", "location": shop.place["path"], "database_config": config}
    louder = {"type": "map", "config": {"columns": {"name": "upper(name)"}}}
    table = {**shop.place, "table": "orders", "operation": "update", "key_fields": ["id"]}
    wf.compile(workflow([source], transforms=[louder], delivery_rules={"database_delivery": table})).run()
    assert shop.rows() == [(1, "ANN"), (2, "BOB")]


def test_only_the_columns_that_are_named_are_sent(shop: Target) -> None:
    shop.run("create table orders (id integer primary key, name text default 'nobody')")
    wf.compile(document(shop, columns=["id"])).run()
    assert shop.rows() == [(1, "nobody"), (2, "nobody")]


def test_two_deliveries_to_one_table_are_two_previews(shop: Target, tmp_path: Path) -> None:
    shop.run(TABLE)
    table = {**shop.place, "table": "orders"}
    plan = wf.compile(workflow([inline("rows", ROWS, SCHEMA)], delivery_rules={"database_delivery": [table, table]}))
    result = plan.run(preview=2, out=tmp_path / "outbox")
    assert sorted(each.name for each in (tmp_path / "outbox" / "sqlite").iterdir()) == ["orders.csv", "orders_2.csv"]
    assert [each.id for each in result.deliveries] == ["orders", "orders_2"]


def test_a_folder_that_may_not_be_written_holds_no_target(shop: Target, tmp_path: Path) -> None:
    shop.run(TABLE)
    with pytest.raises(wf.WorkflowError) as failure:
        wf.compile(document(shop), policy=wf.Policy(write_folders=(tmp_path / "elsewhere",)))
    assert failure.value.diagnostics[0].code == "IR503"


def test_a_host_that_may_not_be_reached_holds_no_target(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP", "postgresql://me@db.example.com/shop")
    table = {"plugin_key": "postgres", "credentials_ref": "env:SHOP", "table": "orders"}
    with pytest.raises(wf.WorkflowError) as failure:
        wf.compile(workflow([inline("rows", ROWS)], delivery_rules={"database_delivery": table}),
                   policy=wf.Policy(hosts=frozenset({"other.example.com"})))  # fmt: skip
    assert codes(failure.value) == [("IR502", "delivery_rules/database_delivery/credentials_ref")]


def target_source(shop: Target, **more: Any) -> dict[str, Any]:
    config = {"connection": {"plugin_key": "sqlite"}, "table": "orders"}
    return {"type": "database", "alias": "archive", "location": shop.place["path"], "database_config": config, **more}


@pytest.mark.parametrize(
    ("words", "after"),
    [
        ({"operation_type": "upsert"}, [(1, "ann"), (2, "bob")]),
        ({"operation_type": "update"}, [(2, "bob")]),
        ({"operation_type": "delete"}, []),
        ({"operation_type": "upsert", "config": {"identifier_fields": ["id"]}}, [(1, "ann"), (2, "bob")]),
    ],
)
def test_a_source_that_is_a_target_gets_data(words: dict[str, Any], after: list[Any], shop: Target) -> None:
    shop.run(TABLE, "insert into orders values (2, 'old')")
    result = wf.compile(workflow([inline("rows", ROWS, SCHEMA), target_source(shop, **words)])).run()
    assert (result.status, [each.id for each in result.deliveries]) == ("succeeded", ["archive"])
    assert shop.rows() == after


def test_a_target_without_an_operation_is_added_to_after_the_other_deliveries(shop: Target, tmp_path: Path) -> None:
    shop.run("create table orders (id integer, name text)", "insert into orders values (2, 'old')")
    rules = {"file_delivery": {"format": "csv"}}
    sources = [target_source(shop, role="destination"), inline("rows", ROWS, SCHEMA)]
    result = wf.compile(workflow(sources, delivery_rules=rules)).run(out=tmp_path / "out")
    assert [each.id for each in result.deliveries] == ["csv", "archive"]
    assert shop.run("select * from orders order by id, name") == [(1, "ann"), (2, "bob"), (2, "old")]


def test_with_duplicate_records_the_target_is_read_first_as_the_reference(shop: Target) -> None:
    shop.run(TABLE, "insert into orders values (2, 'old')")
    edge = [{"condition": "duplicate_records", "action": "skip_execution"}]
    sources = [inline("rows", ROWS, SCHEMA), target_source(shop, operation_type="append")]
    wf.compile(workflow(sources, edge_cases=edge)).run()
    assert shop.rows() == [(1, "ann"), (2, "old")]


def test_what_is_wrong_with_a_target_stands_at_its_source(shop: Target) -> None:
    shop.run("create table lines (id integer)")
    with pytest.raises(wf.WorkflowError) as failure:
        wf.compile(workflow([inline("rows", ROWS, SCHEMA), target_source(shop, operation_type="upsert")]))
    assert codes(failure.value) == [("IR630", "data_sources/1/database_config/table")]


def test_a_target_needs_a_table(shop: Target) -> None:
    source = {"type": "database", "alias": "archive", "role": "destination", "plugin_key": "sqlite", "location": "x.db"}
    [found] = wf.validate(workflow([inline("rows", ROWS, SCHEMA), source]))
    assert (found.code, found.pointer) == ("IR202", ("data_sources", 1))
