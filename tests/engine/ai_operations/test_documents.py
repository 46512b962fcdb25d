"""Extraction from files that rows hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import weirflow as wf
from connectors.plugins.files import FileStore
from engine.effects.effect import Doing
from tests.connectors.documents.files import docx, mail, paragraph, pdf, table, xlsx
from tests.servers.model import ModelServer
from tests.workflows import inline, workflow

INVOICES = {
    "type": "extract",
    "instruction": "Read the invoice",
    "output_schema": {"type": "object", "fields": [
        {"name": "vendor", "type": "string", "required": True}, {"name": "amount", "type": "decimal(10,2)"},
    ]},
    "output_variable": "extracted",
}  # fmt: skip


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FileStore:
    """Where the files of a run lie, of runs whose rows come with files."""
    monkeypatch.setattr(Doing, "files", property(lambda self: tmp_path / "files"))
    return FileStore(tmp_path / "files")


def document(operation: dict[str, Any], rows: Any, columns: list[str], kind: str = "list(file)") -> dict[str, Any]:
    file = {"format": "csv", "filename_template": "made.csv", "columns": columns}
    flat = {"type": "map", "input_source": "extracted", "output_variable": "flat", "config": {"columns": {
        "vendor": "extracted.vendor", "amount": "extracted.amount"}}}  # fmt: skip
    return workflow([inline("mails", rows, {"attachments": kind})], ai_operations=[operation], transforms=[flat],
                    delivery_rules={"file_delivery": {**file, "input_source": "flat"}})  # fmt: skip


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_each_attachment_is_a_row_of_its_own_and_a_row_without_one_stays(
    model: ModelServer, files: FileStore, tmp_path: Path, engine: str
) -> None:
    acme = files.put("acme.txt", b"Vendor: Acme\nAmount: 12.50\n")
    bolt = files.put("bolt.html", b"<p>Vendor: Bolt</p><p>Amount: 3</p>", mime="text/html")
    rows = [{"id": 1, "attachments": [acme, bolt]}, {"id": 2, "attachments": []}, {"id": 3, "attachments": [acme]}]
    made = document(INVOICES, rows, ["id", "vendor", "amount"])
    result = wf.compile(made, engine=engine).run(out=tmp_path)
    assert (tmp_path / "made.csv").read_text() == (
        "id,vendor,amount\n1,Acme,12.50\n1,Bolt,3.00\n2,,\n3,Acme,12.50\n"
    )  # fmt: skip
    assert [len(each) for each in result["extracted"]["attachments"]] == [1, 1, 0, 1]
    assert len(model.calls) == 2
    assert model.calls[0].data.keys() == {"documents"}
    [step] = [each for each in result.steps if each.kind == "ai"]
    assert (step.rows_in, step.rows_out, step.outcome["answered"], step.outcome["empty"]) == (3, 4, 3, 1)


def test_a_file_that_cannot_be_read_is_a_row_without_an_answer(
    model: ModelServer, files: FileStore, tmp_path: Path
) -> None:
    rows = [{"id": 1, "attachments": files.put("a.txt", b"Vendor: Acme")},
            {"id": 2, "attachments": files.put("b.zip", b"PK\x03\x04" + bytes(60))},
            {"id": 3, "attachments": {"name": "c", "mime": "", "size": 1, "ref": "../../secrets.toml"}}]  # fmt: skip
    made = document({**INVOICES, "on_error": "continue"}, rows, ["id", "vendor", "extracted_error"], "file")
    wf.compile(made).run(out=tmp_path)
    lines = (tmp_path / "made.csv").read_text().splitlines()
    assert lines[1] == "1,Acme,"
    assert lines[2].startswith("2,,")
    assert lines[3] == "3,,a value is no file of this run"
    assert len(model.calls) == 1


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_files_of_many_formats_are_read_and_extracted_without_a_service(
    files: FileStore, tmp_path: Path, engine: str
) -> None:
    letter = docx(paragraph("Schreiner GmbH") + table([["Rechnungsbetrag", "1.200,50 €"]]))
    page = pdf([[(50, 50, "Acme Ltd"), (50, 90, "Total due"), (200, 90, "GBP 12.50")]])
    book = xlsx({"Bill": [["Bolt Inc."], ["Total", 3]]})
    wrapped = mail(
        "see attached", ("bill.pdf", "application/pdf", page), ("logo.png", "image/png", b"\x89PNG\r\n\x1a\n")
    )
    attached = [files.put("r.docx", letter), files.put("bill.pdf", page), files.put("b.xlsx", book),
                files.put("fwd.eml", wrapped)]  # fmt: skip
    operation = {**INVOICES, "type": "deterministic_extract", "document_type": "invoice"}
    made = document(operation, [{"id": 1, "attachments": attached}], ["id", "vendor", "amount"])
    result = wf.compile(made, engine=engine).run(out=tmp_path)
    assert (tmp_path / "made.csv").read_text() == (
        "id,vendor,amount\n1,Schreiner GmbH,1200.50\n1,Acme Ltd,12.50\n1,Bolt Inc.,3.00\n1,Acme Ltd,12.50\n"
    )  # fmt: skip
    assert "extracted: fwd.eml: logo.png is a picture" in result.warnings


def test_nothing_is_asked_about_a_file_that_says_nothing(model: ModelServer, files: FileStore, tmp_path: Path) -> None:
    rows = [{"id": 1, "attachments": [files.put("empty.txt", b""), files.put("blank.txt", b" \n ")]}]
    result = wf.compile(document(INVOICES, rows, ["id", "vendor", "amount"])).run(out=tmp_path)
    assert (tmp_path / "made.csv").read_text() == "id,vendor,amount\n1,,\n1,,\n"
    assert model.calls == []
    [step] = [each for each in result.steps if each.kind == "ai"]
    assert step.outcome["empty"] == 2
