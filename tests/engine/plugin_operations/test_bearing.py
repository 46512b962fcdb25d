"""Edge cases about calls: what stands for an answer, what is left, who is told, and rows without attachments."""

from __future__ import annotations

from typing import Any

import pytest

import weirflow as wf
from tests.engine.plugin_operations.shop import document
from tests.workflows import inline, workflow

ROWS = [{"who": "ada"}, {"who": "nobody"}, {"who": "cy"}]
ORDER = {"operation_type": "create_order", "config": {"customer": "{{who}}"}, "output_variable": "order"}


def _case(condition: str, action: str, **more: Any) -> dict[str, Any]:
    return {"condition": condition, "action": action, **more}


def test_a_default_value_stands_for_an_answer(tmp_path, shop):
    cases = [_case("api_error", "use_default_value", default_value={"id": "none"})]
    result = wf.compile(document(ROWS, ORDER, edge_cases=cases), base=tmp_path).run(out=tmp_path)
    assert [each["id"] for each in result["data"]["order"].to_list()] == ["o1", "none", "o2"]
    assert result.status == "succeeded"
    [step] = [each for each in result.steps if each.kind == "plugin"]
    assert step.outcome == {"calls": 2, "requests": 2, "defaults": 1}


def test_skip_execution_leaves_the_step_and_the_run_goes_on(tmp_path, shop):
    cases = [_case("api_error", "skip_execution")]
    result = wf.compile(document(ROWS, ORDER, edge_cases=cases), base=tmp_path).run(out=tmp_path)
    assert [each["customer"] for each in shop.orders] == ["ada"]
    assert result["data"]["order"].to_list() == [{"id": "o1", "total": None}, None, None]
    assert result.status == "incomplete"
    assert (tmp_path / "made.csv").exists()


def test_somebody_is_told_of_calls_that_failed(tmp_path, shop):
    cases = [_case("api_error", "alert_admin", recipient="admin@example.com", message="look at the shop")]
    made = document(ROWS, ORDER, edge_cases=cases)
    result = wf.compile(made, base=tmp_path)
    assert any("admin@example.com" in each.summary for each in result.compiled.messages)
    ran = result.run(out=tmp_path)
    assert [each["customer"] for each in shop.orders] == ["ada", "cy"]
    [told] = [each for each in ran.deliveries if each.kind == "message"]
    assert told.status == "failed"  # there is no mail account here: it was to be sent


def test_nobody_is_told_where_no_call_failed(tmp_path, shop):
    cases = [_case("api_error", "alert_admin", recipient="admin@example.com")]
    ran = wf.compile(document(ROWS[:1], ORDER, edge_cases=cases), base=tmp_path).run(out=tmp_path)
    [told] = [each for each in ran.deliveries if each.kind == "message"]
    assert told.status == "skipped"


def test_a_limit_that_does_not_end_has_a_case_of_its_own(tmp_path, shop):
    shop.fail("POST", "/orders", status=429, headers={"Retry-After": "0"}, times=99, skip=1)
    cases = [_case("rate_limit_exceeded", "skip_execution"), _case("api_error", "use_default_value", default_value={})]
    constraints = {"retry": {"max_attempts": 1}}
    made = document([{"who": "a"}, {"who": "b"}], ORDER, edge_cases=cases, execution_constraints=constraints)
    result = wf.compile(made, base=tmp_path).run(out=tmp_path)
    assert result["data"]["order"].to_list() == [{"id": "o1", "total": None}, None]
    assert shop.asked("POST", "/orders") == 2


def test_a_case_about_calls_needs_a_step_that_makes_some(tmp_path):
    made = workflow([inline("main", ROWS)], edge_cases=[_case("api_error", "skip_execution")])
    [found] = wf.validate(made, base=tmp_path)
    assert (found.code, found.message) == (
        "IR206", "api_error means nothing here: there is no step of plugin_operations",
    )  # fmt: skip


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
@pytest.mark.parametrize("with_files", [True, False])
def test_a_run_without_attachments_ends_well(engine, with_files, tmp_path, shop):
    file = {"name": "a.txt", "mime": "text/plain", "size": 1, "ref": "0" * 64}
    rows = [{"who": "ada", "files": [file] if with_files else []}, {"who": "bo", "files": []}]
    made = document(
        rows, {"operation_type": "put_order", "input_source": "{{data.files}}", "config": {"id": "{{item.name}}"},
               "output_variable": "links"},
        schema={"files": "list(file)"}, edge_cases=[_case("no_attachments_found", "skip_execution")],
    )  # fmt: skip
    result = wf.compile(made, base=tmp_path, engine=engine).run(out=tmp_path)
    assert result.ended == (None if with_files else "no row has an attachment")
    assert (tmp_path / "made.csv").exists() == with_files
    assert shop.asked("PUT", "/orders/a.txt") == int(with_files)


def test_rows_without_a_column_of_files_are_no_place_for_that_case(tmp_path):
    made = workflow([inline("main", ROWS)], edge_cases=[_case("no_attachments_found", "skip_execution")])
    [found] = wf.validate(made, base=tmp_path)
    assert found.message == "no_attachments_found means nothing here: data has no column of files"
