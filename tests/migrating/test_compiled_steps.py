"""The compiled step form: what each kind of step becomes, and what is asked about."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.cli.main import run_command_line
from tests.migrating.documents import errors, mail, migrate, only, read, steps, with_rows
from tests.workflows import both_engines

READ = read()
ROWS = [{"owner": "ann", "score": 9}, {"owner": "bob", "score": 4}]


def test_rows_of_a_sheet_are_filtered_as_the_step_says() -> None:
    found = steps(
        READ,
        {"step_id": "step2", "type": "transform", "operation": "rows_to_objects", "input": "{{raw.values}}",
         "output_variable": "leads"},
        {"step_id": "step3", "type": "transform", "operation": "filter", "input": "{{leads}}",
         "output_variable": "good", "config": {"type": "filter", "custom_code": "Keep the good", "condition": {
             "conditionType": "complex_not", "condition": {"conditionType": "simple", "field": "item.score",
                                                           "operator": "less_than", "value": "5"}}}},
    )  # fmt: skip
    assert "named columns" in only(found, "step2").why
    assert both_engines(with_rows(found, ROWS), "good").rows() == [("ann", 9)]


def test_a_value_that_was_counted_decides_between_branches() -> None:
    found = steps(
        READ,
        {"step_id": "step2", "type": "transform", "operation": "reduce", "input": "{{raw}}",
         "config": {"reducer": "count"}, "output_variable": "how_many"},
        {"step_id": "step3", "type": "conditional", "steps": [mail("step4", "a@example.com", "{{how_many}} leads")],
         "condition": {"conditionType": "simple", "field": "how_many", "operator": "greater_than", "value": 0},
         "else_steps": [mail("step5", "{{input.boss}}")]},
    )  # fmt: skip
    some, none = found.value["conditionals"]
    assert some["condition"]["conditions"][0]["field"] == "{{how_many.count}}"
    (sent,) = some["then_actions"]["delivery_rules"]["multiple_destinations"]
    assert sent["body_template"] == "{{how_many.count}} leads"
    (other,) = none["then_actions"]["delivery_rules"]["multiple_destinations"]
    assert other["recipient"] == "{{inputs.boss}}"
    assert errors(found) == []


def test_a_scatter_sends_one_message_a_row() -> None:
    found = steps(
        READ,
        {"step_id": "step2", "type": "scatter_gather", "scatter": {"input": "{{raw}}", "itemVariable": "lead",
         "maxConcurrency": 5, "steps": [mail("step3", "{{lead.owner}}@example.com", "Score {{lead.score}}")]}},
    )  # fmt: skip
    (sent,) = found.value["delivery_rules"]["multiple_destinations"]
    assert (sent["recipient"], sent["body_template"]) == ("{{owner}}@example.com", "Score {{score}}")
    assert (sent["input_source"], sent["execution_scope"]) == ("raw", "per_item")
    assert errors(found) == []


def test_a_switch_over_rows_is_a_filter_a_case() -> None:
    cases = {"ann": [mail("step4", "ann@example.com")], "bob": [mail("step5", "bob@example.com")]}
    found = steps(
        READ,
        {"step_id": "step2", "type": "loop", "iterateOver": "{{raw}}", "itemVariable": "lead", "loopSteps": [
            {"step_id": "step3", "type": "switch", "evaluate": "{{lead.owner}}", "cases": cases,
             "default": [mail("step6", "office@example.com")]}]},
    )  # fmt: skip
    new = with_rows(found, [*ROWS, {"owner": None, "score": 1}])
    names = ("step3_1", "step3_2", "step3_else")
    assert [both_engines(new, name)["score"].to_list() for name in names] == [[9], [4], [1]]


def test_branches_that_are_named_by_ids_are_found() -> None:
    found = steps(
        READ,
        {"step_id": "step2", "type": "conditional", "trueBranch": ["step3"], "falseBranch": "step4",
         "condition": {"field": "raw.length", "operator": "greater_than", "value": 0}},
        mail("step3", "a@example.com"),
        mail("step4", "b@example.com"),
    )  # fmt: skip
    assert [each["id"] for each in found.value["conditionals"]] == ["step2_then", "step2_else"]
    assert "delivery_rules" not in found.value


def test_retries_and_conditions_of_a_step_are_its_settings() -> None:
    found = steps(
        READ,
        {**mail("step2", "a@example.com"), "executeIf": {"field": "raw.length", "operator": "gt", "value": 3},
         "retryPolicy": {"maxRetries": 2, "backoffMs": 100, "backoffMultiplier": 1, "retryableErrors": ["429", "odd"]}},
    )  # fmt: skip
    (branch,) = found.value["conditionals"]
    (sent,) = branch["then_actions"]["delivery_rules"]["multiple_destinations"]
    assert sent["execution_constraints"]["retry"] == {
        "max_attempts": 3,
        "backoff_strategy": "fixed",
        "initial_delay_ms": 100,
        "retry_on_errors": ["rate_limit"],
    }


def append(step_id: str, **params: Any) -> dict[str, Any]:
    return {"step_id": step_id, "type": "action", "plugin": "google-sheets", "action": "append_rows",
            "params": {"spreadsheet_id": "s", "range": "Log", **params}}  # fmt: skip


def test_what_comes_behind_a_message_waits_for_it() -> None:
    found = steps(READ, mail("step2", "a@example.com"), append("step3", values=[["sent"]]))
    sent, added = found.value["delivery_rules"]["multiple_destinations"]
    assert added["depends_on"] == [sent["id"]]
    assert errors(found) == []


def test_rows_that_are_written_behind_a_message_are_written_by_a_step() -> None:
    found = steps(READ, mail("step2", "a@example.com"), append("step3", values="{{raw}}"))
    (added,) = found.value["plugin_operations"]
    assert added["input_source"] == "raw"
    assert "values" not in added["config"]
    assert only(found, "step3").why == "before the messages: rows are written by a step"
    assert errors(found) == []


def test_rows_that_are_written_in_a_branch_are_asked_about() -> None:
    found = steps(
        READ, mail("step2", "a@example.com"), {**append("step3", values="{{raw}}"), "executeIf": "raw.length > 5"}
    )
    assert "a step is done in every run" in only(found, "step3").why
    assert errors(found) == []


def test_an_enrichment_by_a_key_is_a_join() -> None:
    found = steps(
        READ,
        {**READ, "step_id": "step2", "output_variable": "people"},
        {"step_id": "step3", "type": "enrichment", "strategy": "join", "joinOn": "owner", "output_variable": "both",
         "sources": [{"key": "a", "from": "{{raw}}"}, {"key": "b", "from": "{{people}}"}]},
    )  # fmt: skip
    (step,) = found.value["transforms"]
    assert step["config"] == {"source": "people", "on": ["owner"], "how": "left"}


@pytest.mark.parametrize(
    ("step", "why"),
    [
        ({"type": "delay", "duration": 5}, "waiting is no step"),
        ({"type": "human_approval", "message": "Go on?"}, "a run does not wait for a person"),
        ({"type": "sub_workflow", "workflowId": "w"}, "does not run another one"),
        ({"type": "comparison", "left": "a", "right": "b"}, "makes no rows"),
        ({"type": "validation", "input": "{{raw}}", "rules": []}, "are its own"),
        ({"type": "enrichment", "strategy": "deep_merge", "sources": []}, "merged into each other"),
        ({"type": "rate_limiter", "limit": 5, "steps": []}, "a rate_limiter is no step"),
        ({"type": "dance"}, '"dance" is no type of step'),
        ({"type": "transform", "operation": "set", "input": "{{raw}}"}, "a variable that is set"),
        ({"type": "transform", "operation": "expand", "input": "{{raw}}"}, "every nested object"),
        ({"type": "transform", "operation": "project_column", "input": "{{raw}}", "config": {"by_index": 2}},
         "by position"),
        ({"type": "conditional", "condition": "score > 3", "steps": []}, 'nothing is called "score" here'),
        ({"type": "conditional", "condition": "raw.length % 2 == 0", "steps": []}, '"% 2 == 0" is not read'),
        ({"type": "scatter_gather", "scatter": {"input": "{{raw}}", "steps": []}, "gather": {"operation": "reduce"}},
         "no collection of rows"),
        ({**mail("x", "a@example.com"), "rollbackAction": {"plugin": "p", "action": "undo"}}, "error_handler"),
    ],
)  # fmt: skip
def test_what_has_no_words_is_asked(step: dict[str, Any], why: str) -> None:
    found = steps(READ, {**step, "step_id": "step2"})
    assert any(why in each.why for each in found.elements if each.verdict == "refused")
    assert any(why in each for each in found.value["clarifications_required"])
    assert errors(found) == []


@pytest.mark.parametrize("syntax", ["json", "yaml"])
def test_a_bare_list_of_steps_is_read_from_a_file(
    syntax: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / f"steps.{syntax}"
    listed = [READ, mail("step2", "a@example.com")]
    text = json.dumps(listed) if syntax == "json" else "".join(f"- {json.dumps(each)}\n" for each in listed)
    file.write_text(text)
    assert run_command_line(["migrate", str(file), "--report", "json"]) == 3
    found = json.loads(capsys.readouterr().out)
    assert found["dialect"] == "compiled steps"
    assert found["questions"] == ["what is this workflow for? write it as its goal"]
    assert [each["element"] for each in found["elements"]] == ["step1", "step2"]


def test_the_schedule_beside_the_steps_is_kept() -> None:
    found = steps(READ, schedule_cron="0 7 * * 1", timezone="Europe/Berlin", agent_name="Weekly")
    assert found.value["schedule"] == {
        "type": "cron",
        "cron_expression": "0 7 * * 1",
        "timezone": "Europe/Berlin",
    }


def test_steps_by_their_names_that_name_one_another_by_their_steps() -> None:
    found = migrate({"goal": "g", "workflow": {
        "step1": {"id": "step1", "type": "plugin", "plugin": "google-mail", "action": "search_emails",
                  "parameters": {"query": "subject:invoice"}, "output_variable": "mails"},
        "step2": {"id": "step2", "type": "conditional", "then": "step3", "else": "end",
                  "condition": {"field": "{{step1.data.total_found}}", "operator": "greater_than", "value": "0"}},
        "step3": {"id": "step3", "type": "scatter_gather", "gather": {"operation": "collect_all"}, "scatter": {
            "input": "{{step1.data.emails}}", "itemVariable": "email", "steps": [
                {"id": "read", "type": "ai_processing", "prompt": "Read {{email.subject}}",
                 "llm_config": {"model": "m", "temperature": 0.1}, "output_variable": "expense"}]}},
        "step4": {"id": "step4", "type": "transform", "operation": "flatten", "input": "{{step3.data}}",
                  "output_variable": "flat"},
        "step5": {"id": "step5", "type": "ai_processing", "prompt": "Say what {{step4.data.length}} expenses are",
                  "input": "{{step4.data}}", "output_variable": "report"},
    }})  # fmt: skip
    assert found.value["data_sources"][0]["config"] == {"query": "subject:invoice"}
    read, report = found.value["ai_operations"]
    assert (read["input_source"], read["instruction"], read["scope"]) == ("mails", "Read {{subject}}", "per_item")
    assert read["constraints"] == {"temperature": 0.1}
    assert (report["input_source"], report["scope"]) == ("expense", "batch")
    assert report["instruction"] == "Say what {{expense.count}} expenses are"
    assert found.questions == ()
    assert errors(found) == []


def test_steps_within_a_branch_or_a_loop_that_is_refused_are_told_as_well() -> None:
    found = steps(
        READ,
        {**mail("step2", "a@example.com"), "executeIf": "fetch(raw)"},
        {"step_id": "step3", "type": "scatter_gather",
         "scatter": {"input": "{{nothing}}", "steps": [mail("step4", "b@example.com")]}},
    )  # fmt: skip
    assert "it stands in step2_if" in only(found, "step2").why
    assert "it stands in step3" in only(found, "step4").why
    left = {each["element"]: each["was"] for each in found.value["x-refused"]}
    assert left["step4"]["config"]["recipients"] == {"to": ["b@example.com"]}
    assert errors(found) == []


def test_hidden_copies_are_asked_about_and_the_message_still_goes_out() -> None:
    step = mail("step2", "a@example.com")
    step["params"]["recipients"]["bcc"] = ["z@example.com"]
    found = steps(READ, step)
    assert [each.verdict for each in found.elements if each.name == "step2"] == ["refused", "kept"]
    assert found.value["x-refused"][0]["was"] == {"bcc": ["z@example.com"]}
    assert errors(found) == []
