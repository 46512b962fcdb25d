"""Sources that are targets by a plugin: `data` is written with its action, after the other deliveries."""

from __future__ import annotations

import json

import pytest

import weirflow as wf
from tests.engine.plugin_operations.shop import document
from tests.workflows import inline

ROWS = [{"who": "ada", "amount": 12.5}, {"who": "bo", "amount": 7.0}, {"who": "cy", "amount": 1.25}]


def _document(**target):
    made = document(ROWS)
    made.pop("plugin_operations", None)
    made["data_sources"] = [inline("main", ROWS), {"type": "tabular", "plugin_key": "shop", "alias": "sheet",
                                                    "role": "destination", **target}]  # fmt: skip
    return made


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_a_target_takes_the_rows_in_batches_after_the_files(engine, tmp_path, shop):
    made = _document(operation_type="append_lines", config={"sheet": "q1", "columns_in_order": ["amount", "who"]})
    result = wf.compile(made, engine=engine, base=tmp_path).run(out=tmp_path)
    assert shop.lines == [("q1", [["amount", "who"], [12.5, "ada"], [7.0, "bo"]]), ("q1", [[1.25, "cy"]])]
    assert [(each.id, each.kind, each.status, each.rows) for each in result.deliveries] == [
        ("csv", "file", "delivered", 3), ("sheet", "plugin", "delivered", 3),
    ]  # fmt: skip


def test_a_target_of_single_items_is_called_for_each_row(tmp_path, shop):
    made = _document(operation_type="create_order", config={"customer": "{{who}}"})
    wf.compile(made, base=tmp_path).run(out=tmp_path)
    assert [each["customer"] for each in shop.orders] == ["ada", "bo", "cy"]


def test_a_target_that_names_no_column_is_refused_when_compiled(tmp_path, shop):
    with pytest.raises(wf.WorkflowError) as failure:
        wf.compile(_document(operation_type="create_order", config={"customer": "ada"}), base=tmp_path)
    [found] = [each for each in failure.value.diagnostics if each.severity == "error"]
    assert (found.code, found.pointer) == ("IR206", ("data_sources", 1, "config"))


def test_a_target_that_reads_is_refused_when_compiled(tmp_path, shop):
    with pytest.raises(wf.WorkflowError, match="reads, and this source is written to"):
        wf.compile(_document(operation_type="list_orders", config={"status": "open"}), base=tmp_path)


def test_a_target_that_fails_leaves_the_files_and_a_resume_goes_on_with_it(tmp_path, shop):
    fault = shop.fail("POST", "/orders", status=422, body='{"error": "closed"}', skip=1, times=99)
    made = _document(operation_type="create_order", config={"customer": "{{who}}"})
    result = wf.compile(made, base=tmp_path).run(out=tmp_path)
    assert [(each.id, each.status) for each in result.deliveries] == [("csv", "delivered"), ("sheet", "failed")]
    assert "closed" in str(result.deliveries[1].error)
    fault.times = 0
    again = wf.resume(result.run_id)
    assert again.status == "succeeded"
    assert [each["customer"] for each in shop.orders] == ["ada", "bo", "cy"]


def test_a_preview_of_a_target_is_a_file_of_its_rows(tmp_path, shop):
    made = _document(operation_type="append_lines", config={"sheet": "q1"})
    wf.compile(made, base=tmp_path).run(out=tmp_path / "outbox", preview=2)
    assert (tmp_path / "outbox" / "shop" / "sheet.csv").read_text() == "who,amount\nada,12.5\nbo,7.0\n"
    assert shop.lines == []


def test_a_workflow_test_compares_what_a_target_would_get(tmp_path, shop):
    made = _document(operation_type="append_lines", config={"sheet": "q1"})
    made["tests"] = [{"name": "rows", "sources": {"main": ROWS[:1]}, "expect": {
        "deliveries": {"sheet": {"rows": [{"who": "ada", "amount": 12.5}]}}}}]  # fmt: skip
    (tmp_path / "flow.yaml").write_text(json.dumps(made))
    report = wf.test(tmp_path / "flow.yaml")
    assert [(each.outcome, each.differences) for each in report.results] == [("passed", [])]
    assert shop.lines == []


def test_a_plan_shows_the_target_and_what_it_calls(tmp_path, shop):
    made = _document(operation_type="append_lines", config={"sheet": "q1"})
    shown = wf.compile(made, base=tmp_path).explain()
    assert "sheet: shop append_lines, with all rows" in shown
    assert "each call is noted before and after" in shown
