"""Mail servers that refuse, stall and vanish: what is told, and what another attempt may do."""

from __future__ import annotations

from contextlib import closing

import pytest

from connectors.messages.sender import Sender
from connectors.problem import ConnectorProblem
from tests.connectors.messages.mails import message, opened
from tests.servers.smtp import MailServer


@pytest.fixture
def impatient(mail_server: MailServer, monkeypatch: pytest.MonkeyPatch) -> MailServer:
    """The server, whose account waits a tenth of a second, and half a second after a whole message."""
    monkeypatch.setenv("WEIRFLOW_EMAIL", f"{mail_server.url}&timeout_s=0.1")
    return mail_server


def refusal(sender: Sender | None = None, **changed: object) -> ConnectorProblem:
    with closing(sender or opened()) as each, pytest.raises(ConnectorProblem) as problem:
        each.send(message(**changed))
    return problem.value


@pytest.mark.parametrize(
    ("stage", "reply", "reason"),
    [("RCPT", "550 5.1.1 no such user", None), ("RCPT", "450 4.2.0 greylisted", "temporary_failure"),
     ("RCPT", "450 4.2.1 receiving too fast", "rate_limit"), ("MAIL", "451 4.3.0 try later", "temporary_failure"),
     ("MAIL", "452 4.3.1 no space", "temporary_failure"), ("DATA", "554 5.7.1 spam", None),
     ("DATA", "451 4.7.1 too many messages", "rate_limit"), ("MAIL", "421 4.7.28 rate", "rate_limit"),
     ("DATA", "421 4.3.2 shutting down", "temporary_failure")],
)  # fmt: skip
def test_a_reply_says_whether_another_attempt_may_help(
    mail_server: MailServer, stage: str, reply: str, reason: str | None
) -> None:
    mail_server.fail(stage, reply)  # type: ignore[arg-type]
    with closing(opened()) as sender:
        with pytest.raises(ConnectorProblem) as problem:
            sender.send(message())
        sender.send(message(key="k2"))  # the next one goes through

    found = problem.value
    assert (found.code, found.reason, found.sent) == ("IR684", reason, False)
    assert reply in found.message
    assert len(mail_server.mails) == 1


def test_a_connection_lost_before_the_end_of_a_mail_sent_nothing(mail_server: MailServer) -> None:
    mail_server.fail("RCPT", close=True)

    problem = refusal()

    assert (problem.code, problem.reason, problem.sent) == ("IR682", "network_error", False)


@pytest.mark.parametrize("stage", ["DATA", "TAKEN"])
def test_a_connection_lost_after_the_whole_mail_leaves_it_uncertain(mail_server: MailServer, stage: str) -> None:
    mail_server.fail(stage, close=True)  # type: ignore[arg-type]

    problem = refusal()

    assert (problem.code, problem.reason, problem.sent) == ("IR684", "network_error", True)
    assert "whether it was taken is not known" in problem.message


def test_silence_is_a_timeout_and_uncertain_only_after_the_whole_mail(impatient: MailServer) -> None:
    impatient.fail("MAIL", stall=True)
    before = refusal()
    impatient.fail("TAKEN", stall=True)
    after = refusal()

    assert (before.reason, before.sent) == ("timeout", False)
    assert (after.reason, after.sent) == ("timeout", True)


def test_a_slow_server_is_waited_for(mail_server: MailServer) -> None:
    mail_server.fail("TAKEN", wait_s=0.1)
    with closing(opened()) as sender:
        sender.send(message())

    assert len(mail_server.mails) == 1


@pytest.mark.parametrize("fault", [{"close": True}, {"reply": "421 4.4.2 idle for too long"}], ids=["closed", "421"])
def test_a_server_that_closes_between_mails_is_connected_again(
    mail_server: MailServer, fault: dict[str, object]
) -> None:
    with closing(opened()) as sender:
        sender.send(message(key="1"))
        mail_server.fail("MAIL", **fault)  # type: ignore[arg-type]
        sender.send(message(key="2", subject="Second"))

    assert [each.subject for each in mail_server.mails] == ["Open invoices", "Second"]
    assert mail_server.connections == 2


def test_recipients_that_are_refused_do_not_keep_a_mail_from_the_others(mail_server: MailServer) -> None:
    mail_server.fail("RCPT", "550 5.1.1 no such user", recipient="bo@")
    with closing(opened()) as sender:
        sent = sender.send(message(to=("anna@example.com", "bo@example.com"), cc=("cy@example.com",)))

    assert mail_server.mails[0].recipients == ("anna@example.com", "cy@example.com")
    assert sent.refused == {"bo@example.com": "550 5.1.1 no such user"}


def test_recipients_beyond_what_a_server_takes_at_once_get_the_mail_in_a_second_go(mail_server: MailServer) -> None:
    mail_server.fail("RCPT", "452 4.5.3 too many recipients", skip=2, times=2)
    names = tuple(f"r{number}@example.com" for number in range(4))
    with closing(opened()) as sender:
        sent = sender.send(message(to=names))

    assert [each.recipients for each in mail_server.mails] == [names[:2], names[2:]]
    assert sent.refused == {}


def test_a_server_that_is_not_there_passes_perhaps() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WEIRFLOW_EMAIL", "smtp://127.0.0.1:1?from=a@example.com")
        with pytest.raises(ConnectorProblem) as problem:
            opened()

    found = problem.value
    assert (found.code, found.reason, found.sent) == ("IR682", "network_error", False)
    assert found.message == "127.0.0.1:1 cannot be reached: connection refused"


def test_a_server_that_is_busy_at_the_door_passes(mail_server: MailServer) -> None:
    mail_server.fail("CONNECT", "421 4.3.2 too many connections")

    with pytest.raises(ConnectorProblem) as problem:
        opened()

    assert (problem.value.code, problem.value.reason) == ("IR682", "rate_limit")
