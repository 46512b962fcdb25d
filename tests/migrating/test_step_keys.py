"""Every key of the compiled step form stands in the new document, or is told."""

from __future__ import annotations

from typing import Any

import pytest

from ir.migrating import Migration
from tests.migrating.documents import elements, errors, mail, read, steps

Words = dict[str, Any]
READ = read()
TABLE = {"step_id": "s", "type": "transform", "operation": "sort", "input": "{{raw}}", "config": {"sort_by": "score"},
         "output_variable": "sorted"}  # fmt: skip
ASKED = {"step_id": "s", "type": "ai_processing", "prompt": "What do they say?", "input": "{{raw}}",
         "output_variable": "said"}  # fmt: skip
BRANCH = {"step_id": "s", "type": "conditional", "condition": "raw.length > 0",
          "then_steps": [mail("m", "a@example.com")]}  # fmt: skip
LOOP = {
    "step_id": "s",
    "type": "loop",
    "iterateOver": "{{raw}}",
    "loopSteps": [mail("m", "{{item.owner}}@example.com")],
}
SCATTER = {"step_id": "s", "type": "scatter_gather", "output_variable": "all",
           "scatter": {"input": "{{raw}}", "steps": [{**ASKED, "step_id": "a", "prompt": "Is it good?"}]}}  # fmt: skip
SIDE_BY_SIDE = {"step_id": "s", "type": "parallel_group", "steps": [mail("m", "a@example.com")]}
MAIL = mail("s", "a@example.com")
UNDO = {"plugin": "google-mail", "action": "delete_email"}


def transform(operation: str, **config: Any) -> Words:
    return {"step_id": "s", "type": "transform", "operation": operation, "input": "{{raw}}", "config": config}


def at(found: Migration, *path: Any) -> Any:
    value: Any = found.value
    for part in path:
        value = value[part]
    return value


@pytest.mark.parametrize(
    ("step", "more", "path", "value"),
    [
        (MAIL, {"name": "Tell Ann"}, ("delivery_rules", "multiple_destinations", 0, "description"), "Tell Ann"),
        (TABLE, {"description": "best last"}, ("transforms", 0, "description"), "best last"),
        (ASKED, {"continueOnError": True}, ("ai_operations", 0, "on_error"), "continue"),
        (ASKED, {"output_schema": {"type": "object", "fields": [{"name": "mood", "type": "text"}]}},
         ("ai_operations", 0, "output_schema", "fields", 0, "name"), "mood"),
        (ASKED, {"params": {"tone": "kind", "max_tokens": 50}}, ("ai_operations", 0, "context"), {"tone": "kind"}),
        (ASKED, {"params": {"max_tokens": 50}}, ("ai_operations", 0, "constraints"), {"max_tokens": 50}),
        (MAIL, {"executeIf": "raw.length > 0"}, ("conditionals", 0, "condition", "conditions", 0, "value"), 0),
        (transform("map", columns=["owner", "score"], header_names=["Owner", "score"]), {},
         ("transforms", 0, "config"), {"rename": {"owner": "Owner"}, "select": ["Owner", "score"]}),
        (LOOP, {"parallel": True}, ("execution_constraints", "concurrency", "max_concurrent_operations"), 3),
        (SIDE_BY_SIDE, {"maxConcurrency": 4}, ("execution_constraints", "concurrency", "max_concurrent_operations"), 4),
        (SCATTER, {"scatter": {**SCATTER["scatter"], "continueOnError": True}}, ("ai_operations", 0, "on_error"),
         "continue"),
        (MAIL, {"retryPolicy": {"maxRetries": 1, "backoffMs": 5}},
         ("delivery_rules", "multiple_destinations", 0, "execution_constraints", "retry", "max_attempts"), 2),
    ],
)  # fmt: skip
def test_a_key_of_a_step_stands_in_the_new_document(step: Words, more: Words, path: Any, value: Any) -> None:
    found = steps(READ, {**step, **more})
    assert at(found, *path) == value
    assert errors(found) == []


@pytest.mark.parametrize(
    ("step", "more", "why"),
    [
        (MAIL, {"cache": {"enabled": True, "ttl": 60}}, "the original took an earlier answer within 60 seconds"),
        (MAIL, {"cache": {"enabled": False, "key": "k"}}, "cache left out: it was off"),
        (ASKED, {"cache": {"enabled": True}}, "answers of a model are remembered by themselves"),
        (TABLE, {"cache": {"enabled": True}}, "computes each step once"),
        (TABLE, {"output_schema": {"type": "array"}}, "output_schema left out"),
        (TABLE, {"on_error": {"action": "continue"}}, "nothing in the original read it"),
        (MAIL, {"timeout": 5}, "timeout left out"),
        (LOOP, {"maxIterations": 10}, "all rows are taken"),
        (LOOP, {"retryPolicy": {"maxRetries": 1}}, "the original tried actions again"),
        (BRANCH, {"continueOnError": True}, "what goes on after a failure says so itself"),
        (BRANCH, {"output_variable": "x"}, "a branch has no result of its own"),
        (BRANCH, {"description": "Only if there is work"}, "description left out: a note"),
        (SIDE_BY_SIDE, {"name": "Both"}, "name left out: a note"),
        (SCATTER, {"gather": {"operation": "collect", "from": "a"}}, "the rows carry what all steps"),
        (SCATTER, {"gather": {"operation": "collect", "shape": "item_only"}}, "a map with select"),
        (SCATTER, {"gather": {"operation": "collect", "shape": "merge_with_item"}}, "as it says"),
        (MAIL, {"dependencies": ["nobody"]}, "waits for no step of this list: nobody"),
        (transform("reduce", reducer="sum", field="score", initialValue=0), {}, "a sum begins at 0"),
        (transform("flatten", field="tags", depth=1), {}, "one level is opened"),
        (transform("group", field="owner", include_null_keys=False), {}, "rows without a key are counted"),
        (transform("partition", field="owner", handle_empty="skip"), {}, "the original never came to it"),
        (transform("map_headers", header_mapping={"a": "b"}, required_headers=["a"]), {}, "never looked for them"),
        (transform("map", columns=["owner"], add_headers=True), {}, "a delivery writes the header"),
        (transform("rows_to_objects", preserve_case=True), {}, "headers keep their case"),
        (MAIL, {"_ui": {"x": 1}}, "_ui left out: a note"),
    ],
)  # fmt: skip
def test_a_key_of_a_step_that_becomes_nothing_is_told(step: Words, more: Words, why: str) -> None:
    found = steps(READ, {**step, **more})
    (said,) = [each for each in elements(found, "s") if why in each.why]
    assert said.verdict == "changed"
    assert errors(found) == []


@pytest.mark.parametrize(
    ("step", "more", "why"),
    [
        (MAIL, {"rollbackAction": UNDO}, "error_handler has no words"),
        (BRANCH, {"rollbackAction": UNDO}, "nothing is undone by itself"),
        (transform("reduce", reducer="sum", field="score", initialValue=7), {}, "initialValue of reduce"),
        (transform("flatten", field="tags", depth=2), {}, "depth of flatten"),
        (transform("group", field="owner", include_null_keys=True), {}, "include_null_keys of group"),
        (transform("rows_to_objects", header_row=3), {}, "header_row of rows_to_objects"),
        (transform("map", columns=["owner"], header_names=["Owner", "x"]), {}, "as many header_names"),
        (transform("sort", sort_by="score", nulls="first"), {}, '"nulls" is no key of the operation sort'),
        (MAIL, {"priority": 3}, '"priority" is no key of such a step'),
        (SCATTER, {"gather": {"operation": "collect", "sortBy": "x"}}, '"gather.sortBy" is no key'),
    ],
)
def test_a_key_of_a_step_that_may_matter_is_asked(step: Words, more: Words, why: str) -> None:
    found = steps(READ, {**step, **more})
    assert any(why in each.why for each in elements(found, "s") if each.verdict == "refused")
    assert any(why in each for each in found.questions)
    assert errors(found) == []


def test_steps_stand_in_the_order_in_which_they_depend_on_one_another() -> None:
    last, first = {**mail("last", "b@example.com"), "dependencies": ["first"]}, mail("first", "a@example.com")
    found = steps(READ, last, first)
    sent = found.value["delivery_rules"]["multiple_destinations"]
    assert [each["id"] for each in sent] == ["first", "last"]
    assert sent[1]["depends_on"] == ["first"]
    assert elements(found, "last")[0].why == "stands behind first now, which it depends on"


def test_steps_that_wait_for_one_another_are_asked_about() -> None:
    found = steps(
        {**mail("a", "a@example.com"), "dependencies": ["b"]}, {**mail("b", "b@example.com"), "dependencies": ["a"]}
    )
    assert any("steps that wait for one another: a, b" in each for each in found.questions)
