"""What the edge case ai_extraction_failed says of rows that nothing was extracted from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import weirflow as wf
from tests.servers.model import Call, ModelServer
from tests.workflows import inline, workflow

ROWS = [{"id": 1, "text": "Vendor: Acme"}, {"id": 2, "text": "Hello"}]
EXTRACT = {
    "type": "extract",
    "instruction": "Read {{text}}",
    "output_schema": {"type": "object", "fields": [
        {"name": "vendor", "type": "string", "required": True}, {"name": "amount", "type": "number"},
    ]},
}  # fmt: skip


def run(tmp_path: Path, action: str, *, operation: dict[str, Any] | None = None, **case: Any) -> wf.RunResult:
    document = workflow(
        [inline("mails", ROWS)], ai_operations=[{**EXTRACT, **(operation or {})}],
        delivery_rules={"file_delivery": {"format": "csv", "filename_template": "made.csv"}},
        edge_cases=[{"condition": "ai_extraction_failed", "action": action, **case}],
    )  # fmt: skip
    return wf.compile(document).run(out=tmp_path)


def made(tmp_path: Path) -> list[str]:
    return (tmp_path / "made.csv").read_text().splitlines()


@pytest.mark.parametrize("default", ["unknown", {"vendor": "unknown", "amount": None}])
def test_a_default_value_stands_for_what_was_to_be_extracted(
    model: ModelServer, tmp_path: Path, default: object
) -> None:
    result = run(tmp_path, "use_default_value", default_value=default)
    assert made(tmp_path) == ["id,text,vendor,amount", "1,Vendor: Acme,Acme,", "2,Hello,unknown,"]
    assert result.status == "incomplete"


def test_a_row_is_skipped_and_kept_as_a_dead_letter(model: ModelServer, tmp_path: Path) -> None:
    result = run(tmp_path, "skip_execution")
    assert made(tmp_path) == ["id,text,vendor,amount", "1,Vendor: Acme,Acme,"]
    assert (result.status, result.dead_letters["count"]) == ("incomplete", 1)


def test_the_model_is_asked_again_and_again(model: ModelServer, tmp_path: Path) -> None:
    def at_the_fifth_time(call: Call) -> dict[str, Any]:
        times = sum(each.data == call.data for each in model.calls)
        return {"vendor": "Acme" if times == 5 else "", "amount": None}

    model.script = [at_the_fifth_time] * 10
    assert run(tmp_path, "retry").status == "succeeded"
    assert len(model.calls) == 10


def test_somebody_is_told_and_the_run_goes_on(model: ModelServer, tmp_path: Path, mail_server: Any) -> None:
    result = run(tmp_path, "alert_admin", recipient="ops@example.com")
    [mail] = mail_server.mails
    assert mail.recipients == ("ops@example.com",)
    assert "extract_1 could not extract from some rows" in mail.text
    assert made(tmp_path)[2].startswith("2,Hello,,,")
    assert result.status == "incomplete"


def test_a_default_that_is_no_answer_is_told_before_anything_runs() -> None:
    schema = {"type": "object", "fields": [{"name": "amount", "type": "number", "required": True}]}
    document = workflow(
        [inline("mails", ROWS)], ai_operations=[{**EXTRACT, "output_schema": schema}],
        edge_cases=[{"condition": "ai_extraction_failed", "action": "use_default_value", "default_value": "unknown"}],
    )  # fmt: skip
    [found] = [each for each in wf.validate(document) if each.severity == "error"]
    assert (found.code, found.message) == ("IR405", "the default_value is no answer: amount is missing")
