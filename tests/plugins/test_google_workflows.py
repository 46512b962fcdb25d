"""Workflows that read from Google and deliver to it, from the document to the service."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
import yaml

import weirflow as wf
from engine.cli.main import run_command_line
from tests.servers.google import Google
from tests.workflows import ENGINES


@pytest.fixture
def google(monkeypatch: pytest.MonkeyPatch) -> Iterator[Google]:
    with Google().running() as server:
        for name, secret in server.environment().items():
            monkeypatch.setenv(name, secret)
        yield server


def run(text: str, folder: Path, engine: str = "polars") -> str:
    document = {"ir_version": "3.1", "goal": "test", **yaml.safe_load(text)}
    result = wf.compile(document, engine=engine).run(out=folder)
    assert [each.error for each in result.deliveries if each.error] == []
    return result.status


def test_messages_and_the_files_of_a_run_go_out_by_gmail(google: Google, tmp_path: Path) -> None:
    document = """
    data_sources:
      - type: tabular
        source: inline
        config:
          rows:
            - {customer: Ada, mail: ada@example.com, amount: 12}
            - {customer: Bo, mail: bo@example.com, amount: 30}
    delivery_rules:
      file_delivery: {id: list, format: csv, filename_template: orders.csv}
      summary_delivery:
        plugin_key: gmail
        operation_type: send_email
        recipient: boss@example.com
        subject: "{{count}} orders"
        body_template: As a file.
        attachments: [list]
        config: {from: orders@weir.example, from_name: Orders}
      per_item_delivery:
        plugin_key: google-mail
        operation_type: send
        recipient_source: mail
        subject: Your order
        body_template: "Dear {{item.customer}}, it is {{item.amount}}."
    """
    assert run(document, tmp_path) == "succeeded"
    sent = {each["To"]: each for each in google.mailbox.outbox()}
    assert sorted(sent) == ["ada@example.com", "bo@example.com", "boss@example.com"]
    boss = sent["boss@example.com"]
    assert (boss["Subject"], boss["From"]) == ("2 orders", "Orders <orders@weir.example>")
    (file,) = boss.iter_attachments()
    assert (file.get_filename(), file.get_content().splitlines()[0]) == ("orders.csv", "customer,mail,amount")
    text = sent["ada@example.com"].get_body(("plain",))
    assert text is not None
    assert "Dear Ada, it is 12." in text.get_content()


def test_a_connection_to_gmail_is_tried_by_its_own_interface(
    google: Google, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command_line(["connections", "test", "gmail"]) == 0
    assert google.asked("GET", "/labels") == 1
    google.tokens.clear()
    assert run_command_line(["connections", "test", "gmail"]) == 1
    assert "invalid authentication credentials" in "".join(capsys.readouterr())


@pytest.mark.parametrize("engine", ENGINES)
def test_a_tab_is_read_as_rows_and_a_frame_is_appended_below_its_head(
    google: Google, tmp_path: Path, engine: str
) -> None:
    book = google.sheets.add("Book", {"In": [["vendor", "amount"], ["Nordwind", 119.5], ["Südwind", 20]], "Out": []})
    document = f"""
    data_sources:
      - type: tabular
        plugin_key: google-sheets
        operation_type: read
        tab: In
        config: {{spreadsheet_id: {book}, schema: {{vendor: string, amount: "decimal(10,2)"}}}}
    filters:
      - {{field: amount, operator: greater_than, value: 50}}
    plugin_operations:
      - id: kept
        plugin_key: google-sheets
        operation_type: append_rows
        config: {{spreadsheet_id: {book}, tab_name: Out, values: "{{{{data}}}}"}}
    """
    assert run(document, tmp_path, engine) == "succeeded"
    assert google.sheets.rows(book, "Out") == [["vendor", "amount"], ["Nordwind", 119.5]]


def test_the_files_of_a_folder_become_events_of_a_calendar(google: Google, tmp_path: Path) -> None:
    folder = google.drive.folder("Contracts")
    google.drive.add("lease.pdf", b"%PDF", parent=folder, mime="application/pdf")
    document = f"""
    data_sources:
      - {{type: api, plugin_key: google-drive, operation_type: list_files, config: {{folder_id: {folder}}}}}
    plugin_operations:
      - id: reminded
        plugin_key: google-calendar
        operation_type: create_event
        config: {{title: "Look at {{{{data.name}}}}", start: "2026-12-01", end: "2026-12-02"}}
        output_variable: event
    delivery_rules:
      file_delivery: {{format: ndjson, filename_template: events.ndjson}}
    """
    assert run(document, tmp_path) == "succeeded"
    (made,) = [sent for sent in google.sent if sent.method == "POST"]
    assert b'"summary":"Look at lease.pdf"' in made.body


def test_mails_that_stand_in_a_sheet_already_are_left_out(google: Google, tmp_path: Path) -> None:
    for number in (1, 2):
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = "a@example.com", "b@example.com", f"Invoice {number}"
        mail.set_content("x")
        google.mailbox.add(mail)
    book = google.sheets.add("Book", {"Seen": [["id"], ["18f0000000000001"]]})
    document = f"""
    data_sources:
      - {{type: api, plugin_key: gmail, operation_type: search_emails, config: {{query: "subject:invoice"}}}}
      - type: tabular
        alias: seen
        role: deduplicate
        plugin_key: google-sheets
        operation_type: read_range
        tab: Seen
        config: {{spreadsheet_id: {book}, identifier_field: id, schema: {{id: string}}}}
    transforms:
      - {{type: map, config: {{select: [id, subject]}}}}
    delivery_rules:
      file_delivery: {{format: csv, filename_template: new.csv}}
    """
    assert run(document, tmp_path) == "succeeded"
    assert (tmp_path / "new.csv").read_text() == "id,subject\n18f0000000000002,Invoice 2\n"
