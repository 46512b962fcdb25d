"""Mails as a server of SMTP receives them."""

from __future__ import annotations

import hashlib
from contextlib import closing
from pathlib import Path

import pytest

from connectors.messages.email.composing import composed
from connectors.messages.email.encoded_files import EncodedFiles
from connectors.messages.message import Attachment
from connectors.problem import ConnectorProblem
from ir.addresses import read_address
from tests.connectors.messages.mails import message, opened
from tests.servers.smtp import MailServer, ReceivedMail


def sent(server: MailServer, **changed: object) -> ReceivedMail:
    with closing(opened()) as sender:
        sender.send(message(**changed))
    return server.mails[-1]


def attachment(path: Path, content: bytes, *, name: str = "", media_type: str = "text/csv") -> Attachment:
    path.write_bytes(content)
    return Attachment(path=path, name=name or path.name, media_type=media_type,
                      sha256=hashlib.sha256(content).hexdigest())  # fmt: skip


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


def test_hidden_copies_stand_in_the_envelope_alone(mail_server: MailServer) -> None:
    mail = sent(mail_server, to=("Anna Berg <anna@example.com>", "bo@example.com"), cc=("cy@example.com",),
                bcc=("dan@example.com", "anna@example.com"))  # fmt: skip

    assert mail.recipients == ("anna@example.com", "bo@example.com", "cy@example.com", "dan@example.com")
    assert mail.message["To"] == "Anna Berg <anna@example.com>, bo@example.com"
    assert mail.message["Cc"] == "cy@example.com"
    assert b"dan@example.com" not in mail.raw


def test_a_mail_of_hidden_copies_alone_names_nobody(mail_server: MailServer) -> None:
    mail = sent(mail_server, to=(), bcc=("dan@example.com",))

    assert str(mail.message["To"]) == "undisclosed-recipients:;"


@pytest.mark.parametrize(
    "subject",
    [
        "Überfällige Rechnungen für Zoë 😀",
        "ä" * 300,
        "word " * 60 + "end",
        "x" * 1200,
        "=?utf-8?q?no_code?=",
        "a  b",
        "",
    ],
    ids=["umlauts", "long umlauts", "long", "one long word", "looks encoded", "two blanks", "none"],
)
def test_any_subject_arrives_as_it_was(mail_server: MailServer, subject: str) -> None:
    mail = sent(mail_server, subject=subject)

    assert mail.subject == subject
    assert max(map(len, mail.raw.split(b"\r\n"))) <= 250


@pytest.mark.parametrize(
    "text",
    ["Grüße\n.\n..two dots\n", ".\n", "Жирный текст, и много его\n" * 30, "a" * 5000 + "\n", "x =_ y\n",
     "tab\t \nend \n", "From me\n", "日本\n"],
    ids=["dots", "one dot", "cyrillic", "long line", "boundary", "blanks", "from", "japanese"],
)  # fmt: skip
def test_any_text_arrives_as_it_was(mail_server: MailServer, text: str) -> None:
    mail = sent(mail_server, text=text, html=f"<p>{text}</p>\n")

    assert (mail.text, mail.html) == (text, f"<p>{text}</p>\n")
    assert mail.raw.isascii()
    assert max(map(len, mail.raw.split(b"\r\n"))) <= 998


def test_names_and_domains_beyond_ascii_are_encoded(mail_server: MailServer) -> None:
    mail = sent(mail_server, to=("Jürgen Groß <j.gross@bücher.example>", '"Berg, Anna" <anna@example.com>'))

    assert mail.recipients == ("j.gross@xn--bcher-kva.example", "anna@example.com")
    first, second = mail.message["To"].addresses
    assert (first.display_name, second.display_name) == ("Jürgen Groß", "Berg, Anna")
    assert mail.raw.isascii()


def test_an_address_beyond_ascii_needs_a_server_that_takes_it(mail_server: MailServer) -> None:
    mail = sent(mail_server, to=("jürgen@example.com",))
    mail_server.utf8 = False
    with pytest.raises(ConnectorProblem) as problem:
        sent(mail_server, to=("jürgen@example.com",))

    assert mail.recipients == ("jürgen@example.com",)
    assert {"SMTPUTF8", "BODY=8BITMIME"} <= set(mail.options)
    assert problem.value.code == "IR684"


def test_attachments_arrive_whole_under_their_names(mail_server: MailServer, tmp_path: Path) -> None:
    small = attachment(tmp_path / "a.csv", b"id,name\n1,Zo\xc3\xab\n", name='Umsätze "Januar" 2026.csv')
    large = attachment(tmp_path / "b.bin", bytes(range(256)) * 2000, name='a "b".bin', media_type="nonsense\r\nX: y")
    mail = sent(mail_server, html="<p>x</p>", attachments=(small, large))

    assert mail.attachments == {
        'Umsätze "Januar" 2026.csv': small.path.read_bytes(),
        'a "b".bin': large.path.read_bytes(),
    }
    assert [each.get_content_type() for each in mail.message.iter_attachments()] == [
        "text/csv", "application/octet-stream"
    ]  # fmt: skip
    assert (mail.text, mail.html) == ("Two are open.\n", "<p>x</p>\n")
    assert mail.message["X"] is None


def test_an_attachment_is_read_once_and_never_held_whole(mail_server: MailServer, tmp_path: Path) -> None:
    file = attachment(tmp_path / "big.bin", b"0123456789abcdef" * 40_000)
    with closing(opened()) as sender:
        sender.send(message(attachments=(file,)))
        file.path.unlink()
        sender.send(message(key="k2", attachments=(file,)))

    assert [each.attachments["big.bin"] for each in mail_server.mails] == [b"0123456789abcdef" * 40_000] * 2


def test_a_mail_holds_no_more_than_its_texts_in_memory(tmp_path: Path) -> None:
    file = attachment(tmp_path / "big.bin", b"0123456789abcdef" * 700_000)  # 11 MB
    with closing(EncodedFiles()) as files:
        mails = [composed(message(key=str(number), attachments=(file,)), sender=read_address("a@example.com"),
                          reply_to=(), files=files) for number in range(100)]  # fmt: skip

        held = sum(len(piece) for mail in mails for piece in mail.pieces if isinstance(piece, bytes))
        assert held < 100 * 2_000
        assert {mail.size > 15_000_000 for mail in mails} == {True}


def test_an_attachment_that_has_changed_is_not_sent(mail_server: MailServer, tmp_path: Path) -> None:
    file = attachment(tmp_path / "a.csv", b"id\n1\n")
    file.path.write_bytes(b"id\n2\n")
    with pytest.raises(ConnectorProblem) as problem:
        sent(mail_server, attachments=(file,))

    assert problem.value.message == "the attachment a.csv has changed since it was delivered"
    assert mail_server.mails == []


@pytest.mark.parametrize(
    "changed",
    [{"subject": "Hello\r\nBcc: eve@example.com"}, {"subject": "a\u2028b"}, {"to": ("anna@example.com\nX: y",)},
     {"to": ("anna@example.com>\r\nRCPT TO:<eve@example.com",)}, {"cc": ("Anna\r <anna@example.com>",)},
     {"config": {"reply_to": "a@example.com\nX: y"}}, {"config": {"from": "a@example.com\nX: y"}},
     {"config": {"headers": {"X-A": "1\n2"}}}, {"config": {"headers": {"Bcc": "eve@example.com"}}},
     {"config": {"headers": {"X: y\r\nZ": "1"}}}, {"to": ()}, {"to": ("nobody",)},
     {"to": ("a@example.com, b@example.com",)}],
)  # fmt: skip
def test_a_message_that_would_write_headers_of_its_own_is_refused(
    mail_server: MailServer, changed: dict[str, object]
) -> None:
    with pytest.raises(ConnectorProblem) as problem:
        sent(mail_server, **changed)

    assert problem.value.code == "IR685"
    assert mail_server.mails == []


def test_a_message_made_again_is_the_same_to_the_byte(mail_server: MailServer) -> None:
    first, again, other = sent(mail_server), sent(mail_server), sent(mail_server, key="k2")

    assert first.raw == again.raw
    assert first.message["Message-ID"] != other.message["Message-ID"]


def test_from_and_answers_go_where_the_account_or_the_config_says(mail_server: MailServer) -> None:
    plain = sent(mail_server)
    named = sent(mail_server, config={"from_name": "Zoë's reports", "reply_to": ["anna@example.com", "bo@example.com"],
                                      "headers": {"List-Unsubscribe": "<https://example.com/off>"}})  # fmt: skip
    other = sent(mail_server, config={"from": "Sales <sales@example.com>"})

    assert (plain.message["From"], plain.message["Reply-To"]) == ("reports@example.com", None)
    assert named.message["From"].addresses[0].display_name == "Zoë's reports"
    assert named.message["Reply-To"] == "anna@example.com, bo@example.com"
    assert named.message["List-Unsubscribe"] == "<https://example.com/off>"
    assert (other.sender, other.message["From"]) == ("sales@example.com", "Sales <sales@example.com>")
    assert plain.message["Auto-Submitted"] == "auto-generated"


def test_a_mail_that_is_too_large_is_not_begun(mail_server: MailServer, tmp_path: Path) -> None:
    mail_server.max_bytes = 100_000
    with pytest.raises(ConnectorProblem) as problem:
        sent(mail_server, attachments=(attachment(tmp_path / "a.bin", bytes(90_000)),))

    assert problem.value.code == "IR686"
    assert "allows 100,000" in problem.value.message
