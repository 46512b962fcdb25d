"""Mails as calls of a plugin, against a mail server of the tests' own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.http.blocking import waited_for
from connectors.plugins.account import PluginAccount
from connectors.plugins.files import FileStore
from connectors.plugins.registry import find_plugin
from connectors.plugins.session import Outcome, RenderedRequest, open_session
from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from tests.connectors.plugins.calling import FakePace
from tests.servers.smtp import MailServer

_EMAIL = find_plugin("email")
_SEND = _EMAIL.action("send")
_NOW_S = 1_769_869_800.0


@pytest.fixture
def files(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "files")


@pytest.fixture
def send(mail_server: MailServer, files: FileStore) -> Iterator[Callable[..., Outcome]]:
    account = PluginAccount(ref=None, base=Path(), policy=Policy.open())
    session = open_session(_EMAIL, account, files=files, pace=FakePace(), now=lambda: _NOW_S)

    def call(key: str = "item-1", **params: Any) -> Outcome:
        return waited_for(session.call(_SEND, {"to": "anna@example.com", "text": "Two are open.", **params}, key=key))

    call.session = session  # type: ignore[attr-defined]
    yield call
    waited_for(session.close())


def test_a_mail_goes_out_with_its_files(
    send: Callable[..., Outcome], mail_server: MailServer, files: FileStore
) -> None:
    report = files.put("süd.csv", b"a,b\n1,2\n", mime="text/csv")
    found = send(to=["anna@example.com", "ben@example.com"], bcc="chef@example.com", subject="Open invoices",
                 attachments=[report]).output  # fmt: skip
    [mail] = mail_server.mails
    assert mail.recipients == ("anna@example.com", "ben@example.com", "chef@example.com")
    assert (mail.subject, mail.text.strip(), mail.attachments) == ("Open invoices", "Two are open.",
                                                                  {"süd.csv": b"a,b\n1,2\n"})  # fmt: skip
    assert "chef" not in str(mail.message["To"])
    assert found == {"message_id": str(mail.message["Message-ID"]), "refused": {}}


def test_the_same_item_has_the_same_message_id_and_mails_share_a_connection(
    send: Callable[..., Outcome], mail_server: MailServer
) -> None:
    first, again, other = send().output, send().output, send(key="item-2").output
    assert first["message_id"] == again["message_id"] != other["message_id"]
    assert {each.connection for each in mail_server.mails} == {mail_server.mails[0].connection}


def test_a_recipient_that_the_server_refuses_is_told_while_the_others_get_the_mail(
    send: Callable[..., Outcome], mail_server: MailServer
) -> None:
    mail_server.fail("RCPT", "550 no such user", recipient="ben@")
    found = send(to=["anna@example.com", "ben@example.com"]).output
    assert list(found["refused"]) == ["ben@example.com"]
    assert mail_server.mails[0].recipients == ("anna@example.com",)


def test_a_server_that_is_busy_is_asked_again(send: Callable[..., Outcome], mail_server: MailServer) -> None:
    mail_server.fail("MAIL", "450 busy")
    assert send().attempts == 2
    assert len(mail_server.mails) == 1


def test_a_mail_whose_answer_was_lost_is_not_sent_again(send: Callable[..., Outcome], mail_server: MailServer) -> None:
    mail_server.fail("TAKEN", close=True)
    with pytest.raises(ConnectorProblem) as lost:
        send()
    assert lost.value.sent
    assert len(mail_server.mails) == 1


def test_a_line_break_in_a_head_is_refused(send: Callable[..., Outcome], mail_server: MailServer) -> None:
    for params in ({"subject": "a\r\nBcc: x@example.com"}, {"to": "anna@example.com\nx@example.com"}):
        with pytest.raises(ConnectorProblem):
            send(**params)
    assert mail_server.mails == []


def test_a_dry_run_sends_nothing(send: Callable[..., Outcome], mail_server: MailServer, files: FileStore) -> None:
    session = send.session  # type: ignore[attr-defined]
    [shown] = session.rendered(_SEND, {"to": "anna@example.com", "attachments": [files.put("a.csv", b"a")]})
    assert isinstance(shown, RenderedRequest)
    assert shown.body == {"to": "anna@example.com", "subject": "", "attachments": ["a.csv"]}
    assert mail_server.mails == []
