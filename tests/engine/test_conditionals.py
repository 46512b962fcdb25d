"""Conditionals: each row lands in one branch, a run takes one, and their deliveries run with what is theirs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import weirflow as wf
from tests.workflows import ENGINES, inline, workflow

ROWS = [
    {"id": 1, "customer": "Ada", "amount": 12},
    {"id": 2, "customer": "Bo", "amount": 30},
    {"id": 3, "customer": "Cy", "amount": None},
    {"id": 4, "customer": "Di", "amount": 90},
]
TYPES = {"id": "integer", "customer": "string", "amount": "integer"}


def csv(name: str, **more: Any) -> dict[str, Any]:
    return {"delivery_rules": {"file_delivery": {"format": "csv", "filename_template": f"{name}.csv", **more}}}


def over(amount: Any) -> list[dict[str, Any]]:
    return [{"field": "amount", "operator": "greater_than", "value": amount}]


def document(*conditionals: dict[str, Any], rows: Any = ROWS, **sections: Any) -> dict[str, Any]:
    return workflow([inline("orders", rows, TYPES)], conditionals=list(conditionals), **sections)


def ids(folder: Path) -> dict[str, list[int]]:
    """The first column of every file that was made."""
    return {
        path.stem: [int(line.partition(",")[0]) for line in path.read_text().splitlines()[1:]]
        for path in folder.glob("*.csv")
    }


def statuses(result: wf.RunResult) -> dict[str, str]:
    return {each.id: each.status for each in result.deliveries}


@pytest.mark.parametrize("engine", ENGINES)
def test_each_row_goes_to_the_first_branch_that_holds_and_null_to_else(tmp_path, engine):
    split = {
        "condition": over(50),
        "then_actions": csv("huge"),
        "elif_branches": [{"condition": over(20), "then_actions": csv("large")}],
        "else_actions": csv("others"),
    }
    result = wf.run(document(split, **csv("all")), engine=engine, out=tmp_path)
    assert result.status == "succeeded"
    assert ids(tmp_path) == {"huge": [4], "large": [2], "others": [1, 3], "all": [1, 2, 3, 4]}


@pytest.mark.parametrize("engine", ENGINES)
def test_a_branch_without_rows_makes_no_file_and_says_why(tmp_path, engine):
    split = {"id": "large", "condition": over(100), "then_actions": csv("large"), "else_actions": csv("others")}
    result = wf.run(document(split), engine=engine, out=tmp_path)
    assert ids(tmp_path) == {"others": [1, 2, 3, 4]}
    [left_out] = [each for each in result.deliveries if each.status == "skipped"]
    assert (result.status, result.exit_code, left_out.rows) == ("succeeded", 0, 0)
    assert left_out.error == "the branch large.then has no rows (amount greater_than 100)"


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("condition", "more", "made"),
    [
        ([{"field": "{{data.count}}", "operator": "greater_than", "value": 3}], {}, "then"),
        ([{"field": "{{data.count}}", "operator": "greater_than", "value": 4}], {}, "else"),
        ([{"field": "{{inputs.mode}}", "operator": "equals", "value": "full"}], {}, "then"),
        ([{"field": "{{run.year}}", "operator": "less_than", "value": 2000}], {}, "else"),
        ([{"field": "{{totals.amount}}", "operator": "greater_than", "value": 131}], {}, "then"),
        (over(80), {"scope": "run", "match": "any"}, "then"),
        (over(80), {"scope": "run", "match": "all"}, "else"),
        (over(11), {"match": "all"}, "else"),
    ],
)
def test_a_run_takes_one_branch_with_all_rows(tmp_path, engine, condition, more, made):
    split = {"condition": condition, "then_actions": csv("then"), "else_actions": csv("else"), **more}
    totals = {"type": "reduce", "output_variable": "totals", "config": {"aggregates": {"amount": "sum(amount)"}}}
    mode = {"name": "mode", "type": "text", "default_value": "full"}
    found = document(split, transforms=[totals], runtime_inputs=[mode])
    result = wf.run(found, engine=engine, out=tmp_path)
    assert ids(tmp_path) == {made: [1, 2, 3, 4]}
    assert sorted(each.status for each in result.deliveries) == ["delivered", "skipped"]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_branch_that_the_run_takes_delivers_also_without_rows(tmp_path, engine):
    empty = [{"field": "{{data.count}}", "operator": "equals", "value": 0}]
    split = {"condition": empty, "then_actions": csv("nothing"), "else_actions": csv("something")}
    wf.run(document(split, rows=[]), engine=engine, out=tmp_path)
    assert ids(tmp_path) == {"nothing": []}


def original(condition: dict[str, Any], *actions: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"condition": {"type": "simple", **condition}, "then_actions": list(actions), **more}


LARGE = {"field": "amount", "operator": "greater_than", "value": 20}


@pytest.mark.parametrize("engine", ENGINES)
def test_set_field_marks_the_rows_of_its_branch_for_everything_after_it(tmp_path, engine):
    size = original(
        LARGE,
        {"type": "set_field", "field": "size", "value": "large"},
        {"type": "set_field", "field": "amount", "value": "{{id}}"},
        else_actions=[{"type": "set_field", "field": "size", "value": "small"}, {"type": "continue"}],
    )
    marked = {"condition": [{"field": "size", "operator": "equals", "value": "large"}], "then_actions": csv("large")}
    wf.run(document(size, marked, **csv("all")), engine=engine, out=tmp_path)
    assert (tmp_path / "all.csv").read_text().split() == [
        "id,customer,amount,size", "1,Ada,12,small", "2,Bo,2,large", "3,Cy,,small", "4,Di,4,large"
    ]  # fmt: skip
    assert ids(tmp_path)["large"] == [2, 4]


@pytest.mark.parametrize("engine", ENGINES)
def test_skipped_rows_are_not_in_the_deliveries_after_their_branch(tmp_path, engine):
    skip = original(LARGE, {"type": "skip_delivery"})
    later = {"condition": over(10), "then_actions": csv("later"), "else_actions": csv("rest")}
    wf.run(document(skip, later, **csv("all")), engine=engine, out=tmp_path)
    assert ids(tmp_path) == {"all": [1, 3], "later": [1], "rest": [3]}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("least", "made"), [(5, {}), (3, {"all": [1, 2, 3, 4]})])
def test_a_run_that_takes_a_skipping_branch_leaves_the_documents_own_deliveries_out(tmp_path, engine, least, made):
    few = original({"field": "{{data.count}}", "operator": "less_than", "value": least}, {"type": "skip_delivery"})
    result = wf.run(document(few, **csv("all")), engine=engine, out=tmp_path)
    assert (ids(tmp_path), result.status) == (made, "succeeded")


@pytest.mark.parametrize("engine", ENGINES)
def test_abort_fails_the_run_before_anything_is_delivered_and_names_the_rows(tmp_path, engine):
    stop = original({"field": "amount", "operator": "is_empty"}, {"type": "abort", "value": "an amount is missing"})
    with pytest.raises(wf.WorkflowError) as failure:
        wf.run(document(stop, **csv("all")), engine=engine, out=tmp_path)
    [found] = failure.value.diagnostics
    assert (found.code, found.pointer) == ("IR443", ("conditionals", 0, "then_actions", 0))
    assert found.message == "the branch conditional_1.then aborts the run: an amount is missing"
    assert found.notes == ("its condition holds: amount is_empty", "id = 3, amount = null")
    assert ids(tmp_path) == {}


def test_abort_says_its_text_with_the_inputs_filled_in_and_refuses_a_word_that_stands_for_nothing():
    inputs = [{"name": "month", "type": "text", "default_value": "May"}]
    empty = {"field": "amount", "operator": "is_empty"}
    stop = original(empty, {"type": "abort", "value": "{{inputs.month}} has gaps"})
    with pytest.raises(wf.WorkflowError, match="aborts the run: May has gaps"):
        wf.run({**document(stop), "runtime_inputs": inputs})
    wrong = original(empty, {"type": "abort", "value": "{{data.sum}} has gaps"})
    with pytest.raises(wf.WorkflowError) as failure:
        wf.compile(document(wrong))
    [found] = failure.value.diagnostics
    assert (found.code, found.pointer) == ("IR303", ("conditionals", 0, "then_actions", 0, "value"))


@pytest.mark.parametrize("engine", ENGINES)
def test_abort_of_a_branch_that_has_no_rows_or_is_not_taken_stops_nothing(tmp_path, engine):
    rows = original({"field": "amount", "operator": "less_than", "value": 0}, {"type": "abort"})
    run = original({"field": "{{data.count}}", "operator": "equals", "value": 0}, {"type": "abort"})
    wf.run(document(rows, run, **csv("all")), engine=engine, out=tmp_path)
    assert ids(tmp_path) == {"all": [1, 2, 3, 4]}
    with pytest.raises(wf.WorkflowError, match=r"the branch conditional_2\.then aborts the run"):
        wf.run(document(rows, run, rows=[]), engine=engine, out=tmp_path)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_branch_whose_rows_cannot_be_computed_fails_alone(tmp_path, engine):
    broken = {"type": "map", "input_source": "orders", "output_variable": "broken",
              "config": {"columns": {"n": "cast(customer as integer)"}}}  # fmt: skip
    split = {"condition": over(20), "then_actions": csv("bad", input_source="broken"), "else_actions": csv("good")}
    result = wf.run(document(split, transforms=[broken]), engine=engine, out=tmp_path)
    assert (result.status, ids(tmp_path)) == ("failed", {"good": [1, 3]})
    assert sorted(each.status for each in result.deliveries) == ["delivered", "failed"]
