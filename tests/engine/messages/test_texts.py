"""What messages say: subjects, bodies of one's own, and the words that stand in them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.messages.written import Written
from tests.workflows import ENGINES, inline, workflow

ORDERS = [
    {"customer": "Ada", "email": "ada@example.com", "amount": 1200.5, "region": "north"},
    {"customer": "Grace", "email": "grace@example.com", "amount": 80, "region": "south"},
    {"customer": "Lin", "email": "lin@example.com", "amount": 19.25, "region": "north"},
]
EUROS = {"type": "format", "config": {"columns": {"amount": {"style": "currency", "currency": "EUR"}}}}


def messages(rules: dict[str, Any], rows: list[dict[str, Any]] = ORDERS, **sections: Any) -> Written:
    return Written(workflow([inline("orders", rows)], name="sales", delivery_rules=rules, **sections))


def per_item(**more: Any) -> dict[str, Any]:
    return {"per_item_delivery": {"recipient_source": "email", "recipient": "{{email}}", **more}}


def summary(**more: Any) -> dict[str, Any]:
    return {"summary_delivery": {"recipient": "boss@example.com", **more}}


@pytest.mark.parametrize("engine", ENGINES)
def test_a_message_a_row_names_its_columns_in_their_formats(engine: str) -> None:
    written = messages(
        per_item(subject="Your order, {{customer}}", body_template="Dear {{item.customer}},\n\nyou owe {{amount}}."),
        transforms=[EUROS],
    )
    first, _, last = written.messages(engine)
    assert first.subject == "Your order, Ada"
    assert first.text == "Dear Ada,\n\nyou owe €1,200.50.\n"
    assert '<p style="margin:0 0 12px">Dear Ada,</p>\n<p style="margin:0 0 12px">you owe €1,200.50.</p>' in first.html
    assert last.text == "Dear Lin,\n\nyou owe €19.25.\n"
    assert last.others == {("recipient", 0): "lin@example.com"}


@pytest.mark.parametrize("engine", ENGINES)
def test_a_summary_shows_the_rows_as_a_table_where_nothing_else_is_said(engine: str) -> None:
    [message] = messages(summary(), transforms=[EUROS]).messages(engine)
    assert message.subject == "Sales"
    assert message.text == (
        "Sales\n"
        "=====\n"
        "2026-01-31 14:30 UTC\n"
        "\n"
        "customer  email                 amount  region\n"
        "Ada       ada@example.com    €1,200.50  north\n"
        "Grace     grace@example.com     €80.00  south\n"
        "Lin       lin@example.com       €19.25  north\n"
    )
    assert ">€1,200.50</td>" in message.html


@pytest.mark.parametrize("engine", ENGINES)
def test_a_message_a_group_knows_its_key_its_rows_and_both_counts(engine: str) -> None:
    rules = {"per_group_delivery": {"recipient": "x@example.com",
                                    "subject": "{{group_name}}: {{count}} of {{total_count}}",
                                    "body_template": "First: {{group.items[0].customer}}, {{group.key}}, "
                                                     "all: {{group.items[*].amount}}"}}  # fmt: skip
    written = messages(rules, grouping={"group_by": "region"}, transforms=[EUROS])
    north, south = written.messages(engine)
    assert (north.subject, south.subject) == ("north: 2 of 3", "south: 1 of 3")
    assert north.text == "First: Ada, north, all: €1,200.50, €19.25\n"


def test_values_of_data_are_never_read_as_templates_or_markup() -> None:
    rows = [{"email": "a@b.example", "name": "<b>{{count}}</b> {% raw %}", "url": "javascript:alert(1)"}]
    template = '<p title="{{name}}">{{name}}</p><a href="{{url}}">x</a><a href="https://x.example/?q={{name}}">y</a>'
    [message] = messages(per_item(subject="{{name}}\r\nBcc: x", body_template=template), rows).messages()
    assert (
        '<p title="&lt;b&gt;{{count}}&lt;/b&gt; {% raw %}">&lt;b&gt;{{count}}&lt;/b&gt; {% raw %}</p>' in message.html
    )
    assert '<a href="#">x</a>' in message.html
    assert "?q=%3Cb%3E%7B%7Bcount%7D%7D%3C%2Fb%3E%20%7B%25%20raw%20%25%7D" in message.html
    assert message.subject == "<b>{{count}}</b> {% raw %} Bcc: x"


def test_a_name_that_stands_for_nothing_is_told_when_compiled() -> None:
    written = messages(per_item(subject="Order of {{custmer}}", body_template="{{item.amont}}"))
    assert written.texts is None
    assert [(each.code, each.message, each.hint) for each in written.problems] == [
        ("IR303", '"custmer" stands for nothing here', 'did you mean "customer"?'),
        ("IR401", 'the row has no column "amont"', 'did you mean "amount"?'),
    ]


@pytest.mark.parametrize("rendering", [{"template": "{% for row in rows %}x{% endfor %}"}, None])
def test_a_block_of_jinja_where_none_is_read_is_no_text_for_people(rendering: dict[str, str] | None) -> None:
    rules = summary() if rendering else summary(body_template="Hi {%- if count > 3 %}many{% endif %}")
    written = messages(rules, **({"rendering": rendering} if rendering else {}))
    [found] = written.problems
    assert (found.code, found.message) == ("IR111", "{% … %} is no part of this language")
    assert messages(summary(body_template="5% {of} 10%} is {% off")).message.text == "5% {of} 10%} is {% off\n"


def test_a_column_in_a_text_about_many_rows_is_not_taken_for_a_misspelt_word() -> None:
    [found] = messages(summary(body_template="{{amount}}")).problems
    assert found.hint == '"amount" is a column, and the message is about many rows: write {{html_table}}'
