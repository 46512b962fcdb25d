"""A webhook source has the rows of the payloads that its run is begun with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import weirflow as wf
from engine.cli.main import run_command_line
from tests.workflows import ENGINES, both_engines, workflow

TOKEN = {"method": "token", "secret_ref": "env:HOOK"}
JSON_SCHEMA = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "string"},
        "at": {"type": "string", "format": "date-time"},
        "customer": {"$ref": "#/$defs/customer"},
        "lines": {"type": "array", "items": {"type": "object", "properties": {"sku": {"type": "string"}}}},
        "note": {"type": ["string", "null"]},
    },
    "$defs": {"customer": {"type": "object", "properties": {"name": {"type": "string"}}}},
}
FIELDS = {"type": "object", "fields": [{"name": "id", "type": "string", "required": True},
                                       {"name": "amount", "type": "decimal(12,2)"}]}  # fmt: skip


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path / "home"))
    return tmp_path


def hook(schema: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    config = {"validation": TOKEN, **({"payload_schema": schema} if schema else {}), **more.pop("webhook", {})}
    return {"type": "webhook", "alias": "payments", "webhook_config": config, **more}


def codes(document: Mapping[str, Any], **options: Any) -> list[tuple[str, str]]:
    with pytest.raises(wf.WorkflowError) as refused:
        wf.compile(document, **options)
    return [(each.code, each.message) for each in refused.value.diagnostics if each.severity == "error"]


def test_a_json_schema_names_the_columns_before_any_request_comes():
    plan = wf.compile(workflow([hook(JSON_SCHEMA)]))
    assert {name: str(kind) for name, kind in plan.schema("payments").items()} == {
        "id": "string", "at": "datetime with time zone", "customer": "struct(name: string)",
        "lines": "list(struct(sku: string))", "note": "string",
    }  # fmt: skip


def test_a_payload_is_one_row_with_the_columns_of_its_schema_and_no_others():
    payload = {"id": "p1", "at": "2026-01-31T10:00:00+02:00", "customer": {"name": "Ann", "vip": True},
               "lines": [{"sku": "A", "count": 2}, {"sku": "B"}], "livemode": True}  # fmt: skip
    [row] = both_engines(workflow([hook(JSON_SCHEMA)]), payload=payload).to_dicts()
    assert row.pop("at").isoformat() == "2026-01-31T08:00:00+00:00"
    assert row == {"id": "p1", "customer": {"name": "Ann"}, "lines": [{"sku": "A"}, {"sku": "B"}], "note": None}


def test_an_array_is_one_row_an_element():
    schema = {"type": "array", "items": {"type": "object", "properties": {"id": {"type": "integer"}}}}
    found = both_engines(workflow([hook(schema)]), payload=[{"id": 1}, {"id": 2, "more": "x"}])
    assert found.to_dicts() == [{"id": 1}, {"id": 2}]


def test_fields_keep_every_digit_of_a_decimal(tmp_path):
    file = tmp_path / "paid.json"
    file.write_text('{"id": "p1", "amount": 123456789.10}')
    found = both_engines(workflow([hook(FIELDS)]), payload=file)
    assert found.to_dicts() == [{"id": "p1", "amount": Decimal("123456789.10")}]


def test_without_a_schema_the_columns_are_those_of_the_payload():
    payload = [{"id": 1, "customer": {"name": "Ann"}}, {"id": 2, "tags": ["a"]}]
    found = both_engines(workflow([hook()]), payload=payload)
    assert found.to_dicts() == [{"id": 1, "customer": {"name": "Ann"}, "tags": None},
                                {"id": 2, "customer": None, "tags": ["a"]}]  # fmt: skip
    assert [each.code for each in wf.validate(workflow([hook()]))] == ["IR508"]


@pytest.mark.parametrize(("payload", "row"), [('"hello"', {"value": "hello"}), ("7", {"value": 7})])
def test_a_payload_that_is_no_object_is_a_column_value(tmp_path, payload, row):
    (tmp_path / "it.json").write_text(payload)
    assert wf.compile(workflow([hook()]), payload=tmp_path / "it.json").collect().to_dicts() == [row]


def test_a_line_of_an_ndjson_file_is_one_request(tmp_path):
    file = tmp_path / "three.ndjson"
    file.write_bytes(b'{"id": "a"}\r\n[{"id": "b"}, {"id": "c"}]\n\n{"id": "d"}')
    found = both_engines(workflow([hook()]), payload=str(file))
    assert found["id"].to_list() == ["a", "b", "c", "d"]


def test_the_schema_of_the_source_says_what_json_cannot():
    source = hook(JSON_SCHEMA, config={"schema": {"note": "date"}})
    found = both_engines(workflow([source]), payload={"id": "p1", "note": "2026-01-31"})
    assert str(found["note"][0]) == "2026-01-31"


def test_a_row_that_does_not_fit_is_a_dead_letter_where_the_source_allows_it():
    source = hook(config={"schema": {"id": "integer"}, "max_bad": 1}, rejects="bad")
    document = workflow([source])
    plan = wf.compile(document, payload=[{"id": 1}, {"id": "x"}])
    assert plan.collect("payments").to_dicts() == [{"id": 1}]
    assert plan.collect("bad")["_reason"].to_list() == ['id: "x" does not fit integer']
    strict = workflow([hook(config={"schema": {"id": "integer"}})])
    assert codes(strict, payload={"id": "x"}) == [
        ("IR533", 'the payload of "payments": row 1, column "id": "x" does not fit integer')]  # fmt: skip


def test_steps_read_the_one_row_of_a_request_and_refuse_the_rows_of_several(tmp_path):
    prices = {"type": "tabular", "source": "inline", "alias": "prices", "role": "primary",
              "config": {"rows": [{"id": "p1", "price": 2}, {"id": "p2", "price": 3}]}}  # fmt: skip
    wanted = [{"field": "id", "operator": "equals", "value": "{{payments.id}}"}]
    one = workflow([hook(FIELDS), prices], filters=wanted)
    assert both_engines(one, payload={"id": "p2"}).to_dicts() == [{"id": "p2", "price": 3}]
    (tmp_path / "two.ndjson").write_text('{"id": "p1"}\n{"id": "p2"}\n')
    several = workflow([hook(FIELDS, webhook={"batch_rows": 10}), prices], filters=wanted)
    with pytest.raises(wf.WorkflowError, match="IR414"):
        wf.compile(several, payload=tmp_path / "two.ndjson").collect()


@pytest.mark.parametrize(("config", "code", "message"), [
    ({"payload_schema": {"type": "objekt"}}, "IR205", "the payload_schema is no JSON Schema"),
    ({"payload_schema": {"type": "object", "fields": [{"name": "a", "type": "txt"}]}}, "IR205", "txt"),
    ({"validation": {"method": "token", "secret_ref": "env:A", "signature_format": "slack"}}, "IR205", "signs nothing"),
    ({"validation": {"method": "none", "signature_header": "X"}}, "IR205", "reads no header"),
    ({"idempotency_header": "X Id"}, "IR205", "cannot be the name of a header"),
    ({"event_path": "kind | upper"}, "IR205", '"kind | upper" is no path into a payload'),
    ({"response": {"body": {"order": "{{orders.id}}"}}}, "IR303", 'there is no "orders"'),
])  # fmt: skip
def test_what_a_webhook_says_of_itself_is_checked(config, code, message):
    found = wf.validate(workflow([hook(webhook=config)]))
    assert any(each.code == code and message in each.message for each in found), found


def test_the_answer_may_read_the_payload_and_the_run():
    response = {"body": {"text": "got {{payload.id}} as {{run_id}}"}}
    assert wf.validate(workflow([hook(FIELDS, webhook={"response": response})])) == []


@pytest.mark.parametrize(("body", "message"), [
    (b"", "is no JSON: expecting value at line 1, column 1"),
    (b'{"id": NaN}', "is no JSON: NaN is no JSON"),
    (b'{"id": 1e999}', "is no JSON: 1e999 is larger than any number can be"),
    (b'{"id": "\xff"}', "is no JSON: byte 9 is no UTF-8"),
    (b'{"id": "\\ud800"}', "is no JSON: half of a surrogate pair is no character"),
    (b"[" * 100_000, "is no JSON: it is nested too deeply"),
    (b'{"id":' * 60 + b"1" + b"}" * 60, "is no JSON: it is nested more than 50 levels deep"),
    (b'{"id": 1' + b"0" * 5000 + b"}", "is no JSON: an integer of 5,001 digits is larger than any number can be"),
])  # fmt: skip
def test_a_payload_that_is_no_json_is_refused(tmp_path, body, message):
    (tmp_path / "it.json").write_bytes(body)
    [(code, said)] = codes(workflow([hook()]), payload=tmp_path / "it.json")
    assert (code, said) == ("IR540", f"{tmp_path / 'it.json'} {message}")


def test_a_payload_needs_a_webhook():
    inline = {"type": "tabular", "source": "inline", "config": {"rows": [{"a": 1}]}}
    assert codes(workflow([inline]), payload={}) == [
        ("IR540", "a payload was given, and none of the sources is a webhook")]  # fmt: skip


@pytest.mark.parametrize("engine", ENGINES)
def test_rows_of_a_request_that_has_not_come_cannot_be_read(engine):
    plan = wf.compile(workflow([hook(FIELDS)]), engine=engine)
    with pytest.raises(wf.WorkflowError, match="IR327"):
        plan.collect()


def written(folder: Path, **more: Any) -> Path:
    rules = {"file_delivery": [{"id": "first", "format": "csv"}, {"id": "second", "format": "json"}]}
    document = workflow([hook(FIELDS)], name="paid", delivery_rules=rules, **more)
    (folder / "flow.json").write_text(json.dumps(document))
    return folder / "flow.json"


def test_the_command_line_takes_a_payload_from_a_file(home, capsys):
    (home / "p.json").write_text('{"id": "p1", "amount": 5}')
    assert run_command_line(["run", str(written(home)), "--payload", str(home / "p.json"), "-q"]) == 0
    assert (home / "paid.csv").read_text() == "id,amount\np1,5.00\n"
    assert run_command_line(["verify", "last"]) == 0
    assert "every file is the same" in capsys.readouterr().out


def test_a_run_without_a_request_is_refused_and_writes_nothing(home, capsys):
    assert run_command_line(["run", str(written(home)), "-q"]) == 1
    assert "--payload FILE" in capsys.readouterr().err
    assert not (home / "paid.csv").exists()


@pytest.mark.parametrize("anew", [False, True])
def test_a_run_is_gone_on_with_by_the_payload_that_it_began_with(home, anew):
    (home / "p.ndjson").write_text('{"id": "p1", "amount": 1.10}\n{"id": "p2"}\n')
    (home / "paid.json").write_text("in the way")
    with pytest.raises(wf.WorkflowError) as stopped:
        wf.run(written(home), payload=home / "p.ndjson")
    (home / "paid.json").unlink()
    (home / "p.ndjson").unlink()
    assert wf.resume(stopped.value.run_id, anew=anew).status == "succeeded"
    assert (home / "paid.csv").read_text() == "id,amount\np1,1.10\np2,\n"


def test_a_replay_takes_the_letters_of_a_webhook(home):
    document = workflow([hook(config={"schema": {"id": "integer"}, "max_bad": "100%"})], name="ids",
                        delivery_rules={"file_delivery": {"format": "csv"}})  # fmt: skip
    result = wf.run(document, payload=[{"id": 1}, {"id": "two"}], base=home)
    (home / "mended.csv").write_text("_letter,id\n1,2\n")
    [replayed] = wf.replay(result.run_id, home / "mended.csv").runs
    assert replayed.status == "succeeded"
    assert (home / "ids-replay-1.csv").read_text() == "id\n2\n"


def test_tests_of_a_workflow_give_the_rows_of_its_webhook(home):
    tests = [{"name": "one", "sources": {"payments": [{"id": "p1", "amount": 5}]},
              "expect": {"frames": {"payments": [{"id": "p1", "amount": 5}]}}},
             {"name": "misspelt", "sources": {"payments": [{"idd": "p1"}]}, "expect": {}},
             {"name": "none", "expect": {"diagnostics": ["IR701"]}}]  # fmt: skip
    report = wf.test(written(home, tests=tests))
    assert [each.outcome for each in report.results] == ["passed", "refused", "passed"]


def test_the_types_of_a_webhook_are_pinned_by_its_schema(home):
    pinned = wf.pin_schema(written(home))
    assert (bool(pinned), pinned.left) == (False, {"payments": "its payload_schema tells its types"})
