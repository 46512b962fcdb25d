"""Mails as a server of SMTP receives them."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.messages.message import Message
from connectors.messages.registry import sending_kind
from connectors.messages.sender import Sender, SendingAccount
from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from tests.servers.smtp import MailServer


def account(**changed: Any) -> SendingAccount:
    return SendingAccount(**{"plugin_key": "email", "credentials_ref": None, "config": {}, "base": Path(),
                             "policy": Policy.open(), **changed})  # fmt: skip


def opened(**changed: Any) -> Sender:
    found = account(**changed)
    return sending_kind(found.plugin_key).open(found)


def message(**changed: Any) -> Message:
    return Message(**{"key": "k1", "to": ("anna@example.com",), "subject": "Open invoices", "text": "Two are open.\n",
                      "date": datetime(2026, 1, 31, 14, 30, tzinfo=UTC), **changed})  # fmt: skip


def test_a_mail_arrives_with_its_text_and_html(mail_server: MailServer) -> None:
    with closing(opened()) as sender:
        sent = sender.send(message(html="<p>Two are open.</p>"))

    (mail,) = mail_server.mails
    assert (mail.sender, mail.recipients) == ("reports@example.com", ("anna@example.com",))
    assert (mail.subject, mail.text, mail.html) == ("Open invoices", "Two are open.\n", "<p>Two are open.</p>\n")
    assert mail.message["Message-ID"] == sent.reference
    assert mail.message["Date"] == "Sat, 31 Jan 2026 14:30:00 +0000"
    assert sent.refused == {}


def test_many_mails_go_through_one_connection(mail_server: MailServer) -> None:
    with closing(opened()) as sender:
        for number in range(20):
            sender.send(message(key=str(number), subject=f"Invoice {number}"))

    assert [each.subject for each in mail_server.mails] == [f"Invoice {number}" for number in range(20)]
    assert mail_server.connections == 1


def test_a_mail_without_an_account_says_what_to_configure() -> None:
    with pytest.raises(ConnectorProblem) as problem:
        opened(plugin_key="gmail")

    assert problem.value.code == "IR680"
    assert "WEIRFLOW_EMAIL='smtps://" in str(problem.value)
