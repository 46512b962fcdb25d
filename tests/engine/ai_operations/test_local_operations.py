"""AI operations of workflows that no service answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import weirflow as wf
from tests.servers.model import ModelServer
from tests.workflows import ENGINES, inline, workflow

MAILS = [
    {"id": 1, "body": "Invoice no. A-17\nTotal: EUR 1.234,50\nPlease pay by 2 April 2026"},
    {"id": 2, "body": None},
    {"id": 3, "body": "See you on Thursday"},
]
EXTRACT = {
    "type": "deterministic_extract",
    "columns": ["body"],
    "output_schema": {"type": "object", "fields": [
        {"name": "invoice_number", "type": "string", "required": True}, {"name": "due_date", "type": "date"},
        {"name": "total", "type": "decimal(10,2)"},
    ]},
    "output_variable": "extracted",
    "on_error": "continue",
}  # fmt: skip


def document(rows: Any, *operations: dict[str, Any], **more: Any) -> dict[str, Any]:
    delivery = {"file_delivery": {"format": "json", "filename_template": "made.json"}}
    return workflow([inline("mails", rows)], ai_operations=list(operations), delivery_rules=delivery, **more)


@pytest.mark.parametrize("engine", ENGINES)
def test_values_are_extracted_without_a_service_and_counted_as_local(tmp_path: Path, engine: str) -> None:
    result = wf.compile(document(MAILS, EXTRACT), engine=engine).run(out=tmp_path)
    first, empty, none = result["data"].to_dicts()
    assert {name: str(each) for name, each in first["extracted"].items()} == {
        "invoice_number": "A-17", "due_date": "2026-04-02", "total": "1234.50",
    }  # fmt: skip
    assert (empty["extracted"], empty["extracted_error"]) == (None, None)
    assert none["extracted_error"] == "found by patterns and labels: invoice_number is missing"
    [step] = [each for each in result.steps if each.kind == "ai"]
    assert (step.outcome["answered"], step.outcome["local"], step.outcome["failed"]) == (1, 1, 1)


def test_what_is_to_be_extracted_by_rules_asks_no_service_that_is_there(model: ModelServer, tmp_path: Path) -> None:
    wf.compile(document(MAILS, EXTRACT)).run(out=tmp_path)
    assert model.calls == []


def test_a_service_that_is_there_is_not_asked_where_the_configuration_says_local(
    model: ModelServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEIRFLOW_AI_PROVIDER", "local")
    mood = {"type": "sentiment", "columns": ["text"], "output_variable": "mood"}
    rows = [{"text": "I love it, thank you!"}, {"text": "Broken again, terrible."}]
    result = wf.compile(document(rows, mood)).run(out=tmp_path)
    assert result["data"]["mood"].to_list() == ["positive", "negative"]
    assert model.calls == []


@pytest.mark.parametrize("engine", ENGINES)
def test_texts_are_sorted_into_described_categories(tmp_path: Path, engine: str) -> None:
    sorting = {
        "type": "classify", "columns": ["text"], "output_variable": "topic",
        "instruction": "billing: charges, payments, invoices\nshipping: parcels, delivery, tracking",
        "output_schema": {"type": "string", "enum": ["billing", "shipping"]},
    }  # fmt: skip
    rows = [{"text": "Where is my parcel?"}, {"text": "I was charged twice for the invoice"}]
    result = wf.compile(document(rows, sorting), engine=engine).run(out=tmp_path)
    assert result["data"]["topic"].to_list() == ["shipping", "billing"]


def test_steps_that_nobody_can_do_are_refused_before_anything_is_read_or_sent(tmp_path: Path) -> None:
    generating = {"type": "generate", "instruction": "Answer {{body}}", "output_variable": "answer"}
    with pytest.raises(wf.WorkflowError) as failure:
        wf.compile(document(MAILS, EXTRACT, generating)).run(out=tmp_path)
    assert [each.code for each in failure.value.diagnostics] == ["IR760"]
    assert not list(tmp_path.glob("*.json"))
