"""Mailboxes as calls of a plugin, against a real IMAP server in a process of its own."""

from __future__ import annotations

import imaplib
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

import weirflow as wf
from connectors.http.blocking import waited_for
from connectors.plugins.account import PluginAccount
from connectors.plugins.files import FileStore
from connectors.plugins.imap.searching import folder_name, shown_name
from connectors.plugins.registry import find_plugin
from connectors.plugins.session import open_session
from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from tests.connectors.plugins.calling import FakePace
from tests.servers.running import free_port

_IMAP = find_plugin("imap")
USER, PASSWORD = "ada", "p@ss/word"


@pytest.fixture(scope="module")
def server() -> Iterator[int]:
    """The port of a server whose mailbox is empty."""
    port = free_port()
    # Python 3.13 collects connections of pymap that wait for a command as garbage.
    begun = "import gc, sys; gc.disable(); from pymap.main import main; sys.exit(main())"
    command = [sys.executable, "-c", begun, "--host", "127.0.0.1", "--port", str(port), "--no-tls",
               "--no-service", "managesieve", "dict", "--demo-user", USER, "--demo-password", PASSWORD]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        until = time.monotonic() + 90
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield port
        process.terminate()


@pytest.fixture
def mailbox(server: int) -> Iterator[Callable[..., None]]:
    """Puts a mail into the mailbox, which is empty at first."""
    client = imaplib.IMAP4("127.0.0.1", server)
    client.login(USER, PASSWORD)

    def put(subject: str, *, sender: str = "Nordwind <billing@nordwind.example>", text: str = "Please find\r\nit.",
            attachments: dict[str, bytes] | None = None, raw: bytes | None = None) -> None:  # fmt: skip
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = sender, "ada@example.com", subject
        mail["Date"] = "Sun, 01 Nov 2026 09:00:00 +0100"
        mail["Message-ID"] = f"<{abs(hash(subject))}@nordwind.example>"
        mail.set_content(text)
        for name, content in (attachments or {}).items():
            mail.add_attachment(content, maintype="application", subtype="pdf", filename=name)
        client.append("INBOX", None, None, raw or mail.as_bytes())  # type: ignore[arg-type]

    yield put
    client.select("INBOX")
    client.store("1:*", "+FLAGS", "\\Deleted")
    client.expunge()
    client.logout()


@pytest.fixture
def call(server: int, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    parts = {"host": "127.0.0.1", "port": server, "user": USER, "password": PASSWORD, "encryption": "none"}
    account = PluginAccount(ref=None, base=Path(), policy=Policy.open(), parts=parts)
    session = open_session(_IMAP, account, files=FileStore(tmp_path / "files"), pace=FakePace())
    yield lambda action, **params: waited_for(session.call(_IMAP.action(action), params)).output
    waited_for(session.close())


def test_a_mail_is_a_row_with_its_text_and_its_attachments(
    call: Callable[..., Any], mailbox: Callable[..., None], tmp_path: Path
) -> None:
    mailbox("Rechnung für März", attachments={"Rechnung 17.pdf": b"%PDF-1.4"})
    [found] = call("search_emails", unread_only=True)
    assert {name: found[name] for name in ("date", "from", "from_address", "to", "subject", "text", "is_read")} == {
        "date": "2026-11-01T08:00:00Z", "from": "Nordwind <billing@nordwind.example>",
        "from_address": "billing@nordwind.example", "to": "ada@example.com", "subject": "Rechnung für März",
        "text": "Please find\nit.", "is_read": False,
    }  # fmt: skip
    [attachment] = found["attachments"]
    assert (attachment["name"], attachment["mime"], attachment["size"]) == ("Rechnung 17.pdf", "application/pdf", 8)
    assert FileStore(tmp_path / "files").read(attachment) == b"%PDF-1.4"
    assert call("get_email", id=found["id"])["subject"] == "Rechnung für März"
    assert [each["is_read"] for each in call("search_emails")] == [False]


def test_searches_are_met_by_all_their_parts_and_give_the_newest_first(
    call: Callable[..., Any], mailbox: Callable[..., None]
) -> None:
    mailbox("Invoice 1")
    mailbox("Invoice 2", sender="Eve <eve@example.org>")
    mailbox('Invoice "3" \\ more')
    subjects = lambda **asked: [each["subject"] for each in call("search_emails", **asked)]  # noqa: E731
    assert subjects(subject="Invoice") == ['Invoice "3" \\ more', "Invoice 2", "Invoice 1"]
    assert subjects(subject="Invoice", **{"from": "nordwind"}, max_results=1) == ['Invoice "3" \\ more']
    assert subjects(subject='"3" \\') == ['Invoice "3" \\ more']
    assert subjects(subject="Offer") == []
    last = int(call("search_emails", max_results=1)[0]["id"].partition("-")[2])
    assert subjects(after_uid=last) == []
    assert subjects(after_uid=last - 1) == ['Invoice "3" \\ more']


def test_a_mail_is_marked_moved_and_deleted(call: Callable[..., Any], mailbox: Callable[..., None]) -> None:
    mailbox("Invoice 1")
    [found] = call("search_emails")
    call("mark_email", id=found["id"], read=True, flagged=True)
    assert call("search_emails", unread_only=True) == []
    assert [each["is_read"] for each in call("search_emails", flagged_only=True)] == [True]
    call("move_email", id=found["id"], to_folder="Ablage & Märkte", create_folder=True)
    assert call("search_emails") == []
    assert "Ablage & Märkte" in [each["name"] for each in call("list_folders")]
    [moved] = call("search_emails", folder="Ablage & Märkte")
    call("delete_email", id=moved["id"], folder="Ablage & Märkte")
    assert call("search_emails", folder="Ablage & Märkte") == []
    call("delete_email", id=moved["id"], folder="Ablage & Märkte")


@pytest.mark.parametrize(("params", "words"), [
    ({"subject": "x\r\nA1 DELETE INBOX"}, "subject holds a line break"),
    ({"folder": "Nowhere"}, 'there is no folder "Nowhere"'),
    ({"since": "2026-02-30"}, "2026-02-30"),
])  # fmt: skip
def test_what_cannot_be_asked_is_told_before_it_does_harm(
    call: Callable[..., Any], mailbox: Callable[..., None], params: dict[str, str], words: str
) -> None:
    mailbox("Invoice 1")
    with pytest.raises(ConnectorProblem) as told:
        call("search_emails", **params)
    assert words in told.value.message
    assert len(call("search_emails")) == 1


def test_a_mail_that_is_gone_is_named(call: Callable[..., Any], mailbox: Callable[..., None]) -> None:
    mailbox("Invoice 1")
    [found] = call("search_emails")
    call("delete_email", id=found["id"])
    for action, params in (("get_email", {}), ("mark_email", {"read": True}), ("move_email", {"to_folder": "INBOX"})):
        with pytest.raises(ConnectorProblem, match="there is no mail"):
            call(action, id=found["id"], **params)


def test_a_mail_that_is_no_mail_is_read_all_the_same(call: Callable[..., Any], mailbox: Callable[..., None]) -> None:
    mailbox(
        "", raw=b"Subject: =?x-none?B?//8=?=\r\nFrom: \xff\xfe\r\nContent-Type: text/plain; charset=none\r\n\r\na\xffb"
    )
    [found] = call("search_emails")
    assert found["text"] == "a\ufffdb"
    assert found["attachments"] == []


def test_a_wrong_password_is_told_without_being_shown(server: int) -> None:
    parts = {"url": f"imap://ada:secret-word@127.0.0.1:{server}?encryption=none"}
    account = PluginAccount(ref=None, base=Path(), policy=Policy.open(), parts=parts)
    session = open_session(_IMAP, account, pace=FakePace())
    with pytest.raises(ConnectorProblem) as told:
        waited_for(session.call(_IMAP.action("list_folders"), {}))
    assert told.value.code == "IR683"
    assert "secret-word" not in str(told.value.__dict__)


def test_the_policy_keeps_a_session_from_a_private_server(server: int) -> None:
    parts = {"host": "127.0.0.1", "port": server, "user": USER, "password": PASSWORD, "encryption": "none"}
    account = PluginAccount(ref=None, base=Path(), policy=Policy.closed(Path("/tmp")), parts=parts)
    session = open_session(_IMAP, account, pace=FakePace())
    with pytest.raises(ConnectorProblem) as told:
        waited_for(session.call(_IMAP.action("list_folders"), {}))
    assert told.value.code == "IR502"


@pytest.mark.parametrize("name", ["INBOX", "Entwürfe", "A&B", "日本語/x", "&-", "é&é"])
def test_names_of_folders_come_back_from_the_letters_of_imap(name: str) -> None:
    assert shown_name(folder_name(name)[1:-1].encode()) == name


def test_a_name_is_written_as_the_standard_has_it() -> None:
    # RFC 3501, section 5.1.3
    assert folder_name("~peter/mail/台北/日本語") == '"~peter/mail/&U,BTFw-/&ZeVnLIqe-"'


def test_mails_are_the_rows_of_a_source(
    server: int, mailbox: Callable[..., None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    mailbox("Invoice 1")
    mailbox("Invoice 2")
    monkeypatch.setenv("WEIRFLOW_IMAP", f"imap://ada:p%40ss%2Fword@127.0.0.1:{server}?encryption=none")
    plan = wf.compile({
        "ir_version": "3.1", "goal": "invoices by mail",
        "data_sources": [{"type": "api", "alias": "mails", "plugin_key": "imap", "operation_type": "search_emails",
                          "config": {"subject": "Invoice"}}],
        "transforms": [{"type": "map", "config": {"select": ["subject", "is_read"]}}],
        "delivery_rules": {"file_delivery": {"format": "csv", "filename_template": "mails.csv"}},
    })  # fmt: skip
    assert plan.run(out=tmp_path)["data"].rows() == [("Invoice 2", False), ("Invoice 1", False)]
