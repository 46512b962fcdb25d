"""AI operations of a workflow, from the file to what is delivered, against a server that answers as its data says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import weirflow as wf
from engine.cli.main import run_command_line
from tests.servers.model import ModelServer
from tests.workflows import inline, workflow

COMMENTS = [
    {"id": 1, "text": "The delivery took two weeks"},
    {"id": 2, "text": "The price is fine"},
    {"id": 3, "text": "The delivery took two weeks"},
]
TOPIC = {
    "type": "classify",
    "instruction": "What is {{text}} about?",
    "output_schema": {"type": "string", "enum": ["quality", "price", "delivery"]},
    "output_variable": "topic",
}


def document(*operations: dict[str, Any], rows: Any = COMMENTS, **more: Any) -> dict[str, Any]:
    delivery = {"file_delivery": {"format": "csv", "filename_template": "made.csv"}}
    return workflow(
        [inline("comments", rows)], **{"ai_operations": list(operations), "delivery_rules": delivery, **more}
    )


def lines(folder: Path) -> list[str]:
    return (folder / "made.csv").read_text().splitlines()


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_each_row_gets_its_class_and_equal_rows_are_asked_about_once(
    model: ModelServer, tmp_path: Path, engine: str
) -> None:
    result = wf.compile(document(TOPIC), engine=engine).run(out=tmp_path)
    assert lines(tmp_path) == [
        "id,text,topic", "1,The delivery took two weeks,delivery", "2,The price is fine,price",
        "3,The delivery took two weeks,delivery",
    ]  # fmt: skip
    assert len(model.calls) == 2
    [step] = [each for each in result.steps if each.kind == "ai"]
    assert (step.name, step.rows_in, step.rows_out) == ("topic", 3, 3)
    assert (step.outcome["answered"], step.outcome["remembered"], step.outcome["calls"]) == (3, 1, 2)
    assert "What is [text] about?" in model.calls[0].system
    assert model.calls[0].data == {"columns": {"text": "The delivery took two weeks"}}


def test_a_second_run_asks_nothing_and_the_command_line_shows_what_it_took(
    model: ModelServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "sort.json"
    file.write_text(json.dumps(document(TOPIC)))
    for out in ("first", "second"):
        capsys.readouterr()
        command = ["run", str(file), "--out", str(tmp_path / out), "--format", "json"]
        assert run_command_line(command) == 0
    assert len(model.calls) == 2
    said = json.loads(capsys.readouterr().out)
    [step] = [each for each in said["steps"] if each["kind"] == "ai"]
    assert step["outcome"] == {"answered": 3, "remembered": 3}
    assert said["models"] == {"calls": 0}


def test_the_fields_of_an_answer_are_columns_or_one_struct_and_later_steps_read_them(
    model: ModelServer, tmp_path: Path
) -> None:
    rows = [{"id": 1, "note": "Vendor: Acme\nAmount: 12.50"}, {"id": 2, "note": "Vendor: Bolt\nAmount: 3"}]
    fields = [{"name": "vendor", "type": "string"}, {"name": "amount", "type": "decimal(10,2)"}]
    extract = {"type": "extract", "instruction": "read", "columns": ["note"],
               "output_schema": {"type": "object", "fields": fields}}  # fmt: skip
    wf.compile(document(
        extract, rows=rows, post_ai_filters=[{"field": "amount", "operator": "greater_than", "value": 5}],
    )).run(out=tmp_path / "columns")  # fmt: skip
    assert lines(tmp_path / "columns") == ["id,note,vendor,amount", '1,"Vendor: Acme', 'Amount: 12.50",Acme,12.50']

    struct = {"type": "map", "input_source": "invoice", "output_variable": "flat",
              "config": {"select": ["id", "sum"], "columns": {"sum": "invoice.amount * 2"}}}  # fmt: skip
    made = document({**extract, "output_variable": "invoice"}, rows=rows, transforms=[struct])
    made["delivery_rules"]["file_delivery"]["input_source"] = "flat"
    wf.compile(made).run(out=tmp_path / "struct")
    assert lines(tmp_path / "struct") == ["id,sum", "1,25.00", "2,6.00"]
    assert len(model.calls) == 2


def test_one_answer_about_all_rows_is_a_value_that_texts_and_other_operations_name(
    model: ModelServer, tmp_path: Path
) -> None:
    model.script = [{"answer": "Mostly about delivery."}]
    summary = {"type": "summarize", "instruction": "Sum up {{comments.text}} of {{inputs.month}}",
               "output_variable": "summary"}  # fmt: skip
    reply = {"type": "generate", "instruction": "Answer {{text}}, knowing {{summary}}", "output_variable": "reply"}
    made = document(reply, summary, runtime_inputs=[{"name": "month", "type": "text", "default_value": "May"}],
                    rendering={"type": "html_table", "title": "Comments: {{summary}}"})  # fmt: skip
    made["delivery_rules"]["file_delivery"] = [{"format": "csv"}, {"format": "html", "filename_template": "made.html"}]
    wf.compile(made).run(out=tmp_path)
    first, *others = model.calls
    assert "Sum up [text] of May" in first.system
    assert first.data == {"rows": [{"text": each["text"]} for each in COMMENTS]}
    assert others[0].data == {"values": {"summary": "Mostly about delivery."}, "columns": {"text": COMMENTS[0]["text"]}}
    assert "Comments: Mostly about delivery." in (tmp_path / "made.html").read_text()


def test_a_row_without_an_answer_stops_the_run_and_a_resume_asks_only_about_the_rest(
    model: ModelServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEIRFLOW_AI_MAX_CONCURRENT", "1")
    model.script = [{"answer": "delivery"}, *[{"answer": "weather"}] * 3]
    with pytest.raises(wf.WorkflowError) as failure:
        wf.compile(document(TOPIC)).run(out=tmp_path)
    [found] = failure.value.diagnostics
    assert found.code == "IR762"
    assert found.message.startswith("topic: row 2: the answer does not fit, asked 3 times")
    assert found.notes == ("4 calls were made; what was answered is remembered, and a resume asks about the rest",)
    assert not (tmp_path / "made.csv").exists()
    assert wf.resume(failure.value.run_id).status == "succeeded"
    assert len(model.calls) == 5
    assert lines(tmp_path)[1].endswith(",delivery")


def test_with_continue_a_row_without_an_answer_has_null_and_the_reason(model: ModelServer, tmp_path: Path) -> None:
    model.script = [lambda call: {"answer": "weather" if "price" in str(call.data["columns"]) else "delivery"}] * 4
    result = wf.compile(document({**TOPIC, "on_error": "continue"})).run(out=tmp_path)
    assert result.status == "incomplete"
    assert lines(tmp_path) == [
        "id,text,topic,topic_error", "1,The delivery took two weeks,delivery,",
        '2,The price is fine,,"the answer does not fit, asked 3 times: the answer is ""weather"" and none of quality, '
        'price, delivery"', "3,The delivery took two weeks,delivery,",
    ]  # fmt: skip
    assert result.dead_letters["count"] == 1


def test_rows_without_an_answer_may_go_to_a_frame_of_their_own(model: ModelServer, tmp_path: Path) -> None:
    model.script = [lambda call: {"answer": "weather" if "price" in str(call.data["columns"]) else "delivery"}] * 4
    made = document({**TOPIC, "on_error": "continue", "rejects": "unsorted"})
    made["delivery_rules"]["file_delivery"] = [
        {"format": "csv", "filename_template": "made.csv"},
        {"format": "csv", "filename_template": "unsorted.csv", "input_source": "unsorted", "columns": ["id", "_row"]},
    ]
    wf.compile(made).run(out=tmp_path)
    assert [each.split(",")[0] for each in lines(tmp_path)] == ["id", "1", "3"]
    assert (tmp_path / "unsorted.csv").read_text() == "id,_row\n2,2\n"


def test_stages_and_names_say_what_comes_first(model: ModelServer, tmp_path: Path) -> None:
    mood = {"type": "sentiment", "columns": ["text", "topic"], "stage": 2}
    result = wf.compile(document(mood, {**TOPIC, "stage": 1})).run(out=tmp_path)
    assert lines(tmp_path)[0] == "id,text,topic,ai_sentiment"
    assert [set(each.data["columns"]) for each in model.calls] == [{"text"}] * 2 + [{"text", "topic"}] * 2
    assert result.models["calls"] == 4


def test_a_budget_that_cannot_be_enough_stops_before_the_first_call(model: ModelServer, tmp_path: Path) -> None:
    with pytest.raises(wf.WorkflowError) as failure:
        wf.compile(document({**TOPIC, "max_calls": 1})).run(out=tmp_path)
    [found] = failure.value.diagnostics
    assert (found.code, found.message) == ("IR763", "topic: this step needs at least 2 calls, and max_calls is 1")
    assert "/".join(map(str, found.pointer)) == "ai_operations/0/max_calls"
    assert model.calls == []
    wf.compile(document({**TOPIC, "max_calls": 1, "batch_size": 10})).run(out=tmp_path)
    assert len(model.calls) == 1


def test_without_a_provider_it_is_said_what_to_configure(tmp_path: Path) -> None:
    with pytest.raises(wf.WorkflowError) as failure:
        wf.compile(document({"type": "generate", "instruction": "Write"})).run(out=tmp_path)
    [found] = failure.value.diagnostics
    assert (found.code, found.message) == (
        "IR760",
        "generate_1: generate needs a language model, and none is configured",
    )
    assert "WEIRFLOW_AI_BASE_URL" in (found.hint or "")


def test_without_a_provider_single_rows_are_extracted_from_on_this_machine_and_the_report_says_so(
    tmp_path: Path,
) -> None:
    rows = [{"id": 1, "note": "Invoice date: 2026-01-31\nTotal: EUR 12.50"}]
    fields = [{"name": "date", "type": "date"}, {"name": "amount", "type": "decimal(10,2)"}]
    extract = {"type": "extract", "instruction": "read {{note}}", "preserve_fields": ["id"],
               "output_schema": {"type": "object", "fields": fields}}  # fmt: skip
    result = wf.compile(document(extract, rows=rows)).run(out=tmp_path)
    assert lines(tmp_path) == ["id,date,amount", "1,2026-01-31,12.50"]
    [step] = [each for each in result.steps if each.kind == "ai"]
    assert step.outcome == {"answered": 1, "local": 1}


def test_many_rows_are_summed_up_in_parts_and_then_the_parts(model: ModelServer, tmp_path: Path) -> None:
    rows = [{"text": f"comment {each}"} for each in range(5)]
    model.script = [lambda call: {"answer": f"about {len(call.data['rows'])}"}] * 9
    summary = {"type": "summarize", "instruction": "in short", "output_variable": "short", "batch_size": 2}
    made = document(summary, rows=rows)
    made["delivery_rules"]["file_delivery"]["input_source"] = "short"
    wf.compile(made).run(out=tmp_path)
    assert sorted(len(each.data["rows"]) for each in model.calls) == [1, 1, 2, 2, 2, 2]


@pytest.mark.parametrize(
    ("operation", "code", "message"),
    [
        ({**TOPIC, "instruction": "{{txt}}?"}, "IR303", '"txt" is no column here, no frame and no word of the run'),
        ({**TOPIC, "instruction": "{{text.first}}?"}, "IR402", '"text" is string and has no "first"'),
        ({**TOPIC, "columns": ["txt"]}, "IR401", 'there is no column "txt" here'),
        ({**TOPIC, "output_variable": "text"}, "IR403", 'the rows have a column "text" already'),
        ({**TOPIC, "rejects": "bad"}, "IR206", "with on_error: fail the first row without an answer ends the run"),
        ({**TOPIC, "output_schema": {"type": "object", "fields": [{"name": "a", "type": "file"}]}}, "IR205",
         "no answer can be of type file"),
        ({**TOPIC, "output_schema": {"type": "integer", "enum": ["1", "2"]}}, "IR205",
         "an enum is of texts, and the answer is integer"),
        ({**TOPIC, "output_schema": {"type": "array", "enum": ["a", "b"]}}, "IR205",
         "an enum is of texts, and the answer is array"),
        ({**TOPIC, "output_schema": {"type": "array", "items": {"type": "number", "enum": ["1"]}}}, "IR205",
         "an enum is of texts, and the items are not"),
    ],
)  # fmt: skip
def test_mistakes_are_told_before_anything_runs(operation: dict[str, Any], code: str, message: str) -> None:
    found = [each for each in wf.validate(document(operation)) if each.severity == "error"]
    assert [(each.code, each.message) for each in found] == [(code, message)]


def test_operations_that_name_each_other_are_told_and_not_left_out() -> None:
    one = {"id": "a", "type": "generate", "instruction": "from {{two}}", "output_variable": "one"}
    two = {"id": "b", "type": "generate", "instruction": "from {{one}}", "output_variable": "two"}
    made = {**document(one), "ai_operations": [one, two]}
    assert [(each.code, each.message) for each in wf.validate(made)] == [
        ("IR307", "steps that wait for each other: a -> b -> a")
    ]
