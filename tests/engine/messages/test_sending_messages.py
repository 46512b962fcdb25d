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


def test_a_group_that_names_two_recipients_is_told_and_the_others_are_sent(mail_server):
    rows = [*ORDERS, {"id": 4, "customer": "Bo", "mail": "other@example.com", "amount": 1},
            {"id": 5, "customer": None, "mail": "nobody@example.com", "amount": 1}]  # fmt: skip
    rules = {"per_group_delivery": {"recipient_source": "mail", "subject": "{{group_name}}"}}
    result = _run(_document(rules, rows, grouping={"group_by": "customer"}))
    assert [mail.subject for mail in mail_server.mails] == ["Ada"]
    [delivery] = result.deliveries
    assert delivery.outcome == {"sent": 1, "failed": 1}
    assert delivery.error == ('1 of 2 messages were not sent: the group Bo: its rows have 2 values in "mail": '
                              "bo@example.com, other@example.com")  # fmt: skip
    assert pl.read_parquet(result.dead_letters["path"])["rule"].to_list() == ["message", "message"]
    assert any("1 row has no value in customer" in str(each) for each in result.warnings)


def test_a_group_without_a_value_gets_the_name_that_partitions_give_it(mail_server):
    rows = [{"id": 1, "customer": None, "mail": "desk@example.com", "amount": 1}]
    rules = {"per_group_delivery": {"recipient_source": "mail", "subject": "{{group_name}}"}}
    partition = {"field": "customer", "handle_empty": {"partition_name": "unknown"}}
    _run(_document(rules, rows, grouping={"group_by": "customer"}, partitions=[partition]))
    assert [mail.subject for mail in mail_server.mails] == ["unknown"]


def test_a_summary_to_the_people_in_the_rows_is_one_message_to_each(mail_server):
    _run(_document({"summary_delivery": {"recipient_source": "mail", "subject": "{{count}} orders"}}))
    assert [(mail.recipients, mail.subject) for mail in mail_server.mails] == [
        (("ada@example.com",), "3 orders"), (("bo@example.com",), "3 orders")]  # fmt: skip


@pytest.mark.parametrize(("send", "mails", "status"), [(True, 1, "delivered"), (False, 0, "skipped")])
def test_a_message_about_no_rows_is_sent_unless_the_workflow_says_otherwise(mail_server, send, mails, status):
    rules = {"send_when_no_results": send, "summary_delivery": {"recipient": "team@example.com"}}
    document = _document(rules, filters=[{"field": "id", "operator": "greater_than", "value": 9}])
    result = _run(document)
    assert (len(mail_server.mails), result.deliveries[0].status, result.status) == (mails, status, "succeeded")
    reason = None if send else "there are no rows, and send_when_no_results is false"
    assert result.deliveries[0].error == reason


@pytest.mark.parametrize(
    ("delivery", "target"),
    [
        ({"summary_delivery": {"recipient": "{{inputs.desk}}"}}, "email to desk@example.com"),
        ({"summary_delivery": {"recipient": "{{top.mail}}"}}, "email to bo@example.com"),
        ({"summary_delivery": {"recipient_source": "mail"}}, 'email to each of the addresses in "mail"'),
        ({"per_item_delivery": {"recipient_source": "mail"}}, 'email to the addresses in "mail"'),
        ({"per_item_delivery": {"recipient": "{{mail}}"}}, "email to {{mail}}"),
    ],
)
def test_a_result_tells_whom_its_messages_went_to(mail_server, delivery, target):
    inputs = [{"name": "desk", "type": "email", "default_value": "desk@example.com"}]
    top = {"type": "sql", "output_variable": "top", "config": {"query": "select max(mail) as mail from data"}}
    result = _run(_document(delivery, runtime_inputs=inputs, transforms=[top]))
    assert (result.deliveries[0].target, result.status) == (target, "succeeded")


@pytest.mark.parametrize(
    ("rows", "status", "error"),
    [
        ([{**ORDERS[0], "mail": None}], "failed", 'it has no recipient in "mail"'),
        ([], "skipped", "there are no rows that would name recipients"),
    ],
)
def test_a_summary_that_goes_to_nobody_is_not_called_delivered(mail_server, rows, status, error):
    [delivery] = _run(_document({"summary_delivery": {"recipient_source": "mail"}}, rows)).deliveries
    assert (mail_server.mails, delivery.status) == ([], status)
    assert delivery.error is not None
    assert error in delivery.error


def test_a_preview_has_written_its_messages_and_sent_none(mail_server, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plan = wf.compile(_document({"per_item_delivery": {"recipient_source": "mail"}}))
    [delivery] = plan.run(preview=2).deliveries
    assert (mail_server.mails, delivery.said) == ([], "2 written")


def test_what_a_row_holds_begins_no_line_of_a_log_and_does_not_fill_it(mail_server):
    rows = [{**ORDERS[0], "mail": "ada@example.com\r\nerror: paid"}, {**ORDERS[0], "mail": "a@" * 9_000}]
    [delivery] = _run(_document({"per_item_delivery": {"recipient_source": "mail"}}, rows)).deliveries
    assert delivery.error is not None
    assert delivery.error.isprintable()
    assert len(delivery.error) < 400
    assert "is more than one address" in delivery.error


def test_a_message_whose_file_was_not_delivered_is_not_sent(mail_server, tmp_path):
    rules = {"file_delivery": {"id": "list", "format": "csv", "filename_template": "list.csv"},
             "summary_delivery": {"recipient": "team@example.com", "attachments": ["list"]}}  # fmt: skip
    plan = wf.compile(_document(rules))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "list.csv").mkdir()
    with pytest.raises(wf.WorkflowError):
        plan.run(out=tmp_path / "out")
    assert mail_server.mails == []


def test_a_destination_reads_what_the_one_before_answered_for_the_same_row(mail_server):
    rules = {"multiple_destinations": [
        {"name": "first", "recipient_source": "mail", "subject": "Order {{id}}", "execution_scope": "per_item"},
        {"name": "second", "recipient": "office@example.com", "subject": "Sent as {{step_result.reference}}",
         "execution_scope": "per_item"},
    ]}  # fmt: skip
    rows = [ORDERS[0], {**ORDERS[1], "mail": None}]
    result = _run(_document(rules, rows))
    first, second = mail_server.mails
    assert second.subject == f"Sent as {first.message['Message-ID']}"
    assert [each.outcome for each in result.deliveries] == [{"sent": 1, "failed": 1}, {"sent": 1, "skipped": 1}]
