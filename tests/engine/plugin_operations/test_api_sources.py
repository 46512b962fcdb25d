"""Sources that are actions of plugins: their rows come page by page, and are rows like any others."""

from __future__ import annotations

import json
from typing import Any

import pytest

import weirflow as wf
from tests.engine.plugin_operations.shop import MANIFEST
from tests.workflows import workflow

FILE = {"file_delivery": {"format": "csv", "filename_template": "made.csv"}}


def _source(action: str = "list_orders", **config: Any) -> dict[str, Any]:
    return {"type": "api", "alias": "orders", "plugin_key": "shop", "operation_type": action, "config": config}


def _without_columns(folder: Any) -> None:
    """Let the manifest say nothing of what list_orders gives."""
    manifest = json.loads(json.dumps(MANIFEST))
    manifest["actions"]["list_orders"]["output_schema"] = {"type": "array"}
    (folder / "plugins" / "shop.yaml").write_text(json.dumps(manifest))


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_all_pages_of_a_service_are_rows(engine, tmp_path, shop):
    made = workflow([_source(status="open")], filters=[{"field": "total", "operator": "greater_than", "value": 2}],
                    delivery_rules=FILE)  # fmt: skip
    plan = wf.compile(made, base=tmp_path, engine=engine)
    assert plan.schema("orders").names == ("id", "total")
    assert shop.requests == []
    result = plan.run(out=tmp_path)
    assert (tmp_path / "made.csv").read_text() == "id,total\no2,3.0\no3,4.5\no4,6.0\n"
    assert shop.requests == [f"GET /orders?status=open{more}" for more in ("", "&cursor=2", "&cursor=4")]
    assert result["data"]["id"].to_list() == ["o2", "o3", "o4"]
    assert len(shop.requests) == 3


def test_a_source_is_collected_without_a_run(tmp_path, shop):
    plan = wf.compile(workflow([_source()]), base=tmp_path)
    assert plan.collect("orders").height == 5
    assert plan.collect("orders").height == 5
    assert len(shop.requests) == 3


def test_columns_that_nobody_declares_are_those_of_a_first_page(tmp_path, shop):
    _without_columns(tmp_path)
    made = workflow([_source()], delivery_rules=FILE)
    plan = wf.compile(made, base=tmp_path)
    assert {name: str(kind) for name, kind in plan.schema("orders").items()} == {"id": "string", "total": "number"}
    assert len(shop.requests) == 1
    plan.run(out=tmp_path)
    assert (tmp_path / "made.csv").read_text().splitlines()[-1] == "o4,6.0"


def test_columns_are_declared_beside_a_parameter_that_is_called_schema_too(tmp_path):
    config = {"table": "orders", "database_schema": "sales", "schema": {"id": "integer"}}
    source = {**_source("select_rows", **config), "plugin_key": "supabase"}
    plan = wf.compile(workflow([source], delivery_rules=FILE), base=tmp_path)
    assert {name: str(kind) for name, kind in plan.schema("orders").items()} == {"id": "integer"}


def test_validate_asks_no_service(tmp_path, shop):
    _without_columns(tmp_path)
    found = wf.validate(workflow([_source()], delivery_rules=FILE), base=tmp_path)
    assert [each.code for each in found] == ["IR508"]
    assert shop.requests == []
    assert wf.validate(workflow([_source()], delivery_rules=FILE), base=tmp_path)[0].hint == (
        "weirflow plan asks for a first page; config: {schema: {column: type}} declares them"
    )


def test_a_schema_of_the_source_says_the_types(tmp_path, shop):
    made = workflow([_source(schema={"total": "decimal(10,2)"})], delivery_rules=FILE)
    wf.compile(made, base=tmp_path).run(out=tmp_path)
    assert (tmp_path / "made.csv").read_text().splitlines()[:3] == ["id,total", "o0,0.00", "o1,1.50"]


def test_rows_that_do_not_fit_a_declared_type_are_rejected(tmp_path, shop):
    made = workflow([{**_source(schema={"id": "integer"}, max_bad="100%"), "rejects": "bad"}],
                    delivery_rules={"file_delivery": {"format": "csv", "input_source": "bad", "columns": ["id", "_row"],
                                                      "filename_template": "bad.csv"}})  # fmt: skip
    result = wf.compile(made, base=tmp_path).run(out=tmp_path)
    assert result.dead_letters["count"] == 5
    assert (tmp_path / "bad.csv").read_text().splitlines()[:2] == ["id,_row", "o0,1"]


def test_an_action_that_gives_one_object_is_one_row(tmp_path, shop):
    made = workflow([_source("get_customer", id="{{inputs.who}}")], delivery_rules=FILE,
                    runtime_inputs=[{"name": "who", "type": "text", "default_value": "ada"}])  # fmt: skip
    wf.compile(made, base=tmp_path).run(out=tmp_path)
    assert (tmp_path / "made.csv").read_text() == "name,since\nAda,2024-05-06\n"


def test_a_service_that_says_no_ends_the_run_at_the_source(tmp_path, shop):
    shop.fail("GET", "/orders", status=403, body='{"error": "not yours"}')
    with pytest.raises(wf.WorkflowError) as failure:
        wf.compile(workflow([_source()], delivery_rules=FILE), base=tmp_path).run(out=tmp_path)
    [found] = failure.value.diagnostics
    assert found.pointer[:2] == ("data_sources", 0)
    assert "not yours" in found.message


def test_an_action_that_writes_is_no_source(tmp_path, shop):
    [found] = wf.validate(workflow([_source("create_order", customer="x")]), base=tmp_path)
    assert (found.code, found.pointer[2:]) == ("IR206", ("operation_type",))


def test_a_mistake_in_the_parameters_of_a_source_is_told_at_its_place(tmp_path, shop):
    [found] = wf.validate(workflow([_source(statsu="open")]), base=tmp_path)
    assert (found.code, found.pointer[2:], found.hint) == ("IR201", ("config", "statsu"), 'did you mean "status"?')


def _address(shop: Any, **config: Any) -> dict[str, Any]:
    return {"type": "api", "alias": "orders", "plugin_key": "http", "endpoint": f"{shop.url}/orders",
            "config": {"schema": {"id": "string", "total": "number"}, **config}}  # fmt: skip


@pytest.mark.parametrize("config", [{"items": "order"}, {}, {"items": "orders", "schema": {"ident": "string"}}])
def test_rows_that_are_looked_for_where_there_are_none_end_the_run(tmp_path, shop, config):
    made = workflow([_address(shop, **config)], delivery_rules=FILE)
    with pytest.raises(wf.WorkflowError) as failure:
        wf.compile(made, base=tmp_path).run(out=tmp_path)
    [found] = failure.value.diagnostics
    told = {
        "items": ("IR691", "the answer has nothing at order", "it has a list: write items: orders"),
        "schema": ("IR401", 'no item of "orders" has any of the columns that its schema declares',
                   "name the columns as the service does; items, where the action takes it, is the way to the rows"),
    }["items" if config.get("items") == "order" else "schema"]  # fmt: skip
    assert (found.code, found.message, found.hint) == told
    assert not (tmp_path / "made.csv").exists()


def test_a_service_may_leave_out_a_list_without_items(tmp_path, shop):
    shop.fail("GET", "/orders", status=200, body='{"next": null, "tags": ["a"]}')
    made = workflow([_address(shop, items="orders")], delivery_rules=FILE)
    wf.compile(made, base=tmp_path).run(out=tmp_path)
    assert (tmp_path / "made.csv").read_text() == "id,total\n"


@pytest.mark.parametrize("paging", [{"style": "cursor", "parameter": "cursor"}, {"style": "next_url"}])
def test_pages_whose_next_is_nowhere_are_refused_before_the_first(tmp_path, shop, paging):
    made = workflow([_address(shop, items="orders", paging=paging)], delivery_rules=FILE)
    with pytest.raises(wf.WorkflowError) as failure:
        wf.compile(made, base=tmp_path).run(out=tmp_path)
    [found] = failure.value.diagnostics
    assert (found.code, found.hint) == ("IR693", "write next: and the way to it, such as meta.next")
    assert found.pointer[-2:] == ("config", "paging")
    assert shop.requests == []


def test_a_service_that_gives_fewer_at_once_than_it_is_asked_for_gives_all_its_pages(tmp_path, shop):
    paging = {"style": "offset", "parameter": "cursor", "size_parameter": "limit", "size": 4}
    made = workflow([_address(shop, items="orders", paging=paging)], delivery_rules=FILE)
    wf.compile(made, base=tmp_path).run(out=tmp_path)
    assert (tmp_path / "made.csv").read_text().splitlines()[1:] == ["o0,0.0", "o1,1.5", "o2,3.0", "o3,4.5", "o4,6.0"]


def test_a_page_that_is_not_there_is_the_end_but_not_the_first_one(tmp_path, shop):
    paging = {"style": "offset", "parameter": "cursor"}
    made = workflow([_address(shop, items="orders", paging=paging)], delivery_rules=FILE)
    plan = wf.compile(made, base=tmp_path)
    shop.fail("GET", "/orders", status=404, skip=2, times=1)
    plan.run(out=tmp_path)
    assert len((tmp_path / "made.csv").read_text().splitlines()) == 5
    shop.fail("GET", "/orders", status=404, times=9)
    with pytest.raises(wf.WorkflowError, match="404"):
        plan.run(out=tmp_path / "again")


def _answers(shop: Any, *bodies: Any, headers: Any = None) -> None:
    """Have the service answer these, one after the other, then the last of them for ever."""
    for place, each in enumerate(bodies):
        shop.fail("GET", "/orders", status=200, body=json.dumps(each), headers=headers or {},
                  times=1 if place < len(bodies) - 1 else 9)  # fmt: skip


ONE, TWO = [{"id": "a", "total": 1}], [{"id": "b", "total": 2}]
CURSOR = {"style": "cursor", "parameter": "cursor", "next": "meta.nxt"}
END = "if_absent: end, where an answer without it is the last page"


@pytest.mark.parametrize(
    ("answer", "headers", "paging", "message", "hint", "key"),
    [
        ({"meta": {"next": "2"}}, {}, CURSOR,
         "the answer has nothing at meta.nxt, and it has something at meta.next",
         f"write next: meta.next; or {END}", "next"),
        ({"@odata.nextLink": "https://x/2"}, {}, {"style": "next_url", "next": "odata.nextLink"},
         "the answer has nothing at odata.nextLink, and it has something at ['@odata.nextLink']",
         f"write next: ['@odata.nextLink']; or {END}", "next"),
        ({"has_more": True}, {}, CURSOR, "the answer has nothing at meta.nxt, and it has has_more: true", END, "next"),
        ({"has_more": True}, {}, {"style": "page", "parameter": "page", "more": "hasmore"},
         "the answer has nothing at hasmore, and it has has_more: true", END, "more"),
        ({}, {"Link": "<https://x/2>; rel=next"}, CURSOR,
         "the answer has nothing at meta.nxt, and it has a header Link with the next page",
         f"write style: link_header; or {END}", "next"),
        ({"_links": {"next": {"href": "https://x/2"}}}, {}, {"style": "next_url", "next": "links.next"},
         "the answer has nothing at links.next, and it has something at _links.next.href",
         f"write next: _links.next.href; or {END}", "next"),
        ({"flags": {"again": True}}, {}, {**CURSOR, "more": "flags.again", "if_absent": "end"},
         "the answer has nothing at meta.nxt, and it has something at flags.again", None, "next"),
        ({"links": {"next": "https://x/2"}}, {}, {"style": "link_header"},
         "the answer has no header Link with a next page, and it has something at links.next",
         f"write style: next_url or cursor, and next: links.next; or {END}", "style"),
    ],
)  # fmt: skip
def test_a_description_of_pages_that_leads_nowhere_while_there_is_more_ends_the_run(
    tmp_path, shop, answer, headers, paging, message, hint, key
):
    _answers(shop, {"orders": ONE, **answer}, headers=headers)
    made = workflow([_address(shop, items="orders", paging=paging)], delivery_rules=FILE)
    with pytest.raises(wf.WorkflowError) as failure:
        wf.compile(made, base=tmp_path).run(out=tmp_path)
    [found] = failure.value.diagnostics
    assert (found.code, found.message, found.hint) == ("IR691", f"{message}: only the first page would be read", hint)
    assert found.pointer[-2:] == ("paging", key)
    assert not (tmp_path / "made.csv").exists()


@pytest.mark.parametrize(
    ("answer", "config", "told"),
    [
        ({}, {"paging": {**CURSOR, "size_parameter": "n", "size": 1}},
         ["the answer has nothing at meta.nxt, and the first page is full: more rows may follow it that are not read"]),
        ({}, {"paging": {**CURSOR, "size_parameter": "n", "size": 2}}, []),
        ({"meta": {"nxt": None}, "has_more": False}, {"paging": CURSOR}, []),
        ({"next": "2"}, {},
         ["the answer has something at next, and config has no paging: only the first page is read"]),
        ({"next": "2"}, {"limit": 1}, []),
        ({"next": "2"}, {"paging": {"style": "none"}}, []),
        ({}, {"paging": {**CURSOR, "size_parameter": "n", "size": 1, "if_absent": "end"}}, []),
        ({"next": None, "has_more": False}, {}, []),
    ],
)  # fmt: skip
def test_a_first_page_that_may_not_be_all_is_a_warning(tmp_path, shop, answer, config, told):
    _answers(shop, {"orders": ONE, **answer})
    made = workflow([_address(shop, items="orders", **config)], delivery_rules=FILE)
    result = wf.compile(made, base=tmp_path).run(out=tmp_path)
    assert [each.message for each in result.warnings if each.code == "IR691"] == told
    assert (tmp_path / "made.csv").read_text() == "id,total\na,1.0\n"


@pytest.mark.parametrize(
    ("answer", "headers", "paging"),
    [
        ({"delivery": {"next": "monday", "more": True}}, {}, CURSOR),
        ({"next": "2026-12-01T08:00:00Z"}, {}, CURSOR),
        ({"meta": {"again": False}, "info": {"next": "x"}}, {}, {**CURSOR, "more": "meta.again"}),
        ({"next": "Bergen", "has_more": True}, {}, {**CURSOR, "if_absent": "end"}),
        ({"links": {"next": "https://x/2"}}, {}, {"style": "link_header", "if_absent": "end"}),
        ({"info": {"next": "x"}}, {"Link": '<https://x/1>; rel="first", <https://x/1>; rel="last"'},
         {"style": "link_header"}),
    ],
)  # fmt: skip
def test_a_last_page_whose_answer_calls_something_else_next_is_the_end(tmp_path, shop, answer, headers, paging):
    _answers(shop, {"orders": ONE, **answer}, headers=headers)
    made = workflow([_address(shop, items="orders", paging=paging)], delivery_rules=FILE)
    result = wf.compile(made, base=tmp_path).run(out=tmp_path)
    assert (tmp_path / "made.csv").read_text() == "id,total\na,1.0\n"
    assert result.warnings == ()


def test_pages_of_rows_that_are_all_the_same_are_all_read(tmp_path, shop):
    _answers(shop, {"orders": ONE * 2}, {"orders": ONE * 2}, {"orders": ONE}, {"orders": []})
    paging = {"style": "page", "parameter": "page"}
    made = workflow([_address(shop, items="orders", paging=paging)], delivery_rules=FILE)
    wf.compile(made, base=tmp_path).run(out=tmp_path)
    assert (tmp_path / "made.csv").read_text() == "id,total\n" + "a,1.0\n" * 5


@pytest.mark.parametrize(
    "paging",
    [{"style": "cursor", "parameter": "cursr", "next": "next"}, {"style": "page", "parameter": "pge"},
     {"style": "next_url", "next": "self"}],
)  # fmt: skip
def test_a_second_page_that_is_the_first_one_again_ends_the_run(tmp_path, shop, paging):
    _answers(shop, {"orders": ONE, "next": "2", "self": f"{shop.url}/orders"})
    made = workflow([_address(shop, items="orders", paging=paging)], delivery_rules=FILE)
    with pytest.raises(wf.WorkflowError, match="the second page is the first one again") as failure:
        wf.compile(made, base=tmp_path).run(out=tmp_path)
    assert failure.value.diagnostics[0].pointer[-1] == "paging"
    assert len(shop.requests) == 2


@pytest.mark.parametrize("last", [{"orders": [], "next": "s"}, {"orders": TWO, "next": "s"}])
def test_a_token_that_stays_the_same_is_followed_as_long_as_rows_come(tmp_path, shop, last):
    _answers(shop, {"orders": ONE, "next": "s"}, {"orders": TWO, "next": "s"}, last)
    paging = {"style": "cursor", "parameter": "cursor", "next": "next"}
    made = workflow([_address(shop, items="orders", paging=paging)], delivery_rules=FILE)
    wf.compile(made, base=tmp_path).run(out=tmp_path)
    assert (tmp_path / "made.csv").read_text() == "id,total\na,1.0\nb,2.0\n"
    assert len(shop.requests) == 3
