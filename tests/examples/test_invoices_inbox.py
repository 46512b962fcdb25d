"""The example of invoices that come by mail: mail, model, drive, sheet and mail, against servers that stand in."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import polars as pl
import pytest
import yaml

import weirflow as wf
from engine.cli.main import run_command_line
from tests.servers.google import Google
from tests.servers.model import ModelServer
from tests.servers.smtp import MailServer
from tests.workflows import ENGINES

EXAMPLE = Path(__file__).parents[2] / "examples" / "invoices_inbox"
HEAD = ["date", "vendor", "amount", "file"]
NORDWIND, OHARA = "Nordwind Handels GmbH", "O'Hara & Sons"


@pytest.fixture
def google(monkeypatch: pytest.MonkeyPatch) -> Iterator[Google]:
    with Google().running() as server:
        for name, secret in server.environment().items():
            monkeypatch.setenv(name, secret)
        for path in sorted((EXAMPLE / "mails").glob("*.eml")):
            server.mailbox.add(path.read_bytes())
        yield server


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelServer]:
    with ModelServer().running() as server:
        monkeypatch.setenv("WEIRFLOW_AI_BASE_URL", server.base_url)
        monkeypatch.setenv("WEIRFLOW_AI_MODEL", "a-model")
        yield server


@pytest.fixture
def workflow(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLE, tmp_path / "example")) / "invoices_inbox.yaml"


def compiled(workflow: Path, google: Google, engine: str = "polars") -> tuple[wf.Plan, str, str]:
    """The plan, the folder on the drive, and the spreadsheet."""
    folder = google.drive.folder("Invoices 2026")
    book = google.sheets.add("Invoices 2026", {"Invoices": [HEAD]})
    link = f"https://docs.google.com/spreadsheets/d/{book}/edit#gid=0"
    return wf.compile(workflow, engine=engine, inputs={"folder_id": folder, "spreadsheet_id": link}), folder, book


def filed(google: Google, folder: str) -> dict[str, list[str]]:
    """The names of the files of each vendor."""
    return {name: sorted(google.drive.inside(each["id"])) for name, each in google.drive.inside(folder).items()}


def test_its_operations_stand_exactly_in_the_form_that_started_them() -> None:
    upload, append = yaml.safe_load((EXAMPLE / "invoices_inbox.yaml").read_text())["plugin_operations"]
    assert upload == {
        "id": "upload_to_drive", "plugin_key": "google-drive", "operation_type": "upload_file",
        "config": {
            "folder_id": "{{inputs.folder_id}}", "create_subfolder": True, "subfolder_name": "{{extracted.vendor}}",
        },
        "input_source": "{{data.attachments}}", "output_variable": "drive_links", "on_error": "fail",
    }  # fmt: skip
    assert append == {
        "id": "append_to_sheets", "plugin_key": "google-sheets", "operation_type": "append_row",
        "config": {
            "spreadsheet_id": "{{inputs.spreadsheet_id}}", "tab_name": "Invoices",
            "values": ["{{extracted.date}}", "{{extracted.vendor}}", "{{extracted.amount}}", "{{drive_links[0]}}"],
        },
        "depends_on": ["upload_to_drive"], "on_error": "continue",
    }  # fmt: skip


@pytest.mark.parametrize("engine", ENGINES)
def test_invoices_are_read_filed_by_vendor_listed_and_told(
    workflow: Path, google: Google, model: ModelServer, mail_server: MailServer, tmp_path: Path, engine: str
) -> None:
    plan, folder, book = compiled(workflow, google, engine)
    result = plan.run(out=tmp_path / "out")
    assert (result.status, result.exit_code) == ("succeeded", 0)
    assert filed(google, folder) == {NORDWIND: ["NW-2026-117.pdf", "NW-2026-131.pdf"], OHARA: ["invoice-55.pdf"]}
    head, *rows = google.sheets.rows(book, "Invoices")
    links = {each["name"]: each["webViewLink"] for each in google.drive.files.values()}
    assert head == HEAD
    assert sorted(rows) == [
        ["2026-11-03", NORDWIND, 1190.5, links["NW-2026-117.pdf"]],
        ["2026-11-06", OHARA, 420, links["invoice-55.pdf"]],
        ["2026-11-16", NORDWIND, 279.5, links["NW-2026-131.pdf"]],
    ]
    (mail,) = mail_server.mails
    assert (mail.recipients, mail.subject) == (("accounts@weir.example",), "3 invoices came by mail")
    assert "1890.00" in mail.text  # 1190.50 + 420.00 + 279.50
    assert all(row[3] in mail.text for row in rows)
    assert google.refused == []
    assert len(model.calls) == 3


@pytest.mark.parametrize("engine", ENGINES)
def test_a_second_run_files_new_mails_alone_and_one_that_failed_is_done_again(
    workflow: Path, google: Google, model: ModelServer, mail_server: MailServer, tmp_path: Path, engine: str
) -> None:
    plan, folder, book = compiled(workflow, google, engine)
    google.fail("POST", "/upload/", status=403, body='{"error": {"message": "the drive is full"}}', times=9)
    with pytest.raises(wf.WorkflowError, match="the drive is full"):
        plan.run(out=tmp_path / "out")
    google.faults.clear()
    assert plan.run(out=tmp_path / "out").status == "succeeded"
    assert len(google.sheets.rows(book, "Invoices")) == 4
    assert plan.run(out=tmp_path / "out").status == "succeeded"
    assert len(google.sheets.rows(book, "Invoices")) == 4
    late = datetime(2026, 11, 25, 22, tzinfo=UTC)  # came before the last mail, and was not found then
    google.mailbox.add(
        (EXAMPLE / "mails" / "2-ohara.eml").read_bytes().replace(b"invoice-55.pdf", b"late.pdf"), at=late
    )
    google.mailbox.add((EXAMPLE / "mails" / "1-nordwind.eml").read_bytes().replace(b"NW-2026-117.pdf", b"new.pdf"),
                       at=datetime(2026, 11, 27, 9, tzinfo=UTC))  # fmt: skip
    assert plan.run(out=tmp_path / "out").status == "succeeded"
    assert filed(google, folder) == {
        NORDWIND: ["NW-2026-117.pdf", "NW-2026-131.pdf", "new.pdf"], OHARA: ["invoice-55.pdf", "late.pdf"],
    }  # fmt: skip
    assert [each.subject for each in mail_server.mails] == [
        "3 invoices came by mail",
        "2 invoices came by mail",
    ]


def test_without_a_service_of_models_the_invoices_are_read_on_this_machine(
    workflow: Path, google: Google, mail_server: MailServer, tmp_path: Path
) -> None:
    plan, folder, book = compiled(workflow, google)
    assert plan.run(out=tmp_path / "out").status == "succeeded"
    assert sorted(row[:3] for row in google.sheets.rows(book, "Invoices")[1:]) == [
        ["2026-11-03", NORDWIND, 1190.5], ["2026-11-06", OHARA, 420], ["2026-11-16", NORDWIND, 279.5],
    ]  # fmt: skip
    assert sorted(filed(google, folder)) == [NORDWIND, OHARA]


def test_a_mail_with_two_invoices_becomes_two_of_everything_and_no_document_is_read_twice(
    workflow: Path, google: Google, model: ModelServer, mail_server: MailServer, tmp_path: Path
) -> None:
    both = EmailMessage()
    both["From"], both["To"], both["Subject"] = "billing@nordwind.example", "accounts@weir.example", "Invoices again"
    for name in ("1-nordwind", "3-nordwind"):
        mail = message_from_bytes((EXAMPLE / "mails" / f"{name}.eml").read_bytes(), policy=policy.default)
        (file,) = mail.iter_attachments()
        both.add_attachment(file.get_content(), maintype="application", subtype="pdf", filename=f"copy of {name}.pdf")
    google.mailbox.add(both)
    plan, folder, book = compiled(workflow, google)
    assert plan.run(out=tmp_path / "out").status == "succeeded"
    assert filed(google, folder)[NORDWIND] == [
        "NW-2026-117.pdf", "NW-2026-131.pdf", "copy of 1-nordwind.pdf", "copy of 3-nordwind.pdf",
    ]  # fmt: skip
    rows = google.sheets.rows(book, "Invoices")[1:]
    links = {each["webViewLink"]: each["name"] for each in google.drive.files.values()}
    assert sorted((row[0], links[row[3]]) for row in rows) == [
        ("2026-11-03", "NW-2026-117.pdf"), ("2026-11-03", "copy of 1-nordwind.pdf"),
        ("2026-11-06", "invoice-55.pdf"),
        ("2026-11-16", "NW-2026-131.pdf"), ("2026-11-16", "copy of 3-nordwind.pdf"),
    ]  # fmt: skip
    assert len(model.calls) == 3


def test_a_picture_below_a_signature_is_a_dead_letter_and_keeps_no_invoice_back(
    workflow: Path, google: Google, model: ModelServer, mail_server: MailServer, tmp_path: Path
) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "bob@example.com", "accounts@weir.example", "An invoice soon"
    mail.add_attachment(b"\x89PNG\r\n\x1a\n" + bytes(40), maintype="image", subtype="png", filename="logo.png")
    google.mailbox.add(mail)
    plan, folder, book = compiled(workflow, google)
    result = plan.run(out=tmp_path / "out")
    assert (result.status, result.exit_code, result.dead_letters["count"]) == ("incomplete", 3, 1)
    (letter,) = pl.read_parquet(result.dead_letters["path"]).to_dicts()
    assert (letter["step"], letter["reason"]) == ("read_invoices", "logo.png is a picture")
    assert len(google.sheets.rows(book, "Invoices")) == 4
    assert sorted(filed(google, folder)) == [NORDWIND, OHARA]


def test_a_row_that_the_sheet_refuses_is_a_dead_letter_and_the_others_go_on(
    workflow: Path, google: Google, model: ModelServer, mail_server: MailServer, tmp_path: Path
) -> None:
    plan, folder, book = compiled(workflow, google)
    google.fail("POST", ":append", status=403, body='{"error": {"code": 403, "message": "the sheet is protected"}}')
    result = plan.run(out=tmp_path / "out")
    assert (result.status, result.exit_code, result.dead_letters["count"]) == ("incomplete", 3, 1)
    (letter,) = pl.read_parquet(result.dead_letters["path"]).to_dicts()
    assert letter["step"] == "append_to_sheets"
    assert "the sheet is protected" in letter["reason"]
    assert len(google.sheets.rows(book, "Invoices")) == 3
    assert sum(len(names) for names in filed(google, folder).values()) == 3


def test_an_upload_that_fails_ends_the_run_and_a_resume_uploads_and_asks_nothing_twice(
    workflow: Path, google: Google, model: ModelServer, mail_server: MailServer, tmp_path: Path
) -> None:
    plan, folder, book = compiled(workflow, google)
    google.fail("POST", "/upload/", status=403, body='{"error": {"message": "the drive is full"}}', skip=1, times=9)
    with pytest.raises(wf.WorkflowError, match="the drive is full") as failure:
        plan.run(out=tmp_path / "out")
    assert google.sheets.rows(book, "Invoices") == [HEAD]
    assert mail_server.mails == []
    google.faults.clear()
    assert wf.resume(failure.value.run_id).status == "succeeded"
    assert filed(google, folder) == {NORDWIND: ["NW-2026-117.pdf", "NW-2026-131.pdf"], OHARA: ["invoice-55.pdf"]}
    assert sum(each["name"].endswith(".pdf") for each in google.drive.files.values()) == 3
    assert len(google.sheets.rows(book, "Invoices")) == 4
    assert len(model.calls) == 3


def test_checking_it_asks_nobody_and_a_dry_run_sends_nothing(
    workflow: Path, google: Google, model: ModelServer, mail_server: MailServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command_line(["validate", str(workflow)]) == 0
    assert google.sent == []
    inputs = ["--input", "folder_id=1F", "--input", "spreadsheet_id=1B"]
    assert run_command_line(["run", str(workflow), *inputs, "--dry-run"]) == 0
    shown = capsys.readouterr().out
    assert "google-drive upload_file" in shown
    assert [each.method for each in google.sent if each.method != "GET"] == []
    assert (model.calls, mail_server.mails) == ([], [])
    assert "good-token" not in shown


def test_without_a_model_the_same_is_read_by_patterns_and_labels(
    workflow: Path, google: Google, mail_server: MailServer, tmp_path: Path
) -> None:
    plan, folder, book = compiled(workflow, google)
    result = plan.run(out=tmp_path / "out")
    assert result.status == "succeeded"
    assert filed(google, folder) == {NORDWIND: ["NW-2026-117.pdf", "NW-2026-131.pdf"], OHARA: ["invoice-55.pdf"]}
    rows = google.sheets.rows(book, "Invoices")[1:]
    assert sorted(row[:3] for row in rows) == [
        ["2026-11-03", NORDWIND, 1190.5], ["2026-11-06", OHARA, 420], ["2026-11-16", NORDWIND, 279.5],
    ]  # fmt: skip
    [step] = [each for each in result.steps if each.kind == "ai"]
    assert (step.outcome["answered"], step.outcome["local"]) == (3, 3)
