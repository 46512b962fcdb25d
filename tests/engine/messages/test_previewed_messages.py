"""A preview writes messages into the outbox and sends none."""

from __future__ import annotations

import json
from email import message_from_bytes, policy

import weirflow as wf
from engine.messages.capturing import captured
from tests.workflows import inline, workflow

ORDERS = [
    {"id": 1, "customer": "Ada", "mail": "ada@example.com"},
    {"id": 2, "customer": "Bo", "mail": None},
    {"id": 3, "customer": "Cy", "mail": "cy@example.com"},
]


def test_each_message_is_a_mail_that_programs_open_and_a_line_of_the_index(tmp_path):
    rules = {
        "file_delivery": {"id": "list", "format": "csv", "filename_template": "list.csv"},
        "per_item_delivery": {"recipient_source": "mail", "cc": "boss@example.com", "subject": "Order {{id}}",
                              "body_template": "Dear {{customer}}", "attachments": ["list"]},
    }  # fmt: skip
    result = wf.compile(workflow([inline("orders", ORDERS)], name="orders", delivery_rules=rules)).run(
        out=tmp_path, preview=2
    )
    first, second = captured(tmp_path)
    assert (first.to, first.cc, first.subject, first.text.strip()) == (
        ("ada@example.com",), ("boss@example.com",), "Order 1", "Dear Ada")  # fmt: skip
    assert [(each.name, each.media_type) for each in first.attachments] == [("list.csv", "text/csv; charset=utf-8")]
    assert first.file is not None
    mail = message_from_bytes((tmp_path / "messages/per_item" / first.file).read_bytes(), policy=policy.default)
    assert (mail["To"], mail["Cc"], mail["Subject"]) == ("ada@example.com", "boss@example.com", "Order 1")
    assert [each.get_filename() for each in mail.iter_attachments()] == ["list.csv"]
    assert second.error == 'row 2: it has no recipient in "mail"'
    assert result.deliveries[1].outcome == {"written": 1, "failed": 1}


def test_what_a_service_would_get_is_json_and_the_next_one_reads_a_pretended_answer(tmp_path):
    rules = {"multiple_destinations": [
        {"name": "crm", "plugin_key": "http", "config": {"url": "https://crm.example.com/notes"},
         "execution_scope": "per_item", "columns": ["id", "customer"]},
        {"name": "mail", "recipient": "team@example.com", "subject": "Noted as {{step_result.id}}",
         "execution_scope": "per_item"},
    ]}  # fmt: skip
    wf.compile(workflow([inline("orders", ORDERS)], delivery_rules=rules)).run(out=tmp_path, preview=1)
    sent = {each.delivery: each for each in captured(tmp_path)}
    assert sent["crm"].payload == {"id": 1, "customer": "Ada"}
    assert json.loads((tmp_path / "messages/crm/0001.json").read_text())["payload"] == {"id": 1, "customer": "Ada"}
    assert sent["mail"].subject == "Noted as (step_result.id)"
