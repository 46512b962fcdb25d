"""The checks made of Google's documents, and the stand-in behind them."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build_from_document
from googleapiclient.errors import HttpError
from googleapiclient.http import MediaIoBaseUpload

from tests.plugins.discovery import discovery
from tests.plugins.discovery_samples import sample
from tests.plugins.sent import Sent
from tests.servers.google import APIS, Google

SIGNED = {"Authorization": "Bearer x", "Content-Type": "application/json"}


@pytest.fixture
def google() -> Iterator[Google]:
    with Google().running() as server:
        yield server


def client(server: Google, api: str) -> Any:
    """Google's own client, asking the stand-in."""
    credentials = Credentials(token="good-token")
    endpoint = server.url + "/" + discovery(api).document["servicePath"]
    document = {**discovery(api).document, "rootUrl": f"{server.url}/"}
    return build_from_document(json.dumps(document), credentials=credentials, client_options={"api_endpoint": endpoint})


def problems(api: str, method: str, path: str, body: Any = None) -> list[str]:
    content = json.dumps(body).encode() if body is not None else b""
    return discovery(api).problems(Sent(method=method, url=f"https://host{path}", headers=SIGNED, body=content))


def test_what_the_document_does_not_name_is_a_problem_in_address_and_body() -> None:
    assert problems("gmail.v1", "GET", "/gmail/v1/users/me/messages?query=a&maxResults=lots") == [
        "query query is unknown to gmail.users.messages.list",
        "query maxResults: 'lots' is no integer",
    ]
    assert problems("gmail.v1", "POST", "/gmail/v1/users/me/messages/send", {"raw_message": "x"}) == [
        "body (whole): Additional properties are not allowed ('raw_message' was unexpected)",
        'body (whole): "raw" is a required property',
    ]
    assert problems("gmail.v1", "GET", "/gmail/v1/users/me/mesages") == [
        "GET /gmail/v1/users/me/mesages is no method of gmail.v1"
    ]
    assert problems("gmail.v1", "GET", "/gmail/v1/users/me/messages/1?format=FULL") == [
        "query format: 'FULL' is none of minimal, full, raw, metadata"
    ]


def test_a_field_mask_names_what_an_answer_has() -> None:
    path = "/drive/v3/files?fields=nextPageToken,files(id,owners/emailAddress,title)"
    assert problems("drive.v3", "GET", path) == ["query fields: files/title is no field of the answer"]


def test_what_only_google_sets_is_not_sent() -> None:
    body = {"role": "reader", "type": "domain", "domain": "example.com"}
    assert problems("drive.v3", "POST", "/drive/v3/files/1/permissions", body) == [
        "body /domain: only Google sets this"
    ]


@pytest.mark.parametrize("api", APIS)
def test_the_sample_of_an_answer_satisfies_its_own_schema(api: str) -> None:
    document = discovery(api).document["schemas"]
    names = {each["response"]["$ref"] for each in discovery(api).methods.values() if "response" in each}
    wrong = {name: discovery(api).schemas.response_problems(name, sample({"$ref": name}, document)) for name in names}
    assert {name: each for name, each in wrong.items() if each} == {}


def test_googles_own_client_finds_the_mailbox_as_it_expects_it(google: Google) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "billing@nordwind.example", "ada@example.com", "Invoice 17"
    mail.set_content("Please find the invoice.")
    mail.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="17.pdf")
    google.mailbox.add(mail)
    google.mailbox.page_size = 1
    google.mailbox.add(mail)
    messages = client(google, "gmail.v1").users().messages()
    first = messages.list(userId="me", q="has:attachment subject:invoice", maxResults=10)
    second = messages.list_next(first, first.execute())
    found = messages.get(userId="me", id=second.execute()["messages"][0]["id"]).execute()
    part = found["payload"]["parts"][1]
    assert (part["filename"], part["mimeType"]) == ("17.pdf", "application/pdf")
    attachment = messages.attachments().get(userId="me", messageId=found["id"], id=part["body"]["attachmentId"])
    assert attachment.execute() == {"size": 8, "data": "JVBERi0xLjc="}


def test_googles_own_client_uploads_and_finds_files(google: Google) -> None:
    files = client(google, "drive.v3").files()
    folder = google.drive.folder("O'Hara & Söhne")
    media = MediaIoBaseUpload(io.BytesIO(b"%PDF-1.7"), mimetype="application/pdf")
    made = files.create(
        body={"name": "17.pdf", "parents": [folder]}, media_body=media, fields="id,webViewLink"
    ).execute()
    assert made["webViewLink"] == f"https://drive.google.com/file/d/{made['id']}/view"
    query = f"'{folder}' in parents and name = '17.pdf' and trashed = false"
    assert files.list(q=query, fields="files(id,size)").execute() == {"files": [{"id": made["id"], "size": "8"}]}
    assert files.list(q=r"name = 'O\'Hara & Söhne'", fields="files/id").execute() == {"files": [{"id": folder}]}
    with pytest.raises(HttpError, match="Invalid Value: q"):
        files.list(q="name = 'O'Hara'").execute()


def test_googles_own_client_appends_and_reads_cells(google: Google) -> None:
    book = google.sheets.add("Book", {"My tab": [["date", "amount"]]})
    values = client(google, "sheets.v4").spreadsheets().values()
    body = {"values": [["2026-11-01", 12.5], ["2026-11-02", None]]}
    done = values.append(spreadsheetId=book, range="'My tab'", valueInputOption="RAW", body=body).execute()
    assert done["updates"]["updatedRange"] == "'My tab'!A2:B3"
    found = values.get(spreadsheetId=book, range="'My tab'!A2:B", valueRenderOption="UNFORMATTED_VALUE").execute()
    assert found["values"] == [["2026-11-01", 12.5], ["2026-11-02"]]
