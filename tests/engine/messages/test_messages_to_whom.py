"""Recipients of all kinds through a real mail server, those that it refuses, and files that go along in branches."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

import weirflow as wf
from tests.servers.smtp import MailServer
from tests.workflows import ENGINES, inline, workflow


def _run(rules: dict[str, Any], rows: list[dict[str, Any]], schema: dict[str, str], engine: str = "polars",
         **sections: Any) -> wf.RunResult:  # fmt: skip
    document = workflow([inline("orders", rows, schema)], name="orders", delivery_rules=rules, **sections)
    return wf.compile(document, engine=engine).run()


def test_a_recipient_that_is_refused_is_named_and_the_other_gets_the_mail(mail_server: MailServer) -> None:
    mail_server.fail("RCPT", "550 no such user", recipient="gone@")
    rules = {"summary_delivery": {"recipient": ["ada@example.com", "gone@example.com"], "subject": "Orders"}}
    result = _run(rules, [{"id": 1}], {"id": "integer"})

    assert [mail.recipients for mail in mail_server.mails] == [("ada@example.com",)]
    [delivery] = result.deliveries
    assert (result.status, delivery.status, delivery.outcome) == ("incomplete", "incomplete", {"sent": 1, "refused": 1})
    assert delivery.error is not None
    assert "gone@example.com: 550 no such user" in delivery.error
    assert result.dead_letters["count"] == 0


def test_a_mail_whose_every_recipient_is_refused_is_not_sent(mail_server: MailServer) -> None:
    mail_server.fail("RCPT", "550 no such user", recipient="gone@")
    rules = {"per_item_delivery": {"recipient_source": "mail", "subject": "Order {{id}}"}}
    rows = [{"id": 1, "mail": "gone@example.com"}, {"id": 2, "mail": "ada@example.com"}]
    result = _run(rules, rows, {"id": "integer", "mail": "string"})

    assert [mail.subject for mail in mail_server.mails] == ["Order 2"]
    assert result.deliveries[0].outcome == {"sent": 1, "failed": 1}
    assert pl.read_parquet(result.dead_letters["path"])["row"].to_list() == [1]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_list_holds_several_recipients_and_an_empty_one_none(mail_server: MailServer, engine: str) -> None:
    rules = {"per_item_delivery": {"recipient_source": "mails", "subject": "Order {{id}}"}}
    rows = [{"id": 1, "mails": ["ada@example.com", "bo@example.com"]}, {"id": 2, "mails": []},
            {"id": 3, "mails": ["cy@example.com", None]}, {"id": 4, "mails": None}]  # fmt: skip
    result = _run(rules, rows, {"id": "integer", "mails": "list(string)"}, engine)

    assert [(mail.recipients, mail.subject) for mail in mail_server.mails] == [
        (("ada@example.com", "bo@example.com"), "Order 1"), (("cy@example.com",), "Order 3")]  # fmt: skip
    assert result.deliveries[0].outcome == {"sent": 2, "failed": 2}
    assert pl.read_parquet(result.dead_letters["path"])["row"].to_list() == [2, 4]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", ["per_item_delivery", "per_group_delivery", "summary_delivery"])
def test_a_recipient_may_stand_inside_a_struct(mail_server: MailServer, kind: str, engine: str) -> None:
    rules = {kind: {"recipient_source": "customer.mail", "subject": "Order"}}
    rows = [{"id": 1, "customer": {"name": "Ada", "mail": "ada@example.com"}}]
    result = _run(rules, rows, {"id": "integer", "customer": "struct(name: string, mail: string)"}, engine,
                  grouping={"group_by": "id"})  # fmt: skip

    assert [mail.recipients for mail in mail_server.mails] == [("ada@example.com",)]
    assert result.status == "succeeded"


@pytest.mark.parametrize("engine", ENGINES)
def test_a_message_of_a_branch_carries_the_file_of_its_branch(mail_server: MailServer, tmp_path: Path,
                                                              engine: str) -> None:  # fmt: skip
    def branch(name: str) -> dict[str, Any]:
        return {"delivery_rules": {
            "file_delivery": {"id": f"{name}_file", "format": "csv", "filename_template": f"{name}.csv"},
            "summary_delivery": {"id": f"{name}_mail", "recipient": f"{name}@example.com", "subject": "{{count}}",
                                 "attachments": [f"{name}_file"]},
        }}  # fmt: skip

    condition = [{"field": "id", "operator": "greater_than", "value": 1}]
    split = {"condition": condition, "then_actions": branch("large"), "else_actions": branch("small")}
    never = {"condition": [{"field": "id", "operator": "greater_than", "value": 9}], "then_actions": branch("none")}
    rows = [{"id": 1}, {"id": 2}, {"id": 3}]
    document = workflow([inline("orders", rows, {"id": "integer"})], conditionals=[split, never])
    result = wf.compile(document, engine=engine).run(out=tmp_path)

    assert {mail.recipients[0]: (mail.subject, mail.attachments) for mail in mail_server.mails} == {
        "large@example.com": ("2", {"large.csv": b"id\n2\n3\n"}), "small@example.com": ("1", {"small.csv": b"id\n1\n"}),
    }  # fmt: skip
    assert {each.id: each.status for each in result.deliveries if each.kind == "message"} == {
        "large_mail": "delivered", "small_mail": "delivered", "none_mail": "skipped"}  # fmt: skip
    assert result.status == "succeeded"
