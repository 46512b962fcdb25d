"""What stands for the rows of a message, by rendering.type and by templates in other languages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import weirflow as wf
from connectors.problem import ConnectorProblem
from tests.connectors.pages import Page
from tests.engine.messages.written import Written
from tests.workflows import ENGINES, inline, workflow

ORDERS = [
    {"customer": "Ada", "city": "Bonn", "amount": 1200.5, "region": "north"},
    {"customer": "Grace", "city": None, "amount": 80, "region": "south"},
    {"customer": "Lin", "city": "", "amount": 19.25, "region": "north"},
]
EUROS = {"type": "format", "config": {"columns": {"amount": {"style": "currency", "currency": "EUR"}}}}
HEAD = "Late\n====\n2026-01-31 14:30 UTC\n\n"
STATS = ["count", "total_amount", "average_amount", "max_amount", "min_customer"]
FIGURES = (
    "Rows:                       3\n"
    "Total amount:       €1,299.75\n"
    "Average amount:       €433.25\n"
    "Largest amount:     €1,200.50\n"
    "Smallest customer:        Ada\n"
)
SUMMARY = {"summary_delivery": {"recipient": "a@b.example"}}
BY_REGION = {"per_group_delivery": {"recipient": "a@b.example"}}


def written(rendering: dict[str, Any], rules: dict[str, Any] = SUMMARY, rows: Any = ORDERS, **sections: Any) -> Written:
    schema = {"customer": "string", "city": "string", "amount": "decimal(10,2)", "region": "string"}
    given = {"transforms": [EUROS], "rendering": {"title": "Late", **rendering}, **sections}
    return Written(workflow([inline("orders", rows, schema)], name="late", delivery_rules=rules, **given))


@pytest.mark.parametrize("engine", ENGINES)
def test_summary_stats_are_added_up_and_shown_as_their_columns_are(engine: str) -> None:
    [message] = written({"type": "summary_block", "summary_stats": STATS}).messages(engine)
    assert message.text == HEAD + FIGURES
    assert Page(message.html or "").words() == [
        ["Rows", "3"],
        ["Total amount", "€1,299.75"],
        ["Average amount", "€433.25"],
        ["Largest amount", "€1,200.50"],
        ["Smallest customer", "Ada"],
    ]


@pytest.mark.parametrize("engine", ENGINES)
def test_summary_stats_of_a_group_are_those_of_its_rows(engine: str) -> None:
    rules = {
        "per_group_delivery": {"recipient": "a@b.example", "subject": "{{group_key}}: {{total_amount}} of {{count}}"}
    }
    found = written({"summary_stats": STATS}, rules, grouping={"group_by": "region"}).messages(engine)
    assert [each.subject for each in found] == ["north: €1,219.75 of 2", "south: €80.00 of 1"]


def test_figures_stand_above_the_table() -> None:
    message = written({"summary_stats": STATS, "columns_in_order": ["customer", "amount"]}).message
    assert message.text == HEAD + FIGURES + (
        "\ncustomer     amount\nAda       €1,200.50\nGrace        €80.00\nLin          €19.25\n"
    )


def test_figures_of_no_rows_are_empty_and_the_count_is_none() -> None:
    message = written({"type": "summary_block", "summary_stats": ["count", "total_amount"]}, rows=[]).message
    assert message.text == HEAD + "Rows:          0\nTotal amount:  –\n"


def test_an_alert_says_how_many_and_shows_the_first() -> None:
    rows = [{"customer": f"c{number}"} for number in range(1, 8)]
    message = Written(workflow([inline("orders", rows)], name="late", delivery_rules=SUMMARY,
                               rendering={"type": "alert", "title": "Late"})).message  # fmt: skip
    assert message.text == HEAD + "! 7 rows\n\ncustomer\nc1\nc2\nc3\nc4\nc5\nthe first 5 of 7 rows\n"
    assert ">7 rows</div>" in (message.html or "")


def test_no_rows_are_said_in_the_words_of_empty_message() -> None:
    for kind in ("html_table", "alert"):
        message = written({"type": kind, "empty_message": "Nothing is late on {{date}}"}, rows=[]).message
        assert message.text == HEAD + ("! " if kind == "alert" else "") + "Nothing is late on 2026-01-31\n"
        assert "Nothing is late on 2026-01-31" in (message.html or "")


def test_json_and_csv_are_plain_text_as_files_have_it() -> None:
    message = written({"type": "json"}).message
    assert message.html is None
    assert json.loads(message.text)[1] == {"customer": "Grace", "city": None, "amount": 80.0, "region": "south"}
    assert '"amount":80.00' in message.text
    message = written({"type": "csv", "columns_in_order": ["amount", "city"]}).message
    assert message.html is None
    assert message.text == 'amount,city\n1200.50,Bonn\n80.00,\n19.25,""\n'


def test_a_row_is_a_list_of_its_columns_and_its_json_an_object() -> None:
    rules = {"per_item_delivery": {"recipient": "a@b.example"}}
    first = written({"columns_in_order": ["customer", "amount"]}, rules).messages()[0]
    assert first.text == HEAD + "customer: Ada\namount:   €1,200.50\n"
    first = written({"type": "json", "columns_in_order": ["customer", "amount"]}, rules).messages()[0]
    assert first.text == '{"customer": "Ada", "amount": 1200.50}\n'


@pytest.mark.parametrize("engine", ENGINES)
def test_rows_that_lack_values_have_a_section_of_their_own(engine: str) -> None:
    rules = {"summary_delivery": {"recipient": "a@b.example", "include_missing_section": True}}
    [message] = written({"columns_in_order": ["customer", "city"]}, rules).messages(engine)
    assert message.text.endswith(
        "\n2 rows without a value\n----------------------\nmissing  customer  city\ncity     Grace\ncity     Lin\n"
    )


@pytest.mark.parametrize("engine", ENGINES)
def test_a_report_has_its_sections_in_every_group(engine: str) -> None:
    rendering = {"type": "report", "summary_stats": ["total_amount"], "sections": [
        {"heading": "{{group_name}}", "text": "{{count}} orders, {{total_amount}}", "columns": ["customer", "amount"],
         "totals": {"amount": "sum"}}]}  # fmt: skip
    north, south = written(rendering, BY_REGION, grouping={"group_by": "region"}).messages(engine)
    assert north.subject == "Late: north"
    assert north.text == HEAD + (
        "north\n-----\n2 orders, €1,219.75\n\ncustomer     amount\nAda       €1,200.50\nLin          €19.25\n"
        "Total     €1,219.75\n"
    )
    assert "south" in south.text


def test_a_body_of_one_s_own_has_the_rendering_in_it() -> None:
    rules = {"summary_delivery": {"recipient": "a@b.example", "content": "Good morning,\n\n{{rendered_table}}\n\nBye"}}
    message = written({"type": "summary_block", "summary_stats": ["total_amount"]}, rules).message
    assert message.text == "Good morning,\n\nTotal amount:  €1,299.75\n\nBye\n"
    assert Page(message.html or "").words() == [["Total amount", "€1,299.75"]]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("language", "template"), [
    ("jinja", "<ul>{% for o in rows %}<li>{{ o.customer }}: {{ o.amount }}</li>{% endfor %}</ul>{{ total_amount }}"),
    ("mustache", "<ul>{{#rows}}<li>{{customer}}: {{amount}}</li>{{/rows}}</ul>{{total_amount}}"),
    ("handlebars", "<ul>{{#rows}}<li>{{this.customer}}: {{amount}}</li>{{/rows}}</ul>{{total_amount}}"),
])  # fmt: skip
def test_a_template_goes_through_the_rows(engine: str, language: str, template: str) -> None:
    rendering = {"engine": language, "template": template, "summary_stats": ["total_amount"]}
    [message] = written(rendering).messages(engine)
    assert message.text == "- Ada: €1,200.50\n- Grace: €80.00\n- Lin: €19.25\n\n€1,299.75\n"
    assert "<li>Ada: €1,200.50</li>" in (message.html or "")


@pytest.mark.parametrize(("language", "template", "code", "message", "hint"), [
    ("jinja", "{% for o in rows %}{{ o.custmer }}{% endfor %}", "IR401", 'the row has no column "custmer"',
     'did you mean "customer"?'),
    ("jinja", "{{ conut }}", "IR303", '"conut" stands for nothing here', 'did you mean "count" or "month"?'),
    ("jinja", "{{ total_amuont }}", "IR303", '"total_amuont" stands for nothing here',
     'did you mean "total_amount" or "total_count"?'),
    ("mustache", "{{#rows}}{{custmer}}{{/rows}}", "IR401", 'the rows have no column "custmer"',
     'did you mean "customer"?'),
    ("mustache", "{{inputs.x}}", "IR302", 'there is no input "x"', "declare it under runtime_inputs"),
    ("jinja", "{{ customer }}", "IR303", '"customer" stands for nothing here',
     '"customer" is a column, and the message is about many rows: write {{html_table}}'),
])  # fmt: skip
def test_names_of_templates_are_checked_when_compiled(
    language: str, template: str, code: str, message: str, hint: str
) -> None:
    found = written({"engine": language, "template": template, "summary_stats": ["total_amount"]})
    assert found.texts is None
    assert [(each.code, each.message, each.hint) for each in found.problems] == [(code, message, hint)]


def test_a_figure_of_a_column_that_is_not_there_is_an_error_at_its_place() -> None:
    found = written({"summary_stats": ["count", "total_amuont", "avg_customer"]})
    assert found.texts is None
    assert [(each.code, each.pointer, each.message) for each in found.problems] == [
        ("IR401", ("rendering", "summary_stats", 1), 'there is no column "amuont" to add up here'),
        ("IR408", ("rendering", "summary_stats", 2), '"customer" is string, which has no avg'),
    ]


HOSTILE = [
    {"customer": "</td></table><script>alert(1)</script>", "city": "{{count}} {% raw %} {{{x}}}", "region": "north"},
    {"customer": "x" * 1_000_000, "city": "\u202egnirts\x1b[2J\x00", "region": "north"},
    {"customer": "\ue000html_table\ue001", "city": "שלום עולם", "region": "north"},
]  # fmt: skip


@pytest.mark.parametrize("rendering", [
    {}, {"type": "alert"}, {"type": "json"}, {"type": "csv"},
    {"engine": "jinja", "template": "<p>{% for r in rows %}{{ r.customer }}|{{ r.city }}{% endfor %}</p>"},
    {"engine": "mustache", "template": "<p>{{#rows}}{{customer}}|{{city}}{{/rows}}</p>"},
])  # fmt: skip
def test_hostile_values_stay_values(rendering: dict[str, Any]) -> None:
    rows = [{**each, "amount": 1} for each in HOSTILE]
    message = written(rendering, rows=rows).message
    html = message.html or ""
    assert "<script" not in html
    assert "{{count}} {% raw %} {{{x}}}" in (html or message.text)
    assert html.count("<table") == (1 if "template" not in rendering and html else 0)
    assert not set(html) & {"\x1b", "\x00"}


def test_a_loop_over_too_many_rows_is_an_error_that_says_what_to_do() -> None:
    rows = [{"customer": "c"}] * 10_001
    found = Written(workflow([inline("orders", rows)], delivery_rules=SUMMARY, rendering={
        "engine": "jinja", "template": "{% for r in rows %}{{ r.customer }}{% endfor %}"}))  # fmt: skip
    with pytest.raises(ConnectorProblem, match="goes through 10,001 rows, and 10,000 is the most"):
        found.messages()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_row_that_its_template_cannot_take_fails_alone(tmp_path: Path, engine: str) -> None:
    rows = [{"mail": "ada@b.example", "pieces": 2, "amount": 12}, {"mail": "lin@b.example", "pieces": 0, "amount": 5}]
    rendering = {"engine": "jinja", "template": "<p>A piece costs {{ amount / pieces }}.</p>"}
    rules = {"per_item_delivery": {"recipient_source": "mail", "subject": "Price"}}
    document = workflow([inline("orders", rows)], name="prices", rendering=rendering, delivery_rules=rules)
    result = wf.compile(document, engine=engine).run(preview=10, out=tmp_path)
    [index] = tmp_path.rglob("index.ndjson")
    first, second = map(json.loads, index.read_text(encoding="utf-8").splitlines())
    assert (first["text"], first["error"]) == ("A piece costs 6.\n", None)
    assert second["error"] == "row 2: division by zero"
    assert result.status == "incomplete"
