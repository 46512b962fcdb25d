"""Messages through a real mail server: who gets one, what goes along, and what a run tells of them."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

import weirflow as wf
from tests.workflows import ENGINES, inline, workflow

ORDERS = [
    {"id": 1, "customer": "Ada", "mail": "ada@example.com", "amount": 12},
    {"id": 2, "customer": "Bo", "mail": "bo@example.com", "amount": 30},
    {"id": 3, "customer": "Ada", "mail": "ada@example.com", "amount": 5},
]


def _document(rules: dict[str, Any], rows: list[dict[str, Any]] = ORDERS, **sections: Any) -> dict[str, Any]:
    schema = {"id": "integer", "customer": "string", "mail": "string", "amount": "integer"}
    return workflow([inline("orders", rows, schema)], name="orders", delivery_rules=rules, **sections)


def _run(document: dict[str, Any], engine: str = "polars", **options: Any) -> wf.RunResult:
    return wf.compile(document, engine=engine).run(**options)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_summary_goes_out_once_with_its_rows_as_a_table(mail_server, engine):
    rules = {"summary_delivery": {"recipient": "team@example.com", "subject": "{{count}} orders",
                                  "body_template": "<p>Sold:</p>{{html_table}}"}}  # fmt: skip
    result = _run(_document(rules), engine)
    [mail] = mail_server.mails
    assert (mail.recipients, mail.subject) == (("team@example.com",), "3 orders")
    assert all(name in mail.html for name in ("Sold:", "Ada", "30"))
    assert "Ada" in mail.text
    [delivery] = result.deliveries
    assert (result.status, delivery.kind, delivery.status, delivery.outcome) == (
        "succeeded", "message", "delivered", {"sent": 1})  # fmt: skip


@pytest.mark.parametrize("engine", ENGINES)
def test_each_row_gets_a_message_of_its_own(mail_server, engine):
    rules = {"per_item_delivery": {"recipient_source": "mail", "cc": "{{inputs.boss}}", "subject": "Order {{id}}",
                                   "body_template": "Dear {{customer}}, {{amount}}"}}  # fmt: skip
    document = _document(rules, runtime_inputs=[{"name": "boss", "type": "email", "default_value": "boss@example.com"}])
    result = _run(document, engine)
    assert [(mail.recipients, mail.subject, mail.text.strip()) for mail in mail_server.mails] == [
        (("ada@example.com", "boss@example.com"), "Order 1", "Dear Ada, 12"),
        (("bo@example.com", "boss@example.com"), "Order 2", "Dear Bo, 30"),
        (("ada@example.com", "boss@example.com"), "Order 3", "Dear Ada, 5"),
    ]
    assert result.deliveries[0].outcome == {"sent": 3}


@pytest.mark.parametrize("engine", ENGINES)
def test_each_group_gets_its_rows(mail_server, engine):
    rules = {"per_group_delivery": {"recipient_source": "mail", "body_template": "{{rendered_table}}",
                                    "subject": "{{group_name}}: {{count}} of {{total_count}}"}}  # fmt: skip
    _run(_document(rules, grouping={"group_by": "customer"}), engine)
    assert [(mail.recipients, mail.subject) for mail in mail_server.mails] == [
        (("ada@example.com",), "Ada: 2 of 3"), (("bo@example.com",), "Bo: 1 of 3")]  # fmt: skip
    assert "12" in mail_server.mails[0].text
    assert "30" not in mail_server.mails[0].text


def test_a_row_without_a_recipient_is_a_dead_letter_and_stops_no_other(mail_server, tmp_path):
    rows = [*ORDERS, {"id": 4, "customer": "Cy", "mail": None, "amount": 1},
            {"id": 5, "customer": "Di", "mail": "di@@example", "amount": 1}]  # fmt: skip
    result = _run(_document({"per_item_delivery": {"recipient_source": "mail", "subject": "Order {{id}}"}}, rows))
    assert len(mail_server.mails) == 3
    [delivery] = result.deliveries
    assert (result.status, result.exit_code, delivery.status) == ("incomplete", 3, "incomplete")
    assert delivery.outcome == {"sent": 3, "failed": 2}
    assert delivery.error is not None
    assert 'row 4: it has no recipient in "mail"' in delivery.error
    letters = pl.read_parquet(result.dead_letters["path"])
    assert letters.select("step", "row", "column", "text", "rule").rows() == [
        ("per_item", 4, "mail", None, "message"), ("per_item", 5, "mail", "di@@example", "message")]  # fmt: skip
    assert letters["original"][1] == '{"id":5,"customer":"Di","mail":"di@@example","amount":1}'


def test_a_file_goes_along_as_it_was_delivered(mail_server, tmp_path):
    rules = {"file_delivery": {"id": "list", "format": "csv", "filename_template": "list.csv"},
             "summary_delivery": {"recipient": "team@example.com", "attachments": ["list"]}}  # fmt: skip
    result = _run(_document(rules), out=tmp_path)
    [mail] = mail_server.mails
    assert mail.attachments == {"list.csv": (tmp_path / "list.csv").read_bytes()}
    assert [each.id for each in result.deliveries] == ["list", "summary"]
