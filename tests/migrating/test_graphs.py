"""Execution graphs 4.0: what each kind of node becomes, and that the new workflow gives the rows it should."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import weirflow as wf
from tests.migrating.documents import elements, errors, fetch, graph, migrate, only, operation, with_rows
from tests.workflows import both_engines

ROWS = [{"id": 1, "city": "Ghent", "amount": 70}, {"id": 2, "city": "Bern", "amount": 20},
        {"id": 3, "city": "Bern", "amount": None}]  # fmt: skip


def transform(output: str, **settings: Any) -> dict[str, Any]:
    return operation("transform", {"input": "orders", **settings}, output)


def simple(variable: str, operator: str, value: Any = None) -> dict[str, Any]:
    return {"type": "simple", "variable": variable, "operator": operator, "value": value}


@pytest.mark.parametrize(
    ("settings", "rows"),
    [
        ({"type": "filter", "filter_expression": simple("item.amount", "gt", 50)}, [(1, "Ghent", 70)]),
        (
            {"type": "filter", "filter_expression": {"type": "complex", "operator": "not",
                                                     "conditions": [simple("amount", "gte", 50)]}},
            [(2, "Bern", 20), (3, "Bern", None)],
        ),
        (
            {"type": "filter", "filter_expression": {"or": [simple("city", "starts_with", "Gh"),
                                                            simple("amount", "exists")]}},
            [(1, "Ghent", 70), (2, "Bern", 20)],
        ),
        ({"type": "sort", "sort_field": "amount", "sort_order": "asc"},
         [(2, "Bern", 20), (1, "Ghent", 70), (3, "Bern", None)]),
        ({"type": "deduplicate", "deduplicate_field": "city"}, [(1, "Ghent", 70), (2, "Bern", 20)]),
        ({"type": "reduce", "reduce_operation": "sum", "reduce_field": "amount"}, [(90,)]),
        ({"type": "reduce", "reduce_operation": "avg", "reduce_field": "amount"}, [(45.0,)]),
        ({"type": "map", "mapping": {"double": "item.amount * 2"}}, [(140,), (40,), (None,)]),
        ({"type": "select", "fields": ["city"]}, [("Ghent",), ("Bern",), ("Bern",)]),
        (
            {"type": "with_fields", "fields": [{"name": "text", "expression": {
                "kind": "if", "condition": simple("amount", "exists"),
                "then": {"kind": "concat", "parts": [{"kind": "ref", "path": "item.city"},
                                                     {"kind": "literal", "value": "!"}]},
                "else": {"kind": "literal", "value": "it's null"}}}]},
            [(1, "Ghent", 70, "Ghent!"), (2, "Bern", 20, "Bern!"), (3, "Bern", None, "it's null")],
        ),
        ({"type": "aggregate", "group_by": "city",
          "aggregations": [{"field": "amount", "operation": "average", "alias": "mean amount"}]},
         [("Bern", 20.0), ("Ghent", 70.0)]),
    ],
)  # fmt: skip
def test_a_transform_gives_the_rows_that_it_describes(settings: dict[str, Any], rows: list[Any]) -> None:
    found = migrate(graph({"read": fetch(), "do": transform("made", **settings)}))
    assert found.questions == ()
    assert both_engines(with_rows(found, ROWS), "made").rows() == rows


def test_rows_that_stand_in_a_reference_are_left_out() -> None:
    found = migrate(
        graph({"read": fetch(), "old": transform("known", type="filter", filter_expression=simple("id", "lt", 3)),
               "do": transform("fresh", type="set_difference", reference="known", key="id")})
    )  # fmt: skip
    assert both_engines(with_rows(found, ROWS), "fresh").rows() == [(3, "Bern", None)]


def test_two_inputs_are_merged_one_below_the_other() -> None:
    found = migrate(
        graph({"read": fetch(), "big": transform("large", type="filter", filter_expression=simple("amount", "gt", 50)),
               "do": transform("both", type="merge", additional_inputs=["large"])})
    )  # fmt: skip
    assert sorted(row[0] for row in both_engines(with_rows(found, ROWS), "both").rows()) == [1, 1, 2, 3]


def test_a_choice_within_a_loop_sends_each_row_down_one_branch() -> None:
    document = graph({
        "read": fetch(next="each"),
        "each": {"type": "loop", "loop": {"iterate_over": "orders", "item_variable": "order", "body_start": "size"}},
        "size": {"type": "choice", "choice": {"rules": [
            {"condition": simple("order.amount", "gt", 50), "next": "large"},
            {"condition": simple("order.amount", "gt", 10), "next": "small"}], "default": "none"}},
        "large": mail("large@example.com", next="out"),
        "small": mail("small@example.com", next="out"),
        "none": mail("none@example.com", next="out"),
        "out": {"type": "end"},
    })  # fmt: skip
    document["execution_graph"]["nodes"]["each"].pop("next")
    found = migrate(document)
    assert found.questions == ()
    new = with_rows(found, ROWS)
    assert [both_engines(new, name)["id"].to_list() for name in ("size_1", "size_2", "size_else")] == [[1], [2], [3]]
    sent = found.value["delivery_rules"]["multiple_destinations"]
    assert [(each["recipient"], each["input_source"], each["execution_scope"]) for each in sent] == [
        ("large@example.com", "size_1", "per_item"),
        ("small@example.com", "size_2", "per_item"),
        ("none@example.com", "size_else", "per_item"),
    ]
    assert errors(found) == []


def mail(to: str, *, text: str = "Hello", **node: Any) -> dict[str, Any]:
    config = {"recipients": {"to": [to]}, "content": {"subject": "s", "html_body": text}}
    return operation("deliver", {"plugin_key": "google-mail", "action": "send_email", "config": config}, **node)


def test_a_choice_about_the_whole_run_is_a_conditional() -> None:
    document = graph({
        "read": fetch(),
        "size": {"type": "choice", "choice": {
            "rules": [{"condition": simple("orders.length", "gt", 0), "next": "some"}], "default": "none"}},
        "some": mail("a@example.com", text="{{orders.length}} orders", next="out"),
        "none": mail("b@example.com", next="out"),
        "out": {"type": "end"},
    })  # fmt: skip
    found = migrate(document)
    some, none = found.value["conditionals"]
    assert some["condition"] == {"conditions": [{"field": "{{orders.count}}", "operator": "greater_than", "value": 0}]}
    assert some["then_actions"]["delivery_rules"]["multiple_destinations"][0]["body_template"] == (
        "{{orders.count}} orders"
    )
    assert none["then_actions"]["delivery_rules"]["multiple_destinations"][0]["recipient"] == "b@example.com"
    assert errors(found) == []


def test_what_a_model_answers_for_each_row_stands_in_columns_after_the_loop() -> None:
    ai = {"type": "llm_extract", "instruction": "Read it", "input": "order",
          "output_schema": {"fields": [{"name": "vendor", "type": "string", "required": True}]}}  # fmt: skip
    found = migrate(
        graph({
            "read": fetch(),
            "each": {"type": "loop", "next": "wanted", "loop": {
                "iterate_over": "orders", "item_variable": "order", "body_start": "look", "collect_outputs": True,
                "output_variable": "seen", "concurrency": 4}},
            "look": operation("ai", ai, "read_out", next="-"),
            "wanted": operation("transform", {"type": "filter", "input": "seen",
                                              "filter_expression": simple("item.vendor", "eq", "Acme")}, "kept"),
        })
    )  # fmt: skip
    (step,) = found.value["ai_operations"]
    assert step["scope"] == "per_item"
    assert step["input_source"] == "orders"
    assert step["output_schema"] == {
        "type": "object",
        "fields": [{"name": "vendor", "type": "string", "required": True}],
    }
    laid_out, kept = found.value["transforms"]
    assert laid_out["config"] == {"columns": {"vendor": "read_out.vendor"}}
    assert kept["input_source"] == laid_out["output_variable"] == "seen"
    assert found.value["execution_constraints"] == {"concurrency": {"max_concurrent_operations": 4}}
    assert errors(found) == []


def test_groups_become_one_message_a_group() -> None:
    found = migrate(
        graph({
            "read": fetch(),
            "by": transform("by_city", type="group_by", group_by_field="city"),
            "each": {"type": "loop", "loop": {"iterate_over": "by_city", "item_variable": "part", "body_start": "tell"},
                 "next": "-"},
            "tell": mail("{{part.key}}@example.com", text="{{part.items.length}} orders"),
        })
    )  # fmt: skip
    assert found.value["grouping"] == {"group_by": ["city"]}
    (sent,) = found.value["delivery_rules"]["multiple_destinations"]
    assert sent["execution_scope"] == "per_group"
    assert sent["recipient"] == "{{group.key}}@example.com"
    assert sent["body_template"] == "{{count}} orders"


def test_branches_that_run_side_by_side_follow_one_another() -> None:
    document = graph({
        "read": fetch(next="both"),
        "both": {"type": "parallel", "next": "out", "parallel": {
            "branches": [{"id": "x", "start": "one"}, {"id": "y", "start": "two"}], "wait_strategy": "all"}},
        "one": mail("a@example.com", next="out"),
        "two": mail("b@example.com", next="out"),
        "out": {"type": "end"},
    })  # fmt: skip
    found = migrate(document)
    assert [each["id"] for each in found.value["delivery_rules"]["multiple_destinations"]] == ["one", "two"]
    assert "depends_on" not in found.value["delivery_rules"]["multiple_destinations"][1]


def test_config_is_an_input_of_the_run() -> None:
    config = {"spreadsheet_id": "{{config.sheet}}", "range": "{{inputs.tab}}"}
    read = operation("fetch", {"plugin_key": "google-sheets", "action": "read_range", "config": config}, "orders")
    found = migrate(graph({"read": read}, config_defaults=[{"key": "sheet", "type": "string", "default": "abc"},
                                                          {"key": "other", "type": "string"}]))  # fmt: skip
    assert found.value["runtime_inputs"] == [
        {"name": "sheet", "type": "text", "label": "sheet", "required": False, "default_value": "abc"},
        {"name": "tab", "type": "text", "label": "tab", "required": True},
    ]
    assert found.value["data_sources"][0]["config"] == {"spreadsheet_id": "{{inputs.sheet}}", "range": "{{inputs.tab}}"}
    assert "nothing reads it" in only(found, "other").why


def test_what_needs_an_answer_of_another_step_is_a_step() -> None:
    find = operation(
        "fetch", {"plugin_key": "google-drive", "action": "search_files", "config": {"query": "x"}}, "files"
    )
    read = operation("fetch", {"plugin_key": "google-sheets", "action": "read_range",
                               "config": {"spreadsheet_id": "{{files[0].id}}", "range": "A"}}, "orders")  # fmt: skip
    found = migrate(graph({"find": find, "read": read}))
    (step,) = found.value["plugin_operations"]
    assert (step["operation_type"], step["execution_scope"]) == ("read_range", "once")
    assert step["config"]["spreadsheet_id"] == "{{files[0].id}}"


@pytest.mark.parametrize(
    ("handler", "made"),
    [
        ({"strategy": "retry", "retry_config": {"max_attempts": 4, "backoff": "linear", "initial_delay_ms": 500}},
         {"execution_constraints": {"retry": {"max_attempts": 4, "backoff_strategy": "linear",
                                              "initial_delay_ms": 500}}}),
        ({"strategy": "continue"}, {"on_error": "continue"}),
        ({"strategy": "fail"}, {}),
    ],
)  # fmt: skip
def test_an_error_handler_becomes_settings_of_the_step(handler: dict[str, Any], made: dict[str, Any]) -> None:
    ai = operation("ai", {"type": "summarize", "instruction": "Say it", "input": "orders"}, "said",
                   error_handler=handler)  # fmt: skip
    (step,) = migrate(graph({"read": fetch(), "ai": ai})).value["ai_operations"]
    assert {key: step[key] for key in ("execution_constraints", "on_error") if key in step} == made


REFUSED: list[tuple[dict[str, Any], str]] = [
    (transform("m", type="map", map_expression="items.map(x => x.a)"), "is code or a sentence"),
    (transform("m", type="custom", custom_code="Keep the good ones"), '"Keep the good ones"'),
    (transform("m", type="filter", custom_code="Keep the good ones"), "a filter without a condition"),
    (transform("m", type="pivot", rowKey="a", columnKey="b", valueKey="c"), "the last of several values"),
    (transform("m", type="reduce", reduce_operation="concat", reduce_field="city"), "makes no single value"),
    (transform("m", type="split", size=10), "rows come in batches"),
    (transform("m", type="filter", filter_expression=simple("{{config.column}}", "eq", 1)), "known only when it runs"),
    (operation("transform", {"type": "sort", "input": "lost", "sort_field": "a"}, "m"), 'nothing is called "lost"'),
    (operation("file_op", {"type": "convert", "config": {}}, "m"), "a file operation convert is not carried out"),
    (operation("dance", {"type": "x"}, "m"), '"dance" is no kind of operation'),
    ({"type": "loop", "loop": {"iterate_over": "nothing", "body_start": "none"}}, "goes over what is no rows"),
    ({"type": "fork"}, '"fork" is no type of node'),
    (mail("", text="x"), "a message without a recipient"),
]  # fmt: skip


@pytest.mark.parametrize(("node", "why"), REFUSED)
def test_what_has_no_words_is_asked_and_kept(node: dict[str, Any], why: str) -> None:
    found = migrate(graph({"read": fetch(), "it": node}))
    refused = [each for each in found.elements if each.verdict == "refused"]
    assert any(why in each.why for each in refused)
    assert any(why in each for each in found.value["clarifications_required"])
    assert any(each["element"] == "it" for each in found.value["x-refused"])
    assert errors(found) == []


@pytest.mark.parametrize(
    ("handler", "question"),
    [({"strategy": "fallback", "fallback_node": "read"}, "a failure leads to another node here (read)"),
     ({"strategy": "fail", "notify": "ops@example.com"}, "alert_admin")],
)  # fmt: skip
def test_what_an_error_handler_cannot_say_is_asked(handler: dict[str, Any], question: str) -> None:
    found = migrate(graph({"read": fetch(), "it": {**transform("m", type="sort", sort_field="id"),
                                                  "error_handler": handler}}))  # fmt: skip
    assert any(question in each for each in found.questions)
    assert found.value["transforms"]


def test_a_node_that_nothing_leads_to_is_told() -> None:
    document = graph({"read": fetch(next="out"), "lost": mail("a@example.com"), "out": {"type": "end"}})
    assert only(migrate(document), "lost").why == "nothing leads to this node"


def test_a_way_back_to_a_node_before_ends_and_is_told() -> None:
    found = migrate(graph({"read": fetch(), "sort": {**transform("m", type="sort", sort_field="id"), "next": "read"}}))
    assert "a second time" in elements(found, "read")[-1].why


def test_every_node_is_told_of() -> None:
    found = migrate(graph({"read": fetch(), "do": transform("made", type="sort", sort_field="id"),
                           "tell": mail("a@example.com", text="{{made}}")}))  # fmt: skip
    assert [(each.name, each.verdict, each.now) for each in found.elements] == [
        ("read", "kept", "data_sources orders"),
        ("do", "kept", "transforms made"),
        ("tell", "kept", "multiple_destinations tell"),
    ]


def file_of(name: str, **node: Any) -> dict[str, Any]:
    """A node that makes a file of the orders."""
    settings = {"type": "generate", "input": "orders", "config": {"format": "csv", "filename": name}}
    return operation("file_op", settings, **node)


@pytest.mark.parametrize(("rows", "made"), [(ROWS, ["many.csv"]), (ROWS[:1], ["few.csv"]), ([], ["none.csv"])])
def test_the_branch_that_the_run_takes_delivers(rows: list[Any], made: list[str], tmp_path: Path) -> None:
    document = graph({
        "read": fetch(),
        "how": {"type": "choice", "choice": {"default": "any", "rules": [
            {"condition": simple("orders.length", "gte", 2), "next": "many"}]}},
        "any": {"type": "choice", "choice": {"default": "none", "rules": [
            {"condition": simple("orders.length", "gt", 0), "next": "few"}]}},
        "many": file_of("many.csv", next="out"),
        "few": file_of("few.csv", next="out"),
        "none": file_of("none.csv", next="out"),
        "out": {"type": "end"},
    })  # fmt: skip
    new = with_rows(migrate(document), rows)
    new["data_sources"][0]["config"]["schema"] = {"id": "integer", "city": "string", "amount": "integer"}
    assert wf.run(new, out=tmp_path).status == "succeeded"
    assert sorted(each.name for each in tmp_path.iterdir()) == made
