"""How the plugins for Google behave against a mailbox, a drive and spreadsheets."""

from __future__ import annotations

import asyncio
import json
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connectors.http.blocking import waited_for
from connectors.plugins.files import FileStore
from connectors.plugins.plugin import Action, Plugin
from connectors.plugins.registry import find_plugin
from connectors.plugins.session import Session
from connectors.problem import ConnectorProblem
from tests.connectors.plugins.calling import FakePace, called, opened
from tests.servers.google import Google


@pytest.fixture
def google() -> Iterator[Google]:
    with Google().running() as server:
        yield server


@contextmanager
def session_of(google: Google, key: str, folder: Path, **more: Any) -> Iterator[tuple[Plugin, Session]]:
    plugin = find_plugin(key)
    with opened(plugin, google.url, folder=folder, access_token="good-token", **more) as session:
        yield plugin, session


def invoice(number: int, *files: tuple[str, bytes]) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"] = "Nordwind <billing@nordwind.example>", "ada@example.com"
    mail["Subject"], mail["Message-ID"] = f"Invoice {number}", f"<{number}@nordwind.example>"
    mail.set_content("Grüße aus dem Norden", charset="iso-8859-1")
    mail.add_alternative("<p>Grüße</p>", subtype="html")
    for name, content in files:
        mail.add_attachment(content, maintype="application", subtype="pdf", filename=name)
    return mail


def test_a_search_gives_each_mail_with_its_text_and_the_bytes_of_its_files(google: Google, tmp_path: Path) -> None:
    google.mailbox.add(invoice(17, ("17.pdf", b"%PDF-17"), ("terms.pdf", b"%PDF-terms")))
    google.mailbox.add(EmailMessage())
    google.mailbox.add(invoice(18))
    google.mailbox.page_size = 1
    with session_of(google, "gmail", tmp_path) as (gmail, session):
        rows = called(session, gmail, "search", {"query": "subject:invoice"}).output
    assert [(row["subject"], row["from_address"], row["text"].strip(), row["html"].strip()) for row in rows] == [
        ("Invoice 18", "billing@nordwind.example", "Grüße aus dem Norden", "<p>Grüße</p>"),
        ("Invoice 17", "billing@nordwind.example", "Grüße aus dem Norden", "<p>Grüße</p>"),
    ]
    files = FileStore(tmp_path)
    assert [[(each["name"], files.read(each)) for each in row["attachments"]] for row in rows] == [
        [], [("17.pdf", b"%PDF-17"), ("terms.pdf", b"%PDF-terms")],
    ]  # fmt: skip


def test_a_small_or_empty_file_that_comes_with_its_mail_is_not_lost(google: Google, tmp_path: Path) -> None:
    google.mailbox.inline_bytes = 3
    google.mailbox.add(invoice(17, ("note.pdf", b"abc"), ("empty.pdf", b""), ("17.pdf", b"%PDF-17")))
    with session_of(google, "gmail", tmp_path) as (gmail, session):
        (row,) = called(session, gmail, "search_emails", {}).output
    files = FileStore(tmp_path)
    assert {each["name"]: files.read(each) for each in row["attachments"]} == {
        "17.pdf": b"%PDF-17", "note.pdf": b"abc", "empty.pdf": b"",
    }  # fmt: skip
    assert google.asked("GET", "/attachments/") == 1


def test_the_largest_attachment_that_gmail_takes_is_read(google: Google, tmp_path: Path) -> None:
    content = bytes(26 * 1024**2)  # in base64 more than what an answer may have elsewhere
    google.mailbox.add(invoice(17))
    google.fail("GET", "/messages/x/attachments/", status=200, body=json.dumps({"data": b64encode(content).decode()}))
    part = {"filename": "plan.pdf", "mimeType": "application/pdf", "body": {"attachmentId": "a"}}
    google.fail("GET", "/messages/x", status=200, body=json.dumps({"id": "x", "payload": {"parts": [part]}}))
    with session_of(google, "gmail", tmp_path) as (gmail, session):
        asked = {"message_id": "x", "filename": "plan.pdf"}
        assert called(session, gmail, "get_email_attachment", asked).output["size"] == len(content)


def test_a_mail_that_is_deleted_during_a_search_does_not_end_it(google: Google, tmp_path: Path) -> None:
    kept, gone = google.mailbox.add(invoice(1)), google.mailbox.add(invoice(2))
    google.fail("GET", f"/messages/{gone}", action=lambda: google.mailbox.messages.pop(gone, None))
    with session_of(google, "gmail", tmp_path) as (gmail, session):
        rows = called(session, gmail, "search_emails", {}).output
    assert [row["id"] for row in rows] == [kept]


def test_a_search_stops_at_the_number_of_mails_that_is_asked_for(google: Google, tmp_path: Path) -> None:
    for number in range(5):
        google.mailbox.add(invoice(number, ("a.pdf", b"%PDF")))
    with session_of(google, "gmail", tmp_path) as (gmail, session):
        asked = {"max_results": 2, "include_attachments": False}
        rows = called(session, gmail, "search_emails", asked).output
    assert [(row["subject"], row["attachments"]) for row in rows] == [("Invoice 4", []), ("Invoice 3", [])]
    assert google.asked("GET", "attachments") == 0


def test_a_long_search_comes_page_by_page(google: Google, tmp_path: Path) -> None:
    for number in range(3):
        google.mailbox.add(invoice(number, ("a.pdf", b"%PDF")))
    google.mailbox.page_size = 2

    async def pages(session: Session, action: Action) -> list[tuple[list[str], int]]:
        return [
            ([row["subject"] for row in page], google.asked("GET", "/attachments/"))
            async for page in session.pages(action, {"max_results": 3})
        ]

    with session_of(google, "gmail", tmp_path) as (gmail, session):
        found = waited_for(pages(session, gmail.action("search_emails")))
    assert found == [(["Invoice 2", "Invoice 1"], 2), (["Invoice 0"], 3)]


def test_an_answer_goes_into_the_thread_of_the_mail_that_it_answers(google: Google, tmp_path: Path) -> None:
    id_ = google.mailbox.add(invoice(17))
    with session_of(google, "google-mail", tmp_path) as (gmail, session):
        made = called(session, gmail, "reply_to_email", {"message_id": id_, "text": "Paid."}).output
    (sent,) = google.mailbox.outbox()
    assert (sent["To"], sent["Subject"], sent["In-Reply-To"]) == (
        "Nordwind <billing@nordwind.example>", "Re: Invoice 17", "<17@nordwind.example>",
    )  # fmt: skip
    assert made["thread_id"] == id_


def test_labels_are_put_on_by_their_names_and_the_names_are_looked_up_once(google: Google, tmp_path: Path) -> None:
    google.mailbox.labels["Label_7"] = {"id": "Label_7", "name": "Booked", "type": "user"}
    ids = [google.mailbox.add(invoice(number)) for number in range(3)]
    with session_of(google, "gmail", tmp_path) as (gmail, session):
        for id_ in ids:
            change = {"message_id": id_, "add_labels": ["Booked"], "remove_labels": ["UNREAD"]}
            called(session, gmail, "modify_email", change)
    assert [google.mailbox.messages[id_]["labels"] for id_ in ids] == [["INBOX", "Label_7"]] * 3
    assert google.asked("GET", "/labels") == 1


def test_files_of_one_vendor_that_go_up_at_the_same_time_end_in_one_new_folder(google: Google, tmp_path: Path) -> None:
    top = google.drive.folder("Invoices")
    store = FileStore(tmp_path)
    with session_of(google, "google-drive", tmp_path) as (drive, session):
        upload = drive.action("upload_file")

        async def both() -> list[Any]:
            return await asyncio.gather(*[
                session.call(upload, {
                    "file": store.put(f"{number}.pdf", b"%PDF-" + name.encode(), mime="application/pdf"),
                    "folder_id": f"https://drive.google.com/drive/folders/{top}", "create_subfolder": True,
                    "subfolder_name": name,
                })
                for number, name in enumerate(["O'Hara \\ Söhne"] * 3 + ["Nordwind"])
            ])  # fmt: skip

        links = [outcome.output for outcome in waited_for(both())]
        again = {"file": store.put("9.pdf", b"%PDF"), "folder_id": top, "create_subfolder": True}
        called(session, drive, "upload", {**again, "subfolder_name": "Nordwind"})
    folders = google.drive.inside(top)
    assert sorted(folders) == ["Nordwind", "O'Hara \\ Söhne"]
    assert len([each for each in google.drive.files.values() if top in each["parents"]]) == 2
    inside = google.drive.inside(folders["O'Hara \\ Söhne"]["id"])
    assert {name: each["content"] for name, each in inside.items()} == dict.fromkeys(
        ("0.pdf", "1.pdf", "2.pdf"), "%PDF-O'Hara \\ Söhne".encode()
    )
    assert links[0] == inside["0.pdf"]["webViewLink"]


def test_a_folder_by_name_is_made_once_and_a_file_in_it_is_overwritten_where_asked_for(
    google: Google, tmp_path: Path
) -> None:
    store = FileStore(tmp_path)
    with session_of(google, "google-drive", tmp_path) as (drive, session):
        for content, overwrite in ((b"one", False), (b"two", True), (b"three", False)):
            file = store.put("plan.txt", content)
            called(session, drive, "upload", {"file": file, "folder": "Plans", "overwrite": overwrite})
        (folder,) = [each for each in google.drive.files.values() if each["name"] == "Plans"]
        for place in (folder["id"], f"https://drive.google.com/drive/folders/{folder['id']}"):
            called(session, drive, "upload", {"file": store.put("4.txt", b"4"), "folder": place, "overwrite": True})
    found = [each["content"] for each in google.drive.files.values() if folder["id"] in each["parents"]]
    assert found == [b"two", b"three", b"4"]


def test_an_upload_whose_answer_is_lost_is_sent_again_without_a_second_file(google: Google, tmp_path: Path) -> None:
    google.fail("PUT", "upload_id", status=503)
    file = FileStore(tmp_path).put("1.pdf", b"%PDF")
    with session_of(google, "google-drive", tmp_path, pace=FakePace()) as (drive, session):
        called(session, drive, "upload_file", {"file": file, "public": True})
    (made,) = google.drive.files.values()
    assert (made["content"], [each["type"] for each in made["permissions"]]) == (b"%PDF", ["anyone"])


def test_a_query_of_drive_holds_nothing_that_a_name_brings_in(google: Google, tmp_path: Path) -> None:
    google.drive.add("secret plan")
    google.drive.add("x' or name contains 'secret")
    with session_of(google, "google-drive", tmp_path) as (drive, session):
        rows = called(session, drive, "search_files", {"name": "x' or name contains 'secret"}).output
    assert [row["name"] for row in rows] == ["x' or name contains 'secret"]


def test_a_dry_run_shows_what_is_known_and_names_what_answers_will_tell(google: Google, tmp_path: Path) -> None:
    file = FileStore(tmp_path).put("17.pdf", b"%PDF", mime="application/pdf")
    with session_of(google, "google-drive", tmp_path) as (drive, session):
        plain = session.rendered(drive.action("upload_file"), {"file": file, "folder_id": "1Fo"})
        params = {"file": file, "folder_id": "1Fo", "create_subfolder": True, "subfolder_name": "Nordwind"}
        sorted_in = session.rendered(drive.action("upload_file"), params)
    assert [(each.method, each.body) for each in plain] == [
        ("POST", {"name": "17.pdf", "parents": ["1Fo"]}), ("PUT", "<17.pdf, 4 bytes>"),
    ]  # fmt: skip
    assert [(each.method, each.body) for each in sorted_in] == [
        ("GET", None),
        ("POST", {"name": "Nordwind", "mimeType": "application/vnd.google-apps.folder", "parents": ["1Fo"]}),
        ("POST", {"name": "17.pdf", "parents": ["{{steps.found.files[0].id}}"]}),
        ("PUT", "<17.pdf, 4 bytes>"),
    ]
    with session_of(google, "gmail", tmp_path) as (gmail, session):
        mail = {"to": "ada@example.com", "text": "Paid.", "attachments": [file]}
        (sent,) = session.rendered(gmail.action("send_email"), mail)
        answer = session.rendered(gmail.action("reply_to_email"), {"message_id": "18f", "text": "Paid."})
    assert sent.body == {"to": "ada@example.com", "text": "Paid.", "attachments": ["<17.pdf, 4 bytes>"]}
    assert answer[1].body["media"]["in_reply_to"] == "{{steps.mail.payload.headers.message-id}}"
    assert google.sent == []


def test_rows_of_a_tab_come_by_the_names_in_its_first_row(google: Google, tmp_path: Path) -> None:
    rows = [["vendor", "amount", "vendor", ""], ["Nordwind", 119.5, "x", True], [], ["Südwind"]]
    book = google.sheets.add("Book", {"Ada's": rows})
    link = f"https://docs.google.com/spreadsheets/d/{book}/edit#gid=0"
    with session_of(google, "google-sheets", tmp_path) as (sheets, session):
        found = called(session, sheets, "read_range", {"spreadsheet_id": link, "tab_name": "Ada's"}).output
        whole = called(session, sheets, "read_range", {"spreadsheet_id": book, "header_row": False}).output
    assert found == [
        {"vendor": "Nordwind", "amount": 119.5, "vendor_2": "x", "column_4": True},
        {"vendor": "Südwind", "amount": None, "vendor_2": None, "column_4": None},
    ]
    assert whole[0] == {"column_1": "vendor", "column_2": "amount", "column_3": "vendor", "column_4": None}


def test_what_looks_like_a_formula_stays_a_text_unless_that_is_asked_for(google: Google, tmp_path: Path) -> None:
    book = google.sheets.add("Book", {"Plain": [["vendor"]]})
    row = {"spreadsheet_id": book, "tab_name": "Plain", "values": ['=HYPERLINK("https://evil.example")']}
    with session_of(google, "google-sheets", tmp_path) as (sheets, session):
        called(session, sheets, "append_row", row)
        called(session, sheets, "append_row", {**row, "values": ["=1+1"], "input_mode": "user_entered"})
    queries = [request.partition("?")[2].partition("&")[0] for request in google.requests]
    assert queries == ["valueInputOption=RAW", "valueInputOption=USER_ENTERED"]
    assert google.sheets.rows(book, "Plain") == [["vendor"], ['=HYPERLINK("https://evil.example")'], ["=1+1"]]


def test_rows_of_a_tab_that_is_not_there_are_not_deleted_from_another(google: Google, tmp_path: Path) -> None:
    book = google.sheets.add("Book", {"October": [["a"], ["b"]], "November": [["c"], ["d"]]})
    with session_of(google, "google-sheets", tmp_path) as (sheets, session):
        which = {"spreadsheet_id": book, "first_row": 1, "last_row": 1}
        with pytest.raises(ConnectorProblem, match="the spreadsheet has no tab called Novembre"):
            called(session, sheets, "delete_rows", {**which, "tab_name": "Novembre"})
        called(session, sheets, "delete_rows", {**which, "tab_name": "November"})
    assert google.sheets.rows(book, "October") == [["a"], ["b"]]
    assert google.sheets.rows(book, "November") == [["d"]]


def test_a_refresh_token_gets_a_new_token_for_all_calls_at_once(google: Google, tmp_path: Path) -> None:
    for number in range(4):
        google.mailbox.add(invoice(number))
    gmail = find_plugin("gmail")
    parts = {
        "refresh_token": "refresh-me",
        "client_id": "app",
        "client_secret": "hush",
        "token_uri": f"{google.url}/token",
    }
    with opened(gmail, google.url, folder=tmp_path, **parts) as session:
        assert len(called(session, gmail, "search_emails", {}).output) == 4
    assert google.asked("POST", "/token") == 1


def test_a_service_account_signs_for_a_token_with_the_scope_of_the_plugin(google: Google, tmp_path: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    google.public_key = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    google.mailbox.add(invoice(17))
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    parts = {
        "type": "service_account", "project_id": "weir", "private_key_id": "k1", "private_key": pem,
        "client_email": "robot@weir.iam.example", "token_uri": f"{google.url}/token", "subject": "ada@weir.example",
        "universe_domain": "googleapis.com",
    }  # fmt: skip
    gmail = find_plugin("gmail")
    with opened(gmail, google.url, folder=tmp_path, pace=FakePace(), now=time.time, **parts) as session:
        assert [row["subject"] for row in called(session, gmail, "search_emails", {}).output] == ["Invoice 17"]
    assert {name: google.claims[name] for name in ("iss", "sub", "scope")} == {
        "iss": "robot@weir.iam.example", "sub": "ada@weir.example",
        "scope": "https://www.googleapis.com/auth/gmail.modify",
    }  # fmt: skip
